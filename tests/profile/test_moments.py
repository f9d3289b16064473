"""Sums without rounding: against integers and fractions of any size, and against NumPy on raw rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from driftline.profile.bins import CLIP, FIXED_POINT_BITS, LARGEST, NumberBins, fit_number_bins
from driftline.profile.moments import LIMBS, SQUARE_LIMBS, SUM_LIMBS, add_limbs, from_limbs, means, quantise, sums, to_limbs

GRID = st.lists(st.integers(-int(CLIP), int(CLIP)) | st.sampled_from([2**31 - 1, 2**31, -(2**31), int(CLIP)]), max_size=30)


def grid(numbers: list[int]) -> np.ndarray:
    """Values already on the grid."""
    return np.array(numbers, dtype=np.int64)


def moments_of(values: np.ndarray, bins: NumberBins) -> tuple[float, float]:
    """Mean and variance by way of the sums."""
    found = means(sums(quantise(values, bins))[None], np.array([values.size]), np.array([bins.center]), np.array([bins.scale]))
    return float(found[0, 0]), float(found[0, 1])


@given(st.integers(-(2**95), 2**95 - 1))
def test_limbs_hold_an_integer(number: int) -> None:
    """What is split can be joined, the sign included."""
    assert from_limbs(to_limbs(number, SUM_LIMBS)) == number


@given(GRID)
def test_sums_are_exact(numbers: list[int]) -> None:
    """The sums of q and q² are those of Python's integers, however large."""
    found = sums(grid(numbers))
    assert found.shape == (LIMBS,)
    assert from_limbs(found[:SUM_LIMBS]) == sum(numbers)
    assert from_limbs(found[SUM_LIMBS:]) == sum(q * q for q in numbers)


@given(GRID, GRID)
def test_adding_sums_is_summing_all(left: list[int], right: list[int]) -> None:
    """Equal sums are equal bytes: carried limbs are the limbs of the whole."""
    added = add_limbs(sums(grid(left))[None], sums(grid(right))[None])[0]
    assert (added == sums(grid(left + right))).all()


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_moments_are_those_of_the_rows(values: list[float]) -> None:
    """Mean and variance agree with exact fractions to a part in 2^28 of the column's scale, unless a value is clipped."""
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    variance = sum((value - mean) ** 2 for value in exact) / len(exact)
    bins = fit_number_bins(np.array(values))
    found, spread = moments_of(np.array(values), bins)
    reach = float(max(abs(value - Fraction(bins.center)) for value in exact)) + bins.scale
    assume(reach < bins.scale * 2**24)
    assert found == pytest.approx(float(mean), rel=1e-15, abs=bins.scale * 2.0**-28)
    assert spread == pytest.approx(float(variance), rel=1e-12, abs=reach * bins.scale * 2.0**-27 + reach**2 * 1e-15)


@pytest.mark.parametrize("law", ["normal", "lognormal", "standard_cauchy"])
def test_moments_agree_with_numpy(law: str) -> None:
    """On raw rows, light or heavy in their tails, NumPy finds the same."""
    values = getattr(np.random.default_rng(0), law)(size=20_000)
    mean, variance = moments_of(values, fit_number_bins(values))
    assert mean == pytest.approx(values.mean(), rel=1e-6, abs=1e-7)
    assert variance == pytest.approx(values.var(), rel=1e-6)


def test_a_far_value_is_clipped() -> None:
    """What is more than 2^24 scales away counts as that far away, so that one absurd value cannot eat the sum."""
    bins = NumberBins((0.0, 1.0), center=0.0, scale=1.0)
    assert quantise(np.array([1e300, -1e300, LARGEST]), bins).tolist() == [int(CLIP), -int(CLIP), int(CLIP)]
    assert quantise(np.array([1.0]), bins).tolist() == [2**FIXED_POINT_BITS]


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-150, 1e150, 1e290, 1e307])
def test_moments_of_the_smallest_and_the_largest_numbers(size: float) -> None:
    """A mean is right at every size that doubles have; a variance that no double holds is infinite, without a warning."""
    values = np.array([1.0, 2.0, 3.0, 6.0]) * size
    mean, variance = moments_of(values, fit_number_bins(values))
    assert mean == pytest.approx(3 * size, rel=1e-7) or size < 1e-300
    assert 0 <= variance == pytest.approx(3.5 * size**2 if size < 1e154 else np.inf, rel=1e-6)


def test_no_rows_have_no_moments() -> None:
    """A column without finite numbers has NaN for both."""
    assert np.isnan(means(np.zeros((1, LIMBS), dtype=np.int64), np.array([0]), np.zeros(1), np.ones(1))).all()


def test_limbs_have_room_for_the_largest_windows() -> None:
    """2^40 rows at the clip fit: q has 53 bits and q² 106."""
    assert from_limbs(to_limbs(2**40 * int(CLIP), SUM_LIMBS)) == 2**92
    assert from_limbs(to_limbs(2**40 * int(CLIP) ** 2, SQUARE_LIMBS)) == 2**144
