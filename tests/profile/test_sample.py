"""The sample of rows: the rows with the smallest keys, whichever way the rows were split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.hashing import mix
from driftline.profile.sample import Sample

ROWS = st.lists(st.tuples(st.integers(0, 12) | st.integers(0, 2**64 - 1), st.sampled_from([0.0, -0.0, 1.0, np.nan, -np.inf])), max_size=40)


def sample(rows: list[tuple[int, float]], size: int) -> Sample:
    """A sample of rows with two columns."""
    keys = np.array([key for key, _ in rows], dtype=np.uint64)
    values = np.array([[value, -value] for _, value in rows]).reshape(-1, 2)
    return Sample.of(keys, values, size)


def same(left: Sample, right: Sample) -> bool:
    """Equal to the last bit."""
    return left.keys.tobytes() == right.keys.tobytes() and left.values.tobytes() == right.values.tobytes()


@given(ROWS, ROWS, st.integers(1, 10))
def test_samples_merge_into_the_sample_of_the_whole(left: list[tuple[int, float]], right: list[tuple[int, float]], size: int) -> None:
    """The sample of both samples is that of all rows, in either order, bit for bit, equal keys and NaN included."""
    whole = sample(left + right, size)
    assert same(sample(left, size).merge(sample(right, size), size), whole)
    assert same(sample(right, size).merge(sample(left, size), size), whole)


@given(ROWS, st.integers(1, 10), st.randoms())
def test_the_smallest_keys_are_kept_in_order(rows: list[tuple[int, float]], size: int, random: object) -> None:
    """The keys are the smallest ones, ascending, whatever the order of rows."""
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis says object
    kept = sample(rows, size)
    assert kept.keys.tolist() == sorted(key for key, _ in rows)[:size]
    assert same(sample(shuffled, size), kept)


def test_values_stay_with_their_keys() -> None:
    """A row of the sample is a row of the data."""
    keys = mix(np.arange(1000, dtype=np.uint64))
    kept = Sample.of(keys, keys.astype(np.float64)[:, None], 50)
    assert (kept.values[:, 0] == kept.keys.astype(np.float64)).all()


@pytest.mark.parametrize(("ids", "share"), [([1, 2, 3, 4], 0.0), ([1, 1, 2, 3], 0.25), ([7, 7, 7, 7], 0.75), ([5], 0.0)])
def test_repeats_are_counted_exactly_while_all_rows_fit(ids: list[int], share: float) -> None:
    """The share of rows that repeat another's id."""
    assert sample([(one, 0.0) for one in ids], 500).duplicate_share() == share


def test_repeats_are_estimated_from_the_sample() -> None:
    """Equal ids come into the sample together: of 20,000 rows, a fifth of them repeats, 500 tell it."""
    rng = np.random.default_rng(0)
    shares = []
    for seed in range(20):
        ids = rng.permutation(np.concatenate([np.arange(16_000), np.arange(4_000)])).astype(np.uint64)
        keys = mix(ids + np.uint64(seed << 32))
        shares.append(Sample.of(keys, np.zeros((keys.size, 1)), 500).duplicate_share())
    assert np.mean(shares) == pytest.approx(0.2, abs=0.02)


def test_no_rows_have_no_share_of_repeats() -> None:
    """NaN, not 0: nothing was seen."""
    assert np.isnan(sample([], 5).duplicate_share())
