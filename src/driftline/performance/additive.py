"""Additive models over bins: a step for every bin, a slope for every number, and cells for the few pairs of columns that need them.

All are held small by a ridge. They want no tuning, are fitted by convex optimisation to the same answer every time, and take
milliseconds where boosted trees take seconds. `bench/bench_estimate.py` measures how good they are at what they do here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy import special

from driftline.performance.basis import GROUPS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from driftline.performance.basis import Basis, Coded

STRIKING = 4.0
"""So many deviations must a pair's chi-square stick out for the pair to get cells: with 100 pairs, chance alone gives few."""


CLOSE = 1e-7
"""A relative gain of so little in likelihood is none: chance moves it a thousand times as far."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """How small a model's coefficients are held, in rows: about so many it takes to move one.

    Attributes:
        step: of a bin, and of a pair's cell.
        slope: of a number's slope.
        pairs: so many pairs at most.
    """

    step: float
    slope: float
    pairs: int


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A fitted model.

    Attributes:
        weights: float64[p], the coefficients.
        pairs: the columns that are crossed.
    """

    weights: NDArray[np.float64]
    pairs: tuple[tuple[int, int], ...]

    def linear(self, rows: Coded) -> NDArray[np.float64]:
        """What it says of rows: a number, or the log-odds of a share. Shape: n."""
        return np.asarray(rows.crossed(self.pairs) @ self.weights)


def gram(design: sparse.csr_array) -> NDArray[np.float64]:
    """Xᵀ X. Shape: p × p."""
    return np.asarray((design.T @ design).toarray(), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """Coordinates in which a logistic model's curvature is about 1 in all directions, so that a dozen steps are enough.

    Attributes:
        factor: float64[p, p], lower triangular: from coefficients to coordinates, transposed.
        inverse: float64[p, p], back.
        curve: the curvature at the mean share.
    """

    factor: NDArray[np.float64]
    inverse: NDArray[np.float64]
    curve: float


def whitening(basis: Basis, squares: NDArray[np.float64], ridge: Ridge, share: float) -> Whitening:
    """Coordinates for a model of a share of about that size; good for all models of rows that are much alike.

    Args:
        basis: the columns' bins.
        squares: float64[p, p], about Xᵀ X of the design without pairs.
        ridge: how small coefficients are held.
        share: the mean of the target, about.
    """
    share = float(np.clip(share, 1e-6, 1 - 1e-6))
    curve = share * (1 - share)
    factor = scipy.linalg.cholesky(curve * squares + np.diag(basis.ridge(ridge.step, ridge.slope)), lower=True)
    return Whitening(factor, scipy.linalg.solve_triangular(factor, np.eye(len(squares)), lower=True).T, curve)


def fit_share(basis: Basis, rows: Coded, target: NDArray[np.float64], ridge: Ridge, white: Whitening, near: Model | None = None) -> Model:
    """A ridge-penalised logistic model.

    Args:
        basis: the columns' bins.
        rows: n rows.
        target: float64[n], in [0, 1].
        ridge: how small coefficients are held.
        white: decides how fast the answer is found, not which.
        near: a model of much the same rows, if there is one: its pairs are taken over, and its answer is where the search begins.
    """
    if near is not None:
        penalty = basis.ridge(ridge.step, ridge.slope, len(near.pairs))
        return Model(_logistic(rows.crossed(near.pairs), target, penalty, white, near.weights), near.pairs)
    weights = _logistic(rows.design, target, basis.ridge(ridge.step, ridge.slope), white, None)
    pairs = lively_pairs(rows.groups, target - special.expit(rows.design @ weights), ridge.pairs)
    if pairs:
        start = np.append(weights, np.zeros(len(pairs) * GROUPS**2))
        weights = _logistic(rows.crossed(pairs), target, basis.ridge(ridge.step, ridge.slope, len(pairs)), white, start)
    return Model(weights, pairs)


def fit_mean(basis: Basis, rows: Coded, target: NDArray[np.float64], ridge: Ridge, squares: NDArray[np.float64]) -> Model:
    """A ridge regression; arguments as for `fit_share`, and `squares` is Xᵀ X of the design without pairs, exactly."""
    plain = basis.ridge(ridge.step, ridge.slope)
    weights = scipy.linalg.solve(squares + np.diag(plain), rows.design.T @ target, assume_a="pos")
    pairs = lively_pairs(rows.groups, target - rows.design @ weights, ridge.pairs)
    if pairs:
        design, crossed = rows.crossed(pairs), basis.ridge(ridge.step, ridge.slope, len(pairs))
        weights = scipy.linalg.solve(gram(design) + np.diag(crossed), design.T @ target, assume_a="pos")
    return Model(np.asarray(weights), pairs)


def lively_pairs(groups: NDArray[np.int8], residual: NDArray[np.float64], most: int) -> tuple[tuple[int, int], ...]:
    """Pairs of columns in whose cells residuals are not around 0, the most striking first.

    The residuals' sum in each cell is squared and held against the sum of their squares, which without an interaction is about
    1 a cell; a pair counts from `STRIKING` deviations of its chi-square on (a quick look in the manner of Lou et al. 2013).

    Args:
        groups: int8[n, d].
        residual: float64[n], of a model without pairs.
        most: so many pairs at most.
    """
    squared = residual**2
    found = []
    for i, j in combinations(range(groups.shape[1]), 2):
        cell = groups[:, i].astype(np.intp) * GROUPS + groups[:, j]
        sums, squares = (np.bincount(cell, weights=of, minlength=GROUPS**2) for of in (residual, squared))
        held = squares > 0
        gain = (sums[held] ** 2 / squares[held]).sum()
        rows, columns = (np.flatnonzero(held.reshape(GROUPS, GROUPS).any(axis=axis)).size for axis in (1, 0))
        freedom = max((rows - 1) * (columns - 1), 1)
        found.append(((gain - freedom) / np.sqrt(2 * freedom), (i, j)))
    striking = sorted((one for one in found if one[0] > STRIKING), reverse=True)
    return tuple(pair for _, pair in striking[:most])


def _logistic(
    design: sparse.csr_array,
    target: NDArray[np.float64],
    ridge: NDArray[np.float64],
    white: Whitening,
    start: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    p, factor, inverse = len(white.factor), white.factor, white.inverse
    scale = 1 / np.sqrt(white.curve * np.asarray(design[:, p:].sum(axis=0)) + ridge[p:])

    def to_weights(whitened: NDArray[np.float64]) -> NDArray[np.float64]:
        # Not @: for products this small the threads behind it wait for each other longer than they work.
        return np.concatenate([np.einsum("ij,j->i", inverse, whitened[:p]), scale * whitened[p:]])

    def loss(whitened: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = to_weights(whitened)
        linear = design @ weights
        slope = design.T @ (special.expit(linear) - target) + ridge * weights
        value = np.logaddexp(0, linear).sum() - target @ linear + ridge @ weights**2 / 2
        return float(value), np.concatenate([np.einsum("ij,i->j", inverse, slope[:p]), scale * slope[p:]])

    if start is None:
        start = np.zeros(ridge.size)
        start[p - 1] = special.logit(np.clip(target.mean(), 1e-6, 1 - 1e-6))
    begin = np.concatenate([factor.T @ start[:p], start[p:] / scale])
    found, _, _ = scipy.optimize.fmin_l_bfgs_b(loss, begin, maxiter=200, m=20, factr=CLOSE / np.finfo(np.float64).eps, pgtol=1e-2)
    return to_weights(np.asarray(found))
