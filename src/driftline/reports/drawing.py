"""The figures as drawings with blanks: `$words` stand for data, `@words` for colours; Python and the report's page fill them alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports.palette import FONT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Drawing = dict[str, Any]

BODY = 210
"""Height of the ordered bins of a distribution, in pixels."""

BAR = 28
"""Height of one bar of a distribution, in pixels."""

EDGE = 74
"""Height of a figure's title, legend and axis, in pixels."""

CELL = 15
"""Height of a row of the heat map, in pixels."""


def fill(part: Any, given: Mapping[str, Any]) -> Any:
    """Put values where a drawing has blanks; a value is put in as it is, whatever it looks like.

    Raises:
        KeyError: a blank has no value.

    >>> fill({"x": "$x", "colour": "@ink", "name": "x"}, {"$x": [1, 2], "@ink": "#000"})
    {'x': [1, 2], 'colour': '#000', 'name': 'x'}
    """
    if isinstance(part, str):
        return given[part] if part[:1] in {"$", "@"} else part
    if isinstance(part, dict):
        return {key: fill(value, given) for key, value in part.items()}
    return [fill(value, given) for value in part] if isinstance(part, list) else part


def distribution() -> Drawing:
    """Reference (filled) against current (outlined): ordered bins above, bars for everything else below."""
    bar = {"type": "bar", "orientation": "h", "y": "$places", "xaxis": "x2", "yaxis": "y2", "textposition": "outside", "cliponaxis": False}
    said = {"texttemplate": "%{x:.3~p}", "textfont": {"size": 10, "color": "@muted"}, "customdata": "$labels"}
    return {
        "data": [
            _share("bar", "reference", "$reference", x0=0) | {"marker": {"color": "@reference"}, "width": 1},
            # The outline begins and ends with an empty bin out of view, so that the outer bins have both sides.
            _share("scatter", "$current_name", "$current", x0=-1)
            | {"mode": "lines", "line": {"color": "@current", "width": 2, "shape": "hvh"}},
            bar
            | said
            | {"name": "reference", "x": "$bars_reference", "marker": {"color": "@reference"}, "offset": -0.36, "width": 0.34}
            | {"showlegend": "$bars_only", "hovertemplate": "%{customdata}<br>reference %{x:.3~p} of rows<extra></extra>"},
            bar
            | said
            | {"name": "$current_name", "x": "$bars_current", "marker": {"color": "@current"}, "offset": 0.0, "width": 0.34}
            | {"showlegend": "$bars_only", "hovertemplate": "%{customdata}<br>%{x:.3~p} of rows now<extra></extra>"},
        ],
        "layout": {
            "template": TEMPLATE,
            "height": "$height",
            "bargap": 0,
            "hovermode": "closest",
            "xaxis": ticks("$ticks", "$tick_labels")
            | {"range": "$range", "anchor": "y", "title": {"text": "$title"}, "visible": "$has_body"},
            "yaxis": {"domain": "$body_domain", "tickformat": ",.3~p", "rangemode": "tozero", "nticks": 5, "visible": "$has_body"}
            | {"title": {"text": "% of rows per bin"}},
            "xaxis2": {"anchor": "y2", "range": "$bar_range", "visible": False},
            "yaxis2": ticks("$places", "$labels")
            | {
                "domain": "$bar_domain",
                "range": "$bar_rows",
                "showgrid": False,
                "visible": "$has_bars",
                "ticks": "",
                "ticklabelstandoff": 5,
                "anchor": "x2",
            },
        },
    }


