"""Sums on a fixed-point grid: integers, so that no order of adding can change them.

A value x becomes q = rint((x - center) · 2^28 / scale), clipped to ±2^52, where `center` and `scale`
are fixed on the reference; the sums of q and of q² are kept as limbs of 32 bits. A mean is then exact
to about 2^-29 of the column's scale, and values more than 2^24 scales away count as that far away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import CLIP, FIXED_POINT_BITS, NumberBins

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUM_LIMBS = 3
SQUARE_LIMBS = 5
LIMBS = SUM_LIMBS + SQUARE_LIMBS
_BITS = 32
_MASK = (1 << _BITS) - 1
_SMALL = 1 << 31


def quantise(values: NDArray[np.float64], bins: NumberBins) -> NDArray[np.int64]:
    """Put finite values on the grid."""
    step = 2.0**FIXED_POINT_BITS / bins.scale
    with np.errstate(over="ignore"):
        return np.asarray(np.rint(((values - bins.center) * step).clip(-CLIP, CLIP)), dtype=np.int64)


def sums(grid: NDArray[np.int64]) -> NDArray[np.int64]:
    """The exact sum of q and of q², as limbs."""
    total = _exact_sum(grid)
    small = np.abs(grid) < _SMALL
    squares = grid[small] ** 2
    square = (_exact_sum(squares >> _BITS) << _BITS) + _exact_sum(squares & _MASK)
    square += sum(int(q) ** 2 for q in grid[~small])
    return np.concatenate([to_limbs(total, SUM_LIMBS), to_limbs(square, SQUARE_LIMBS)])


def to_limbs(number: int, limbs: int) -> NDArray[np.int64]:
    """Split an integer into limbs of 32 bits, the least first; the last one carries the sign."""
    parts = [(number >> (_BITS * i)) & _MASK for i in range(limbs - 1)]
    return np.array([*parts, number >> (_BITS * (limbs - 1))], dtype=np.int64)


def from_limbs(limbs: NDArray[np.int64]) -> int:
    """Join what `to_limbs` split."""
    return sum(int(limb) << (_BITS * i) for i, limb in enumerate(limbs))


def add_limbs(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Add two tables of sums and carry, so that equal sums are equal bytes. Shape: columns × LIMBS."""
    total = left + right
    for first, last in ((0, SUM_LIMBS), (SUM_LIMBS, LIMBS)):
        for i in range(first, last - 1):
            total[..., i + 1] += total[..., i] >> _BITS
            total[..., i] &= _MASK
    return total


def means(
    limbs: NDArray[np.int64], rows: NDArray[np.int64], center: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean and variance (divisor n) per column, NaN where there are no rows. Shape: … × 2."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        step = scale / 2.0**FIXED_POINT_BITS
        first, second = _joined(limbs[..., :SUM_LIMBS]) / rows, _joined(limbs[..., SUM_LIMBS:]) / rows
        variance = np.maximum(second - first**2, 0.0) * step**2
        return np.stack([center + first * step, variance], axis=-1)


def _joined(limbs: NDArray[np.int64]) -> NDArray[np.float64]:
    """What limbs say, as doubles."""
    number = np.zeros(limbs.shape[:-1])
    # From the greatest limb down: a small negative number is -1 · 2^64 and much else, and must not be lost between them.
    for i in reversed(range(limbs.shape[-1])):
        number = number * 2.0**_BITS + limbs[..., i]
    return number


def _exact_sum(grid: NDArray[np.int64]) -> int:
    """Sum int64 without overflow for fewer than 2^31 values."""
    return (int((grid >> _BITS).sum()) << _BITS) + int((grid & _MASK).sum())
