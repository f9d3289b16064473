"""The season of a whole distribution: what each weekday or hour usually looks like, as far as the reference shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.inference.variation import Blocks


def in_season(
    reference: NDArray[np.float64], blocks: NDArray[np.float64], layout: Blocks
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hold each window against its slot of the season.

    A slot's shares are drawn towards the whole reference's by as much as slots differ no more than blocks
    within a slot do (James and Stein's shrinkage, one factor for all cells of a column).

    Args:
        reference: float64[C, 1, B], counts of the whole reference.
        blocks: float64[C, K, B], counts of its blocks.
        layout: the slots of blocks and windows.

    Returns:
        The counts each window is held against, float64[C, W, B], worth as many rows as are known of its slot; and
        the blocks with the season taken out.
    """
    if not layout.slots.any():
        return reference, blocks
    rows = blocks.sum(-1)
    whole = reference[:, 0]
    slots = int(max(layout.slots.max(), layout.window_slots.max(initial=0))) + 1
    belongs = np.eye(slots)[layout.slots]
    of_slot = np.einsum("ckb,ks->csb", blocks, belongs)
    slot_rows = of_slot.sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = whole / whole.sum(-1, keepdims=True)
        own = np.where(slot_rows[..., None] > 0, of_slot / slot_rows[..., None], share[:, None])
        within_share = blocks / rows[..., None] - own[:, layout.slots]
        across = np.nan_to_num(slot_rows[..., None] * (own - share[:, None]) ** 2 / share[:, None]).sum((1, 2))
        within = np.nan_to_num(rows[..., None] * within_share**2 / share[:, None]).sum((1, 2))
    filled = int((slot_rows > 0).any(0).sum())
    spare = max(blocks.shape[1] - filled, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        keep = np.nan_to_num(np.maximum(1 - (within / spare) / (across / max(filled - 1, 1)), 0.0))
    usual = share[:, None] + keep[:, None, None] * (own - share[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        known = 1 / ((1 - keep[:, None]) / whole.sum(-1, keepdims=True) + keep[:, None] / np.maximum(slot_rows, 1.0))
    expected = (usual * known[..., None])[:, layout.window_slots]
    # Blocks lose the degrees of freedom that the season used.
    widen = np.sqrt((blocks.shape[1] - 1) / np.maximum(blocks.shape[1] - 1 - keep * (filled - 1), 1.0))
    left = (blocks - rows[..., None] * usual[:, layout.slots]) * widen[:, None, None]
    return expected, rows[..., None] * share[:, None] + left
