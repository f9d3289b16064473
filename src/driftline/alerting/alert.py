"""The life of an alert: one pure step from what was known and what a window says to what is known now, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from datetime import datetime


class Reason(StrEnum):
    """Why an alert is what it is now."""

    QUIET = "nothing is wrong"
    BEGAN = "it was seen for the first time, and has to last before somebody is told"
    WAITS = "it has not lasted long enough"
    FIRED = "it has lasted long enough"
    GOES_ON = "it goes on"
    UNKNOWN = "the window cannot tell, which changes nothing"
    CALMER = "it was not seen, but may come back"
    OVER = "it has been away long enough"
    VANISHED = "it was away again before it had lasted"
    FLAPS = "it has come and gone so often that it is held"
    REVISED = "labels that came later took it back"
    KNOWN = "this was known"


@dataclass(frozen=True, slots=True)
class Inactive:
    """Nothing is wrong. `ended` are the instants at which earlier runs ended, the newest last."""

    ended: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """Something is wrong, and it has to last before somebody is told."""

    since: datetime
    windows: int
    ended: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Firing:
    """Somebody is told. `calm` windows in a row did not show it."""

    since: datetime
    fired: datetime
    calm: int = 0
    ended: tuple[datetime, ...] = ()


State = Inactive | Pending | Firing


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things have to last.

    Attributes:
        fires_after: windows that have to show it, one after another, before it fires.
        resolves_after: windows that have to be without it before it is over.
        flaps: after so many ends among the last `memory` it is held: it resolves only after twice as many calm windows.
        memory: how many ends are remembered.
    """

    fires_after: int = 1
    resolves_after: int = 2
    flaps: int = 3
    memory: int = 5


def step(state: State, verdict: Verdict, now: datetime, patience: Patience) -> tuple[State, Reason]:
    """Take in what one window says. Inconclusive never fires and never resolves."""
    if verdict is Verdict.INCONCLUSIVE:
        return state, Reason.QUIET if isinstance(state, Inactive) else Reason.UNKNOWN
    worse = verdict is Verdict.DRIFTED
    match state:
        case Inactive():
            return _begun(Pending(now, 1, state.ended), now, patience, Reason.BEGAN) if worse else (state, Reason.QUIET)
        case Pending():
            again = replace(state, windows=state.windows + 1)
            return _begun(again, now, patience, Reason.WAITS) if worse else (Inactive(state.ended), Reason.VANISHED)
        case Firing():
            return (replace(state, calm=0), Reason.GOES_ON) if worse else _calmer(state, now, patience)


def revise(state: State, now: datetime, patience: Patience) -> tuple[State, Reason]:
    """Take back what a window said, because labels that came later say otherwise."""
    if isinstance(state, Inactive):
        return state, Reason.QUIET
    return Inactive(_remember(state.ended, now, patience)), Reason.REVISED


@dataclass(frozen=True, slots=True)
class Heard:
    """The newest window that could tell, by its place in the order of windows, and what it said."""

    index: int
    verdict: Verdict


def hear(state: State, heard: Heard | None, told: Heard, now: datetime, patience: Patience) -> tuple[State, Heard | None, Reason]:
    """Take in what a window says where that is news: a window may be judged again, and late.

    Nothing older than the newest window that could tell changes anything. That window may say the opposite, once its labels
    have come: what began in it is then taken back; what began before counts it as calm.

    Args:
        state: of the alert.
        heard: what was heard last; None at the beginning.
        told: the window's place in the order of windows, and its verdict.
        now: the end of the window.
        patience: how long things have to last.
    """
    if told.verdict is Verdict.INCONCLUSIVE:
        return state, heard, Reason.QUIET if isinstance(state, Inactive) else Reason.UNKNOWN
    if heard is not None and (told.index < heard.index or told == heard):
        return state, heard, Reason.KNOWN
    again = heard is not None and told.index == heard.index
    if again and told.verdict is Verdict.STABLE and not isinstance(state, Inactive) and state.since == now:
        after, reason = revise(state, now, patience)
    else:
        after, reason = step(state, told.verdict, now, patience)
    return after, told, reason


def _begun(pending: Pending, now: datetime, patience: Patience, waiting: Reason) -> tuple[State, Reason]:
    if pending.windows >= patience.fires_after:
        return Firing(pending.since, now, ended=pending.ended), Reason.FIRED
    return pending, waiting


def _calmer(firing: Firing, now: datetime, patience: Patience) -> tuple[State, Reason]:
    calm = firing.calm + 1
    held = len(firing.ended) >= patience.flaps
    if calm >= patience.resolves_after * (2 if held else 1):
        return Inactive(_remember(firing.ended, now, patience)), Reason.OVER
    return replace(firing, calm=calm), Reason.FLAPS if held and calm >= patience.resolves_after else Reason.CALMER


def _remember(ended: tuple[datetime, ...], now: datetime, patience: Patience) -> tuple[datetime, ...]:
    return (*ended, now)[-patience.memory :]
