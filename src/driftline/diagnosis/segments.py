"""Which segments carry a change, by the exact counts of their profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.where import CARRIES, CONCENTRATED, SURELY, decomposed
from driftline.profile.bins import NumberBins
from driftline.verdicts.diagnosis import Part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.profile.profile import Profile
    from driftline.verdicts.diagnosis import Mark


def in_segments(mark: Mark, before: Mapping[str, Profile], now: Mapping[str, Profile], whole: tuple[Profile, Profile]) -> tuple[Part, ...]:
    """The segments that carry a change, by the exact counts of their profiles.

    Args:
        mark: which rows are affected.
        before: the reference's profiles by segment.
        now: the window's.
        whole: reference and window over all rows.
    """
    then, since = (_hits(profile, mark) / max(profile.rows, 1) for profile in whole)
    found = []
    for name in now.keys() & before.keys():
        here, there = now[name], before[name]
        size, was = here.rows / max(whole[1].rows, 1), there.rows / max(whole[0].rows, 1)
        hits = _hits(here, mark)
        if since <= then or not here.rows or size >= 1:
            continue
        rates = hits / here.rows, _hits(there, mark) / max(there.rows, 1)
        carries, rate = decomposed((rates[0], size), (rates[1], was), since - then)
        p_value, _ = two_shares(hits, here.rows, _hits(whole[1], mark) - hits, whole[1].rows - here.rows)
        if carries >= max(CARRIES, CONCENTRATED * size) and p_value * len(now) <= SURELY:
            found.append(Part(conditions=(name.replace("=", " = "),), carries=min(carries, 1.0), rate=rate, rows=size, p_value=p_value))
    return tuple(sorted(found, key=lambda one: -one.carries / one.rows))


def _hits(profile: Profile, mark: Mark) -> float:
    """How many rows of a profile a mark means, as far as bins tell."""
    if np.isnan(mark.low):
        return float(profile.odd[mark.column].sum())
    counts, bins = profile.bins(mark.column), profile.plan.columns[mark.column].bins
    if not isinstance(bins, NumberBins):
        return float(counts[int(mark.low) : int(mark.high) + 1].sum())
    edges = np.concatenate([[-np.inf], bins.array])
    return float(counts[(edges >= mark.low) & (edges <= mark.high)].sum())
