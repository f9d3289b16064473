from __future__ import annotations

import json
from typing import TYPE_CHECKING

from driftline.pages.history import history
from driftline.pages.model import model, order
from driftline.reports.html import front
from driftline.reports.outline import outline
from driftline.reports.page import index

if TYPE_CHECKING:
    from driftline.store.glances import Seen
    from driftline.verdicts.report import Report

SAME = ("name", "windows", "slots", "time", "columns", "order", "drifted", "heat", "focus")


def test_the_page_shows_what_the_report_shows(modelled: Report, kept: list[Seen]) -> None:
    """Heat map, windows, order of columns and the list of metrics are those of the report's own page, to the letter."""
    found = history("m", kept)
    assert found is not None
    _, shown = model(found, "/models/m")
    report = index(modelled, outline(modelled))
    for mine, theirs in zip(shown["segments"], report["segments"], strict=True):
        assert json.loads(json.dumps({name: mine[name] for name in SAME})) == json.loads(json.dumps({name: theirs[name] for name in SAME}))
        # Numbers have five digits here and six there.
        told = [[[one[:2] for one in segment["tracks"][about]] for about in ("performance", "operations")] for segment in (mine, theirs)]
        assert told[0] == told[1]
    assert set(report) <= set(shown)


def test_it_says_what_the_report_says(modelled: Report, kept: list[Seen]) -> None:
    """Stories of columns, health and notes are the same sentences."""
    found = history("m", kept)
    assert found is not None
    said, _ = model(found, "/models/m")
    theirs = front(modelled, outline(modelled))
    for name in ("wakes", "inputs", "others", "performance", "operations", "reasons"):
        assert said[name] == theirs[name], name


def test_segments_stand_beside_each_other(kept_parted: list[Seen]) -> None:
    """Every segment of the newest window has its own heat map, of the columns that window has."""
    found = history("m", kept_parted)
    assert found is not None
    _, shown = model(found, "/models/m")
    assert len(shown["segments"]) == len(found.last["parts"])
    for part, segment in zip(found.last["parts"], shown["segments"], strict=True):
        assert len(segment["columns"]) == len(part["names"])
        assert len(order(found, part["segment"])) == len(part["names"])


def test_a_window_that_knows_other_columns_is_blank_there(kept: list[Seen]) -> None:
    """A column that came with a new version has no colour in windows before it."""
    found = history("m", kept)
    assert found is not None
    first = found.glances[0]["parts"][0]
    for name in ("names", "kinds", "roles", "importances", "codes", "heat"):
        first[name] = first[name][1:]
    _, shown = model(found, "/models/m")
    assert len(shown["segments"][0]["columns"]) == len(found.last["parts"][0]["names"])
