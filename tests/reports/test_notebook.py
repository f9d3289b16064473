from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from driftline.reports.notebook import to_notebook

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.verdicts.report import Report


def frame_of(cell: str) -> str:
    """The document in the frame."""
    found = re.search(r'srcdoc="([^"]*)"', cell)
    assert found is not None
    return html.unescape(found[1])


def test_the_summary_can_be_read_without_the_frame(hostile: Report) -> None:
    """Where frames are taken out, verdict, reason and the drifted columns are still there, as text."""
    bare = re.sub(r"<iframe.*?</iframe>", "", to_notebook(hostile), flags=re.DOTALL)
    assert "Drifted" in bare
    assert "amount" in bare
    assert not re.search(r"<(script|img|i|b>bold)", bare)


def test_the_frame_is_sandboxed_and_complete(report: Report) -> None:
    """The frame may run its scripts and nothing else, and holds the plotting library once."""
    cell = to_notebook(report)
    assert 'sandbox="allow-scripts"' in cell
    assert "default-src &#39;none&#39;" in frame_of(cell)
    assert 1_900_000 < len(cell) < 2_600_000


def test_odd_reports_are_shown_too(odd: Report, report: Report) -> None:
    """A report of nothing is a summary without figures."""
    assert "Inconclusive" in to_notebook(odd)
    assert "<iframe" not in to_notebook(replace(report, windows=(), profiles=()))


def test_performance_comes_first(modelled: Report) -> None:
    """Where a model is watched, its metric is said above the table and leads it."""
    bare = re.sub(r"<iframe.*?</iframe>", "", to_notebook(modelled), flags=re.DOTALL)
    assert bare.index("ROC AUC 0.") < bare.index("<table")
    assert re.search(r"<tbody>\s*<tr><td[^>]*><b>ROC AUC</b>", bare)


@pytest.mark.browser
@pytest.mark.parametrize(("which", "least"), [("hostile", 2), ("modelled", 7)])
def test_figures_are_drawn_in_the_frame_without_a_network(
    browser: Any, which: str, least: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The heat map, performance and the worst columns appear; nothing is asked for and nothing is complained about."""
    file = tmp_path / "cell.html"
    file.write_text(f"<!doctype html><meta charset=utf-8>{to_notebook(request.getfixturevalue(which))}", encoding="utf-8")
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"dialog {dialog.dismiss()}"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    page.locator("iframe").scroll_into_view_if_needed()
    inside = page.frame_locator("iframe")
    inside.locator("body[data-ready]").wait_for(state="attached")
    drawn, maps = inside.locator(".js-plotly-plot").count(), inside.locator(".map canvas").count()
    room, taken = page.frames[1].evaluate("[innerHeight, document.body.scrollHeight]")
    page.close()
    assert drawn >= least
    assert maps == 1
    assert taken <= room
    assert said == []
    assert asked == [file.as_uri()]
