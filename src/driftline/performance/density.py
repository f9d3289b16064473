"""How much likelier a row is in the window than in the reference, learnt so that no row is weighted by what was learnt from itself.

A classifier is asked whether a row is from the window; its odds, freed of the sizes of both sides, are the ratio of densities
(Bickel, Brückner and Scheffer 2009). It is learnt on two of three folds and asked about the third: an overfitted one
would see a shift wherever there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.additive import Ridge, fit_share, gram, whitening
from driftline.performance.rows import FOLDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.basis import Basis, Coded

RIDGE = Ridge(step=50.0, slope=1.0, pairs=8)
"""A bin's log-ratio needs some dozens of rows to move; a slope over all of them a few. Errors hardly change from 20 to 200."""

CLIPPED = 99.5
"""Weights beyond this percentile are cut to it: one row must not speak for a hundred."""

UNSEEN_ODDS = 0.95
"""A row that is from the window with at least this probability, were both sides of one size, has no like in the reference."""

TIMES, LEAST, MOST = 5, 6_000, 40_000
"""The classifier is shown so many reference rows for each row of the window, but at least and at most so many, and at most
so many of the window: more of them would hardly tell it more."""


@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """The ratio of densities, window over reference, as far as it can be told.

    Attributes:
        log_reference: float64[n], its logarithm at each row of the reference.
        log_window: float64[m], at each row of the window.
        weights: float64[n], of the reference's rows, clipped, with a mean of 1.
        ess: the effective number of reference rows, (Σw)² / Σw² (Kish 1965).
        unsupported: share of the window's rows that have no like in the reference.
    """

    log_reference: NDArray[np.float64]
    log_window: NDArray[np.float64]
    weights: NDArray[np.float64]
    ess: float
    unsupported: float


def ratio(log_reference: NDArray[np.float64], log_window: NDArray[np.float64], strange: NDArray[np.bool_] | None = None) -> Ratio:
    """Weights from known logarithms of the ratio; `strange` rows of the window have no like whatever the ratio says."""
    raw = np.exp(log_reference - log_reference.max())
    clipped = np.minimum(raw, np.percentile(raw, CLIPPED))
    weights = clipped / clipped.mean()
    alone = log_window >= np.log(UNSEEN_ODDS / (1 - UNSEEN_ODDS))
    if strange is not None:
        alone |= strange
    return Ratio(log_reference, log_window, weights, float(weights.sum() ** 2 / (weights**2).sum()), float(alone.mean()))


def even(rows: int, window: int) -> Ratio:
    """The ratio where nothing has moved: every row counts once."""
    return Ratio(np.zeros(rows), np.zeros(window), np.ones(rows), float(rows), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """The reference as the classifier sees it, once for all windows.

    Attributes:
        basis: the columns' bins.
        rows: the reference's.
        squares: float64[p, p], Xᵀ X of the design.
        fold: int[n], the fold of each row.
    """

    basis: Basis
    rows: Coded
    squares: NDArray[np.float64]
    fold: NDArray[np.intp]


def compare(background: Background, window: Coded, fold: NDArray[np.intp], rng: np.random.Generator) -> Ratio:
    """Learn the ratio for a window.

    Args:
        background: the reference.
        window: its m rows, read by the same basis.
        fold: int[m], the fold of each of its rows.
        rng: chooses which rows the classifier is shown where there are more than it needs.
    """
    n, m = len(background.fold), len(fold)
    log_reference, log_window = np.empty(n), np.empty(m)
    model, white = None, None
    for k in range(FOLDS):
        shown = _some(np.flatnonzero(fold != k), MOST, rng)
        others = _some(np.flatnonzero(background.fold != k), int(np.clip(TIMES * shown.size, LEAST, MOST)), rng)
        target = np.repeat([0.0, 1.0], [others.size, shown.size])
        if white is None:
            squares = others.size / n * background.squares + gram(window.take(shown).design)
            white = whitening(background.basis, squares, RIDGE, shown.size / target.size)
        model = fit_share(background.basis, window.take(shown).below(background.rows.take(others)), target, RIDGE, white, model)
        odds = np.log(others.size / shown.size)
        log_reference[background.fold == k] = model.linear(background.rows.take(background.fold == k)) + odds
        log_window[fold == k] = model.linear(window.take(fold == k)) + odds
    return ratio(log_reference, log_window, strange(background.basis, window))


def strange(basis: Basis, rows: Coded) -> NDArray[np.bool_]:
    """Rows with a code that the reference never had, or a number outside all of its. Shape: m."""
    return np.asarray(rows.design @ (~basis.seen).astype(np.float64) > 0)


def _some(rows: NDArray[np.intp], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """At most so many of some rows."""
    return rows if rows.size <= most else np.sort(rng.choice(rows, most, replace=False))
