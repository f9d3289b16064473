"""Plotly figures of a report, made once for the report, the notebook and the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from driftline.errors import ConfigError, near_miss
from driftline.reports import drawing, material
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.order import changed_in_missing, most_telling_statistic, most_urgent_first
from driftline.reports.outline import outline
from driftline.reports.palette import Theme, palette
from driftline.reports.wording import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.reports.ledger import Ledger
    from driftline.verdicts.report import Report


def heatmap(report: Report, *, segment: str | None = None, most: int = 60, theme: Theme = Theme.LIGHT) -> go.Figure:
    """Columns × windows, coloured by verdict and by how strong the change is; the `most` urgent columns."""
    book = ledger(report, segment)
    rows = most_urgent_first(outline(report), book)[:most]
    return _figure(drawing.heatmap(), material.filled_heatmap(book, rows), theme)


def distribution(
    report: Report, column: str, window: str | None = None, *, segment: str | None = None, theme: Theme = Theme.LIGHT
) -> go.Figure:
    """One column in the reference and in one window (the last, where none is named by its label).

    Raises:
        ConfigError: there is no such column or window.
    """
    book = _book(report, column, segment)
    labels = book.labels()
    if window is not None and window not in labels:
        raise ConfigError(f"there is no window {window!r}", hint=near_miss(window, labels))
    at = labels.index(window) if window is not None else len(labels) - 1
    seen = histogram([report.reference, book.profiles[at]], column)
    values = material.filled_distribution(seen, 1, name=column, current_name=clean(labels[at], 30))
    return _figure(drawing.distribution(), values, theme)


def over_time(
    report: Report, column: str, *, statistic: str | None = None, segment: str | None = None, theme: Theme = Theme.LIGHT
) -> go.Figure:
    """How one column's effect went from window to window, in the statistic its verdicts rest on most.

    Raises:
        ConfigError: there is no such column.
    """
    book = _book(report, column, segment)
    chosen = statistic or most_telling_statistic(book, 0) or "psi"
    return _figure(drawing.over_time(), material.filled_over_time(book, 0, chosen), theme)


def missing(report: Report, *, segment: str | None = None, theme: Theme = Theme.LIGHT) -> go.Figure:
    """Share of rows without a value over the windows, for the columns that changed in it."""
    book = ledger(report, segment)
    return _figure(drawing.missing(), material.filled_missing(book, report.reference, changed_in_missing(book)), theme)


def _book(report: Report, column: str, segment: str | None) -> Ledger:
    book = ledger(report, segment, only=(column,))
    if not book.names:
        names = [c.name for c in report.windows[-1].columns] if report.windows else []
        raise ConfigError(f"no column {column!r} was judged", hint=near_miss(column, names))
    return book


def _figure(drawn: drawing.Drawing, values: Mapping[str, Any], theme: Theme) -> go.Figure:
    return go.Figure(drawing.fill(drawn, {**values, **palette(theme)}))
