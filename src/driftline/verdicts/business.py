"""Business figures laid beside the metric that decides, window by window, with their correlation and that in a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from driftline.performance.kpi import correlated, laid_beside
from driftline.verdicts.report import KpiReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.performance.interval import Value
    from driftline.performance.kpi import Series
    from driftline.verdicts.report import WindowReport


def business(windows: Sequence[WindowReport], series: Sequence[Series]) -> tuple[KpiReport, ...]:
    """Lay each series beside the windows of all rows, or of the first segment where all rows are not judged together."""
    if not windows:
        return ()
    same = [one for one in windows if one.segment == windows[0].segment]
    bounds = [_bounds(one) for one in same]
    decides = [next((metric for metric in one.performance if metric.decides), None) for one in same]
    told = next((metric for metric in decides if metric is not None), None)
    model = [None if metric is None else metric.value for metric in decides]
    found = []
    for one in series:
        values = laid_beside(one, bounds)
        together = correlated(model, values)
        title = "the model's performance" if told is None else told.title
        found.append(
            KpiReport(
                name=one.name,
                metric="" if told is None else told.metric,
                windows=tuple(window.window.label for window in same),
                values=values,
                correlation=None if together.why else together.value,
                interval=None if together.why else (together.low, together.high),
                sentence=_sentence(one.name, title, together),
            )
        )
    return tuple(found)


def _bounds(one: WindowReport) -> tuple[float, float]:
    """A window without times has none of the series' values."""
    start, end = one.window.start, one.window.end
    if isinstance(start, datetime) and isinstance(end, datetime):
        return start.timestamp(), end.timestamp()
    return 0.0, 0.0


def _sentence(name: str, title: str, together: Value) -> str:
    if together.why:
        return f"whether {name} goes with {title} cannot be told: {together.why}"
    said = "goes with" if together.low > 0 else "goes against" if together.high < 0 else "does not surely go with"
    span = f"{together.value:.2g} ({together.low:.2g} to {together.high:.2g}) over {together.rows:,} windows"
    return f"{name} {said} {title}: their correlation is {span}"
