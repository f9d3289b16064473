from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib

import plotly.offline
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from driftline.reports import bundle
from driftline.reports.palette import LIGHT


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_embedded_json_ends_no_script(value: object) -> None:
    """Whatever the text, the JSON in the page has no bracket, reads back as itself and is ASCII."""
    text = bundle.embedded(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert text.isascii()
    assert json.loads(text) == value


def test_a_policy_allows_the_given_scripts_and_nothing_from_anywhere() -> None:
    """Scripts run by their hash; everything else comes from the file itself or not at all."""
    rules = dict(rule.strip().split(" ", 1) for rule in bundle.policy("one", "two").split(";"))
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in (b"one", b"two")]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["script-src"].split() == hashes
    assert not re.search(r"http|\*|unsafe-eval", " ".join(rules.values()))


def test_the_plotting_library_is_its_makers_own() -> None:
    """What the page unpacks is what the plotly package ships, to the byte."""
    library = bundle.plotly_script()
    assert zlib.decompress(base64.b64decode(bundle.plotly_packed())).decode() == library
    assert library == plotly.offline.get_plotlyjs().replace("\r\n", "\n")


def test_templates_escape_and_are_complete() -> None:
    """A value that a template needs and does not get is a mistake; a value that it gets is escaped."""
    with pytest.raises(UndefinedError):
        bundle.render("frame.html", {})
    filled = bundle.render("frame.html", dict.fromkeys(("policy", "data", "plotly", "script"), "</script><b>"))
    assert "</script><b>" not in filled


def test_scripts_keep_their_names_to_themselves() -> None:
    """The page's functions cannot meet the plotting library's."""
    made = bundle.script("numbers.js")
    assert made.startswith('"use strict";\n(() => {')
    assert made.rstrip().endswith("})();")


def test_our_scripts_and_styles_fetch_nothing() -> None:
    """No address stands in what we wrote."""
    for name in (*bundle.SCRIPTS, "notebook.js", "report.css", "report.html", "frame.html", "notebook.html"):
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(|XMLHttpRequest|innerHTML|eval\(", bundle.template_text(name)), name


def test_the_style_has_both_themes() -> None:
    """Dark is chosen by the system or by hand, and never on paper."""
    style = bundle.style()
    assert "@media screen and (prefers-color-scheme: dark){:root:not([data-theme=light])" in style
    assert "@media screen{:root[data-theme=dark]" in style
    assert f"--ink:{LIGHT['@ink']}" in style


def test_the_icon_is_an_image_of_its_own() -> None:
    """The page's icon needs no second file."""
    assert base64.b64decode(bundle.favicon(LIGHT, "@drifted")).startswith(b"<svg")
