"""What chance makes of shares and groups of rows: errors, design effects, and how much of a change is explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.significance import share_interval, share_p, tail_factor
from driftline.inference.variation import FEWEST_BLOCKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Z95 = 1.959964
"""Two-sided quantile of the normal law at 95%."""

DEEP = 1e-4
"""The tail at which a design effect learnt from few blocks is enlarged."""

MEAN_ERROR = 0.7979
"""Mean size of a standard normal error: √(2/π)."""

OFTEN = 0.9
"""What one block of the reference in ten exceeds is usual."""


def two_shares(hits: float, rows: float, base_hits: float, base_rows: float, spread: float = 1.0) -> tuple[float, tuple[float, float]]:
    """P-value of two shares being equal, and the 95% interval of their difference."""
    now, then = (np.array([hits]), np.array([rows])), (np.array([base_hits]), np.array([base_rows]))
    low, high = share_interval(*now, *then, Z95, spread)
    return float(share_p(*now, *then, spread)[0]), (float(low[0]), float(high[0]))


def design(hits: Floats, rows: Floats) -> float:
    """Design effect of a share, learnt from blocks and enlarged for being learnt from few; 1 where nothing speaks for more."""
    told = rows > 0
    if told.sum() < FEWEST_BLOCKS or not 0 < hits.sum() < rows.sum():
        return 1.0
    hits, rows = hits[told], rows[told]
    share = hits.sum() / rows.sum()
    df = float(told.sum() - 1)
    raw = float(((hits - rows * share) ** 2 / rows).sum() / (share * (1 - share)) / df)
    if raw < 1 + 2 * np.sqrt(2 / df):
        # No more than chance alone does: rows count as independent.
        return max(1.0, raw)
    return raw * float(tail_factor(np.array(df), DEEP))


def gap(one: Floats, other: Floats) -> float:
    """Total variation: the share of rows that would have to move."""
    return float(np.abs(one - other).sum() / 2)


def noise(one: Floats, other: Floats, rows: float, base_rows: float, doubt: Floats | float = 0.0) -> float:
    """The total variation that chance alone makes between two samples of one distribution; `doubt` is more variance."""
    pooled = np.clip((one * rows + other * base_rows) / (rows + base_rows), 0.0, 1.0)
    variance = pooled * (1 - pooled) * (1 / rows + 1 / base_rows) + doubt
    return float(MEAN_ERROR * np.sqrt(variance).sum() / 2)


def usual(blocks: Floats) -> float:
    """The total variation from the whole that one block in ten exceeds, less what chance makes. Shape: blocks × groups."""
    rows = blocks.sum(1)
    told = rows > 0
    if told.sum() < FEWEST_BLOCKS:
        return 0.0
    counts, rows = blocks[told], rows[told, None]
    whole = counts.sum(0) / counts.sum()
    chance = MEAN_ERROR * np.sqrt(whole * (1 - whole) / rows).sum(1) / 2
    return max(0.0, float(np.quantile(np.abs(counts / rows - whole).sum(1) / 2 - chance, OFTEN)))


def wandering(blocks: Floats) -> Floats:
    """Variance of each group's share from block to block, beyond what chance makes. Shape: blocks × groups."""
    rows = blocks.sum(1)
    told = rows > 0
    if told.sum() < FEWEST_BLOCKS:
        return np.zeros(blocks.shape[1])
    shares, whole = blocks[told] / rows[told, None], blocks[told].sum(0) / blocks[told].sum()
    return np.asarray(np.maximum(shares.var(0, ddof=1) - whole * (1 - whole) * (1 / rows[told]).mean(), 0.0))


def effective(share: float, rows: float, doubt: float) -> float:
    """How many independent rows would know a share as well as `rows` do, given so much more variance."""
    if not 0 < share < 1 or doubt <= 0:
        return rows
    return share * (1 - share) / (share * (1 - share) / rows + doubt)
