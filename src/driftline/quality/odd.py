"""Rows without a value: null, not a number, of the wrong type, the whole column absent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.share import share_facet
from driftline.inference.significance import tail_factor
from driftline.inference.variation import FEWEST_BLOCKS, Blocks, vary_over_scales
from driftline.profile.profile import Odd
from driftline.schema import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.inference.facet import Ask, Facet
    from driftline.profile.profile import Profile

MISSING = (Odd.NULL, Odd.NAN, Odd.ABSENT)
"""Kinds of rows that have no value at all."""

FACETS = {"null": Odd.NULL, "nan": Odd.NAN, "wrong_type": Odd.WRONG_TYPE, "absent": Odd.ABSENT}


def odd_facets(
    references: Sequence[Profile], windows: Sequence[Profile], blocks: Sequence[Profile], layout: Blocks, ask: Ask
) -> list[Facet]:
    """The share of each kind of missing value, for all columns of the plan.

    Args:
        references: one for all windows, or one for each.
        windows: the windows to judge.
        blocks: the reference's consecutive blocks.
        layout: how blocks and windows relate.
        ask: levels of tests and intervals.
    """
    return [_odd_facet(name, odd, references, windows, blocks, layout, ask) for name, odd in FACETS.items()]


def _odd_facet(
    name: str, odd: Odd, references: Sequence[Profile], windows: Sequence[Profile], blocks: Sequence[Profile], layout: Blocks, ask: Ask
) -> Facet:
    hits, rows = _hits(windows, odd)
    ref_hits, ref_rows = (np.broadcast_to(part, hits.shape) for part in _hits(references, odd))
    design, baseline = _design(blocks, odd, layout, ask.level(name), float(np.median(rows)))
    if baseline is not None and len(references) == 1:
        # A season of missing values: held against what this slot usually has.
        ref_hits = np.clip(baseline, 0.0, 1.0) * ref_rows
    facet = share_facet(name, hits, rows, ref_hits, ref_rows, design, ask)
    # Nulls are always told; what never happened on either side is not worth a line.
    told = (hits > 0) | (ref_hits > 0) | (odd is Odd.NULL)
    awaited = _awaited(references[0], odd)[:, None]
    # Several windows together say no more of labels that are awaited than one.
    tally = facet.tally and replace(facet.tally, hits=np.where(awaited, np.nan, facet.tally.hits))
    return replace(facet.masked(told & ~awaited), tally=tally)


def _awaited(reference: Profile, odd: Odd) -> NDArray[np.bool_]:
    """Columns that may be missing without any fault: labels, which come late, or have come of no row of the reference."""
    missing = reference.odd[:, MISSING].sum(1) == reference.rows
    label = np.array([planned.column.role is Role.LABEL for planned in reference.plan.columns], dtype=bool)
    return np.asarray(label & (missing | (reference.plan.outcome is not None)) & (odd in MISSING))


def _hits(profiles: Sequence[Profile], odd: Odd) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    hits = np.stack([profile.odd[:, odd] for profile in profiles], axis=1).astype(np.float64)
    return hits, np.broadcast_to(np.array([float(profile.rows) for profile in profiles]), hits.shape)


def _design(
    blocks: Sequence[Profile], odd: Odd, layout: Blocks, level: float, window_rows: float
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    hits, rows = _hits(blocks, odd)
    ones = np.ones((len(hits), 1))
    if len(blocks) < FEWEST_BLOCKS or not hits.any():
        return ones, None
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits.sum(1) / rows.sum(1)
        variation = vary_over_scales(hits / rows, rows, share * (1 - share), layout, window_rows)
    design = variation.design[:, None] * tail_factor(variation.df, level)[:, None]
    return np.where(hits.sum(1, keepdims=True) > 0, design, 1.0), variation.baseline
