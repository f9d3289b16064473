from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from driftline.errors import ConfigError, PlanMismatch
from driftline.profile.plan import Plan
from driftline.store.shelf import Use, merge

if TYPE_CHECKING:
    from driftline.store.shelf import Shelf


def test_profiles_of_one_window_and_segment_are_added(shelf: Shelf) -> None:
    """What is on both shelves is added, what is on one is kept, and the windows come in order."""
    first = replace(shelf, entries=shelf.entries[2:])
    second = replace(shelf, entries=shelf.entries[:4], about={"source": "elsewhere"})
    merged = merge([first, second])
    found = {(segment, window): profile for segment, window, profile in merged.entries}
    for i, (segment, window, profile) in enumerate(shelf.entries):
        assert found[segment, window] == (profile + profile if 2 <= i < 4 else profile)
    assert [(segment, window.index) for segment, window, _ in merged.entries] == [(s, i) for s in (None, "country=é") for i in range(3)]
    assert merged.about == first.about


def test_the_order_of_merging_makes_no_difference(shelf: Shelf) -> None:
    """The same shelves in another order give the same profiles."""
    parts = [replace(shelf, entries=shelf.entries[i : i + 3]) for i in range(4)]
    assert merge(parts).entries == merge(parts[::-1]).entries


def test_one_shelf_merges_to_itself(shelf: Shelf) -> None:
    """Merging one shelf only puts it in order."""
    assert sorted(map(str, merge([shelf]).entries)) == sorted(map(str, shelf.entries))


def test_what_does_not_belong_together_is_refused(shelf: Shelf) -> None:
    """Other bins, references among current ones, or nothing at all."""
    other = Plan(shelf.plan.columns, sample=shelf.plan.sample, seed=99)
    with pytest.raises(PlanMismatch, match="different bins") as refused:
        merge([shelf, replace(shelf, plan=other, entries=())])
    assert "reference" in refused.value.hint
    with pytest.raises(PlanMismatch, match="in other bins than the rest"):
        replace(shelf, plan=other)
    with pytest.raises(ConfigError, match="not all of one use"):
        merge([shelf, replace(shelf, use=Use.REFERENCE)])
    with pytest.raises(ConfigError, match="0 profiles"):
        merge([])
