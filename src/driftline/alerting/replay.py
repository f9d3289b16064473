"""What would have been told: alerts and incidents over the windows of a report, one after another."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from driftline.alerting.arrangement import Arrangement
from driftline.alerting.attention import attend_all
from driftline.alerting.incident import Board, take_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.alerting.incident import Notice
    from driftline.verdicts.report import Report, WindowReport
    from driftline.window import Window


def replay(report: Report, arrangement: Arrangement | None = None) -> tuple[Board, tuple[Notice, ...]]:
    """Take in a report's windows in order, as a service would have.

    Args:
        report: of a check over some time.
        arrangement: what is looked for, and how it is told.
    """
    by = arrangement or Arrangement()
    board = Board()
    told: tuple[Notice, ...] = ()
    for now, windows in _in_order(report):
        board, news = take_in(board, windows, now, by.patience, by.book)
        board, notices, _ = attend_all(report.monitor, board, news, now, by.manner, by.quiet)
        told = (*told, *notices)
    return board, told


def taken_in(report: Report, arrangement: Arrangement) -> Board:
    """What is known after a report's windows, whoever was told of it."""
    board = Board()
    for now, windows in _in_order(report):
        board, _ = take_in(board, windows, now, arrangement.patience, arrangement.book)
    return board


def _in_order(report: Report) -> Iterator[tuple[datetime, list[WindowReport]]]:
    """The end of each window, and its reports: of all rows, then of the segments."""
    by_window: dict[Window, list[WindowReport]] = {}
    for window in report.windows:
        by_window.setdefault(window.window, []).append(window)
    for at, reports in sorted(by_window.items(), key=lambda item: item[0]):
        ordered = sorted(reports, key=lambda one: (one.segment is not None, one.segment or ""))
        yield at.end if isinstance(at.end, datetime) else report.created, ordered
