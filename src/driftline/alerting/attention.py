"""Whether somebody is told of an incident now, and why or why not: one pure step for news, and for the time that passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.alerting.incident import Board, Incident, News, Notice
from driftline.alerting.quiet import Quiet, hushed
from driftline.alerting.signals import Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, timedelta

    from driftline.alerting.incident import Talk


class Why(StrEnum):
    """Why somebody is told, or nobody."""

    NEW = "it is new"
    WORSE = "it is more urgent than when it was told"
    OVER = "it is over"
    UNTOLD = "it is over, and nobody was ever told"
    DIGEST = "it is not urgent enough to call anybody"
    HUSHED = "it is kept back"
    TOLD = "it was told"
    ACKNOWLEDGED = "somebody takes care of it"
    AGAIN = "it still goes on"
    UNANSWERED = "nobody has answered"


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody takes care of an incident that has the tier `tier`."""

    by: str
    at: datetime
    tier: Tier
    note: str = ""


@dataclass(frozen=True, slots=True)
class Manner:
    """How often somebody is told.

    Attributes:
        repeat: what goes on and is not answered is told again after so long; never for None.
        escalate: what pages and is not answered is told to others after so long; never for None.
    """

    repeat: timedelta | None = None
    escalate: timedelta | None = None


def attend(
    incident: Incident, event: News | None, now: datetime, manner: Manner, *, answer: Answer | None = None, hush: str = ""
) -> tuple[Talk, News | None, Why]:
    """Decide about one incident.

    Args:
        incident: as it is now, with what was told of it.
        event: what is new of it; None if only time has passed.
        now: the time.
        manner: how often somebody is told.
        answer: of somebody who takes care of it.
        hush: why nobody is to be told; empty if somebody is.

    Returns:
        What has been told then, what is told now (None for nothing), and why.
    """
    talk = incident.talk
    if incident.closed is not None:
        return _ended(talk, event, now)
    if incident.tier is Tier.DIGEST:
        return talk, None, Why.DIGEST
    if hush:
        return talk, None, Why.HUSHED
    if talk.at is None:
        return replace(talk, tier=incident.tier, at=now, since=now, times=1), News.OPENED, Why.NEW
    if incident.tier > talk.tier:
        # Whoever answered has answered for less.
        return replace(talk, tier=incident.tier, at=now, since=now, escalated=False, times=talk.times + 1), News.WORSE, Why.WORSE
    return _later(incident, now, manner, answer)


def _ended(talk: Talk, event: News | None, now: datetime) -> tuple[Talk, News | None, Why]:
    """The end is told to whoever heard of the beginning, and once, silence or not: pagers wait for it."""
    if talk.at is None or talk.over:
        return replace(talk, over=True), None, Why.UNTOLD
    return replace(talk, at=now, over=True, times=talk.times + 1), event or News.RESOLVED, Why.OVER


def _later(incident: Incident, now: datetime, manner: Manner, answer: Answer | None) -> tuple[Talk, News | None, Why]:
    """What was told goes on."""
    talk = incident.talk
    if answer is not None and answer.tier >= incident.tier:
        return talk, None, Why.ACKNOWLEDGED
    begun, last = talk.since or now, talk.at or now
    if manner.escalate is not None and incident.tier is Tier.PAGE and not talk.escalated and now - begun >= manner.escalate:
        return replace(talk, escalated=True, at=now, times=talk.times + 1), News.UNANSWERED, Why.UNANSWERED
    if manner.repeat is not None and now - last >= manner.repeat:
        return replace(talk, at=now, times=talk.times + 1), News.REPEATED, Why.AGAIN
    return talk, None, Why.TOLD


@dataclass(frozen=True, slots=True)
class Kept:
    """A notice that does not leave, and why: it goes into the audit trail."""

    incident: Incident
    event: News
    why: str


def untold(incident: Incident) -> str:  # noqa: ARG001  as `attend_all` has it
    """People hear of it nowhere else."""
    return ""


def attend_all(
    monitor: str,
    board: Board,
    notices: Sequence[Notice],
    now: datetime,
    manner: Manner,
    quiet: Quiet,
    answers: Mapping[int, Answer] | None = None,
    elsewhere: Callable[[Incident], str] = untold,
) -> tuple[Board, tuple[Notice, ...], tuple[Kept, ...]]:
    """Decide about every incident of a board, after news or after some time.

    Args:
        monitor: what is watched.
        board: what is known.
        notices: what is new, of `take_in`; none if only time has passed.
        now: the time.
        manner: how often somebody is told.
        quiet: what keeps messages back.
        answers: by the incident's number.
        elsewhere: why an incident need not be told of, because people hear of it otherwise; empty where they do not.

    Returns:
        The board with what has been told, what leaves, and what is kept back for another reason than that it was told.
    """
    new = {notice.incident.number: notice for notice in notices}
    incidents, told, kept = list(board.incidents), [], []
    for place, one in enumerate(incidents):
        notice = new.get(one.number)
        if one.closed is not None and (one.talk.over or (notice is None and one.talk.at is None)):
            continue
        hush = hushed(monitor, one, board.open, quiet, now) or elsewhere(one)
        event = notice.news if notice else None
        talk, news, why = attend(one, event, now, manner, answer=(answers or {}).get(one.number), hush=hush)
        incidents[place] = replace(one, talk=talk)
        if news is not None:
            told.append(Notice(incidents[place], news, notice.window if notice else one.window, why.value))
        elif event is not None:
            kept.append(Kept(incidents[place], event, hush if why is Why.HUSHED else why.value))
    return replace(board, incidents=tuple(incidents)), tuple(told), tuple(kept)
