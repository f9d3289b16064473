"""Catching up: what has to be told now, for whoever checks now and then and remembers only what was told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from driftline.alerting.announcement import Announcement, announce
from driftline.alerting.attention import attend_all
from driftline.alerting.incident import Board, Talk
from driftline.alerting.replay import taken_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from driftline.alerting.arrangement import Arrangement
    from driftline.verdicts.report import Report


@dataclass(frozen=True, slots=True)
class Caught:
    """What has to be told, and what was told once that is done, by the window that opened each incident."""

    announcements: tuple[Announcement, ...]
    talks: Mapping[str, Talk]


def catch_up(
    report: Report, arrangement: Arrangement, talks: Mapping[str, Talk], now: datetime, link: Callable[[str], str] = lambda _: ""
) -> Caught:
    """Find what has to be told of a report.

    The windows of the report are taken in one after another, as a service would have; of what went on and ended before
    anybody was told, nobody is told now. An incident is known by the window that opened it, however many windows the
    report begins before that.

    Args:
        report: of a check over some time.
        arrangement: what is looked for, and how it is told.
        talks: what was told, by the window that opened the incident.
        now: the time.
        link: where to look further, by a window's label.
    """
    board = taken_in(report, arrangement)
    known = tuple(replace(one, talk=talks.get(one.window, Talk(over=one.closed is not None))) for one in board.incidents)
    after, notices, _ = attend_all(report.monitor, Board(board.alerts, known), (), now, arrangement.manner, arrangement.quiet)
    windows = sorted((one for one in report.windows if one.segment is None), key=lambda one: one.window)
    told = []
    for notice in notices:
        key = f"{report.monitor}/{notice.incident.window}"
        at = windows[-1].window.label
        made = announce(report.monitor, replace(notice, window=at), windows, link(at))
        told.append(replace(made, key=key, id=f"{key}/{notice.incident.talk.times}"))
    kept = {one.window: one.talk for one in after.incidents if one.talk.at is not None}
    return Caught(tuple(told), {**talks, **kept})
