"""What a page carries with it: styles, scripts, the plotting library, and the policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from driftline.reports.packing import compact, deflate
from driftline.reports.palette import DARK, HEAT, LIGHT, Theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCRIPTS = ("numbers.js", "elements.js", "model.js", "heatmap.js", "figures.js", "detail.js", "table.js", "performance.js", "page.js")
"""In the order in which they need each other."""


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill one of our templates; everything that is not marked as ours is escaped."""
    loader = FunctionLoader(template_text)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(template).render(values)


@cache
def template_text(name: str) -> str:
    """Read a file of the folder `templates`."""
    return resources.files("driftline.reports").joinpath("templates", name).read_text(encoding="utf-8")


def script(*names: str) -> Markup:
    """Join scripts so that their names stay inside."""
    return script_of([template_text(name) for name in names])


def script_of(texts: Iterable[str]) -> Markup:
    """Join the texts of scripts that are ours."""
    body = "\n".join(texts)
    return Markup(f'"use strict";\n(() => {{\n{body}}})();\n')  # noqa: S704  our own files


def style() -> Markup:
    """The style sheet, after the colours of both themes."""
    light, dark = _variables(Theme.LIGHT), _variables(Theme.DARK)
    themes = (
        f":root{{{light}}}\n"
        f"@media screen and (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
    )
    return Markup(themes + template_text("report.css"))  # noqa: S704  our own file


def embedded(value: Any) -> Markup:
    """Write JSON so that nothing in it ends the script it stands in."""
    text = compact(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  no character of HTML is left


def policy(*scripts: str) -> str:
    """A Content-Security-Policy under which these scripts run and nothing is fetched, whatever slipped through."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    allowed = f"script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


@cache
def plotly_script() -> str:
    """The plotting library, as the plotly package ships it."""
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def plotly_packed() -> Markup:
    """The plotting library, deflated, as base64: two fifths of its size."""
    return Markup(deflate(plotly_script().encode()))  # noqa: S704  base64


def favicon(theme: Mapping[str, str], colour: str) -> str:
    """The page's icon as base64 of an SVG: a wave in the verdict's colour."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{theme[colour]}"/>'
        '<path d="M5 18c4 0 4-7 8-7s4 10 8 10 4-11 6-11" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>'
    )
    return base64.b64encode(svg.encode()).decode("ascii")


def _variables(theme: Theme) -> str:
    colours = LIGHT if theme is Theme.LIGHT else DARK
    named = {name.removeprefix("@"): colour for name, colour in colours.items()}
    heat = {f"heat{i}": colour for i, (_, colour) in enumerate(HEAT[theme])}
    return ";".join(f"--{name}:{colour}" for name, colour in {**named, **heat, **SURFACES[theme]}.items()) + f";color-scheme:{theme.value}"


SURFACES: Mapping[Theme, Mapping[str, str]] = {
    Theme.LIGHT: {
        "back": "#f5f7f9",
        "quiet": "#f1f4f7",
        "drifted-soft": "#fffaf6",
        "drifted-line": "#f3cfb0",
        "stable-soft": "#edf5fa",
        "stable-line": "#c6dfef",
    },
    Theme.DARK: {
        "back": "#0e1318",
        "quiet": "#1d252e",
        "drifted-soft": "#2b1c12",
        "drifted-line": "#5c3a20",
        "stable-soft": "#13222e",
        "stable-line": "#24455c",
    },
}  # fmt: skip  a line per theme
"""Backgrounds, which figures do not need."""
