"""Shift and spread: whether an ordered column moved or widened, by the normal scores of its ranks.

Every fine bin gets the normal score of its middle rank in the reference (van der Waerden 1952), so that one
wild value weighs no more than the highest rank. For a normal column the mean score moves by the shift in
standard deviations; the mean squared score by the factor of the variance (Klotz 1962).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.facet import Facet
from driftline.inference.significance import POWER_Z, chi_square_quantile, mean_p, normal_quantile, tail_factor
from driftline.inference.variation import Variation, vary_over_scales

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.drift.group import Group


@dataclass(frozen=True, slots=True)
class Scored:
    """A number for each bin of C columns, and how its mean varies between the reference's blocks.

    Attributes:
        scores: float64[C, B].
        per_row: float64[C], the variance of one row's score in the reference.
        variation: of the means.
    """

    scores: NDArray[np.float64]
    per_row: NDArray[np.float64]
    variation: Variation


@dataclass(frozen=True, slots=True)
class Usual:
    """The scores of ranks, of which location is the mean, and their squares, of which spread is the mean."""

    location: Scored
    spread: Scored


def learn(group: Group) -> Usual:
    """What the reference says of the location and the spread of a group's columns."""
    scores = normal_scores(group.whole)
    return Usual(location=_scored(group, scores), spread=_scored(group, (scores**2 - 1) / 2))


