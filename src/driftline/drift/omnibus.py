"""The whole distribution at once: PSI as the effect, chi-square of homogeneity as the test.

Under no change PSI is (1/n + 1/m) · χ²; under change its noncentrality is the true PSI (Yurdakul 2018), which
gives the interval. Where rows hang together the law is a scaled chi-square, whose scale and degrees of freedom
come from the reference's own blocks (Rao and Scott 1984, second order).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.pair import CONVENTIONAL_BINS, decile_groups, pieces, regroup
from driftline.drift.season import in_season
from driftline.inference.facet import Facet
from driftline.inference.significance import (
    POWER_Z,
    chi_square_p,
    chi_square_quantile,
    noncentrality_interval,
    normal_quantile,
    tail_factor,
)
from driftline.inference.variation import DEPENDENT, FEWEST_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.drift.group import Group

LIKE_A_WINDOW = 0.75
"""Blocks at least this long, in windows, need not be joined to show how windows vary."""

LEAST_EXPECTED = 5.0
"""Cells expected to hold fewer rows are pooled, else chi-square's tail is wrong (Cochran 1954)."""


def psi(group: Group) -> Facet:
    """PSI in the conventional bins with its test, interval and de-biased effect."""
    reference, current, blocks = _cells(group)
    if not group.own_reference:
        reference, blocks = in_season(reference, blocks, group.layout)
    reference = group.expected(reference)
    n, m = reference.sum(-1), current.sum(-1)
    total = blocks.sum(1)
    first = _rao_scott(blocks, total, group.window_rows, _telling_rows(total, group.window_rows, m.max(1, initial=0.0)))
    # A large scale leaves fewer rows to expect, fewer cells, and so another law; the wider of both counts.
    second = _rao_scott(blocks, total, group.window_rows, group.window_rows / first[0])
    scale, mean_factor, df_blocks = np.maximum(first[0], second[0]), np.maximum(first[1], second[1]), np.minimum(first[2], second[2])
    with np.errstate(invalid="ignore", divide="ignore"):
        half_rows = n * m / (n + m)
        # Where rows hang together, so few as five expected leave the tail too long.
        least = np.minimum(n, m) / scale[:, None] / np.where(scale > DEPENDENT, 2.0, 1.0)[:, None]
    kept = _kept(reference, least)
    chi, value, cells = _pooled_scores(reference, current, kept)
    ask = group.ask
    free = np.maximum(cells - 1.0, 0.0)
    df = free * (mean_factor / scale)[:, None]
    enlarged = (scale * tail_factor(df_blocks, ask.level("psi")))[:, None]
    thin = (cells < 2) | ~np.isfinite(half_rows)  # noqa: PLR2004  one cell cannot change its share
    with np.errstate(invalid="ignore", divide="ignore"):
        z = normal_quantile((1 - ask.confidence) / 2)
        low, high = noncentrality_interval(np.maximum(value, 0) * half_rows / scale[:, None], df, z)
        unit = scale[:, None] / half_rows
        critical = chi_square_quantile(ask.level("psi"), df)
        excess = np.maximum(critical - df, 0.0)
        detectable = (excess + POWER_Z * np.sqrt(2 * df + 4 * excess)) * unit
        p_value = chi_square_p(chi / enlarged, df)
        effect = np.maximum(value - df * unit, 0.0)
        facet = Facet(
            name="psi",
            value=value,
            effect=effect,
            low=low * unit,
            high=high * unit,
            p_value=p_value,
            threshold=critical * enlarged / half_rows,
            detectable=detectable,
        )
    # The value can be told where the test cannot; without rows there is neither.
    return replace(facet.masked(~thin), value=np.where(half_rows > 0, value, np.nan))


def _cells(group: Group) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Reference, windows and blocks in the conventional bins, cells ordered so that the rarest come last."""
    pair = group.pair
    if pair.ordered:
        groups = decile_groups(group.whole)
        reference, current, blocks = (regroup(counts, groups, CONVENTIONAL_BINS) for counts in (pair.reference, pair.current, group.blocks))
        return reference, current, blocks
    return pair.reference, pair.current, group.blocks


def _kept(reference: NDArray[np.float64], least: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Cells expected to hold enough rows in the smaller sample. Shape: C × W × B."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = reference / reference.sum(-1, keepdims=True)
        return np.asarray(share >= LEAST_EXPECTED / least[..., None])


def _pooled_scores(
    reference: NDArray[np.float64], current: NDArray[np.float64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Chi-square of homogeneity, PSI and the number of cells, the rare cells pooled into one. Shapes: C × W."""
    parts = [_pooled_part(reference[part], current[part], kept[part]) for part in pieces(current.shape)]
    chi, index, cells = (np.concatenate(found) for found in zip(*parts, strict=True))
    return chi, index, cells


