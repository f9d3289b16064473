"""One column's counts in one window as JSON, and read back: what its distributions are drawn from in any number of windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.profile.distinct import REGISTERS
from driftline.profile.profile import Profile
from driftline.profile.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.profile.plan import Plan

Counted = list[Any]
"""Fingerprint of the bins, rows, counts, odd counts, sums, least and greatest value, the most frequent unseen values."""

UNSEEN = 16
"""So many values that the reference did not have are kept, the most frequent ones."""

MARK = 8
"""So many letters of the fingerprint tell bins apart."""


def column_counts(profile: Profile, index: int) -> Counted:
    """What a window counted to in column `index`."""
    unseen = sorted(profile.unseen[index].items(), key=lambda item: (-item[1], item[0]))[:UNSEEN]
    extremes = profile.extremes[index]
    return [
        profile.plan.fingerprint[:MARK],
        profile.rows,
        profile.bins(index).tolist(),
        profile.odd[index].tolist(),
        profile.sums[index].tolist(),
        extremes.tolist() if extremes[0] <= extremes[1] else None,
        [list(item) for item in unseen],
    ]


def column_profile(told: Counted | None, plan: Plan, mark: str) -> Profile | None:
    """Read what `column_counts` wrote, without sampled rows.

    Args:
        told: what was written.
        plan: the column's, by itself.
        mark: the fingerprint of all columns' bins; what was counted in others is not read.
    """
    if told is None or told[0] != mark[:MARK]:
        return None
    _, rows, counts, odd, sums, extremes, unseen = told
    kept: Mapping[str, int] = dict(unseen)
    return Profile(
        plan=plan,
        rows=rows,
        counts=np.array(counts, dtype=np.int64),
        odd=np.array([odd], dtype=np.int64),
        sums=np.array([sums], dtype=np.int64),
        extremes=np.array([extremes or [np.inf, -np.inf]]),
        registers=np.broadcast_to(np.uint8(0), (1, REGISTERS)),
        sample=Sample(np.empty(0, np.uint64), np.empty((0, 1))),
        unseen=(kept,),
    )
