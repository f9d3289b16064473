"""Which windows and segments a profile file holds, and the sum of some of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from driftline.cli.shelves import chosen, counted, joined, whole
from driftline.errors import ConfigError
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import count
from driftline.schema import Column, Kind
from driftline.store.shelf import Shelf
from driftline.window import Window

if TYPE_CHECKING:
    from driftline.profile.profile import Profile

PLAN = Plan((Planned(Column(name="x", kind=Kind.TEXT), None),))
DAYS = [Window(i, f"day {i}", i * 10, i * 10 + 10) for i in range(3)]


def rows(number: int) -> Profile:
    """A profile of so many rows."""
    return count(PLAN, {}, number)


def shelf(*entries: Any) -> Shelf:
    """A file with these entries."""
    return Shelf(PLAN, entries)


SHELF = shelf((None, DAYS[0], rows(1)), (None, DAYS[1], rows(2)), (None, DAYS[2], rows(4)), ("a", DAYS[1], rows(8)))


def test_all_windows_add_into_one() -> None:
    """For each segment, from its first window to its last."""
    found = whole(SHELF)
    assert [(segment, window.label, window.start, window.end, profile.rows) for segment, window, profile in found.entries] == [
        (None, "day 0 to day 2", 0, 30, 7),
        ("a", "day 1", 10, 20, 8),
    ]


def test_windows_are_joined_in_their_order() -> None:
    """However they come."""
    assert joined([DAYS[2], DAYS[0]]) == Window(0, "day 0 to day 2", 0, 30)


@pytest.mark.parametrize(
    ("window", "segment", "name", "count_of_rows"),
    [(None, None, "day 0 to day 2", 7), ("day 1", None, "day 1", 2), (None, "a", "day 1, a", 8), ("day 1", "a", "day 1, a", 8)],
)
def test_what_was_asked_for_is_added(window: str | None, segment: str | None, name: str, count_of_rows: int) -> None:
    """And called by its windows and its segment."""
    found, profile = chosen(SHELF, window, segment)
    assert (found, profile.rows) == (name, count_of_rows)


def test_an_empty_file_holds_nothing() -> None:
    """That is no error."""
    found, profile = chosen(shelf(), None, None)
    assert (found, profile.rows) == ("nothing", 0)
    with pytest.raises(ConfigError, match="no segments"):
        chosen(shelf(), None, "a")
    with pytest.raises(ConfigError, match="there is no window 'x'"):
        chosen(shelf(), "x", None)


def test_rows_are_told_once() -> None:
    """Segments count the same rows again."""
    assert counted(SHELF) == "7 rows, 1 column, 3 windows, 1 segment"
    assert counted(shelf((None, DAYS[0], rows(1)))) == "1 row, 1 column, 1 window"
