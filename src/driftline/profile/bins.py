"""Bins, fixed once on the reference, so that every later window is counted in the same ones."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

FINE = 256
"""At most this many value bins for a number, -inf, underflow, overflow and +inf included."""

MAX_LEVELS = 1000
"""At most this many levels of a category are counted one by one; the rarer ones share one bin."""

ATOM_SHARE = 1 / 128
"""A value repeated in at least this share of the reference's rows is a point mass with a bin of its own."""

LEVELS = 32
"""So few distinct values are levels, each with a bin of its own."""

GRID_AT = (0.05, 0.5, 0.95)
"""The quantiles that place a fixed-point grid."""

FIXED_POINT_BITS = 28
CLIP = 2.0**52
LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, slots=True)
class NumberBins:
    """Ordered bins for a number: bin i holds the values x with edges[i-1] <= x < edges[i].

    `edges` is strictly increasing; there are `len(edges) + 1` bins. The first bin holds -inf, the
    second what lies below the reference's least value, the last but one what lies above its
    greatest, the last +inf. A point mass v is the bin [v, next float after v). `center` and `scale`
    (a power of two) place the fixed-point grid on which sums are kept exactly.
    """

    edges: tuple[float, ...]
    center: float = 0.0
    scale: float = 1.0
    array: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        edges = np.array(self.edges, dtype=np.float64)
        edges.flags.writeable = False
        object.__setattr__(self, "array", edges)

    @property
    def width(self) -> int:
        """How many value bins there are."""
        return len(self.edges) + 1


@dataclass(frozen=True, slots=True)
class LevelBins:
    """One bin per level of a category, in the order of `levels`, then one for every other value.

    `open` says that the reference had more levels than are counted one by one, so that the last bin
    holds rare levels as well as unseen ones.
    """

    levels: tuple[str, ...]
    open: bool = False

    @property
    def width(self) -> int:
        """How many value bins there are."""
        return len(self.levels) + 1


Bins = NumberBins | LevelBins


def fit_number_bins(values: NDArray[np.float64], *, least: float | None = None, greatest: float | None = None) -> NumberBins:
    """Fit fine quantile bins to the reference's finite values; repeated values become point masses.

    Args:
        values: a sample of the reference, any order; NaN and infinities are left out.
        least: the least finite value of the whole reference, where `values` is a sample of it.
        greatest: likewise the greatest.

    >>> fit_number_bins(np.array([0.0, 0.0, 0.0, 1.0])).width
    7
    """
    finite = values[np.isfinite(values)]
    finite.sort()
    if not finite.size:
        return NumberBins(edges=(-LARGEST, math.inf))
    low = float(finite[0]) if least is None else min(least, float(finite[0]))
    high = float(finite[-1]) if greatest is None else max(greatest, float(finite[-1]))
    atoms = _atoms(finite)
    rest = finite[~np.isin(finite, atoms)] if atoms.size else finite
    return place_number_bins((low, high), atoms.tolist(), rest.size, lambda places: rest[places], _grid(finite))


