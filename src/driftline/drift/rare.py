"""What a new window is expected to hold of levels that are too rare for bins of their own, and of those that just have one.

Levels are given bins because they were frequent in the reference: those at the edge were so by luck, and come less often in any
other rows. Good and Turing's estimate (Good 1953) says by how much: of all levels that came k times or more, the next rows hold
what came of those that came k + 1 times or more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SMOOTHED = 4
"""Levels that came up to a quarter more often than the rarest with a bin tell how many there are of such."""

LEFT = 0.01
"""A level keeps at least this share of its rows."""


def expected(reference: Floats, whole: Floats, shared: NDArray[np.bool_], last: NDArray[np.intp]) -> Floats:
    """The reference's counts as other rows of the same law would be, where rare levels share the last bin.

    Args:
        reference: C × R × B, counts that windows are held against.
        whole: C × B, of the whole reference, on which levels were given bins.
        shared: C, columns with levels that have no bin of their own; of others the counts are as they are.
        last: C, the bin that such levels share.
    """
    found = reference
    for column in np.flatnonzero(shared).tolist():
        factors = _kept(whole[column, : last[column]])
        if factors is None:
            continue
        found = reference.copy() if found is reference else found
        rows = reference[column, :, : last[column]]
        found[column, :, : last[column]] = rows * factors
        found[column, :, last[column]] += (rows * (1 - factors)).sum(-1)
    return found


def _kept(counts: Floats) -> Floats | None:
    """Which share of its rows each level keeps; None where there are none. What is lost is taken from all alike (Ney and others 1994)."""
    there = counts > 0
    if not there.any():
        return None
    least = float(counts[there].min())
    span = max(int(least) // SMOOTHED, 1)
    near = (counts > least) & (counts <= least + span)
    lost = max(float(counts[counts == least].sum()), float(counts[near].sum()) / span)
    each = min(lost / int(there.sum()), (1 - LEFT) * least)
    return 1 - np.divide(each, counts, out=np.zeros_like(counts), where=there)
