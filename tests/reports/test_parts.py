"""Whose drift makes what: parts and rest are the bars, the largest first, and names that strangers chose are text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
import pytest

import driftline
from driftline.errors import ConfigError
from driftline.reports import figures, parts
from driftline.reports.drawing import fill
from driftline.reports.palette import Theme, palette

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def rows(seed: int, move: float) -> dict[str, object]:
    """A score that is made of two columns, of which one moves."""
    dice = np.random.default_rng(seed)
    one, other = dice.normal(move, 1, 4000), dice.normal(0, 1, 4000)
    return {
        "<one>": one,
        "other": other,
        "score": 1 / (1 + np.exp(-(one + 0.5 * other - 1))),
        "label": (dice.random(4000) < 0.3).astype(int),
    }


@pytest.fixture(scope="module")
def moved() -> Report:
    """A day on which one column moved, and the score with it."""
    columns = {"score": "score", "label": "label"}
    return driftline.compare(rows(0, 0.0), rows(1, 0.8), task="binary", columns=columns).found


def test_the_column_that_moved_makes_most_of_it(moved: Report) -> None:
    """It stands first, parts and rest are drawn in two colours, and nothing is read as markup."""
    values = parts.filled(moved)[0]
    drawn = go.Figure(fill(parts.drawing(), {**values, **palette(Theme.DARK)}))
    columns, rest = drawn.data
    assert drawn.layout.yaxis.ticktext[0] == "&lt;one&gt;"
    assert columns.x[0] > 0.5 * (sum(part for part in columns.x if part is not None) + rest.x[-1]) > 0
    assert columns.x[-1] is None
    assert rest.x[-1] is not None
    assert columns.marker.color != rest.marker.color
    assert drawn.layout.xaxis.range[1] > columns.x[0]
    assert parts.headings(moved)[0]["name"] == "change of the mean score"


def test_where_nobody_says_it_nothing_is_drawn(report: Report) -> None:
    """Without a model's output there are no parts: no figure, and who asks for one is told."""
    assert parts.filled(report) == parts.headings(report) == []
    with pytest.raises(ConfigError, match="no explanation says"):
        figures.parts_of_change(report)


def test_the_same_figure_stands_everywhere(moved: Report) -> None:
    """In Python, on the page and in a notebook; of what it is can be chosen."""
    assert figures.parts_of_change(moved, "score", theme=Theme.DARK).data[0].x[0] == parts.filled(moved)[0]["$parts"][0]
    with pytest.raises(ConfigError, match="no parts of 'scored'"):
        figures.parts_of_change(moved, "scored")
    page = driftline.Report(moved)
    assert "Whose drift makes the change of the mean score" in page.to_html()
    assert "change of the mean score" in page._repr_html_()
