"""Plotly figures of a report, made once for the report, the notebook and the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from driftline.errors import ConfigError, near_miss
from driftline.reports import charts, drawing, material, parts
from driftline.reports.chart_values import filled_performance
from driftline.reports.histogram import histogram
from driftline.reports.ledger import ledger
from driftline.reports.order import changed_in_missing, most_telling_statistic, most_urgent_first
from driftline.reports.outline import outline
from driftline.reports.palette import Theme, palette
from driftline.reports.sheet import PORTRAITS, focus, portraits
from driftline.reports.track import About, track
from driftline.reports.wording import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.reports.ledger import Ledger
    from driftline.reports.track import Track
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


def performance(report: Report, metric: str | None = None, *, segment: str | None = None, theme: Theme = Theme.LIGHT) -> go.Figure:
    """One metric over the windows, that which decides where none is named: realised, estimated, the reference, and when it is worse.

    What is watched of the service, such as `error_rate` and `latency_p95`, can be named too.

    Raises:
        ConfigError: nothing is known of performance, or not by this metric.
    """
    found = [one for about in About if (one := track(report, about, segment)) is not None]
    names = [name for one in found for name in one.told]
    if not names:
        raise _unwatched()
    chosen = names[0] if metric is None else metric
    if chosen not in names:
        raise ConfigError(f"no metric {chosen!r} was measured", hint=near_miss(chosen, names))
    one = next(one for one in found if chosen in one.told)
    return _figure(charts.performance(), filled_performance(one, chosen), theme)


def parts_of_change(report: Report, of: str | None = None, *, theme: Theme = Theme.LIGHT) -> go.Figure:
    """What each column's drift makes of the change of the mean prediction, or of the mean loss; of the first where `of` is None.

    Raises:
        ConfigError: no explanation says so, or not of this.
    """
    found = {values["$of"]: values for values in parts.filled(report)}
    if not found:
        raise ConfigError("no explanation says whose drift makes what", hint="it needs a score or a number as prediction, which moved")
    chosen = next(iter(found)) if of is None else of
    if chosen not in found:
        raise ConfigError(f"no parts of {chosen!r} are known", hint=near_miss(chosen, found))
    return _figure(parts.drawing(), found[chosen], theme)


def portrait(report: Report, name: str, window: str | None = None, *, segment: str | None = None, theme: Theme = Theme.LIGHT) -> go.Figure:
    """What the model said against what came true in one window, where none is named the last that has about as many labels as is usual.

    Args:
        report: what a check found.
        name: `confusion`, `roc`, `precision_recall`, `reliability`, `residuals` or `residual_groups`.
        window: the window's label.
        segment: the segment; all rows where None.
        theme: the background.

    Raises:
        ConfigError: there is no such figure, no such window, or it cannot be drawn of this model.
    """
    if name not in PORTRAITS:
        raise ConfigError(f"there is no figure {name!r}", hint=near_miss(name, list(PORTRAITS)))
    one = track(report, About.PERFORMANCE, segment)
    if one is None:
        raise _unwatched()
    at = _place(one, window)
    plan, counts = one.profiles[at].plan.outcome, one.profiles[at].outcome
    values = {} if plan is None or counts is None else portraits(plan, counts, report.reference.outcome, one.labels()[at])
    if name not in values:
        raise ConfigError(f"{name!r} cannot be drawn of window {one.labels()[at]!r}", hint=f"what can be: {', '.join(values) or 'nothing'}")
    return _figure(PORTRAITS[name][1](), values[name], theme)


def _place(one: Track, window: str | None) -> int:
    labels, first = one.labels(), focus(one)
    if window is not None and window not in labels:
        raise ConfigError(f"there is no window {window!r}", hint=near_miss(window, labels))
    if window is not None:
        return labels.index(window)
    if first is None:
        raise ConfigError("no window has labels yet", hint="figures of what came true need labels")
    return first


def _unwatched() -> ConfigError:
    return ConfigError("performance is not watched", hint="name the columns that hold the label, and the prediction or the score")


def _book(report: Report, column: str, segment: str | None) -> Ledger:
    book = ledger(report, segment, only=(column,))
    if not book.names:
        names = [c.name for c in report.windows[-1].columns] if report.windows else []
        raise ConfigError(f"no column {column!r} was judged", hint=near_miss(column, names))
    return book


def _figure(drawn: drawing.Drawing, values: Mapping[str, Any], theme: Theme) -> go.Figure:
    return go.Figure(drawing.fill(drawn, {**values, **palette(theme)}))
