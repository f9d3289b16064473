from __future__ import annotations

import itertools
import re

import pytest

from driftline.reports.palette import DARK, HEAT, LIGHT, LINES, Theme, palette


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(theme: dict[str, str]) -> None:
    """Every colour that text is written in has a contrast of 4.5 to its background."""
    for word in ("@ink", "@muted", "@drifted", "@current"):
        assert contrast(theme[word], theme["@paper"]) >= 4.5, word


@pytest.mark.parametrize("theme", list(Theme))
def test_verdicts_differ_in_brightness_too(theme: Theme) -> None:
    """Who sees no colours still tells stable, inconclusive and clearly drifted cells apart."""
    stable, inconclusive, drifted = (HEAT[theme][i][1] for i in (0, 2, 6))
    for one, other in itertools.combinations((stable, inconclusive, drifted), 2):
        assert contrast(one, other) > 1.5


def test_both_themes_have_the_same_words() -> None:
    """A drawing that can be filled in light can be filled in the dark."""
    assert set(palette(Theme.LIGHT)) == set(palette(Theme.DARK))


def test_the_heat_scale_runs_from_end_to_end() -> None:
    """The scale begins at 0, ends at 1 and only rises."""
    for stops in HEAT.values():
        places = [place for place, _ in stops]
        assert places == sorted(places)
        assert (places[0], places[-1]) == (0.0, 1.0)


def test_lines_are_distinct_colours() -> None:
    """No two columns of a figure share a colour."""
    assert len(set(LINES)) == len(LINES)
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in LINES)
