"""Figures as tables: the numbers that each figure is drawn from, as CSV that any other program reads."""

from __future__ import annotations

import csv
import io
import json
import math
import zlib
from base64 import b64decode
from itertools import islice
from typing import TYPE_CHECKING, Any

from driftline.reports.histogram import histogram
from driftline.reports.ledger import FIELDS, UNSAID, VERDICTS, ledger
from driftline.reports.wording import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from driftline.pages.history import History
    from driftline.reports.track import Track
    from driftline.verdicts.report import Report, WindowReport

Row = list[Any]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so would be run by a spreadsheet."""

HEADS = ["window", "start", "end", "rows", "whole"]
METRIC_HEADS = ["value", "low", "high", "reference", "threshold", "worsening", "estimate", "estimate_low", "estimate_high", "trusted"]


def written(rows: Iterable[Row]) -> str:
    """Rows as CSV; a text that a spreadsheet would run as a formula is quoted, and what is not known is empty.

    >>> written([["a", 0.5], ["=1", None], ["-", float("nan")]]).splitlines()
    ['a,0.5', "'=1,", "'-,"]
    """
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([_cell(one) for one in row] for row in rows)
    return sink.getvalue()


def metrics(one: Track) -> Iterator[Row]:
    """Every metric of a segment in every window."""
    yield [*HEADS, "metric", *METRIC_HEADS, "labelled", "verdict"]
    for metric, told in one.told.items():
        for window, said in zip(one.windows, told, strict=True):
            if said is None:
                continue
            guess = said.estimate
            known = [said.value, *(said.interval or (None, None)), said.reference, said.threshold, said.worsening]
            guessed = [None] * 4 if guess is None else [guess.value, *(guess.interval or (None, None)), guess.trusted]
            yield [*_window(window), metric, *known, *guessed, said.coverage, said.verdict.value]


def heatmap(found: History, segment: str | None) -> Iterator[Row]:
    """The verdict of every column in every window, and how strong the change is: 2 to 3 where it drifted, up to 1 where it is stable."""
    yield ["window", "column", "verdict", "strength"]
    for window, glance in zip(found.windows, found.glances, strict=True):
        for part in glance["parts"]:
            if part["segment"] == segment:
                codes = zip(part["names"], part["codes"].tolist(), part["heat"].tolist(), strict=True)
                yield from ([window.label, name, VERDICTS[code].value, heat] for name, code, heat in codes)


def business(report: Report) -> Iterator[Row]:
    """Every business figure in every window."""
    yield ["window", "figure", "value", "beside", "correlation"]
    for one in report.kpis:
        yield from ([label, one.name, value, one.metric, one.correlation] for label, value in zip(one.windows, one.values, strict=True))


def scores(report: Report) -> Iterator[Row]:
    """Every score of a column in every window."""
    book = ledger(report, report.windows[0].segment)
    yield [*HEADS, "statistic", *FIELDS, "verdict"]
    for statistic, table in book.scores[0].items():
        said = book.said[0][statistic].tolist()
        for window, values, code in zip(book.windows, table.tolist(), said, strict=True):
            yield [*_window(window), statistic, *values, None if code == UNSAID else VERDICTS[code].value]


def shares(report: Report, name: str) -> Iterator[Row]:
    """The share of rows of a column in each bin or value, in the reference and in every window."""
    found = histogram([report.reference, *report.profiles], name)
    cells = [found.axis.cell(at) for at in range(found.axis.bins)] if found.axis else []
    yield ["window", "rows", "bin", "share"]
    labels = [("reference", report.reference.rows), *((window.window.label, window.rows) for window in report.windows)]
    for at, (label, rows) in enumerate(labels):
        yield from ([label, rows, cell, share] for cell, share in zip(cells, found.body[at].tolist(), strict=True))
        yield from ([label, rows, bar, share] for bar, share in zip(found.labels, found.bars[at].tolist(), strict=True))


def parts(reports: Sequence[Report], name: str) -> Iterator[Row]:
    """The share of rows of a column in each bin or value, in one window of each segment."""
    yield ["segment", "window", "rows", "bin", "share"]
    for one in reports:
        yield from ([one.windows[0].segment or "all rows", *line] for line in islice(shares(one, name), 1, None) if line[0] != "reference")


def curves(packed: str) -> Iterator[Row]:
    """The points of every figure of a window's sheet."""
    yield ["figure", "series", "point", "value"]
    pictures: Mapping[str, Mapping[str, Any]] = json.loads(zlib.decompress(b64decode(packed)))["pictures"]
    for figure, series in pictures.items():
        for name, values in series.items():
            if isinstance(values, list):
                yield from ([figure, name.removeprefix("$"), at, value] for at, value in enumerate(values) if not isinstance(value, list))


def _window(one: WindowReport) -> Row:
    return [one.window.label, one.window.bound("start"), one.window.bound("end"), one.rows, "no" if one.unfinished else "yes"]


def _cell(value: Any) -> Any:
    match value:
        case float() if not math.isfinite(value):
            return ""
        case str():
            shown = clean(value, 500)
            return f"'{shown}" if shown.startswith(FORMULA) else shown
        case _:
            return "" if value is None else value
