"""The table as a whole: rows that repeat others, too few or too many rows, rows that stop before the window ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.facet import Ask, Facet
from driftline.inference.share import share_facet
from driftline.inference.significance import POWER_Z
from driftline.inference.variation import FEWEST_BLOCKS, Blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile

ALIKE = 2.0
"""Windows and blocks whose lengths differ by no more than this factor have comparable shares of equal rows."""

SILENCE = 2.0
"""A silence at a window's end is told only if it is longer than this many of the reference's longest."""


def duplicate(windows: Sequence[Profile], blocks: Sequence[Profile], ask: Ask, *, by_id: bool) -> Facet | None:
    """Share of rows that repeat the id of another row of their window or, without ids, its whole content.

    It is counted in the sample of rows, which takes equal rows together. Content repeats by chance, the more often
    the longer the window: without ids None is returned where blocks and windows differ in length.
    """
    rows, block_rows = (np.median([profile.rows for profile in side]) for side in (windows, blocks))
    if not by_id and not 1 / ALIKE <= rows / max(block_rows, 1) <= ALIKE:
        return None
    hits, looked = _repeats(windows)
    ref_hits, ref_looked = (part.sum(1, keepdims=True) for part in _repeats(blocks))
    ref_hits, ref_looked = (np.broadcast_to(part, hits.shape) for part in (ref_hits, ref_looked))
    return share_facet("duplicate", hits, looked, ref_hits, ref_looked, 1.0, ask)


def volume(windows: Sequence[Profile], blocks: Sequence[Profile], layout: Blocks, ask: Ask) -> Facet | None:
    """Number of rows against the reference's windows of the same slot, as a log ratio; the last window may be unfinished.

    None where the reference is not cut like the windows.
    """
    if not layout.like_windows or len(blocks) < FEWEST_BLOCKS:
        return None
    known, found = (np.log(np.maximum([profile.rows for profile in side], 0.5)) for side in (blocks, windows))
    usual, filled = _slot_means(known, layout.slots, int(max(layout.slots.max(), layout.window_slots.max(initial=0))) + 1)
    df = max(float(known.size - filled), 1.0)
    deviation = float(np.sqrt(((known - usual[layout.slots]) ** 2).sum() / df))
    # Windows with few rows vary by counting alone.
    error = np.sqrt(deviation**2 + np.exp(-usual[layout.window_slots]))
    effect = found - usual[layout.window_slots]
    deep = -float(special.stdtrit(df, ask.level("volume") / 2)) * error
    half = -float(special.stdtrit(df, (1 - ask.confidence) / 2)) * error
    finished = np.arange(found.size) < max(found.size - 1, 1)
    p_value = np.where(finished, 2 * special.stdtr(df, -np.abs(effect) / error), 1.0)
    return Facet(
        name="volume",
        value=np.exp(found)[None],
        effect=effect[None],
        low=(effect - half)[None],
        high=(effect + half)[None],
        p_value=p_value[None],
        threshold=deep[None],
        detectable=(deep + POWER_Z * error)[None],
    )


def silence(
    windows: Sequence[Profile],
    blocks: Sequence[Profile],
    place: int,
    ends: NDArray[np.float64],
    block_ends: NDArray[np.float64],
    length: float,
) -> Facet:
    """How long before a window's end its rows stop, as a share of the window.

    If rows came evenly, none would come in the last share g of a window of n rows with probability (1 - g)^n; and
    the silence must be longer than the reference ever was silent. The last window may be unfinished.

    Args:
        windows: the windows to judge.
        blocks: the reference's blocks.
        place: place of the time column in the plan.
        ends: ends of the windows, in seconds since 1970.
        block_ends: likewise of the blocks.
        length: length of a window in seconds.
    """
    gaps, known = ((end - _newest(side, place)) / length for end, side in ((ends, windows), (block_ends, blocks)))
    usual = float(np.nanmax(known, initial=0.0))
    rows = np.array([profile.rows for profile in windows], dtype=np.float64)
    finished = np.arange(gaps.size) < gaps.size - 1
    odd = (gaps > SILENCE * usual) & (rows > 0) & finished
    p_value = np.where(odd, np.exp(rows * np.log1p(-np.clip(gaps, 0.0, 1 - 1e-9))), 1.0)
    effect = np.where(rows > 0, np.maximum(gaps - usual, 0.0), np.nan)
    threshold = np.full_like(effect, SILENCE * usual)[None]
    facet = Facet(
        name="silence",
        value=gaps[None],
        effect=effect[None],
        low=effect[None],
        high=effect[None],
        p_value=p_value[None],
        threshold=threshold,
        detectable=threshold,
    )
    return facet.masked((rows > 0)[None])


def _repeats(profiles: Sequence[Profile]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    looked = np.array([[profile.sample.keys.size for profile in profiles]], dtype=np.float64)
    share = np.nan_to_num([[profile.sample.duplicate_share() for profile in profiles]])
    return share * looked, looked


def _newest(profiles: Sequence[Profile], place: int) -> NDArray[np.float64]:
    newest = np.array([profile.extremes[place, 1] for profile in profiles])
    return np.where(np.isfinite(newest), newest, np.nan)


def _slot_means(values: NDArray[np.float64], slots: NDArray[np.intp], count: int) -> tuple[NDArray[np.float64], int]:
    """Mean of each slot (of all, for slots that the reference never had), and how many slots have one."""
    rows = np.bincount(slots, minlength=count)
    sums = np.bincount(slots, weights=values, minlength=count)
    return np.where(rows > 0, sums / np.maximum(rows, 1), values.mean()), int((rows > 0).sum())
