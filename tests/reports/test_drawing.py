from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.reports import drawing
from driftline.reports.palette import Theme, palette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DRAWINGS = [drawing.distribution, drawing.over_time, drawing.heatmap, drawing.missing]


def words(part: Any) -> Iterator[str]:
    """Every blank of a drawing."""
    if isinstance(part, str) and part[:1] in {"$", "@"}:
        yield part
    for item in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from words(item)


@pytest.mark.parametrize("drawn", DRAWINGS)
def test_every_colour_of_a_drawing_is_in_the_palette(drawn: Callable[[], drawing.Drawing]) -> None:
    """No figure needs a colour that a theme does not have."""
    assert {word for word in words(drawn()) if word[0] == "@"} <= set(palette(Theme.DARK))


@given(st.text())
def test_what_fills_a_blank_is_not_read_again(text: str) -> None:
    """A column called $effect or @ink is a column, not a blank."""
    assert drawing.fill({"name": "$name", "x": ["$name"]}, {"$name": text}) == {"name": text, "x": [text]}


def test_a_blank_without_a_value_is_a_mistake() -> None:
    """A figure is never drawn with a blank in it."""
    with pytest.raises(KeyError):
        drawing.fill(["$nothing"], {})


def test_a_drawing_is_plain_data() -> None:
    """Filling leaves the drawing as it was, so that it can be filled again."""
    drawn = drawing.heatmap()
    before = list(words(drawn))
    drawing.fill(drawn, dict.fromkeys(before, 0))
    assert list(words(drawn)) == before
