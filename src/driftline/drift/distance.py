"""Distances between ordered distributions, on the fine bins.

Each is the value that the raw rows would give if every row lay on its bin's edge; with 256 quantile
bins that is within one bin's share (0.4% of the rows) of the distance from the rows themselves.
Shapes: a `Pair` of C columns and W windows gives C × W.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.drift.pair import Pair


def kolmogorov_smirnov(pair: Pair) -> NDArray[np.float64]:
    """Kolmogorov-Smirnov distance: the largest gap between the two distribution functions, 0 to 1."""
    return np.asarray(np.abs(_gap(pair)).max(-1))


def cramer_von_mises(pair: Pair) -> NDArray[np.float64]:
    """Cramér-von Mises statistic of two samples, T = nm/(n+m) · ∫ (F - G)² dH, ties at their midranks (Anderson 1962)."""
    n, m = pair.rows()
    gap, pooled = _gap(pair), _pooled(pair)
    squares = (_middles(gap) ** 2 * pooled).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(squares * n * m / (n + m) ** 2)


def anderson_darling(pair: Pair) -> NDArray[np.float64]:
    """Anderson-Darling statistic of two samples, weighting the tails, midrank version (Scholz and Stephens 1987)."""
    n, m = pair.rows()
    total = (n + m)[..., None]
    gap, pooled = _middles(_gap(pair)), _pooled(pair)
    rank = np.cumsum(pooled, -1) - pooled / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = rank * (total - rank) - total * pooled / 4
        cells = np.where(weight > 0, gap**2 * pooled / weight, 0.0)
        return np.asarray(cells.sum(-1) * n * m * (n + m - 1) / (n + m))


def wasserstein(pair: Pair) -> NDArray[np.float64]:
    """Wasserstein distance of order one: the area between the two distribution functions, in the column's unit.

    Of rows beyond the reference's range only the sum is known: where they leave on both sides it is a lower bound.
    """
    if pair.edges is None or pair.moments is None or pair.extremes is None:
        return np.full(pair.current.shape[:2], np.nan)
    gap = np.abs(_gap(pair))[..., :-1]
    area = ((gap[..., 1:] + gap[..., :-1]) / 2 * np.diff(pair.edges, axis=-1)).sum(-1)
    least, greatest = pair.edges[..., 0], pair.edges[..., -1]
    # Beyond the reference's range the counts do not say how far the mass went.
    inside = (pair.extremes[:, 1:, 0] >= least) & (pair.extremes[:, 1:, 1] <= greatest)
    moved = np.abs(pair.moments[:, 1:, 0] - pair.moments[:, :1, 0])
    # The distance is never less than the difference of means, which is known exactly.
    return np.asarray(np.where(inside, area, np.fmax(moved, area)))


def wasserstein_normed(pair: Pair) -> NDArray[np.float64]:
    """Wasserstein distance in standard deviations of the reference."""
    return _in_deviations(pair, wasserstein(pair))


def mean_shift(pair: Pair) -> NDArray[np.float64]:
    """Current mean less reference mean, in standard deviations of the reference; exact, not binned."""
    if pair.moments is None:
        return np.full(pair.current.shape[:2], np.nan)
    return _in_deviations(pair, pair.moments[:, 1:, 0] - pair.moments[:, :1, 0])


def quantile_shift(pair: Pair) -> NDArray[np.float64]:
    """Largest move of the 5%, 25%, 50%, 75% or 95% quantile, in standard deviations of the reference, with its sign."""
    if pair.edges is None:
        return np.full(pair.current.shape[:2], np.nan)
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    moves = quantiles(pair.current, pair.edges, levels) - quantiles(pair.reference, pair.edges, levels)
    largest = np.abs(np.nan_to_num(moves)).argmax(-1)[..., None]
    return _in_deviations(pair, np.take_along_axis(moves, largest, -1)[..., 0])


def quantiles(counts: NDArray[np.float64], edges: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quantiles from counts: the upper edge of the bin in which each level falls. Shape: C × W × levels."""
    with np.errstate(invalid="ignore"):
        reached = np.cumsum(counts, -1) / counts.sum(-1, keepdims=True)
    place = (reached[..., None, :] < levels[:, None] - 1e-12).sum(-1).clip(0, edges.shape[-1] - 1)
    found = np.take_along_axis(np.broadcast_to(edges, (*counts.shape[:2], edges.shape[-1])), place, -1)
    return np.where(np.isnan(reached[..., :1]), np.nan, found)


def _in_deviations(pair: Pair, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if pair.moments is None:
        return np.full(values.shape, np.nan)
    deviation = np.sqrt(pair.moments[:, :1, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(values == 0, 0.0, values / deviation))


def _gap(pair: Pair) -> NDArray[np.float64]:
    """Current less reference distribution function at the upper edge of each bin."""
    p, q = pair.plain()
    return np.asarray(np.cumsum(q - p, -1))


def _middles(gap: NDArray[np.float64]) -> NDArray[np.float64]:
    """The gap at the middle of each bin: rows tied in a bin lie at their midrank."""
    return np.asarray(gap - np.diff(gap, prepend=0.0, axis=-1) / 2)


def _pooled(pair: Pair) -> NDArray[np.float64]:
    return np.asarray(pair.reference + pair.current)
