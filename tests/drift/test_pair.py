from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from driftline.drift.pair import decile_groups, regroup, smooth

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNTS = arrays.arrays(np.float64, st.tuples(st.just(1), st.integers(1, 40)), elements=st.integers(0, 50).map(float))


@given(COUNTS)
def test_bins_fall_into_the_ten_conventional_ones_in_order(counts: NDArray[np.float64]) -> None:
    """Every fine bin belongs to one of ten, and none to an earlier one than the bin before it."""
    groups = decile_groups(counts)[0]
    assert groups.min() >= 0
    assert groups.max() <= 9
    assert (np.diff(groups) >= 0).all()


def test_deciles_of_many_rows_hold_a_tenth_each() -> None:
    """A thousand equal fine bins make ten equal bins."""
    counts = np.ones((1, 1000))
    assert regroup(counts[:, None], decile_groups(counts), 10).tolist() == [[[100.0] * 10]]


@given(COUNTS, st.integers(1, 10))
def test_regrouping_adds_what_belongs_together(counts: NDArray[np.float64], windows: int) -> None:
    """Every group holds the sum of its bins, in every window."""
    groups = decile_groups(counts)
    stacked = np.repeat(counts[:, None], windows, axis=1) * np.arange(1, windows + 1)[None, :, None]
    found = regroup(stacked, groups, 10)
    for w in range(windows):
        assert found[0, w].tolist() == np.bincount(groups[0], weights=stacked[0, w], minlength=10).tolist()


@given(COUNTS, st.integers(0, 5))
def test_half_a_row_goes_to_every_real_bin_and_none_to_padding(counts: NDArray[np.float64], padding: int) -> None:
    """Smoothed shares are (count + ½) / (rows + bins / 2); padding changes nothing and gets nothing."""
    real = np.ones(counts.shape, dtype=bool)
    shares = smooth(counts, real)
    wider = smooth(np.pad(counts, ((0, 0), (0, padding))), np.pad(real, ((0, 0), (0, padding))))
    width = counts.shape[1]
    np.testing.assert_allclose(shares, (counts + 0.5) / (counts.sum() + width / 2), rtol=1e-15)
    assert wider[:, :width].tolist() == shares.tolist()
    assert not wider[:, width:].any()


def test_a_pair_holds_rows_edges_and_moments_of_each_column(drift: Any, dice: np.random.Generator) -> None:
    """What was counted of two columns in two windows can be read off the pair."""
    reference = [dice.normal(size=500), dice.normal(5, 2, size=500)]
    windows = [[dice.normal(size=90), dice.normal(5, 2, size=90)], [dice.normal(size=70), dice.normal(5, 2, size=70)]]
    pair = drift.pair(reference, *windows)
    n, m = pair.rows()
    assert pair.ordered
    assert n.tolist() == [[500.0], [500.0]]
    assert m.tolist() == [[90.0, 70.0], [90.0, 70.0]]
    for c in range(2):
        for w, rows in enumerate([reference[c], windows[0][c], windows[1][c]]):
            np.testing.assert_allclose(pair.moments[c, w], [rows.mean(), rows.var()], rtol=1e-6, atol=1e-6)
            assert pair.extremes[c, w].tolist() == [rows.min(), rows.max()]
        assert (np.diff(pair.edges[c, 0]) >= 0).all()
        assert np.isfinite(pair.edges).all()


def test_levels_have_no_order(drift: Any, dice: np.random.Generator) -> None:
    """A pair of levels has no edges, and its conventional bins are the levels themselves."""
    pair = drift.pair(dice.choice(["a", "b", "c"], size=100), dice.choice(["a", "b", "z"], size=50))
    assert not pair.ordered
    assert pair.coarse() is pair
    assert pair.current.sum() == 50


def test_narrow_columns_are_padded_to_the_widest(drift: Any, dice: np.random.Generator) -> None:
    """Bins that a column does not have are marked as such and hold nothing."""
    pair = drift.pair([dice.choice(["a", "b"], size=100), dice.choice([*"abcdefgh"], size=100)], [np.array(["z"] * 9), np.array(["a"] * 9)])
    assert pair.real[:, 0].sum(-1).tolist() == [3, 9]
    assert pair.current[0, 0].tolist() == [0, 0, 9, 0, 0, 0, 0, 0, 0]
