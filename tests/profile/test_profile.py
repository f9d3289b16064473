"""Profiles add: a commutative monoid, and counting is a homomorphism into it, bit for bit."""

from __future__ import annotations

from functools import reduce
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.errors import PlanMismatch
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.distinct import estimate
from driftline.profile.hashing import hash_text
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import UNSEEN_KEPT, Odd, Profile, keep_unseen, merge_unseen, total
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

RNG = np.random.default_rng(0)
BINS = fit_number_bins(RNG.normal(size=500))
PLAN = Plan(
    (
        Planned(Column(name="x", kind=Kind.NUMBER), BINS),
        Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a", "b"))),
        Planned(Column(name="gone", kind=Kind.NUMBER), BINS),
        Planned(Column(name="t", kind=Kind.TEXT), None),
    ),
    sample=4,
)
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 1.7e308, -1.7e308, 5e-324, np.inf, np.nan])
ROWS = st.lists(st.tuples(st.none() | st.just("text") | FLOATS, st.none() | st.sampled_from(["a", "b", "c", "d", "é"])), max_size=25)
Row = tuple[float | str | None, str | None]


def counted(rows: Sequence[Row]) -> Profile:
    """Rows counted by the definition."""
    x, c = [x for x, _ in rows], [c for _, c in rows]
    floats = np.array([value if isinstance(value, float) else 0.0 for value in x], dtype=np.float64)
    wrong, no = np.array([isinstance(value, str) for value in x], dtype=bool), np.zeros(len(rows), dtype=bool)
    numbers = Cells(floats, [value if isinstance(value, str) else None for value in x], np.array([v is None for v in x], dtype=bool), wrong)
    texts = Cells(np.zeros(len(rows)), c, np.array([value is None for value in c], dtype=bool), no)
    return count(PLAN, {"x": numbers, "c": texts, "t": texts}, len(rows))


@given(ROWS, ROWS, ROWS)
@settings(max_examples=60)
def test_profiles_are_a_commutative_monoid(a: list[Row], b: list[Row], c: list[Row]) -> None:
    """Adding is associative and commutative to the last bit, and the profile of no rows changes nothing."""
    x, y, z = counted(a), counted(b), counted(c)
    assert (x + y) + z == x + (y + z)
    assert x + y == y + x
    assert x + Profile.empty(PLAN) == x == Profile.empty(PLAN) + x


@given(ROWS, st.lists(st.integers(0, 10), min_size=1, max_size=6), st.randoms())
def test_counting_is_a_homomorphism(rows: list[Row], sizes: list[int], random: object) -> None:
    """Rows split in any way, counted, and added in any order, are the rows counted at once."""
    cuts = [min(cut, len(rows)) for cut in accumulate(sizes)]
    parts = [counted(rows[start:end]) for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    random.shuffle(parts)  # type: ignore[attr-defined]  # Hypothesis says object
    whole = counted(rows)
    assert reduce(add, parts) == whole
    assert total(parts) == whole


def test_profiles_of_one_number_add_without_rounding() -> None:
    """A tenth, added ten thousand times in three orders, is the same sum in every bit."""
    parts = [counted([(0.1 * (i % 7), "a")]) for i in range(300)]
    assert reduce(add, parts) == reduce(add, parts[::-1]) == total(parts[150:] + parts[:150])


def test_profiles_counted_in_other_bins_do_not_add() -> None:
    """The error says what to do about it, whichever way they are added."""
    other = Profile.empty(Plan(PLAN.columns, seed=1))
    with pytest.raises(PlanMismatch, match=r"different bins.*\nHint: count both with the same reference"):
        counted([]) + other
    with pytest.raises(PlanMismatch, match="different bins"):
        total([counted([]), other])


@given(ROWS, ROWS)
@settings(max_examples=40)
def test_equality_is_of_every_bit(a: list[Row], b: list[Row]) -> None:
    """Profiles are equal if every number in them is; and they are not keys of dictionaries."""

    def written(profile: Profile) -> list[object]:
        arrays = [getattr(profile, name) for name in ("counts", "odd", "sums", "extremes", "registers")]
        return [profile.rows, profile.unseen, *(one.tobytes() for one in (*arrays, profile.sample.keys, profile.sample.values))]

    x, y = counted(a), counted(b)
    assert (x == y) == (written(x) == written(y))
    assert x != "something else"
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


@given(st.lists(st.sampled_from([f"u{i}" for i in range(300)]), max_size=400), st.integers(0, 400))
def test_the_unseen_values_that_are_kept_have_exact_counts(values: list[str], at: int) -> None:
    """Whatever the split, the 64 values with the smallest hashes are kept, and counted over all rows."""
    parts = [keep_unseen({value: part.count(value) for value in part}) for part in (values[:at], values[at:])]
    merged = merge_unseen(*parts)
    expected = sorted(set(values), key=hash_text)[:UNSEEN_KEPT]
    assert list(merged) == expected
    assert dict(merged) == {value: values.count(value) for value in expected}


def test_moments_come_from_the_sums() -> None:
    """Mean and variance of the finite numbers of a column agree with NumPy on the rows; other columns have none."""
    values = RNG.normal(3.0, 2.0, 5000)
    rows: list[Row] = [(float(value), "a") for value in values]
    found = counted([*rows, (np.inf, None), (np.nan, None), (None, None), ("text", None)]).means()
    assert found[0] == pytest.approx([values.mean(), values.var()], rel=1e-7)
    assert np.isnan(found[1:]).all()


def test_distinct_values_survive_merging() -> None:
    """Two windows that share half of their values have the distinct values of both, about."""
    rows: list[Row] = [(float(i), "a") for i in range(300)]
    both = counted(rows[:200]) + counted(rows[100:])
    assert (both.registers == counted(rows).registers).all()
    assert estimate(both.registers[0]) == pytest.approx(300, rel=0.15)


def test_the_empty_profile_has_nothing() -> None:
    """No rows, no counts, extremes that any number replaces."""
    empty = Profile.empty(PLAN)
    assert (empty.rows, empty.counts.sum(), empty.odd.sum(), empty.sample.keys.size) == (0, 0, 0, 0)
    assert empty.extremes.tolist() == [[np.inf, -np.inf]] * 4
    assert empty.odd.shape == (4, len(Odd))


def test_a_label_that_has_not_come_is_absent() -> None:
    """A column that was never there is told from one that was empty."""
    profile = counted([(1.0, None)])
    assert profile.odd[2, Odd.ABSENT] == 1
    assert profile.odd[1, Odd.NULL] == 1
    assert PLAN.with_role(Role.LABEL) is None


@given(ROWS)
@settings(max_examples=30)
def test_a_column_alone_has_its_own_counts(rows: list[Row]) -> None:
    """Its bins, odd counts, moments and unseen values are those that it has among the others."""
    whole = counted(rows)
    for index, planned in enumerate(PLAN.columns):
        one = whole.alone(index, PLAN.alone(index))
        assert one.plan.names == (planned.name,)
        assert one.bins(0).tolist() == whole.bins(index).tolist()
        assert int(one.counts.sum() + one.odd.sum()) == len(rows)
        np.testing.assert_array_equal(one.means()[0], whole.means()[index])
        assert one.unseen[0] == whole.unseen[index]
