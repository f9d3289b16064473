"""Colours, light and dark, that everybody can tell apart: Okabe and Ito's blue and vermilion, and grey for what is not known."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Theme(StrEnum):
    """The background a figure is looked at on."""

    LIGHT = "light"
    DARK = "dark"


LIGHT: Mapping[str, str] = {
    "@paper": "#ffffff",
    "@ink": "#18222c",
    "@muted": "#5d6b79",
    "@line": "#e6eaee",
    "@reference": "#b7c1cb",
    "@current": "#0072b2",
    "@drifted": "#c44e00",
    "@inconclusive": "#8b95a0",
    "@stable": "#7fb2d6",
    "@floor": "rgba(127,178,214,0.22)",
    "@band": "rgba(0,114,178,0.20)",
    "@band_light": "rgba(0,114,178,0.08)",
    "@estimated": "#a0427f",
    "@estimated_band": "rgba(160,66,127,0.13)",
    "@grid": "#c4ccd4",
}

DARK: Mapping[str, str] = {
    "@paper": "#151b22",
    "@ink": "#e7ecf1",
    "@muted": "#94a2b0",
    "@line": "#29323c",
    "@reference": "#5c6976",
    "@current": "#5cb8ec",
    "@drifted": "#ff8f4d",
    "@inconclusive": "#8c97a3",
    "@stable": "#3f7397",
    "@floor": "rgba(92,184,236,0.14)",
    "@band": "rgba(92,184,236,0.22)",
    "@band_light": "rgba(92,184,236,0.08)",
    "@estimated": "#e092c4",
    "@estimated_band": "rgba(224,146,196,0.16)",
    "@grid": "#3d4853",
}

HEAT: Mapping[Theme, tuple[tuple[float, str], ...]] = {
    Theme.LIGHT: (
        (0.0, "#e9f1f7"),
        (0.33, "#b5d3e8"),
        (0.34, "#a9b1ba"),
        (0.65, "#a9b1ba"),
        (0.66, "#f5b183"),
        (0.83, "#d9620f"),
        (1.0, "#7c2d00"),
    ),
    Theme.DARK: (
        (0.0, "#1b2a37"),
        (0.33, "#2c5573"),
        (0.34, "#66717d"),
        (0.65, "#66717d"),
        (0.66, "#a3541f"),
        (0.83, "#f58439"),
        (1.0, "#ffd2a8"),
    ),
}
"""Heat runs from 0 to 3: stable, inconclusive, drifted; the darker (in the dark: the brighter), the stronger."""

LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#a6761d")
"""Colours of lines that stand for columns."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif"


def palette(theme: Theme) -> dict[str, Any]:
    """What the colour words of a drawing stand for."""
    colours = LIGHT if theme is Theme.LIGHT else DARK
    return {**colours, "@heat": [list(stop) for stop in HEAT[theme]], "@lines": list(LINES), "@clear": "rgba(0,0,0,0)"}
