"""The hand-off: what was judged becomes alerts and incidents, and what somebody has to hear of becomes letters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from driftline.alerting.announcement import Announcement, announce
from driftline.alerting.incident import Board, Incident, News, Notice
from driftline.alerting.message import Message, compose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from driftline.services.cycle import Judged
    from driftline.verdicts.report import WindowReport


class TakeIn(Protocol):
    """`driftline.alerting.incident.take_in`, by what a monitor says about its alerts."""

    def __call__(self, board: Board, windows: Sequence[WindowReport], now: datetime, /) -> tuple[Board, tuple[Notice, ...]]:
        """Take in the reports of one window."""


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
    """

    board: Board
    changed: tuple[tuple[Incident, Message], ...] = ()
    told: tuple[Told, ...] = ()


def nowhere(window: str) -> str:  # noqa: ARG001  as links are made
    """No link."""
    return ""


def hand_off(monitor: str, board: Board, judged: Sequence[Judged], take_in: TakeIn, link: Callable[[str], str] = nowhere) -> Handed:
    """Take in windows that were judged, the oldest first.

    Args:
        monitor: the monitor's name.
        board: what was known.
        judged: what was said of which window.
        take_in: steps the alerts.
        link: where to look further, by a window's label.
    """
    before = {one.number: one for one in board.incidents}
    told: list[Told] = []
    changed: dict[int, tuple[Incident, Message]] = {}
    for one in sorted(judged, key=lambda one: one.standing.window):
        windows = sorted(one.report.windows, key=lambda window: (window.segment is not None, window.segment or ""))
        end = one.standing.window.end
        board, notices = take_in(board, windows, end if isinstance(end, datetime) else one.standing.changed)
        told += [Told(notice, announce(monitor, notice, one.history, link(notice.window.window.label))) for notice in notices]
        for incident in board.incidents:
            if before.get(incident.number) != incident:
                before[incident.number] = incident
                news = News.RESOLVED if incident.closed else News.OPENED
                changed[incident.number] = (incident, compose(monitor, Notice(incident, news, windows[0])))
    return Handed(replace(board, incidents=remembered(board)), tuple(changed.values()), tuple(told))


def remembered(board: Board) -> tuple[Incident, ...]:
    """The incidents that are needed to go on: those that are open, and the last, by which the next is numbered."""
    return tuple(one for one in board.incidents if one.closed is None or one is board.incidents[-1])
