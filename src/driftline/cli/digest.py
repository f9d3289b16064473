"""A profile in a few numbers per column: how much is there, where it lies, what is most frequent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import LevelBins, NumberBins
from driftline.profile.distinct import estimate
from driftline.profile.profile import Odd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.profile.profile import Profile

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that are told."""

MOST = 5
"""So many of the most frequent levels are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One column of a profile; None where it does not apply or nothing was counted.

    Attributes:
        missing: share of rows that are null or lack the column.
        odd: rows that are not a number, or not of the column's kind.
        distinct: an estimate, with a standard error of 5%.
        quantiles: values at `LEVELS`, each within its bin.
        levels: the most frequent levels with their rows, then those that the reference never had.
    """

    name: str
    kind: str
    role: str
    rows: int
    missing: float | None
    odd: int
    distinct: int | None
    mean: float | None = None
    deviation: float | None = None
    least: float | None = None
    greatest: float | None = None
    quantiles: tuple[float, ...] = ()
    levels: tuple[tuple[str, int], ...] = ()
    unseen: Mapping[str, int] | None = None


def digest(profile: Profile) -> tuple[Digest, ...]:
    """Every column of a profile, in the plan's order."""
    distinct = estimate(profile.registers) if profile.plan.columns else np.empty(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        moments = profile.means()
    return tuple(
        _column(profile, i, float(distinct[i]), float(moments[i, 0]), float(moments[i, 1])) for i in range(len(profile.plan.columns))
    )


def _column(profile: Profile, i: int, distinct: float, mean: float, variance: float) -> Digest:
    planned, odd = profile.plan.columns[i], profile.odd[i]
    gone = int(odd[Odd.NULL] + odd[Odd.ABSENT])
    low, high = (float(value) for value in profile.extremes[i])
    numeric = isinstance(planned.bins, NumberBins) and low <= high
    return Digest(
        name=planned.name,
        kind=planned.column.kind.value,
        role=planned.column.role.value,
        rows=profile.rows,
        missing=gone / profile.rows if profile.rows else None,
        odd=int(odd[Odd.NAN] + odd[Odd.WRONG_TYPE]),
        distinct=min(round(distinct), profile.rows - gone) if profile.rows else None,
        mean=mean if numeric else None,
        deviation=math.sqrt(max(variance, 0.0)) if numeric and math.isfinite(variance) else None,
        least=low if numeric else None,
        greatest=high if numeric else None,
        quantiles=quantiles(profile, i) if numeric else (),
        levels=_levels(profile, i, planned.bins) if isinstance(planned.bins, LevelBins) else (),
        unseen=dict(profile.unseen[i]) if isinstance(planned.bins, LevelBins) else None,
    )


def quantiles(profile: Profile, column: int) -> tuple[float, ...]:
    """Values at `LEVELS` of a numeric column: exact for point masses, else within a fine bin, along which rows are spread evenly."""
    bins = profile.plan.columns[column].bins
    counts = profile.bins(column)
    if not isinstance(bins, NumberBins) or not counts.sum():
        return ()
    least, greatest = profile.extremes[column]
    lower = np.concatenate([[-np.inf], bins.array])
    upper = np.concatenate([bins.array, [np.inf]])
    single = upper == np.nextafter(lower, np.inf)
    # What lies outside the reference's range lies within this profile's.
    lower[1:-1], upper[1:-1] = np.clip(lower[1:-1], least, greatest), np.clip(upper[1:-1], least, greatest)
    before = np.cumsum(counts) - counts
    found = []
    for level in LEVELS:
        rank = level * counts.sum()
        place = int(np.searchsorted(before + counts, rank))
        if single[place] or not math.isfinite(upper[place] - lower[place]):
            found.append(float(lower[place] if np.isfinite(lower[place]) or place == 0 else upper[place]))
            continue
        inside = (rank - before[place]) / counts[place]
        # Beside a large bound a small one is lost to rounding.
        found.append(float(min(lower[place] + inside * (upper[place] - lower[place]), upper[place])))
    return tuple(found)


def _levels(profile: Profile, column: int, bins: LevelBins) -> tuple[tuple[str, int], ...]:
    counts = profile.bins(column)[:-1]
    order = np.argsort(-counts, kind="stable")[:MOST]
    return tuple((bins.levels[i], int(counts[i])) for i in order if counts[i])
