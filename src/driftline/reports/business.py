"""Business figures on the page's axis of time, each beside the metric that it is held against."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from driftline.reports.drawing import TEMPLATE, WHOLE, line, ticks, unfinished
from driftline.reports.ledger import slots
from driftline.reports.material import numbers, plain, spread, time_axis
from driftline.reports.outline import windows_of
from driftline.reports.track import About, Track, track
from driftline.reports.wording import clean, number

if TYPE_CHECKING:
    from driftline.reports.drawing import Drawing
    from driftline.reports.material import Values
    from driftline.verdicts.report import KpiReport, Report

TITLE = 40


def drawing() -> Drawing:
    """A figure, window by window; the metric on an axis of its own, to the right."""
    told = {"mode": "lines+markers", "customdata": "$told", "hovertemplate": "%{customdata}<extra></extra>"}
    return {
        "data": [
            line("$metric", "$model", "@reference", width=1.6) | {"yaxis": "y2", "showlegend": "$compared", "hoverinfo": "skip"},
            line("$name", "$values", "@current", width=1.8) | told | {"marker": {"size": 4.5, "color": "@current"}, "showlegend": True},
            unfinished(),
        ],
        "layout": {
            "template": TEMPLATE,
            "height": 250,
            "hovermode": "x",
            "xaxis": ticks("$ticks", "$tick_labels") | {"range": "$range", "showgrid": False},
            "yaxis": {"title": {"text": "$name"}, "nticks": 5, "tickformat": ",.4~g"},
            "yaxis2": {"overlaying": "y", "side": "right", "showgrid": False, "visible": "$compared", "nticks": 5, "tickformat": ".3~g"}
            | {"title": {"text": "$metric"}, "fixedrange": True},
            "yaxis3": WHOLE,
        },
    }


def filled(report: Report) -> list[Values]:
    """What fills the drawing, for each figure of a report."""
    beside = _beside(report)
    return [] if beside is None else [_filled(beside, one) for one in report.kpis]


def _beside(report: Report) -> Track | None:
    """The windows that figures are laid beside, with their metrics where any are watched; None without figures."""
    if not report.kpis or not report.windows:
        return None
    segment = report.windows[0].segment
    known = track(report, About.PERFORMANCE, segment)
    if known is not None:
        return known
    windows = tuple(report.windows[at] for at in windows_of(report, segment))
    return Track(
        about=About.PERFORMANCE,
        segment=segment,
        windows=windows,
        profiles=(),
        slots=slots([window.window.index for window in windows]),
        told={},
    )


def _filled(beside: Track, one: KpiReport) -> Values:
    metrics = beside.told.get(one.metric, ())
    title = next((clean(said.title, TITLE) for said in metrics if said is not None), "")
    model = [None if said is None else said.value for said in metrics] or [None] * len(beside.windows)
    known = dict(zip(one.windows, one.values, strict=True))
    values = [known.get(label) for label in beside.labels()]
    name = plain(clean(one.name, TITLE))
    told = [
        f"<b>{plain(label)}</b><br>{name} {number(value)}" + (f"<br>{plain(title)} {number(metric)}" if title else "")
        for label, value, metric in zip(beside.labels(), values, model, strict=True)
    ]
    return time_axis(beside) | {
        "$name": name,
        "$metric": plain(title),
        "$compared": any(value is not None for value in model),
        "$values": spread(beside, _numbers(values), None),
        "$model": spread(beside, _numbers(model), None),
        "$told": spread(beside, told, ""),
    }


def _numbers(values: list[float | None]) -> list[float | None]:
    return numbers(np.array([math.nan if value is None else value for value in values], dtype=np.float64))
