"""What each column's drift makes of a change of what the model says, or of how wrong it is: bars, the largest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.reports.drawing import BAR, EDGE, TEMPLATE, ticks
from driftline.reports.material import plain
from driftline.reports.reasons import reasons
from driftline.reports.wording import clean, graded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.reports.drawing import Drawing
    from driftline.reports.material import Values
    from driftline.reports.reasons import Reason
    from driftline.verdicts.report import Report

REST = ": rest"
"""How the key of the rest ends among a diagnosis's evidence; what stands before it also stands before the columns' names."""

NAME, ROOM = 20, 0.6
"""A name is cut after so many letters; beside the longest bar there is so much of its length for what is written there."""

FINE = 100
"""Parts are written to a hundredth of the largest."""


def drawing() -> Drawing:
    """A bar for each column, to the right where its drift raises the mean, and one for the rest."""
    bar = {"type": "bar", "orientation": "h", "y": "$places", "width": 0.62, "textposition": "outside", "cliponaxis": False}
    said = {
        "text": "$texts",
        "textfont": {"size": 11, "color": "@ink"},
        "customdata": "$told",
        "hovertemplate": "%{customdata}<extra></extra>",
    }
    return {
        "data": [
            bar | said | {"name": "by a column's drift", "x": "$parts", "marker": {"color": "@current"}, "showlegend": True},
            bar
            | said
            | {"name": "the rest: another model or relation, or other columns", "x": "$rest", "marker": {"color": "@reference"}}
            | {"showlegend": True},
        ],
        "layout": {
            "template": TEMPLATE,
            "height": "$height",
            "barmode": "overlay",
            "hovermode": "closest",
            "xaxis": {"range": "$reach", "title": {"text": "$title"}, "tickformat": ".3~g", "nticks": 5}
            | {"zeroline": True, "zerolinecolor": "@muted", "zerolinewidth": 1},
            "yaxis": ticks("$places", "$labels") | {"range": "$rows", "showgrid": False, "ticks": "", "ticklabelstandoff": 5},
        },
    }  # fmt: skip  a drawing is easier to read in few lines


def filled(report: Report) -> list[Values]:
    """What fills the drawing: for the first explanation that says whose drift makes what, of the prediction and of the loss."""
    first = next((one for one in reasons(report) if one.segment is None and _of(one.told.evidence)), None)
    return [] if first is None else [_filled(first, of) for of in _of(first.told.evidence)]


def headings(report: Report) -> list[dict[str, str]]:
    """What stands above each."""
    return [{"name": values["$title"], "window": values["$window"]} for values in filled(report)]


def _of(evidence: Mapping[str, float]) -> list[str]:
    """Of what the parts are: the columns, or the loss, whose mean changed."""
    return [key.removesuffix(REST) for key in evidence if key.endswith(REST)]


def _filled(one: Reason, of: str) -> Values:
    evidence, before = one.told.evidence, f"{of}: "
    parts = {key.removeprefix(before): value for key, value in evidence.items() if key.startswith(before) and key != of + REST}
    rest = evidence[of + REST]
    names = [*sorted(parts, key=lambda name: -abs(parts[name])), "the rest"]
    sizes: list[float] = [parts[name] for name in names[:-1]]
    furthest = max([abs(size) for size in (*sizes, rest)] or [0.0]) or 1.0
    low, high = min([0.0, *sizes, rest]), max([0.0, *sizes, rest])
    signed = [f"{'+' if size > 0 else ''}{graded(size, furthest / FINE)}" for size in (*sizes, rest)]
    return {
        "$title": f"change of the mean {plain(clean(of, NAME))}",
        "$window": clean(one.last),
        "$of": of,
        "$places": list(range(len(names))),
        "$labels": [plain(clean(name, NAME)) for name in names],
        "$parts": [*sizes, None],
        "$rest": [None] * len(sizes) + [rest],
        "$texts": signed,
        "$told": [f"<b>{plain(clean(name, 60))}</b><br>makes {text} of the change" for name, text in zip(names, signed, strict=True)],
        "$reach": [low - ROOM * furthest * (low < 0), high + ROOM * furthest * (high > 0)],
        "$rows": [len(names) - 0.4, -0.6],
        "$height": EDGE + 30 + BAR * len(names),
    }
