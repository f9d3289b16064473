"""The hand-off: what was judged becomes alerts and incidents, and what somebody has to hear of becomes letters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from driftline.alerting.announcement import Announcement, announce
from driftline.alerting.attention import attend_all, untold
from driftline.alerting.incident import Board, Incident, News, Notice
from driftline.alerting.message import Counsel, Message, compose
from driftline.decisions.decision import Action, Consent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from driftline.alerting.attention import Answer, Kept, Manner
    from driftline.alerting.quiet import Quiet
    from driftline.decisions.course import Decided
    from driftline.services.cycle import Judged
    from driftline.verdicts.report import WindowReport


class TakeIn(Protocol):
    """`driftline.alerting.incident.take_in`, by what a monitor says about its alerts."""

    def __call__(self, board: Board, windows: Sequence[WindowReport], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
        """Take in the reports of one window."""


class Attend(Protocol):
    """`driftline.alerting.attention.attend_all`, by who is to be told when."""

    def __call__(self, board: Board, notices: Sequence[Notice], /) -> tuple[Board, tuple[Notice, ...], tuple[Kept, ...]]:
        """Decide which news leaves."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is new of an incident, and what is said of it."""

    notice: Notice
    announcement: Announcement


@dataclass(frozen=True, slots=True)
class Handed:
    """What came of it.

    Attributes:
        board: what is known now; of the incidents those that are open, and the last.
        changed: incidents that are new or not as they were, with words about them.
        told: what has to leave, in order.
        kept: what does not, and why.
    """

    board: Board
    changed: tuple[tuple[Incident, Message], ...] = ()
    told: tuple[Told, ...] = ()
    kept: tuple[Kept, ...] = ()


def nowhere(window: str) -> str:  # noqa: ARG001  as links are made
    """No link."""
    return ""


@dataclass(frozen=True, slots=True)
class Attending:
    """`Attend`, as a monitor's YAML has it, as people have answered and silenced by now, and as they hear of it `elsewhere`."""

    monitor: str
    manner: Manner
    quiet: Quiet
    answers: Mapping[int, Answer]
    now: datetime
    elsewhere: Callable[[Incident], str] = untold

    def __call__(self, board: Board, notices: Sequence[Notice], /) -> tuple[Board, tuple[Notice, ...], tuple[Kept, ...]]:
        """Decide which news leaves."""
        return attend_all(self.monitor, board, notices, self.now, self.manner, self.quiet, self.answers, self.elsewhere)


def everything(board: Board, notices: Sequence[Notice], /) -> tuple[Board, tuple[Notice, ...], tuple[Kept, ...]]:
    """All news leaves."""
    return board, tuple(notices), ()


def hand_off(
    monitor: str,
    board: Board,
    judged: Sequence[Judged],
    take_in: TakeIn,
    link: Callable[[str], str] = nowhere,
    attend: Attend = everything,
    decided: Sequence[Decided] = (),
) -> Handed:
    """Take in windows that were judged, the oldest first.

    Args:
        monitor: the monitor's name.
        board: what was known.
        judged: what was said of which window.
        take_in: steps the alerts.
        link: where to look further, by a window's label.
        attend: decides which news leaves.
        decided: what is to be done, by what windows; of a window without a decision the last is told.
    """
    made = {one.evidence.window: one for one in decided}
    before = {one.number: one for one in board.incidents}
    told: list[Told] = []
    kept: list[Kept] = []
    changed: dict[int, tuple[Incident, Message]] = {}
    for one in sorted(judged, key=lambda one: one.standing.window):
        windows = sorted(one.report.windows, key=lambda window: (window.segment is not None, window.segment or ""))
        end = one.standing.window.end
        board, fresh = take_in(board, windows, end if isinstance(end, datetime) else one.standing.changed)
        board, notices, held = attend(board, fresh)
        kept += held
        said = counsel(windows, made.get(one.standing.window.label, decided[-1] if decided else None))
        told += [Told(notice, announce(monitor, notice, one.history, link(notice.window), said)) for notice in notices]
        for incident in board.incidents:
            if before.get(incident.number) != incident:
                before[incident.number] = incident
                news = News.RESOLVED if incident.closed else News.OPENED
                changed[incident.number] = (incident, compose(monitor, Notice(incident, news, windows[0].window.label), said))
    return Handed(replace(board, incidents=remembered(board)), tuple(changed.values()), tuple(told), tuple(kept))


SUGGESTED = {
    Action.LOOK: "driftline suggests to look: {how}",
    Action.FIX_DATA: "driftline suggests to {how}",
    Action.RECALIBRATE: "driftline suggests to {how}",
    Action.RETRAIN: "driftline suggests to retrain{when}, on {how}",
    Action.ROLL_BACK: "driftline suggests to {how}",
    Action.FALL_BACK: "driftline suggests to fall back: {how}",
}


def counsel(windows: Sequence[WindowReport], made: Decided | None) -> Counsel:
    """What a message quotes of the diagnosis and of the decision.

    Args:
        windows: of one time, all rows first.
        made: what was decided then.
    """
    told = next((one for window in windows for one in window.diagnosis), None)
    why = told.sentence.rstrip(".") if told is not None else ""
    if made is None:
        return Counsel(why)
    decision = made.decision
    if decision.action is Action.HOLD:
        return Counsel(why, f"driftline holds: {decision.reason}.")
    if decision.action is Action.RETRAIN and decision.consent is Consent.AUTOMATIC and made.begins:
        return Counsel(why, f"driftline retrains it by itself, on {decision.how.sentence}.")
    when = "" if decision.when.sentence == "now" else f" {decision.when.sentence}"
    waits = "; a person has to agree" if decision.consent is Consent.ASK and decision.action is Action.RETRAIN else ""
    return Counsel(why, f"{SUGGESTED[decision.action].format(how=decision.how.sentence or decision.reason, when=when)}{waits}.")


def remind(monitor: str, board: Board, attend: Attend, link: Callable[[str], str] = nowhere) -> Handed:
    """Let time pass: what goes on unanswered is told again, and what was kept back is told when nothing keeps it back any more.

    Args:
        monitor: the monitor's name.
        board: what is known.
        attend: decides what leaves.
        link: where to look further, by a window's label.
    """
    after, notices, kept = attend(board, ())
    told = tuple(Told(notice, announce(monitor, notice, (), link(notice.window))) for notice in notices)
    return Handed(after, (), told, kept)


def remembered(board: Board) -> tuple[Incident, ...]:
    """The incidents that are needed to go on: those that are open, and the last, by which the next is numbered."""
    return tuple(one for one in board.incidents if one.closed is None or one is board.incidents[-1])
