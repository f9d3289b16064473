"""Single bins: a level or a value whose share changed, values beyond what the reference saw, levels it never had.

Whole-distribution distances do not see 8% of values turned to a default, or 1% of rows a hundred times too
large; exact tests of single bins do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.location import clustering, learn
from driftline.drift.pair import pieces
from driftline.drift.season import in_season
from driftline.inference.facet import NUMBERS, Facet, join
from driftline.inference.share import share_facet
from driftline.inference.significance import tail_factor
from driftline.inference.variation import FEWEST_BLOCKS, Blocks, Variation, squeeze, vary_over_scales

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.drift.group import Group
    from driftline.drift.location import Usual
    from driftline.drift.pair import Pair

WIDE_TAIL = 0.02
"""An outermost bin with more of the reference than this is a point mass, not a tail."""

MOST_CELLS = 2_000_000
"""Columns are taken in parts of about this many cells, so that memory does not grow with their number."""


def single_bins(group: Group, usual: Usual | None = None) -> Facet:
    """The bin whose share changed most surely: `level` for categories, `atom` for numbers."""
    most = np.ones(len(group.whole))
    if group.pair.ordered and group.blocks.shape[1] >= FEWEST_BLOCKS:
        # No bin clusters more than the column's own location or spread, if rows are normal (Gebelein 1941).
        most = clustering(usual or learn(group), group.ask.level("atom"))
    width = int(np.prod(group.pair.current.shape[1:])) or 1
    step = max(1, MOST_CELLS // width)
    parts = [slice(at, at + step) for at in range(0, len(group.whole), step)]
    return join([_single_bins(group.take(part), most[part]) for part in parts])


def tails(group: Group, usual: Usual | None = None) -> Facet:
    """Share of values in the reference's outermost bins or beyond its range; the side that changed more surely."""
    low, high = _tail_masks(group.whole)
    design = clustering(usual or learn(group), group.ask.level("tail"))[:, None]
    sides = [_side(group, mask, design) for mask in (low, high)]
    surer = np.nan_to_num(sides[1].p_value, nan=2.0) < np.nan_to_num(sides[0].p_value, nan=2.0)
    pick = {name: np.where(surer, getattr(sides[1], name), getattr(sides[0], name)) for name in NUMBERS}
    pick["p_value"] = np.minimum(2 * pick["p_value"], 1.0)
    where = np.where(surer, group.whole.shape[1] - 1, 0)
    return Facet(name="tail", where=where, **pick)


def unseen(group: Group, closed: NDArray[np.bool_], widths: NDArray[np.intp]) -> Facet:
    """Share of rows whose level the reference never had. `closed[c]` is false where rare levels share that bin."""
    last = (widths - 1)[:, None, None]
    n, m = group.pair.rows()
    hits = np.take_along_axis(group.pair.current, last, -1)[..., 0]
    new, variation = _new_levels(group)
    design = variation.design[:, None] * tail_factor(variation.df, group.ask.level("unseen"))[:, None]
    known = np.maximum(group.whole.sum(-1, keepdims=True), 1.0)
    ref_hits, ref_rows, _ = np.broadcast_arrays(new[:, None] / known * n, n, m)
    facet = share_facet("unseen", hits, m, ref_hits, ref_rows, design, group.ask).masked(closed[:, None])
    # Levels can only be newly seen: one side is asked.
    one_sided = np.where(facet.effect > 0, facet.p_value / 2, np.where(np.isfinite(facet.p_value), 1.0, np.nan))
    # Where rare levels share the bin, what lies in it is not new: neither in one window nor in several together.
    tally = facet.tally and replace(facet.tally, hits=np.where(closed[:, None], facet.tally.hits, np.nan))
    return replace(facet, p_value=one_sided, where=np.broadcast_to((widths - 1)[:, None], facet.value.shape), tally=tally)


def _new_levels(group: Group) -> tuple[NDArray[np.float64], Variation]:
    """How many rows of the reference have a level that no other block has, and how their share varies.

    Levels were fixed on the reference, so it has none unseen; but each block has some that the other blocks
    never saw, which is what a new window would have had (leaving one out; with one row a block: Good 1953).
    """
    blocks, whole = group.blocks, group.whole
    if blocks.shape[1] < FEWEST_BLOCKS:
        own = (whole == 1).sum(-1).astype(np.float64)[:, None]
        rows = whole.sum(-1, keepdims=True)
    else:
        own = np.where(blocks == whole[:, None], blocks, 0.0).sum(-1)
        rows = blocks.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = own.sum(1) / rows.sum(1)
        values = own / rows
    layout = Blocks(np.zeros(rows.shape[1], dtype=np.intp), np.zeros(group.pair.current.shape[1], dtype=np.intp), like_windows=False)
    return own.sum(1), vary_over_scales(values, rows, np.nan_to_num(share * (1 - share)), layout, group.window_rows)


