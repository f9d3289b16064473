from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from driftline.pages.fleet import SHOWN, SORTS, Asked, acts, fleet
from driftline.pages.look import render
from driftline.store.glances import Listed

AT = datetime(2026, 4, 1, tzinfo=UTC)


def listed(ident: int, name: str, verdict: str | None = "stable", **more: Any) -> Listed:
    """A monitor as the store lists it."""
    told = {
        "verdict": verdict,
        "reason": "nothing that matters",
        "since": "2026-03-01",
        "window": "2026-03-31",
        "judged": AT.isoformat(),
        "health": None,
        "spark": None,
        "labels": None,
        "columns": 10,
        "drifted": 0,
        "named": [],
    }
    return Listed(id=ident, name=name, created=AT, standing=None if verdict is None else {**told, **more}, changed=AT)


FLEET = [
    listed(1, "calm"),
    listed(2, "fresh", None),
    listed(3, "ill", "drifted", drifted=3, reason="amount moved"),
    listed(4, "worse", "drifted", drifted=1, health={"verdict": "drifted", "worse": True}),
    listed(5, "vague", "inconclusive"),
]


def names(**asked: Any) -> list[str]:
    """The models that are shown, in their order."""
    return [line["name"] for line in fleet(FLEET, {1: 2}, Asked(**asked))["lines"]]


def test_the_most_urgent_comes_first() -> None:
    """Drifted before what cannot be told, before stable, before what waits; a model that does worse before its columns."""
    assert names() == ["worse", "ill", "vague", "calm", "fresh"]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_has_every_model(sort: str) -> None:
    """Sorting loses nobody, whatever is not known of them."""
    assert sorted(names(sort=sort)) == ["calm", "fresh", "ill", "vague", "worse"]


def test_search_looks_into_names_and_reasons() -> None:
    """Without regard to case."""
    assert names(search="AMOUNT") == ["ill"]
    assert names(search="Cal") == ["calm"]
    assert names(search="nobody") == []


def test_a_verdict_is_a_filter_whose_count_is_that_of_all() -> None:
    """What a filter would show stands on it, whatever is shown now."""
    told = fleet(FLEET, {}, Asked(verdict="stable"))
    assert [line["name"] for line in told["lines"]] == ["calm"]
    assert {one["name"]: one["many"] for one in told["filters"]} == {"drifted": 2, "inconclusive": 1, "stable": 1, "waiting": 1}


def test_open_alerts_have_a_column_only_where_there_are_any() -> None:
    """No part of the page stands without data behind it."""
    assert fleet(FLEET, {}, Asked())["alerts"] is False
    assert fleet(FLEET, {3: 2}, Asked())["lines"][0]["alerts"] == 2


def test_pages_follow_each_other() -> None:
    """Every model is on one page; an address beyond the end is the last page."""
    many = [listed(i, f"m{i:04}") for i in range(2 * SHOWN + 5)]
    seen, asked = [], Asked(sort="name")
    told = fleet(many, {}, asked)
    seen += [line["name"] for line in told["lines"]]
    assert told["pages"] == 3
    assert told["earlier"] == ""
    for page in (2, 3):
        told = fleet(many, {}, Asked(sort="name", page=page))
        seen += [line["name"] for line in told["lines"]]
    assert told["later"] == ""
    assert seen == [f"m{i:04}" for i in range(2 * SHOWN + 5)]
    assert fleet(many, {}, Asked(page=99))["page"] == 3


def test_names_of_strangers_stay_text() -> None:
    """Whatever a model is called, it is shown as it is, and its address is one."""
    told = fleet([listed(1, "<script>alert(1)</script>/?#")], {}, Asked())
    frame = {"seat": None, "rooms": (), "here": "/", "theme": "", "notice": "", "title": "Fleet", "demo": ""}
    page = render("fleet.html", {**frame, **told})
    assert "<script>alert" not in page
    assert "/models/%3Cscript%3Ealert%281%29%3C%2Fscript%3E%2F%3F%23" in page


def test_what_was_decided_stands_in_the_line() -> None:
    """With what waits for a person first where that is asked for, and how far a new model is."""
    done = {
        1: acts({"action": "retrain", "state": "open"}, {"state": "releasing", "challenger": "4"}),
        3: acts({"action": "hold", "state": "noted"}, None),
    }
    lines = fleet(FLEET, {}, Asked(sort="decision"), done)["lines"]
    assert (lines[0]["name"], lines[0]["done"]["waits"], lines[0]["done"]["going"]) == ("calm", "a person is asked", "releasing: version 4")


def test_a_model_that_waits_says_what_has_come() -> None:
    """Nobody looks at an empty line and wonders whether rows arrive."""
    shown = {line["name"]: line["reason"] for line in fleet(FLEET, {}, Asked(), came={2: (60, 59_871)})["lines"]}
    assert shown["fresh"].startswith("59,871 rows in 60 windows have come")
    assert "No row" in next(line["reason"] for line in fleet(FLEET, {}, Asked())["lines"] if line["name"] == "fresh")