def over_time() -> Drawing:
    """The effect of one statistic, window by window, with its interval, the smallest effect that matters and the threshold."""
    return {
        "data": [
            line("", "$minus_floor", "@clear", width=0) | {"hoverinfo": "skip", "showlegend": False},
            line("too small to matter", "$floor", "@clear", width=0) | {"fill": "tonexty", "fillcolor": "@floor", "hoverinfo": "skip"},
            line("threshold of the raw value", "$threshold", "@muted", width=1.2)
            | {"line": {"color": "@muted", "width": 1.2, "dash": "dot", "shape": "hvh"}, "hoverinfo": "skip"},
            line("effect and its interval", "$effect", "@current", width=1.4)
            | {
                "mode": "lines+markers",
                "marker": {"size": 4, "color": "@current"},
                "customdata": "$told",
                "hovertemplate": "%{customdata}<extra></extra>",
            }
            | {
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": "$up",
                    "arrayminus": "$down",
                    "color": "@stable",
                    "thickness": 1.4,
                    "width": 0,
                }
            },
            marks("inconclusive", "$inconclusive", "circle-open", "@inconclusive"),
            marks("drifted", "$drifted", "diamond", "@drifted"),
            unfinished(),
        ],
        "layout": {
            "template": TEMPLATE,
            "height": 284,
            "yaxis3": WHOLE,
            "hovermode": "closest",
            "xaxis": ticks("$ticks", "$tick_labels") | {"range": "$range", "showgrid": False},
            "yaxis": {
                "title": {"text": "$title"},
                "nticks": 6,
                "range": "$effect_range",
                "zeroline": True,
                "zerolinecolor": "@muted",
                "zerolinewidth": 1,
                "tickformat": "$format",
            },
            "shapes": [
                {"type": "rect", "layer": "below", "yref": "paper", "y0": 0, "y1": 1, "x0": "$from", "x1": "$to", "line": {"width": 0}}
                | {"fillcolor": "@line", "visible": "$marked"},
            ],
        },
    }


def heatmap() -> Drawing:
    """Columns × windows: how strongly each cell has drifted."""
    return {
        "data": [
            {
                "type": "heatmap",
                "z": "$z",
                "text": "$told",
                "hovertemplate": "%{text}<extra></extra>",
                "zmin": 0,
                "zmax": 3,
                "colorscale": "@heat",
                "xgap": "$gap",
                "ygap": "$gap",
                "hoverongaps": False,
                "showscale": "$scale",
                "colorbar": {
                    "orientation": "h",
                    "y": 1.0,
                    "yanchor": "bottom",
                    "x": 0.0,
                    "xanchor": "left",
                    "thickness": 8,
                    "len": 0.6,
                    "outlinewidth": 0,
                    "tickvals": [0.5, 1.5, 2.5],
                    "ticktext": ["stable", "inconclusive", "drifted"],
                    "ticks": "",
                },
            },
            unfinished(),
        ],
        "layout": {
            "template": TEMPLATE,
            "height": "$height",
            "margin": {"t": "$top", "l": "$left", "b": 24},
            "legend": {"x": 1, "xanchor": "right"},
            "showlegend": True,
            "yaxis3": WHOLE,
            "xaxis": ticks("$ticks", "$tick_labels") | {"showgrid": False, "side": "bottom", "automargin": False},
            "yaxis": ticks("$places", "$labels")
            | {"range": "$rows", "showgrid": False, "automargin": False, "ticks": "", "ticklabelstandoff": 5},
        },
    }  # fmt: skip  a drawing is easier to read in few lines


def shares() -> Drawing:
    """A column's distribution window by window, a bin or a value in a row; the reference stands before it, in the same colours."""
    cells = {"type": "heatmap", "zmin": 0, "zmax": 1, "colorscale": [[0, "@paper"], [1, "@current"]], "showscale": False, "ygap": 1}
    hover = {"hovertemplate": "%{text}<extra></extra>", "hoverongaps": False}
    return {
        "data": [
            cells | hover | {"z": "$reference", "text": "$reference_told", "xaxis": "x2", "x0": 0, "dx": 1},
            cells | hover | {"z": "$z", "text": "$told", "x0": 0, "dx": 1, "xgap": "$gap"},
            unfinished(),
        ],
        "layout": {
            "template": TEMPLATE,
            "showlegend": True,
            "legend": {"x": 1, "xanchor": "right"},
            "yaxis3": WHOLE,
            "height": "$height",
            "margin": {"t": 26},
            "hovermode": "closest",
            "xaxis": ticks("$ticks", "$tick_labels") | {"range": "$range", "showgrid": False, "domain": [0.06, 1]},
            "xaxis2": {
                "tickmode": "array",
                "tickvals": [0],
                "ticktext": ["reference"],
                "tickangle": 0,
                "showgrid": False,
                "domain": [0, 0.04],
                "anchor": "y",
                "side": "top",
            },
            "yaxis": ticks("$places", "$labels")
            | {"range": "$rows", "showgrid": False, "ticks": "", "ticklabelstandoff": 5, "anchor": "x2"},
        },
    }


