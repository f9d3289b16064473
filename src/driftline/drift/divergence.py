"""Divergences: how far two distributions are apart, bin by bin, without regard to order.

All are computed on the conventional bins (the reference's deciles for numbers, the levels for
categories). Where a logarithm is taken, half a row is added to every bin of both sides first.
Shapes: a `Pair` of C columns and W windows gives C × W.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import xlogy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.drift.pair import Pair


def psi(pair: Pair) -> NDArray[np.float64]:
    """Population stability index: the sum over bins of (q - p) · ln(q / p), half a row added to every bin."""
    p, q = pair.coarse().shares()
    return np.asarray(((q - p) * _log_ratio(q, p)).sum(-1))


def kullback_leibler(pair: Pair) -> NDArray[np.float64]:
    """Kullback-Leibler divergence of current from reference: the sum of q · ln(q / p), in nats."""
    p, q = pair.coarse().shares()
    return np.asarray((q * _log_ratio(q, p)).sum(-1))


def jensen_shannon(pair: Pair) -> NDArray[np.float64]:
    """Jensen-Shannon distance: the root of the mean divergence from the middle, base 2, 0 to 1."""
    p, q = pair.coarse().plain()
    middle = (p + q) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        nats = (xlogy(p, p) + xlogy(q, q)) / 2 - xlogy(middle, middle)
    return np.asarray(np.sqrt(np.maximum(nats.sum(-1), 0.0) / np.log(2)))


def hellinger(pair: Pair) -> NDArray[np.float64]:
    """Hellinger distance: the root of half the sum of (√q - √p)², 0 to 1."""
    p, q = pair.coarse().plain()
    return np.asarray(np.sqrt(((np.sqrt(q) - np.sqrt(p)) ** 2).sum(-1) / 2))


def total_variation(pair: Pair) -> NDArray[np.float64]:
    """Total variation distance: half the sum of |q - p|, the share of rows that would have to move, 0 to 1."""
    p, q = pair.coarse().plain()
    return np.asarray(np.abs(q - p).sum(-1) / 2)


def l_infinity(pair: Pair) -> NDArray[np.float64]:
    """L-infinity distance: the largest |q - p| of any bin, 0 to 1."""
    p, q = pair.coarse().plain()
    return np.asarray(np.abs(q - p).max(-1))


def chi_square(pair: Pair) -> NDArray[np.float64]:
    """Pearson's chi-square of homogeneity: both samples against their pooled shares, both samples' error counted."""
    observed, expected = _table(pair)
    with np.errstate(invalid="ignore", divide="ignore"):
        cells = np.where(expected > 0, (observed - expected) ** 2 / expected, 0.0)
    return np.asarray(cells.sum((-1, -2)))


def g_test(pair: Pair) -> NDArray[np.float64]:
    """The likelihood ratio of homogeneity: twice the sum of observed · ln(observed / expected)."""
    observed, expected = _table(pair)
    with np.errstate(invalid="ignore", divide="ignore"):
        cells = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
    return np.asarray(2 * cells.sum((-1, -2)))


def cramers_v(pair: Pair) -> NDArray[np.float64]:
    """Cramér's V of sample and bin: √(chi-square / rows), 0 to 1 as there are two samples."""
    n, m = pair.rows()
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(chi_square(pair) / (n + m))


def _log_ratio(q: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """ln(q / p), 0 in padding, where both are 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(p > 0, np.log(q / p), 0.0)


def _table(pair: Pair) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Observed and expected counts of the two-sample table. Shape: C × W × 2 × B."""
    coarse = pair.coarse()
    reference, current = np.broadcast_arrays(coarse.reference, coarse.current)
    observed = np.stack([reference, current], axis=-2)
    rows, columns = observed.sum(-1, keepdims=True), observed.sum(-2, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return observed, rows * columns / rows.sum(-2, keepdims=True)