def normal_scores(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardised normal score of each bin's middle rank in the reference; 0 where nothing varies. Shape: C × B."""
    rows = np.maximum(whole.sum(-1, keepdims=True), 1.0)
    below = np.cumsum(whole, -1) - whole
    # Bins empty in the reference lie between ranks; the ends keep a quarter of a rank.
    middle = np.clip((below + whole / 2) / rows, 0.25 / rows, 1 - 0.25 / rows)
    scores = special.ndtri(middle)
    share = whole / rows
    centred = scores - (share * scores).sum(-1, keepdims=True)
    deviation = np.sqrt((share * centred**2).sum(-1, keepdims=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(deviation > 1e-9, centred / deviation, 0.0)  # noqa: PLR2004  a constant column


def shift(group: Group, usual: Usual | None = None) -> Facet:
    """How far the column moved, in standard deviations (of normal scores)."""
    scored = (usual or learn(group)).location
    return _mean_facet("shift", group, scored, wild=_wild(group, scored.scores))


def spread(group: Group, usual: Usual | None = None) -> Facet:
    """By how much the column widened, in log standard deviations: 0.1 is about 10% wider."""
    facet = _mean_facet("spread", group, (usual or learn(group)).spread, ratio=RATIO)
    # Two values are either apart or not: how often each comes is the shift's business.
    wide = ((group.whole > 0).sum(-1) > 2)[:, None]  # noqa: PLR2004  see above
    widened = Facet(
        name=facet.name,
        value=_log(facet.value),
        effect=_log(facet.effect),
        low=_log(facet.low),
        high=_log(facet.high),
        p_value=facet.p_value,
        threshold=_log(facet.threshold),
        detectable=_log(facet.detectable),
        linear=None if facet.linear is None else np.where(wide, facet.linear, np.nan),
        error=facet.error,
        base_error=facet.base_error,
        rehearsal=facet.rehearsal,
        skew_up=facet.skew_up,
        skew_down=facet.skew_down,
    )
    return widened.masked(wide)


def _scored(group: Group, scores: NDArray[np.float64]) -> Scored:
    rows = group.blocks.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.einsum("ckb,cb->ck", group.blocks, scores) / rows
        share = group.whole / group.whole.sum(-1, keepdims=True)
        mean = (share * scores).sum(-1)
        per_row = (share * scores**2).sum(-1) - mean**2
    return Scored(scores, per_row, vary_over_scales(values, rows, np.nan_to_num(per_row), group.layout, group.window_rows))


RATIO = 12.0
"""A spread is measured in the reference's: a ratio is skewed by the error of what it is divided by (as Fisher's F is)."""

DOUBT = 0.01
"""A spread that varies so much between blocks more seldom than this, if rows were independent, clusters clearly."""

CERTAIN = 1e6
"""More degrees of freedom than this are as good as infinitely many."""


def clustering(usual: Usual, alpha: float) -> NDArray[np.float64]:
    """Design effect of a column's location or, where it clearly is larger, of its spread: size may cluster where sign does not.

    Enlarged so that a test at level `alpha` pays for its having been estimated. Shape: C.
    """
    located, spread = usual.location.variation, usual.spread.variation
    certain = np.minimum(spread.df, CERTAIN)
    clearly = spread.design * certain > chi_square_quantile(DOUBT, certain)
    of_spread = np.where(clearly, spread.design * tail_factor(spread.df, alpha), 1.0)
    return np.maximum(located.design * tail_factor(located.df, alpha), of_spread)


def _wild(group: Group, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The window's variance where it exceeds the reference's, which is 1: the means of wild spells vary more (Welch 1938)."""
    _, m = group.pair.rows()
    with np.errstate(invalid="ignore", divide="ignore"):
        first, second = (np.einsum("cwb,cb->cw", group.pair.current, power) / m for power in (scores, scores**2))
    return np.asarray(np.fmax(second - first**2, 1.0))


def _mean_facet(name: str, group: Group, scored: Scored, *, wild: NDArray[np.float64] | float = 1.0, ratio: float = 0.0) -> Facet:
    scores, per_row, variation = scored.scores, scored.per_row, scored.variation
    (n, m), ask = group.pair.rows(), group.ask
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.einsum("cwb,cb->cw", group.pair.current, scores) / m
        own = np.einsum("cwb,cb->cw", group.pair.reference, scores) / n
        share = group.whole / group.whole.sum(-1, keepdims=True)
        third = (share * (scores - (share * scores).sum(-1, keepdims=True)) ** 3).sum(-1) / per_row**1.5
    block_rows = group.whole.sum(-1) / max(group.blocks.shape[1], 1)
    window = variation.variance(per_row, m, block_rows) * wild
    if group.own_reference:
        baseline, base_variance = own, variation.variance(per_row, n, block_rows)
    else:
        baseline, base_variance = variation.baseline, variation.baseline_variance
    effect = np.where(per_row[:, None] > 0, value - baseline, np.nan)
    variance = window + base_variance
    with np.errstate(invalid="ignore", divide="ignore"):
        deep = np.sqrt(variance * tail_factor(variation.df, ask.level(name))[:, None])
        half = np.sqrt(variance * tail_factor(variation.df, (1 - ask.confidence) / 2)[:, None]) * normal_quantile((1 - ask.confidence) / 2)
        share_m = 1 / m
        skew = third * clustered(variation.design)
        of_difference = skew[:, None] * (share_m**2 - (1 / n) ** 2) / (share_m + 1 / n) ** 1.5
        # Windows that hang together may be skewed in ways their rows are not, and ratios are: the longest tail counts.
        of_ratio = of_difference + ratio * base_variance / np.sqrt(variance)
        between = np.broadcast_to(variation.skew[:, None], of_difference.shape)
        skews = np.array([of_difference, of_ratio, between])
        p_value = mean_p(effect / deep, np.nan_to_num(np.where(effect > 0, np.fmax.reduce(skews), np.fmin.reduce(skews))))
        of_window = np.where(m > 0, skew[:, None] / np.sqrt(np.maximum(m, 1.0)), 0.0)
        z = normal_quantile(ask.level(name) / 2)
        # The sequential detector's bets reach as deep as the deepest single test.
        lasting = (tail_factor(variation.df, ask.level(name)) * variation.lasting / variation.design)[:, None]
        error, base_error = np.sqrt(window * lasting), np.sqrt(base_variance * lasting)
    return Facet(
        name=name,
        rehearsal=_rehearse(group, variation, per_row, lasting),
        value=effect,
        effect=effect,
        low=effect - half,
        high=effect + half,
        p_value=p_value,
        threshold=z * deep,
        detectable=(z + POWER_Z) * deep,
        linear=effect,
        error=error,
        base_error=np.broadcast_to(base_error, error.shape),
        skew_up=np.maximum(of_window, between),
        skew_down=np.maximum(-of_window, -between),
    )


def clustered(design: NDArray[np.float64]) -> NDArray[np.float64]:
    """By how much rows that hang together make a mean more skewed than as many independent ones would.

    Rows in clusters of geometric size, of which the variance grows by `design`, have a third moment larger by
    (3 design² - 1) / 2; so have the squares of autoregressive normal rows.
    """
    return np.asarray((1.5 * design**2 - 0.5) / design**1.5)


def _rehearse(group: Group, variation: Variation, per_row: NDArray[np.float64], lasting: NDArray[np.float64]) -> NDArray[np.float64]:
    """The reference's own blocks as the sequential detector would see them, where they are about as long as windows."""
    rows = group.blocks.sum(-1)
    usual = float(np.median(rows))
    if not 0.5 <= usual / max(group.window_rows, 1.0) <= 2.0:  # noqa: PLR2004  other lengths hang together in other ways
        return np.empty((len(rows), 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(variation.residual / np.sqrt(per_row[:, None] * variation.design[:, None] / rows * lasting))


def _log(relative: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn half a relative change of the variance into a change of the log standard deviation."""
    return np.log(np.maximum(1 + 2 * relative, 1e-6)) / 2