def place_number_bins(
    ends: tuple[float, float],
    atoms: Sequence[float],
    rest: int,
    at: Callable[[NDArray[np.intp]], NDArray[np.float64]],
    grid: tuple[float, float],
) -> NumberBins:
    """Lay bins from what is known of the reference's finite values, wherever they lie.

    Args:
        ends: the least and the greatest.
        atoms: point masses.
        rest: how many values are no point mass.
        at: gives the values at some places, from 0, among the rest in order.
        grid: centre and scale, as `grid_of` makes them.
    """
    edges = _outer_edges(*ends)
    for value in atoms:
        edges |= {value, math.nextafter(value, math.inf)}
    room = FINE - 1 - len(edges)
    if rest and room > 0:
        # Fewer bins than rows: an edge needs rows on both sides to mean anything.
        wanted = max(2, min(room, rest // 4))
        edges |= {float(cut) for cut in at((np.arange(1, wanted + 1) * rest // (wanted + 1)).clip(0, rest - 1))}
    center, scale = grid
    # Adding 0.0 turns -0.0 into 0.0, so that the edges have one spelling.
    return NumberBins(edges=tuple(edge + 0.0 for edge in sorted(edges)), center=center, scale=scale)


def fit_log_bins(values: NDArray[np.float64]) -> NumberBins:
    """Bins of equal ratio for latencies: from an eighth of the reference's least to a hundred times its greatest positive value.

    Quantiles of later windows are then known to the same share of themselves wherever they lie.

    >>> fit_log_bins(np.array([1.0, 10.0])).width
    256
    """
    positive = np.sort(values[np.isfinite(values) & (values > 0)])
    if not positive.size:
        return place_log_bins((8e-3, 10.0), (0.0, 1.0))
    return place_log_bins((float(positive[0]), float(positive[-1])), _grid(positive))


def place_log_bins(ends: tuple[float, float], grid: tuple[float, float]) -> NumberBins:
    """Lay bins of equal ratio from the least and the greatest positive value."""
    edges = np.geomspace(ends[0] / 8, min(ends[1] * 100, LARGEST / 2), FINE - 4)
    return NumberBins(edges=(-LARGEST, 0.0, *edges.tolist(), math.inf), center=grid[0], scale=grid[1])


def fit_level_bins(counts: Mapping[str, int], *, limit: int = MAX_LEVELS) -> LevelBins:
    """Give each of the most frequent levels a bin; ties go by the level's name.

    >>> fit_level_bins({"b": 2, "a": 2, "c": 9}, limit=2)
    LevelBins(levels=('c', 'a'), open=True)
    """
    ranked = sorted(counts, key=lambda level: (-counts[level], level))
    return LevelBins(levels=tuple(ranked[:limit]), open=len(ranked) > limit)


def _outer_edges(low: float, high: float) -> set[float]:
    above = math.nextafter(high, math.inf)
    return {-LARGEST, low, above, math.inf} if low > -LARGEST else {-LARGEST, above, math.inf}


def _atoms(finite: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values repeated often enough to be point masses, the most frequent first if room is short; what is given is sorted."""
    # What is repeated in so many rows stands at one of the places that are as many rows apart.
    apart = max(int(ATOM_SHARE * finite.size), 1)
    looked = finite[apart - 1 :: apart]
    values = looked[np.append(True, looked[1:] != looked[:-1])]
    begins = np.searchsorted(finite, values)
    counts = np.searchsorted(finite, values, side="right") - begins
    often = (counts > 1) & (counts >= ATOM_SHARE * finite.size)
    if values.size <= LEVELS and (few := _few(finite)) is not None:
        values, counts = few
        often = np.ones(values.size, dtype=np.bool_)
    ranked = np.argsort(-counts[often], kind="stable")[: FINE // 4]
    return np.asarray(values[often][ranked], dtype=np.float64)


def _few(finite: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]] | None:
    """The distinct values and how often each occurs; None where there are more than `LEVELS`."""
    begins = [0]
    while (end := int(np.searchsorted(finite, finite[begins[-1]], side="right"))) < finite.size:
        if len(begins) == LEVELS:
            return None
        begins.append(end)
    return finite[begins], np.diff(begins, append=finite.size)


def _grid(finite: NDArray[np.float64]) -> tuple[float, float]:
    """The grid of sorted values."""
    low, center, high = (float(finite[math.floor((finite.size - 1) * at)]) for at in GRID_AT)
    return grid_of(low, center, high, (float(finite[0]), float(finite[-1])))


def grid_of(low: float, center: float, high: float, ends: tuple[float, float]) -> tuple[float, float]:
    """Center and scale of the fixed-point grid, from the quantiles `GRID_AT`: the median, and a power of two near the spread."""
    spread = high - low
    if not math.isfinite(spread) or spread <= 0:
        spread = ends[1] - ends[0]
    if not math.isfinite(spread) or spread <= 0:
        spread = abs(center) or 1.0
    # From 2^1000 on every finite double lies on the grid; below 2^-900 a step would not be one.
    exponent = min(max(math.frexp(spread)[1], -900), 1000)
    # Adding 0.0 gives the centre one spelling, too.
    return center + 0.0, math.ldexp(1.0, exponent)
