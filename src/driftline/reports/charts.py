"""The figures of a model's performance as drawings with blanks, like those of `drawing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.reports.drawing import TEMPLATE, WHOLE, line, marks, ticks, unfinished

if TYPE_CHECKING:
    from driftline.reports.drawing import Drawing

OVER_TIME, SQUARE = 330, 300
"""Heights in pixels."""


def performance() -> Drawing:
    """One metric, window by window: realised, estimated, the reference, the value beyond which it is worse."""
    quiet = {"hoverinfo": "skip"}
    return {
        "data": [
            _area("estimate's interval", "$estimated_x", "$estimated_y", "@estimated_band") | {"showlegend": False},
            _area("95% interval", "$light_x", "$light_y", "@band_light") | {"showlegend": False},
            _area("95% interval", "$firm_x", "$firm_y", "@band") | {"showlegend": False},
            {"type": "scatter", "mode": "lines", "name": "reference", "x": "$ends", "y": "$reference"}
            | {"line": {"color": "@muted", "width": 1.4}, "showlegend": "$compared"}
            | quiet,
            line("worse beyond", "$threshold", "@drifted", width=1.3)
            | {"line": {"color": "@drifted", "width": 1.3, "dash": "dot", "shape": "hvh"}, "showlegend": "$compared", "opacity": 0.75}
            | quiet,
            line("estimated", "$estimated", "@estimated", width=1.8)
            | {"line": {"color": "@estimated", "width": 1.8, "dash": "dash"}, "showlegend": "$guessed"}
            | quiet,
            marks("estimate not to be trusted", "$doubted", "x-thin", "@estimated") | {"showlegend": "$doubtful"},
            line("provisional: labels are to come", "$light", "@stable", width=1.4) | {"showlegend": "$provisional"} | quiet,
            line("$realised", "$firm", "@current", width=1.8) | {"showlegend": "$known"} | quiet,
            _dots("$light", "@stable"),
            _dots("$dots", "@current"),
            marks("cannot be told", "$inconclusive", "circle-open", "@inconclusive") | {"showlegend": "$open"},
            marks("worse", "$worse", "diamond", "@drifted") | {"showlegend": "$any_worse"},
            # What is told of a window is told wherever in it the pointer is.
            line("", "$anything", "@clear", width=0)
            | {"mode": "markers", "marker": {"color": "@clear", "size": 1}, "showlegend": False}
            | {"customdata": "$told", "hovertemplate": "%{customdata}<extra></extra>"},
            unfinished(),
        ],
        "layout": {
            "template": TEMPLATE,
            "height": OVER_TIME,
            "yaxis3": WHOLE,
            "hovermode": "x",
            "xaxis": ticks("$ticks", "$tick_labels") | {"range": "$range", "showgrid": False},
            "yaxis": {"title": {"text": "$title"}, "nticks": 6, "range": "$view", "tickformat": ".3~g"},
        },
    }


def confusion() -> Drawing:
    """What came true against what was said: a cell's colour is its share of what came true."""
    return {
        "data": [
            {"type": "bar", "x": "$said", "y": "$heights", "base": "$top", "width": 0.96, "showlegend": False, "hoverinfo": "skip"}
            | {"marker": {"color": "@current", "opacity": "$shades", "line": {"width": 0}}},
            {"type": "scatter", "mode": "text", "x": "$said", "y": "$came", "text": "$texts", "showlegend": False}
            | {"textfont": {"color": "@ink", "size": "$letters"}, "customdata": "$told", "hovertemplate": "%{customdata}<extra></extra>"},
        ],
        "layout": {
            "template": TEMPLATE,
            "height": SQUARE,
            "margin": {"t": 12},
            "bargap": 0,
            "barmode": "overlay",
            "hovermode": "closest",
            "xaxis": ticks("$places", "$labels") | {"range": "$across", "showgrid": False, "ticks": "", "title": {"text": "what was said"}},
            "yaxis": ticks("$places", "$labels")
            | {"range": "$down", "showgrid": False, "ticks": "", "ticklabelstandoff": 5, "title": {"text": "what came true"}},
        },
    }


def roc() -> Drawing:
    """The ROC curve of a window and of the reference."""
    hover = "%{fullData.name}<br>of what came true, %{y:.3~p} are found<br>of the rest, %{x:.3~p} are taken for it<extra></extra>"
    drawn = _square("false positive rate", "true positive rate", hover)
    drawn["data"].insert(0, _diagonal())
    return drawn