def missing() -> Drawing:
    """The share of rows without a value, window by window, a line per column."""
    return {
        "data": "$lines",
        "layout": {
            "template": TEMPLATE,
            "height": 284,
            "hovermode": "closest",
            "xaxis": ticks("$ticks", "$tick_labels") | {"range": "$range", "showgrid": False},
            "yaxis": {"title": {"text": "% of rows without a value"}, "tickformat": ",.3~p", "rangemode": "tozero", "nticks": 6},
            "annotations": "$notes",
            "yaxis3": WHOLE,
        },
    }


def missing_line(name: str, shares: list[float | None], colour: str) -> Drawing:
    """One column's line in `missing`."""
    hover = {
        "mode": "lines+markers",
        "marker": {"size": 4, "color": colour},
        "hovertemplate": "%{fullData.name}<br>%{y:.3~p} of rows<extra></extra>",
    }
    return {
        "type": "scatter",
        "x0": 0,
        "dx": 1,
        "y": shares,
        "name": name,
        "line": {"color": colour, "width": 1.6},
        "showlegend": True,
    } | hover


def _share(kind: str, name: str, shares: str, *, x0: int) -> Drawing:
    hover = "%{customdata}<br>%{fullData.name} %{y:.3~p} of rows<extra></extra>"
    return {
        "type": kind,
        "name": name,
        "x0": x0,
        "dx": 1,
        "y": shares,
        "customdata": "$cells" if x0 == 0 else "$outer_cells",
        "hovertemplate": hover,
    }


def line(name: str, values: str, colour: str, *, width: float) -> Drawing:
    """A line through one value per slot of time."""
    return {"type": "scatter", "mode": "lines", "name": name, "x0": 0, "dx": 1, "y": values, "line": {"color": colour, "width": width}}


def marks(name: str, values: str, symbol: str, colour: str) -> Drawing:
    """Signs at some slots of time."""
    marker = {"symbol": symbol, "color": colour, "size": 8, "line": {"color": colour, "width": 1.4}}
    return {"type": "scatter", "mode": "markers", "name": name, "x0": 0, "dx": 1, "y": values, "marker": marker, "hoverinfo": "skip"}


def unfinished(places: Sequence[int] | None = None, colour: str = "@muted", nothing: str = "@clear") -> Drawing:
    """Windows that are not whole yet, hatched from top to bottom as on the page's heat map; `WHOLE` is the axis it needs."""
    slots, whole = ("$unfinished", "$whole") if places is None else (places, [1] * len(places))
    pattern = {"shape": "/", "fgcolor": colour, "bgcolor": nothing, "size": 6, "solidity": 0.18}
    return {
        "type": "bar",
        "name": "unfinished window",
        "x": slots,
        "y": whole,
        "orientation": "v",
        "width": 1,
        "yaxis": "y3",
        "hoverinfo": "skip",
        "showlegend": True,
        "marker": {"color": nothing, "pattern": pattern, "line": {"width": 0}},
    }


def ticks(places: str, labels: str) -> Drawing:
    """An axis with these labels at these places."""
    return {"tickmode": "array", "tickvals": places, "ticktext": labels, "tickangle": 0}


WHOLE: Drawing = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
"""An axis over the whole height of a figure, which nobody sees."""

_AXIS = {
    "gridcolor": "@line",
    "linecolor": "@line",
    "fixedrange": True,
    "ticklabeloverflow": "allow",
    "zeroline": False,
    "automargin": True,
    "showline": False,
    "ticks": "outside",
    "tickcolor": "@line",
    "ticklen": 4,
    "tickfont": {"color": "@muted", "size": 11},
    "title": {"font": {"color": "@muted", "size": 11}, "standoff": 8},
}  # fmt: skip  as above

TEMPLATE: Drawing = {
    "layout": {
        "font": {"family": FONT, "color": "@ink", "size": 12},
        "paper_bgcolor": "@paper",
        "plot_bgcolor": "@paper",
        "margin": {"l": 8, "r": 12, "t": 34, "b": 8},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "bottom",
            "entrywidth": 0,
            "font": {"size": 11, "color": "@muted"},
        },
        "hoverlabel": {"bgcolor": "@paper", "bordercolor": "@line", "font": {"color": "@ink", "size": 12, "family": FONT}, "align": "left"},
        "dragmode": False,
        "colorway": "@lines",
    },
}
"""What all figures share."""