def _side(group: Group, mask: NDArray[np.bool_], design: NDArray[np.float64]) -> Facet:
    """The share of values in some bins, held against what the window's slot of the season usually has there."""
    split = np.stack([~mask, mask], -1).astype(np.float64)
    reference, current, blocks = (
        np.einsum("cwb,cbs->cws", counts, split) for counts in (group.pair.reference, group.pair.current, group.blocks)
    )
    if not group.own_reference:
        reference, _ = in_season(reference, blocks, group.layout)
    hits, m, ref_hits, n = np.broadcast_arrays(current[..., 1], current.sum(-1), reference[..., 1], reference.sum(-1))
    return share_facet("tail", hits, m, ref_hits, n, design, group.ask)


def _tail_masks(whole: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which bins are the low and the high tail: all beyond the range, and the outermost bin inside it if it is thin."""
    rows = np.maximum(whole.sum(-1, keepdims=True), 1.0)
    filled = whole > 0
    width = whole.shape[1]
    first = np.where(filled.any(1), filled.argmax(1), 0)[:, None]
    last = np.where(filled.any(1), width - 1 - filled[:, ::-1].argmax(1), width - 1)[:, None]
    place = np.arange(width)
    thin_first = np.take_along_axis(whole, first, 1) / rows <= WIDE_TAIL
    thin_last = np.take_along_axis(whole, last, 1) / rows <= WIDE_TAIL
    return (place < first) | ((place == first) & thin_first), (place > last) | ((place == last) & thin_last)


def _single_bins(group: Group, most: NDArray[np.float64]) -> Facet:
    pair, ask = group.pair, group.ask
    if group.shared is not None:
        pair = replace(pair, reference=group.expected(pair.reference))
    n, m = pair.rows()
    ordered = pair.ordered
    design = np.maximum(_bin_designs(group, ask.level("atom")), most[:, None])
    looked = group.whole > 0
    if ordered:
        # Inside the reference's range every bin may become an atom; beyond it the tails look.
        low, high = _tail_masks(group.whole)
        looked = pair.real[:, 0] & ~low & ~high
    where = _surest(pair, design, looked)
    looks = np.maximum(looked.sum(-1), 1.0)[:, None]
    hits = np.take_along_axis(pair.current, where[..., None], -1)[..., 0]
    reference = np.broadcast_to(pair.reference, (*pair.current.shape[:2], pair.reference.shape[-1]))
    ref_hits = np.take_along_axis(reference, where[..., None], -1)[..., 0]
    chosen = np.take_along_axis(design, where, 1)
    n = np.broadcast_to(n, m.shape)
    facet = share_facet("atom" if ordered else "level", hits, m, ref_hits, n, chosen, ask, looks)
    return replace(facet.masked(np.asarray(looked.any(-1))[:, None]), where=where)


def _surest(pair: Pair, design: NDArray[np.float64], looked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The bin, among those looked at, whose share changed by most standard errors. Shape: C × W."""
    where = np.zeros(pair.current.shape[:2], dtype=np.intp)
    for part in pieces(pair.current.shape):
        reference, current = pair.reference[part], pair.current[part]
        n, m = (rows[part][..., None] for rows in pair.rows())
        with np.errstate(invalid="ignore", divide="ignore"):
            # The squared gap of the shares over the variance of one row, less what all bins of a window have in common.
            squares = current / m - reference / n
            squares *= squares
            pooled = current + reference
            squares /= pooled * ((n + m) - pooled)
            squares *= np.where(looked[part], 1 / design[part], np.nan)[:, None]
        # What nobody has, and what both sides fill, is no change: 0 / 0. A gap without any error is the surest.
        np.nan_to_num(squares, copy=False, nan=-1.0, posinf=1e300)
        where[part] = squares.argmax(-1)
    return where


def _bin_designs(group: Group, alpha: float) -> NDArray[np.float64]:
    """Design effect of every single bin's share, strength lent between bins. Shape: C × B."""
    blocks, whole = group.blocks, group.whole
    if blocks.shape[1] < FEWEST_BLOCKS:
        return np.ones_like(whole)
    while blocks.shape[1] >= 2 * FEWEST_BLOCKS and whole.sum(-1).max(initial=0) / blocks.shape[1] < group.window_rows:
        even = blocks.shape[1] // 2 * 2
        blocks = blocks[:, :even:2] + blocks[:, 1:even:2]
    count = blocks.shape[1]
    rows = blocks.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = whole / whole.sum(-1, keepdims=True)
        gap = blocks / rows[..., None] - share[:, None]
        own = (np.nan_to_num(gap) ** 2 * rows[..., None]).sum(1) / (count - 1) / (share * (1 - share))
    expected = share * whole.sum(-1, keepdims=True) / count
    solid = (expected >= 2.0) & np.isfinite(own)  # noqa: PLR2004  below that a block holds none or one
    out = np.ones_like(whole)
    with np.errstate(invalid="ignore", divide="ignore"):
        factors, df = squeeze(own[solid], np.full(int(solid.sum()), count - 1.0))
    out[solid] = factors * tail_factor(df, alpha)
    # A rare bin cannot say how it clusters, and a usual one says it badly: each is taken to do so as much as any
    # bin of its column.
    return np.broadcast_to(np.where(solid, out, 1.0).max(1, keepdims=True), whole.shape)