def precision_recall() -> Drawing:
    """Precision against recall, of a window and of the reference."""
    hover = "%{fullData.name}<br>%{x:.3~p} of what came true are found<br>%{y:.3~p} of what is said comes true<extra></extra>"
    return _square("recall", "precision", hover)


def reliability() -> Drawing:
    """Mean score of each group of rows against the share that came true, with its interval."""
    told = {"customdata": "$told_reference", "hovertemplate": "%{customdata}<extra></extra>"}
    error = {"type": "data", "symmetric": False, "array": "$up", "arrayminus": "$down", "color": "@stable", "thickness": 1.4, "width": 0}
    drawn = _square("mean score of the group", "share that came true", "%{customdata}<extra></extra>")
    reference, current = drawn["data"]
    reference |= told | {"mode": "lines+markers", "marker": {"size": 4, "color": "@reference"}}
    current |= {"mode": "lines+markers", "marker": {"size": 5, "color": "@current"}, "error_y": error, "customdata": "$told"}
    drawn["data"].insert(0, _diagonal())
    for axis in ("xaxis", "yaxis"):
        drawn["layout"][axis] |= {"range": "$reach", "tickformat": ",.3~p"}
    return drawn


def residual_groups() -> Drawing:
    """Residuals by prediction: the middle, the middle half and nine tenths of each group."""
    return {
        "data": [
            _area("9 rows in 10", "$wide_x", "$wide_y", "@band_light") | {"showlegend": True},
            _area("the middle half", "$half_x", "$half_y", "@band") | {"showlegend": True},
            {"type": "scatter", "mode": "lines+markers", "name": "$current_name", "x": "$x", "y": "$y"}
            | {"line": {"color": "@current", "width": 1.8}, "marker": {"size": 5, "color": "@current"}}
            | {"customdata": "$told", "hovertemplate": "%{customdata}<extra></extra>"},
            {"type": "scatter", "mode": "lines", "name": "reference", "x": "$reference_x", "y": "$reference_y"}
            | {"line": {"color": "@reference", "width": 1.8}, "hoverinfo": "skip"},
        ],
        "layout": {
            "template": TEMPLATE,
            "height": SQUARE,
            "hovermode": "closest",
            "xaxis": {"title": {"text": "prediction"}, "nticks": 6, "tickformat": ".3~g"},
            "yaxis": {"title": {"text": "residual: prediction − what came true"}, "nticks": 6, "tickformat": ".3~g"}
            | {"zeroline": True, "zerolinecolor": "@muted", "zerolinewidth": 1},
        },
    }


def _square(across: str, up: str, hover: str) -> Drawing:
    """Two curves, reference and window, over shares."""
    share = {"range": [-0.02, 1.02], "tickformat": ".0%", "nticks": 6}
    curve = {"type": "scatter", "mode": "lines", "hovertemplate": hover}
    return {
        "data": [
            curve | {"name": "reference", "x": "$reference_x", "y": "$reference_y", "line": {"color": "@reference", "width": 2.4}},
            curve | {"name": "$current_name", "x": "$x", "y": "$y", "line": {"color": "@current", "width": 1.8}},
        ],
        "layout": {
            "template": TEMPLATE,
            "height": SQUARE,
            "hovermode": "closest",
            "xaxis": share | {"title": {"text": across}},
            "yaxis": share | {"title": {"text": up}},
        },
    }


def _diagonal() -> Drawing:
    """What chance alone would do, or what scores that are probabilities would."""
    drawn = {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip", "showlegend": False}
    return drawn | {"line": {"color": "@grid", "width": 1.2, "dash": "dot"}}


def _area(name: str, x: str, y: str, colour: str) -> Drawing:
    """Closed outlines, filled."""
    shape = {"type": "scatter", "mode": "lines", "line": {"width": 0, "color": colour}, "fill": "toself", "fillcolor": colour}
    return shape | {"name": name, "x": x, "y": y, "hoverinfo": "skip"}


def _dots(values: str, colour: str) -> Drawing:
    drawn = line("", values, colour, width=0)
    return drawn | {"mode": "markers", "marker": {"color": colour, "size": 4.5}, "showlegend": False, "hoverinfo": "skip"}