def _pooled_part(
    reference: NDArray[np.float64], current: NDArray[np.float64], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    n, m = reference.sum(-1), current.sum(-1)
    r, c = np.where(kept, reference, 0.0), np.where(kept, current, 0.0)
    rest_r, rest_c = n - r.sum(-1), m - c.sum(-1)
    cells = kept.sum(-1) + ((rest_r + rest_c) > 0)
    chi, index = _scores(r, c, n[..., None], m[..., None], cells[..., None])
    rest_chi, rest_index = _scores(rest_r, rest_c, n, m, cells)
    # A pooled cell that the reference hardly has is the unseen facet's business; here it counts as far as it is expected.
    believable = np.where(rest_r >= 1, 1.0, 0.0)
    return (
        chi.sum(-1) + rest_chi * believable,
        np.where(kept, index, 0.0).sum(-1) + rest_index * ((rest_r + rest_c) > 0),
        cells - (1 - believable) * ((rest_r + rest_c) > 0),
    )


def _scores(
    r: NDArray[np.float64], c: NDArray[np.float64], n: NDArray[np.float64], m: NDArray[np.float64], cells: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (r + c) / (n + m)
        gap = c / m - r / n
        chi = np.where(r + c > 0, gap**2 / pooled * (n * m / (n + m)), 0.0)
        p, q = (r + 0.5) / (n + cells / 2), (c + 0.5) / (m + cells / 2)
        return chi, (q - p) * np.log(q / p)


def _telling_rows(total: NDArray[np.float64], usual: float, most: NDArray[np.float64]) -> NDArray[np.float64]:
    """How many rows decide on the cells whose law is learnt: a usual window's, or the largest's where a usual one keeps none."""
    share = total / np.maximum(total.sum(-1, keepdims=True), 1.0)
    return np.where((share * usual >= LEAST_EXPECTED).any(-1), usual, most)


def _rao_scott(
    blocks: NDArray[np.float64], total: NDArray[np.float64], window_rows: float, telling: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Scale, mean factor and degrees of freedom of the scaled chi-square law, per column.

    With Λ the covariance of the cells' shares between blocks against what independent rows give, the mean
    factor is tr Λ / (cells - 1) and the scale tr Λ² / tr Λ; tr Λ² is estimated without bias from products of
    different blocks. Neither is let below 1. The cells are those that a window of `telling` rows keeps.
    """
    rows = blocks.sum(-1)
    columns, count = rows.shape
    ones = np.ones(columns)
    if count < FEWEST_BLOCKS:
        return ones, ones, np.full(columns, np.inf)
    share = total / np.maximum(total.sum(-1, keepdims=True), 1.0)
    kept = share * telling[:, None] >= LEAST_EXPECTED
    blocks = np.concatenate([np.where(kept[:, None], blocks, 0.0), np.where(kept[:, None], 0.0, blocks).sum(-1, keepdims=True)], axis=-1)
    total = blocks.sum(1)
    best_scale, best_factor, best_df = ones, ones, np.full(columns, np.inf)
    while True:
        scale, factor, df = _block_law(blocks, rows, total)
        larger = scale * factor > best_scale * best_factor
        best_scale, best_factor = np.where(larger, scale, best_scale), np.where(larger, factor, best_factor)
        best_df = np.where(larger, df, best_df)
        if blocks.shape[1] < 2 * FEWEST_BLOCKS or rows.sum(1).max(initial=0) / blocks.shape[1] >= LIKE_A_WINDOW * window_rows:
            return best_scale, best_factor, best_df
        even = blocks.shape[1] // 2 * 2
        blocks = blocks[:, :even:2] + blocks[:, 1:even:2]
        rows = blocks.sum(-1)


def _block_law(
    blocks: NDArray[np.float64], rows: NDArray[np.float64], total: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    count = blocks.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = total / total.sum(-1, keepdims=True)
        use = (share > 0)[:, None, :]
        gap = np.where(use, (blocks / rows[..., None] - share[:, None]) / np.sqrt(share)[:, None] * np.sqrt(rows)[..., None], 0.0)
    gap = np.nan_to_num(gap) / np.sqrt(1 - 1 / count)
    free = np.maximum(use[:, 0].sum(-1) - 1.0, 1.0)
    products = gap @ gap.transpose(0, 2, 1)
    trace = np.einsum("ckk->c", products) / count
    squares = (np.einsum("ckl,ckl->c", products, products) - np.einsum("ckk,ckk->c", products, products)) / (count * (count - 1))
    factor = np.maximum(trace / free, 1.0)
    # Blocks share the mean they are held against, which adds trace²-free products of order 1 / blocks.
    scale = np.maximum((squares - np.maximum(trace, free) ** 2 / (count - 1) ** 2) / np.maximum(trace, free), 1.0)
    return scale, np.maximum(factor, scale / free), np.where(scale > 1, count - 1.0, np.inf)
