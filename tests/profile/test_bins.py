"""Bins that are fixed once: every value has one place, and what is special has a place of its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.bins import ATOM_SHARE, FINE, LARGEST, MAX_LEVELS, LevelBins, NumberBins, fit_level_bins, fit_number_bins

TINY = 5e-324
FLOATS = st.floats(allow_nan=False)
ANY = st.lists(st.floats() | st.sampled_from([0.0, -0.0, 1.0, TINY, -TINY, LARGEST, -LARGEST]), max_size=60)


def place(bins: NumberBins, value: float) -> int:
    """Where counting puts a value."""
    return int(np.searchsorted(bins.array, value, side="right"))


@given(ANY, FLOATS)
def test_every_value_has_exactly_one_bin(reference: list[float], value: float) -> None:
    """Whatever the reference was, bin i holds edges[i-1] <= x < edges[i], and exactly one bin does."""
    bins = fit_number_bins(np.array(reference))
    lower, upper = [-math.inf, *bins.edges], [*bins.edges, None]
    holding = [i for i in range(bins.width) if lower[i] <= value and (upper[i] is None or value < upper[i])]  # type: ignore[operator]  # the last bin is open
    assert holding == [place(bins, value)]


@given(ANY)
def test_edges_rise_and_are_few(reference: list[float]) -> None:
    """Edges strictly increase, are written in one way, and make at most 256 bins."""
    bins = fit_number_bins(np.array(reference))
    assert (bins.array[1:] > bins.array[:-1]).all()
    assert bins.width == len(bins.edges) + 1 <= FINE
    assert not any(edge == 0 and math.copysign(1, edge) < 0 for edge in bins.edges)
    assert math.isfinite(bins.center)
    assert math.frexp(bins.scale)[0] == 0.5


@given(ANY, st.randoms())
def test_the_order_of_the_reference_does_not_matter(reference: list[float], random: object) -> None:
    """The same values in another order give the same bins."""
    shuffled = list(reference)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis says object
    assert fit_number_bins(np.array(shuffled)) == fit_number_bins(np.array(reference))


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40))
def test_the_outer_bins_tell_what_the_reference_never_had(reference: list[float]) -> None:
    """-inf is first, then what lies below the least value; what lies above the greatest comes before +inf, which is last."""
    bins = fit_number_bins(np.array(reference))
    low, high = min(reference), max(reference)
    assert place(bins, -math.inf) == 0
    assert place(bins, math.nextafter(low, -math.inf)) == place(bins, -LARGEST) == 1
    assert 2 <= place(bins, low) <= place(bins, high) < bins.width - 2
    assert place(bins, math.nextafter(high, math.inf)) == place(bins, LARGEST) == bins.width - 2
    assert place(bins, math.inf) == bins.width - 1


def test_the_whole_range_may_be_told_beside_a_sample() -> None:
    """Where values are a sample, the true least and greatest still bound the range."""
    bins = fit_number_bins(np.arange(100.0), least=-5.0, greatest=500.0)
    assert place(bins, -5.0) == 2
    assert place(bins, 500.0) == bins.width - 3
    assert place(bins, 500.1) == bins.width - 2


def test_zero_has_one_place() -> None:
    """-0.0 and 0.0 fall together, next to the smallest numbers there are and not with them."""
    bins = fit_number_bins(np.array([-0.0, 0.0, 0.0, 1.0]))
    assert place(bins, -0.0) == place(bins, 0.0)
    assert len({place(bins, value) for value in (-TINY, 0.0, TINY)}) == 3


def test_a_repeated_value_is_a_point_mass() -> None:
    """A value in at least 1/128 of the rows has a bin that holds nothing else; a rarer one shares."""
    rng = np.random.default_rng(0)
    often, seldom = math.ceil(ATOM_SHARE * 12_800), 20
    values = np.concatenate([np.full(often, 0.25), np.full(seldom, 0.75), rng.normal(size=12_800 - often - seldom)])
    bins = fit_number_bins(values)
    assert len({place(bins, math.nextafter(0.25, way)) for way in (-1, 0.25, 1)}) == 3
    assert place(bins, 0.75) == place(bins, math.nextafter(0.75, 1))


def test_few_values_are_levels() -> None:
    """With up to 32 different values each is a bin by itself, however rare it is."""
    values = np.concatenate([np.zeros(10_000), np.arange(1.0, 32.0)])
    bins = fit_number_bins(values)
    places = [place(bins, value) for value in range(32)]
    assert len(set(places)) == 32
    assert all(place(bins, value + 0.5) not in places for value in range(32))


def test_many_repeated_values_leave_room_for_the_rest() -> None:
    """Point masses take at most half of the edges; the rest is cut by quantiles."""
    rng = np.random.default_rng(0)
    bins = fit_number_bins(np.concatenate([np.repeat(np.arange(100.0), 200), rng.uniform(200, 300, 20_000)]))
    assert bins.width <= FINE
    assert sum(200 < edge < 300 for edge in bins.edges) > 100


def test_the_bins_between_are_quantiles() -> None:
    """Of continuous values every inner bin holds about as many as the next."""
    values = np.random.default_rng(0).standard_cauchy(100_000)
    bins = fit_number_bins(values)
    counts = np.bincount(np.searchsorted(bins.array, values, side="right"), minlength=bins.width)
    assert bins.width == FINE
    assert counts[2:-2].min() > 0.9 * counts[2:-2].max()


@pytest.mark.parametrize("reference", [[], [math.nan], [math.inf, -math.inf]])
def test_without_finite_values_there_are_still_three_bins(reference: list[float]) -> None:
    """Nothing finite was seen: -inf, any number, +inf."""
    bins = fit_number_bins(np.array(reference))
    assert [place(bins, value) for value in (-math.inf, -LARGEST, 0.0, LARGEST, math.inf)] == [0, 1, 1, 1, 2]


@pytest.mark.parametrize("rows", [1, 2, 10])
def test_a_tiny_reference_gives_a_bin_to_each_value(rows: int) -> None:
    """One, two or ten rows are levels, each with nothing beside it."""
    values = np.random.default_rng(rows).normal(size=rows)
    bins = fit_number_bins(values)
    assert len({place(bins, value) for value in values}) == rows
    # -inf, too low, each value and what lies between two, too high, +inf.
    assert bins.width == 2 * rows + 3


@pytest.mark.parametrize("size", [TINY, 1e-310, 1e-200, 1e200, 1e307, LARGEST])
def test_the_smallest_and_the_largest_numbers_can_be_binned(size: float) -> None:
    """Denormal numbers and those near the end of doubles have bins and a finite grid."""
    values = np.concatenate([np.linspace(-1, 1, 101) * size, [size, -size]])
    bins = fit_number_bins(values)
    assert place(bins, -size) < place(bins, 0.0) < place(bins, size)
    assert 0 < bins.scale < math.inf
    assert 2.0**28 / bins.scale < math.inf


def test_a_constant_column_has_a_grid() -> None:
    """Without any spread the grid is placed by the value itself."""
    assert fit_number_bins(np.full(9, 1000.0)).scale == 1024.0
    assert fit_number_bins(np.zeros(9)).scale == 2.0


def test_bins_cannot_be_changed() -> None:
    """The array beside the edges is theirs, and read-only."""
    bins = NumberBins((0.0, 1.0))
    with pytest.raises(ValueError, match="read-only"):
        bins.array[0] = 5.0


@given(st.dictionaries(st.text(max_size=3), st.integers(1, 5), max_size=12), st.integers(1, 12))
def test_the_most_frequent_levels_have_bins(counts: dict[str, int], limit: int) -> None:
    """Levels come by frequency, ties by name; who does not fit shares the last bin, and the bins say so."""
    bins = fit_level_bins(counts, limit=limit)
    left_out = set(counts) - set(bins.levels)
    assert bins.open == bool(left_out)
    assert len(bins.levels) == min(limit, len(counts))
    assert bins.width == len(bins.levels) + 1
    ranks = [(-counts[level], level) for level in bins.levels]
    assert ranks == sorted(ranks)
    assert all((-counts[level], level) > ranks[-1] for level in left_out)


def test_a_thousand_levels_are_counted_one_by_one() -> None:
    """With more the column is open."""
    assert not fit_level_bins({str(i): 1 for i in range(MAX_LEVELS)}).open
    assert fit_level_bins({str(i): 1 for i in range(MAX_LEVELS + 1)}).open
    assert fit_level_bins({}) == LevelBins(())


@given(
    values=st.lists(st.one_of(st.integers(0, 3), st.integers(0, 40), st.floats(-9, 9)), min_size=1, max_size=700),
    repeated=st.integers(0, 12),
)
def test_point_masses_are_the_values_that_are_often_repeated(values: list[float], repeated: int) -> None:
    """All of at most 32 distinct values, else those in at least 1 of 128 rows and more than one: each has a bin of its own."""
    sample = np.array([*values, *[2.5] * repeated])
    distinct, counts = np.unique(sample, return_counts=True)
    often = np.ones(distinct.size, bool) if distinct.size <= 32 else (counts > 1) & (counts >= sample.size / 128)
    ranked = sorted(zip(-counts[often], distinct[often], strict=True))[:64]
    edges = fit_number_bins(sample).edges
    assert all({value + 0.0, np.nextafter(value, np.inf)} <= set(edges) for _, value in ranked)
