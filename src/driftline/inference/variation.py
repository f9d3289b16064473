"""How much the reference's own windows vary, beyond what independent rows would: season, and design effect.

The reference is kept as consecutive blocks. A mean over rows has some value in each block; the spread of
those values against what independent rows would give is the design effect (Kish 1965). With a calendar,
each block also has a slot (its weekday, its hour), and the slot's mean, shrunk towards the whole's, is what
a window in that slot is held against.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.significance import tail_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray


DEPENDENT = 1.2
"""A design effect above this says that rows hang together, and that a window's mean need not be normal."""

FEWEST_BLOCKS = 8
"""With fewer blocks nothing is said about how blocks vary: rows count as independent."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which blocks the reference has and how they relate to the windows that are judged.

    Attributes:
        slots: int[K], the season's slot of each block; all 0 without a season.
        window_slots: int[W], likewise of each window.
        like_windows: blocks are windows of the same cadence, so that variation between whole windows shows.
    """

    slots: NDArray[np.intp]
    window_slots: NDArray[np.intp]
    like_windows: bool


@dataclass(frozen=True, slots=True)
class Variation:
    """What the reference says about the error of a mean over a window. Shapes: C columns, W windows.

    Attributes:
        baseline: [C, W], the value expected in each window.
        design: [C], by how much the variance of a window's mean exceeds that of independent rows.
        between: [C], variance between whole windows that more rows do not reduce.
        df: [C], degrees of freedom behind both; inf where columns agree that rows are independent.
        baseline_variance: [C, W], variance of the baseline itself.
        lasting: [C], the largest design effect over all scales up to an eighth of the reference: what a mean over
            many windows must reckon with where windows hang together.
        residual: [C, K], each block's value less what was expected of it; NaN where it has no rows.
        skew: [C], skewness of the blocks' values where they vary more than independent rows would; else 0.
    """

    baseline: NDArray[np.float64]
    design: NDArray[np.float64]
    between: NDArray[np.float64]
    df: NDArray[np.float64]
    baseline_variance: NDArray[np.float64]
    lasting: NDArray[np.float64]
    residual: NDArray[np.float64]
    skew: NDArray[np.float64]

    def variance(self, per_row: NDArray[np.float64], rows: NDArray[np.float64], block_rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Variance of the mean over `rows` rows; `per_row` is one row's, `block_rows` the blocks' usual length."""
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = per_row[:, None] * self.design[:, None] / rows
            # Longer windows than the blocks gain nothing against what varies between whole windows.
            lasting = per_row[:, None] / rows + self.between[:, None]
        return np.where((rows > block_rows[:, None]) & (self.between[:, None] > 0), np.maximum(scaled, lasting), scaled)


def vary(values: NDArray[np.float64], rows: NDArray[np.float64], per_row: NDArray[np.float64], blocks: Blocks) -> Variation:
    """Estimate season and design effect of means from the reference's blocks.

    Args:
        values: [C, K], the mean in each block; NaN where a block has no rows.
        rows: [C, K], rows behind each.
        per_row: [C], variance of one row's value, in the whole reference.
        blocks: the blocks' slots.
    """
    present = rows > 0
    weight = np.where(present, rows, 0.0)
    total = np.maximum(weight.sum(1), 1.0)
    filled = np.where(present, np.nan_to_num(values), 0.0)
    mean = (weight * filled).sum(1) / total
    count = present.sum(1).astype(np.float64)
    offsets, used = _season(filled, weight, mean, blocks)
    residual = np.where(present, filled - mean[:, None] - offsets[:, blocks.slots], 0.0)
    df = np.maximum(count - 1 - used, 0.0)
    # What the season took with it of what blocks vary by chance.
    widen = np.sqrt(np.maximum(count - 1, 1.0) / np.maximum(df, 1.0))[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = (weight * residual**2).sum(1) / np.maximum(df, 1.0) / per_row
    # A column in which nothing varies says nothing about the others.
    telling = (df >= 1) & (per_row > 0)
    design, df = squeeze(np.where(telling, raw, 1.0), np.where(telling, df, 0.0))
    typical = total / np.maximum(count, 1.0)
    between = np.where(design > 1, (design - 1) * per_row / typical, 0.0) if blocks.like_windows else np.zeros_like(design)
    slots = blocks.window_slots
    per_slot = _slot_counts(blocks, present)
    with np.errstate(divide="ignore", invalid="ignore"):
        base_variance = design * per_row / total
        seasonal = (design * per_row / typical)[:, None] / np.maximum(per_slot[:, slots], 1.0)
    shrunk = np.any(offsets != 0, axis=1)
    return Variation(
        baseline=mean[:, None] + offsets[:, slots],
        design=design,
        between=between,
        df=df,
        baseline_variance=np.where(shrunk[:, None], seasonal, base_variance[:, None]),
        lasting=design,
        residual=np.where(present, residual * widen, np.nan),
        skew=np.where(design > DEPENDENT, _skewness(residual, weight), 0.0),
    )


def _skewness(residual: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Skewness of the blocks' values, each weighed by its rows; at most 2 either way."""
    total = np.maximum(weight.sum(1), 1.0)
    centred = residual - ((weight * residual).sum(1) / total)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        skew = (weight * centred**3).sum(1) / total / ((weight * centred**2).sum(1) / total) ** 1.5
    return np.asarray(np.clip(np.nan_to_num(skew), -2.0, 2.0))


def vary_over_scales(
    values: NDArray[np.float64], rows: NDArray[np.float64], per_row: NDArray[np.float64], blocks: Blocks, window_rows: float
) -> Variation:
    """Estimate variation from the blocks, and from runs of 2, 4, … of them where windows are longer than a block.

    Rows that hang together over more than a block look independent between runs of blocks only; the largest
    design effect of all scales counts. Scales stop where fewer than `FEWEST_BLOCKS` runs are left. Blocks cut
    like the windows need no other scale.
    """
    chosen = vary(values, rows, per_row, blocks)
    seasonal = bool(blocks.slots.any())
    if seasonal:
        # Runs across its slots would put the season back: what it leaves may still hang together.
        values, blocks = chosen.residual, replace(blocks, slots=np.zeros_like(blocks.slots))
    while values.shape[1] >= 2 * FEWEST_BLOCKS:
        within_window = not (seasonal or blocks.like_windows) and rows.sum(1).max(initial=0) / values.shape[1] < window_rows
        values, rows = _join_neighbours(values, rows)
        longer = vary(values, rows, per_row, Blocks(blocks.slots[: values.shape[1]], blocks.window_slots, like_windows=False))
        chosen = _wider(chosen, longer) if within_window else replace(chosen, lasting=_lasting(chosen, longer))
    return chosen


DEEP = 1e-4
"""The tail at which what was learnt from few runs is enlarged; about as deep as the tests of a usual monitor ask."""


def _lasting(chosen: Variation, longer: Variation) -> NDArray[np.float64]:
    """The larger design effect, the longer scale's enlarged for having been learnt from fewer runs."""
    enlarged = longer.design * np.maximum(tail_factor(longer.df, DEEP) / tail_factor(chosen.df, DEEP), 1.0)
    return np.maximum(chosen.lasting, np.where(longer.design > 1, enlarged, longer.design))


def _wider(chosen: Variation, longer: Variation) -> Variation:
    """Take the longer scale's error for the columns in which it is larger."""
    larger = longer.design > chosen.design
    return replace(
        chosen,
        design=np.where(larger, longer.design, chosen.design),
        df=np.where(larger, longer.df, chosen.df),
        baseline_variance=np.where(larger[:, None], longer.baseline_variance, chosen.baseline_variance),
        lasting=_lasting(chosen, longer),
    )


def _join_neighbours(values: NDArray[np.float64], rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    even = values.shape[1] // 2 * 2
    weight = rows[:, :even].reshape(len(rows), -1, 2)
    sums = (np.nan_to_num(values[:, :even]) * rows[:, :even]).reshape(len(rows), -1, 2).sum(-1)
    joined = weight.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums / joined, joined


def squeeze(factors: NDArray[np.float64], df: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lend strength between columns: shrink design effects towards what columns have in common (Smyth 2004).

    Factors are taken as draws f ~ f₀ · F(df, d₀); f₀ and d₀ come from the mean and variance of ln f. Where
    columns differ no more than their error, d₀ is infinite and all share f₀. No factor ends below 1.

    Returns:
        The shrunken factors and their degrees of freedom.
    """
    own = np.maximum(factors, 1.0)
    usable = (df >= 2) & (factors > 0)  # noqa: PLR2004  one degree of freedom says nothing about a spread
    # Columns that clearly stand out keep their own factor and teach the others nothing (Phipson et al. 2016).
    usual = np.median(factors[usable]) if usable.any() else 1.0
    outlying = usable & (factors > max(usual, 1.0))
    half = df[outlying] / 2
    outlying[outlying] = special.gammaincc(half, half * factors[outlying] / max(usual, 1.0)) < OUTLYING
    shrunk, prior = _shrink(factors, df, usable & ~outlying)
    return np.where(outlying, own, shrunk), np.where(outlying, np.maximum(df, 1.0), prior)


OUTLYING = 1e-3
"""A factor this improbable beside the usual one is not shrunk."""


def _shrink(
    factors: NDArray[np.float64], df: NDArray[np.float64], usable: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    own = np.maximum(factors, 1.0)
    if usable.sum() < 4:  # noqa: PLR2004  too few columns to learn from
        return own, np.where(df > 0, np.maximum(df, 1.0), np.inf)
    # Degrees of freedom are few different numbers, and special functions slow.
    half, place = np.unique(df[usable] / 2, return_inverse=True)
    logs = np.log(factors[usable]) + (np.log(half) - special.digamma(half))[place]
    noise = special.polygamma(1, half)[place].mean()
    spread = float(np.mean((logs - logs.mean()) ** 2) * usable.sum() / (usable.sum() - 1) - noise)
    if spread <= 0:
        prior_df, common = np.inf, float(np.exp(logs.mean()))
        return np.full_like(own, max(common, 1.0)), np.full_like(df, np.inf)
    prior_half = _inverse_trigamma(spread)
    prior_df = 2 * prior_half
    common = float(np.exp(logs.mean() + special.digamma(prior_half) - np.log(prior_half)))
    with np.errstate(invalid="ignore"):
        mixed = (prior_df * common + df * factors) / (prior_df + df)
    return np.maximum(mixed, 1.0), np.maximum(df + prior_df, 1.0)


def _inverse_trigamma(value: float) -> float:
    """Solve trigamma(x) = value by Newton's method (Smyth 2004, appendix)."""
    x = 0.5 + 1.0 / value
    for _ in range(50):
        tri = float(special.polygamma(1, x))
        step = tri * (1 - tri / value) / float(special.polygamma(2, x))
        x += step
        if -step / x < 1e-8:  # noqa: PLR2004  converged
            break
    return x


def _season(
    values: NDArray[np.float64], weight: NDArray[np.float64], mean: NDArray[np.float64], blocks: Blocks
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each slot's offset from the mean, shrunk by how far slots differ more than blocks within a slot do.

    Returns:
        Offsets [C, slots] and the degrees of freedom they use [C].
    """
    slots = int(blocks.slots.max(initial=0)) + 1
    wanted = max(slots, int(blocks.window_slots.max(initial=0)) + 1)
    offsets = np.zeros((len(values), wanted))
    none = np.zeros(len(values))
    if slots == 1:
        return offsets, none
    onehot = np.eye(wanted)[blocks.slots]
    mass = weight @ onehot
    centred = values - mean[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        raw = np.where(mass > 0, ((weight * centred) @ onehot) / mass, 0.0)
    within = (weight * (centred - raw[:, blocks.slots]) ** 2).sum(1)
    across = (mass * raw**2).sum(1)
    filled = (mass > 0).sum(1)
    inner = (weight > 0).sum(1) - filled
    usable = (inner >= filled) & (filled > 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        f = (across / np.maximum(filled - 1, 1)) / (within / np.maximum(inner, 1))
    # James and Stein's shrinkage: nothing of a season that is no larger than its error.
    keep = np.where(usable & np.isfinite(f), np.maximum(1 - 1 / np.maximum(f, 1e-12), 0.0), 0.0)
    keep = np.where(usable & np.isposinf(f), 1.0, keep)
    return raw * keep[:, None], keep * (filled - 1)


def _slot_counts(blocks: Blocks, present: NDArray[np.bool_]) -> NDArray[np.float64]:
    wanted = max(int(blocks.slots.max(initial=0)), int(blocks.window_slots.max(initial=0))) + 1
    return np.asarray(present.astype(np.float64) @ np.eye(wanted)[blocks.slots])
