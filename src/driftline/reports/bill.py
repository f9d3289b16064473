"""What retraining policies would have cost: as lines, as plain JSON, and as one page with the cumulative cost drawn."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.reports.wording import clean, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.decisions.policies import Comparison

SCHEMA = 1
DASHES = {"oracle": "dot", "never": "dash"}


def lines(comparison: Comparison, unit: str) -> Iterator[str]:
    """A line for each policy, the cheapest first, and the recommendation."""
    yield f"{'policy':18}{'cost':>12}{'retrains':>10}{'regret':>12}   dearer than this policy by (95%)"
    for one in comparison.tried:
        value, low, high = one.against
        told = "" if one.name == "this policy" else f"{number(value)} ({number(low)} to {number(high)})"
        yield f"{one.name:18}{number(one.total):>12}{len(one.retrains):>10}{number(one.regret):>12}   {told}".rstrip()
    by_age = "models do not get worse with age alone"
    if math.isfinite(comparison.period):
        by_age = f"by age alone a retraining every {comparison.period:.1f} windows would cost least"
    yield f"costs are in {clean(unit)}; {by_age}"
    yield comparison.recommendation


def to_dict(comparison: Comparison, windows: tuple[str, ...], unit: str) -> dict[str, Any]:
    """The comparison as plain JSON."""
    return {
        "schema": SCHEMA,
        "unit": unit,
        "windows": list(windows),
        "period": comparison.period if math.isfinite(comparison.period) else None,
        "recommendation": comparison.recommendation,
        "policies": [
            {
                "name": one.name,
                "cost": one.total,
                "retrains": [windows[place] for place in one.retrains],
                "regret": one.regret,
                "dearer_by": {"value": one.against[0], "low": one.against[1], "high": one.against[2]},
                "spent": [float(spent) for spent in one.spent],
            }
            for one in comparison.tried
        ],
    }


def to_html(comparison: Comparison, windows: tuple[str, ...], unit: str, title: str) -> str:
    """One page that needs nothing else: what each policy had cost by the end of each window."""
    import plotly.graph_objects as go  # noqa: PLC0415  slow to load, and only a page needs it

    figure = go.Figure(
        [
            go.Scatter(x=list(windows), y=np.cumsum(one.spent).tolist(), name=one.name, line={"dash": DASHES.get(one.name, "solid")})
            for one in comparison.tried
        ]
    )
    figure.update_layout(title=f"{clean(title)}: cumulative cost", yaxis_title=clean(unit), xaxis_title="window", hovermode="x unified")
    drawn = figure.to_html(full_html=False, include_plotlyjs=True)
    told = escape("\n".join(lines(comparison, unit)))
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(clean(title))}: backtest</title></head>'
    return f"{head}\n<body>\n<h1>{escape(clean(title))}</h1>\n<pre>{told}</pre>\n{drawn}\n</body></html>\n"
