"""The definition of counting, against loops in plain Python."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.bins import LevelBins, NumberBins
from driftline.profile.hashing import hash_text
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBER = Planned(Column(name="x", kind=Kind.NUMBER), NumberBins((-1.7e308, 0.0, 5e-324, 1.0, math.inf), 0.0, 1.0))
LEVEL = Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a", "b")))
FREE = Planned(Column(name="free", kind=Kind.TEXT), None)
PLAN = Plan((NUMBER, LEVEL, FREE), sample=5)
SPECIAL = [0.0, -0.0, 5e-324, 1.0, math.inf, -math.inf, math.nan, 1e308]
CELL = st.none() | st.just("not a number") | st.floats() | st.sampled_from(SPECIAL)
ROWS = st.lists(st.tuples(CELL, st.none() | st.sampled_from(["a", "b", "c", "d"])), max_size=30)


def numbers(values: Sequence[float | str | None]) -> Cells:
    """A column of numbers, some of which are texts or missing."""
    floats = np.array([value if isinstance(value, float) else 0.0 for value in values], dtype=np.float64)
    texts = [value if isinstance(value, str) else None for value in values]
    null = np.array([value is None for value in values], dtype=bool)
    return Cells(floats, texts, null, np.array([isinstance(value, str) for value in values], dtype=bool))


def levels(values: Sequence[str | None]) -> Cells:
    """A column of texts."""
    null = np.array([value is None for value in values], dtype=bool)
    return Cells(np.zeros(len(values)), list(values), null, np.zeros(len(values), dtype=bool))


def counted(rows: Sequence[tuple[float | str | None, str | None]]) -> Profile:
    """Rows counted by the definition."""
    x, c = [x for x, _ in rows], [c for _, c in rows]
    return count(PLAN, {"x": numbers(x), "c": levels(c), "free": levels(c)}, len(rows))


@given(ROWS)
def test_numbers_are_counted_where_they_lie(rows: list[tuple[float | str | None, str | None]]) -> None:
    """Each bin holds what a loop over the rows finds between its edges; the rest is null, NaN or of the wrong type."""
    profile = counted(rows)
    values = [x for x, _ in rows if isinstance(x, float) and not math.isnan(x)]
    edges = NUMBER.bins.edges if isinstance(NUMBER.bins, NumberBins) else ()
    found = [sum((i == 0 or edges[i - 1] <= x) and (i == len(edges) or x < edges[i]) for x in values) for i in range(len(edges) + 1)]
    assert profile.bins(0).tolist() == found
    texts, nans = sum(isinstance(x, str) for x, _ in rows), sum(isinstance(x, float) and math.isnan(x) for x, _ in rows)
    assert profile.odd[0].tolist() == [sum(x is None for x, _ in rows), nans, texts, 0]


@given(ROWS)
def test_levels_are_counted_by_name(rows: list[tuple[float | str | None, str | None]]) -> None:
    """Levels have their bins, all others share the last, and those are kept with their counts."""
    profile = counted(rows)
    texts = [c for _, c in rows]
    assert profile.bins(1).tolist() == [texts.count("a"), texts.count("b"), texts.count("c") + texts.count("d")]
    assert dict(profile.unseen[1]) == {value: texts.count(value) for value in "cd" if value in texts}
    assert profile.odd[1, Odd.NULL] == texts.count(None)
    assert profile.bins(2).tolist() == [len(texts) - texts.count(None)]


@given(ROWS)
def test_every_row_is_counted_once_in_every_column(rows: list[tuple[float | str | None, str | None]]) -> None:
    """Bins and odd counts of each column sum to the rows."""
    profile = counted(rows)
    assert profile.rows == len(rows)
    assert all(profile.bins(i).sum() + profile.odd[i].sum() == len(rows) for i in range(3))


@given(ROWS)
def test_extremes_are_those_of_finite_numbers(rows: list[tuple[float | str | None, str | None]]) -> None:
    """The least and the greatest finite number, -0.0 written as 0.0; (inf, -inf) where there is none."""
    finite = [x for x, _ in rows if isinstance(x, float) and math.isfinite(x)]
    low, high = counted(rows).extremes[0].tolist()
    assert (low, high) == ((min(finite), max(finite)) if finite else (math.inf, -math.inf))
    assert not any(end == 0 and math.copysign(1, end) < 0 for end in (low, high))


def test_a_column_that_is_not_there_is_absent_in_every_row() -> None:
    """The other columns are counted."""
    profile = count(PLAN, {"c": levels(["a", "b"])}, 2)
    assert profile.odd[0].tolist() == [0, 0, 0, 2]
    assert profile.bins(1).tolist() == [1, 1, 0]


def test_the_sample_holds_rows_as_numbers() -> None:
    """A number is itself, a level is its bin's place, and everything odd is NaN."""
    kept = counted([(1.5, "b"), ("text", "c"), (None, None), (math.inf, "a")]).sample
    rows = {tuple(None if math.isnan(v) else v for v in row) for row in kept.values.tolist()}
    assert rows == {(1.5, 1.0, None), (None, 2.0, None), (None, None, None), (math.inf, 0.0, None)}


def test_equal_rows_have_equal_keys() -> None:
    """Without ids a row is known by its content, in whichever columns it lies."""
    profile = counted([(1.0, "a"), (2.0, "b"), (1.0, "a"), (1.0, "b")])
    assert profile.sample.duplicate_share() == 0.25


def test_the_id_decides_the_key() -> None:
    """With a column of ids, rows of equal id are one, whatever else they hold; and ids are texts, even of digits."""
    plan = Plan((Planned(Column(name="id", kind=Kind.NUMBER, role=Role.ID), None), NUMBER))
    ids = levels(["17", "17", "18"])
    profile = count(plan, {"id": ids, "x": numbers([1.0, 2.0, 3.0])}, 3)
    assert profile.sample.duplicate_share() == pytest.approx(1 / 3)
    other = count(plan, {"id": ids, "x": numbers([4.0, 5.0, 6.0])}, 3)
    assert profile.sample.keys.tolist() == other.sample.keys.tolist()


def test_many_unseen_values_are_kept_by_their_hashes() -> None:
    """Of more than 64 unseen values the 64 with the smallest hashes stay, in that order, with exact counts."""
    texts = [f"u{i}" for i in range(200) for _ in range(i % 3 + 1)]
    profile = count(PLAN, {"c": levels(texts)}, len(texts))
    expected = sorted({*texts}, key=hash_text)[:64]
    assert list(profile.unseen[1]) == expected
    assert dict(profile.unseen[1]) == {text: texts.count(text) for text in expected}
    assert profile.bins(1)[2] == len(texts)


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_hardly_any_rows(rows: int) -> None:
    """No row, one, two: counted like any other."""
    profile = counted([(0.5, "a")] * rows)
    assert profile.rows == profile.bins(1)[0] == rows
    assert (profile == Profile.empty(PLAN)) == (rows == 0)
