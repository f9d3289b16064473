from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import pytest

from driftline.reports import charts, drawing
from driftline.reports.palette import Theme, palette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

DRAWINGS = (charts.performance, charts.confusion, charts.roc, charts.precision_recall, charts.reliability, charts.residual_groups)


def texts(part: Any) -> Iterator[str]:
    """Every text in a drawing."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list):
        for value in part:
            yield from texts(value)


@pytest.mark.parametrize("drawn", DRAWINGS)
def test_colours_are_the_palettes(drawn: Callable[[], drawing.Drawing]) -> None:
    """Every colour is a word that both themes know."""
    words = {text for text in texts(drawn()) if text.startswith("@")}
    assert words
    assert words <= set(palette(Theme.LIGHT)) & set(palette(Theme.DARK))
    assert not [text for text in texts(drawn()) if text.startswith(("#", "rgb"))]


@pytest.mark.parametrize("drawn", DRAWINGS)
def test_only_lines_markers_and_bars_are_needed(drawn: Callable[[], drawing.Drawing]) -> None:
    """The edition of the plotting library that the page holds can draw it."""
    assert {trace["type"] for trace in drawn()["data"]} <= {"scatter", "bar"}


@pytest.mark.parametrize("drawn", DRAWINGS)
def test_every_drawing_is_a_plotly_figure(drawn: Callable[[], drawing.Drawing]) -> None:
    """With blanks filled by nothing, Plotly's own validation accepts it."""
    blanks = {text for text in texts(drawn()) if text.startswith("$")}
    nothing: dict[str, Any] = {name: [] for name in blanks}
    for name in blanks:
        if name in {"$title", "$current_name", "$realised"}:
            nothing[name] = "a name"
        elif name in {"$compared", "$known", "$guessed", "$doubtful", "$provisional", "$open", "$any_worse"}:
            nothing[name] = False
        elif name in {"$range", "$view", "$across", "$down", "$reach"}:
            nothing[name] = [0, 1]
        elif name == "$letters":
            nothing[name] = 12
    assert go.Figure(drawing.fill(drawn(), {**nothing, **palette(Theme.DARK)})).layout.height > 200


def test_drawings_do_not_share_what_is_filled() -> None:
    """Changing one drawing leaves the next as it was."""
    first = charts.roc()
    first["data"].clear()
    assert len(charts.roc()["data"]) == 3
