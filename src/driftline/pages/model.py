"""The page of one model: the report's own sections over the windows that were kept, what few people look at asked for later."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.drift.statistic import STATISTICS
from driftline.pages.glance import drifted
from driftline.pages.headline import headline
from driftline.pages.look import address
from driftline.reports import business
from driftline.reports import parts as shared_out
from driftline.reports.html import front
from driftline.reports.ledger import UNSAID, VERDICTS, Ledger, slots
from driftline.reports.outline import Outline, Story, windows_of
from driftline.reports.page import CONCERNS, furniture, timeline
from driftline.reports.reading import column_of
from driftline.reports.wording import JUDGED, clean, plural, rows
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from driftline.pages.history import History
    from driftline.verdicts.report import KpiReport, Report

WINDOWS = 365
"""So many windows are on a model's page."""

SHEETS = 12
"""So many of the last windows with labels can be looked at one by one."""

DRIFTED, STABLE = VERDICTS.index(Verdict.DRIFTED), VERDICTS.index(Verdict.STABLE)


@dataclass(frozen=True, slots=True)
class Board:
    """One segment's columns × windows: verdicts and heat, and in words where a column drifted."""

    book: Ledger
    parts: tuple[Mapping[str, Any], ...]


def model(found: History, more: str, kpis: tuple[KpiReport, ...] = ()) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page says and what its figures are drawn from.

    Args:
        found: the windows.
        more: the address below which the page asks for more.
        kpis: business figures over the windows.

    Returns:
        What fills the template, and the index for the page's script.
    """
    report = replace(found.report(), kpis=kpis)
    boards = [_board(found, report, segment) for segment in _segments(found)]
    brief = _outline(boards)
    said = front(report, brief)
    said["facts"] = _facts(found, report)
    said["reason"] = headline(found, report, found.name)
    statistics = {*JUDGED, *(one.name for one in STATISTICS)}
    watched = any(window.performance or window.operations or window.fairness for window in report.windows)
    index = furniture(statistics, watched=watched) | {"more": more, "plotly": address("plotly.js")}
    index["business"] = business.filled(report)
    index["parts"] = shared_out.filled(report)
    index["span"] = {"windows": len(found.windows), "window": found.windows[-1].label}
    index["segments"] = [_segment(report, brief, board, found) for board in boards]
    return said | {"decision": None}, index


def order(found: History, segment: str | None) -> list[str]:
    """The columns of a segment's page: those of the newest window."""
    part = _part(found.last, segment)
    return [] if part is None else [clean(name) for name in part["names"]]


def _segments(found: History) -> list[str | None]:
    return [part["segment"] for part in found.last["parts"]]


def _part(glance: Mapping[str, Any], segment: str | None) -> Mapping[str, Any] | None:
    return next((part for part in glance["parts"] if part["segment"] == segment), None)


def _board(found: History, report: Report, segment: str | None) -> Board:
    windows = tuple(report.windows[at] for at in windows_of(report, segment))
    parts = tuple(part for glance in found.glances if (part := _part(glance, segment)) is not None)
    names = tuple(parts[-1]["names"]) if parts else ()
    shape = (len(names), len(parts))
    heat, codes = np.full(shape, math.nan), np.full(shape, UNSAID, dtype=np.uint8)
    for at, part in enumerate(parts):
        rows_of, places = _matched(names, part["names"])
        heat[rows_of, at] = part["heat"][places]
        codes[rows_of, at] = part["codes"][places]
    book = Ledger(
        segment=segment,
        windows=windows,
        profiles=(),
        slots=slots([window.window.index for window in windows]),
        names=names,
        heat=heat,
        verdicts=codes,
        scores=({},) * len(names),
        said=({},) * len(names),
        columns=((),) * len(names),
    )
    return Board(book, parts)


def _matched(names: tuple[str, ...], given: list[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the page's columns, and their places in a window that may know others."""
    if list(names) == given:
        every = np.arange(len(names))
        return every, every
    place = {name: at for at, name in enumerate(given)}
    pairs = [(row, place[name]) for row, name in enumerate(names) if name in place]
    return np.array([row for row, _ in pairs], dtype=np.intp), np.array([at for _, at in pairs], dtype=np.intp)


def _outline(boards: list[Board]) -> Outline:
    stories = [story for board in boards for story in _stories(board)]
    last = [board.parts[-1] for board in boards if board.parts]
    causes: dict[str, int] = {}
    for part in last:
        for cause, many in part["open"].items():
            causes[cause] = causes.get(cause, 0) + many
    return Outline(
        stories=tuple(sorted(stories, key=lambda one: (not one.now, CONCERNS.index(one.told.concern), -one.told.weight))),
        open=dict(sorted(causes.items(), key=lambda item: -item[1])),
        stable=sum(int((part["codes"] == STABLE).sum()) for part in last),
        small=sum(part["small"] for part in last),
    )


def _stories(board: Board) -> list[Story]:
    """As `reports.outline` tells them, from the matrix of verdicts."""
    found, book = [], board.book
    for row in np.flatnonzero((book.verdicts == DRIFTED).any(axis=1)).tolist():
        codes = book.verdicts[row]
        ats = np.flatnonzero(codes == DRIFTED)
        last = int(ats[-1])
        now = not (codes[last + 1 :] == STABLE).any()
        at = last if now else int(ats[np.argmax(book.heat[row, ats])])
        told = next(one for one in drifted(board.parts[at]) if one["name"] == book.names[row])
        labels = book.labels()
        found.append(
            Story(
                segment=book.segment,
                told=column_of(told),
                window=labels[at],
                first=labels[int(ats[0])],
                last=labels[last],
                windows=len(ats),
                now=bool(now),
            )
        )
    return found


def _segment(report: Report, brief: Outline, board: Board, found: History) -> dict[str, Any]:
    book, part = board.book, board.parts[-1]
    telling = {story.told.name: story.told.worst for story in brief.stories if story.segment == book.segment}
    sheets = _sheets(board)
    return {
        **timeline(report, brief, book),
        "columns": [list(one) for one in zip(map(clean, part["names"]), part["kinds"], part["roles"], part["importances"], strict=True)],
        "telling": [telling.get(name) for name in book.names],
        "reference": found.last["reference"],
        "missing": {"$lines": []},
        "sheets": [[at, None] for at in sheets],
        "sheet": _looked_at_first(board, sheets),
    }


def _sheets(board: Board) -> list[int]:
    labelled = [at for at, part in enumerate(board.parts) if any(metric["value"] is not None for metric in part["performance"])]
    return labelled[-SHEETS:]


def _looked_at_first(board: Board, sheets: list[int]) -> int | None:
    """The place of the newest window whose labels have come; of the newest, where labels are still to come for all."""
    ripe = [place for place, at in enumerate(sheets) if not (board.parts[at]["labels"] or {}).get("provisional")]
    return ripe[-1] if ripe else len(sheets) - 1 if sheets else None


def _facts(found: History, report: Report) -> list[str]:
    first, last = clean(found.windows[0].label), clean(found.windows[-1].label)
    parts = found.last["parts"]
    of_first = [window.rows for window in report.windows if window.segment == parts[0]["segment"]]
    return [
        plural(len(found.windows), "window") + (f", {first} to {last}" if first != last else f": {first}"),
        plural(len(parts[0]["names"]), "column"),
        *([plural(len(parts), "segment")] if len(parts) > 1 else []),
        rows(sum(of_first)),
        f"reference of {rows(found.last['reference'])}",
    ]
