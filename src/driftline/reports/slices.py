"""Segments in which the model does worse than elsewhere: those of the newest window that can be told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports.vitals import bounds
from driftline.reports.wording import clean, number

if TYPE_CHECKING:
    from driftline.verdicts.report import Report, Slice, WindowReport

SHOWN = 12
"""So many segments are shown on a page."""


def worst(report: Report) -> tuple[WindowReport | None, list[Slice]]:
    """The newest window whose segments were looked at, and those that surely do worse than its other rows."""
    window = next((one for one in reversed(report.windows) if one.slices), None)
    return window, [] if window is None else [one for one in window.slices if one.surely]


def table(report: Report) -> dict[str, Any] | None:
    """The same for a page, all segments of that window, as far as there is room; None where there are none."""
    window, surely = worst(report)
    if window is None:
        return None
    lines = [
        {
            "segment": clean(one.segment, 60),
            "value": f"{number(one.value)}{bounds(one.interval)}",
            "rest": number(one.rest),
            "worse": f"{number(one.worse)}{bounds(one.worse_interval)}",
            "p": number(one.p_value),
            "rows": f"{one.rows:,}",
            "surely": one.surely,
        }
        for one in window.slices[:SHOWN]
    ]
    return {"window": clean(window.window.label), "title": clean(window.slices[0].title), "lines": lines, "surely": len(surely)}
