"""Windows that are not whole: the first or last one, where data begins or ends within it, is held against the same part of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import gap, noise, usual
from driftline.diagnosis.mixture import on_cuts
from driftline.diagnosis.named import names
from driftline.diagnosis.wording import listed
from driftline.profile.bins import NumberBins
from driftline.profile.sample import Sample
from driftline.schema import Role
from driftline.verdicts.diagnosis import Change, Diagnosis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.look import Look
    from driftline.profile.bins import Bins
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.window import Window

    Floats = NDArray[np.float64]

OUTSIDE = 0.01
"""A window is not whole if at least this share of the reference's rows lies in the part in which it has none."""

FEWEST = 100
"""With fewer sampled rows of the reference in the same part, no fault is looked for yet."""

CLEARLY = 2.0
"""A column has changed where the odds of a row's being elsewhere are so many times what chance and the reference's own blocks make them."""

HOUR, DAY, MONTH = 3600.0, 86400.0, 27 * 86400.0

FURTHEST = 15 * HOUR
"""No zone's midnight is further from midnight in UTC."""

SURE = 0.9
"""How sure it is that a window which is not whole is no more than that."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a window in which it has rows.

    Attributes:
        column: place of the time column.
        zero: where the window begins, in seconds since 1970.
        length: how long it is, in whole hours; a month's is its days.
        low, high: from when to when it has rows, in seconds since its beginning.
        usually: share of such a window's rows that usually lie in this part.
        sampled: how many of the reference's sampled rows do.
    """

    column: int
    zero: float
    length: float
    low: float
    high: float
    usually: float = 1.0
    sampled: float = 0.0

    @property
    def comparable(self) -> bool:
        """Whether enough of the reference lies in the same part to hold the window against it."""
        return self.sampled >= FEWEST

    def holds(self, times: Floats) -> NDArray[np.bool_]:
        """Which instants lie in the same part of their own windows."""
        phase = self._in_month(times) if self.length >= MONTH else (times - self.zero) % self.length
        return np.asarray((phase >= self.low) & (phase <= self.high))

    def _in_month(self, times: Floats) -> Floats:
        """Seconds since the beginning of each instant's month, on the wall clock of the window's beginning."""
        # Midnight of the first lies within half a day of the first in UTC, and a little more.
        offset = _month_of(np.array([self.zero + FURTHEST]))[0] - self.zero
        wall = np.where(np.isfinite(times), times, 0.0) + offset
        return np.where(np.isfinite(times), wall - _month_of(wall), np.nan)


def _month_of(times: Floats) -> Floats:
    """Where each instant's month begins, in seconds since 1970."""
    return np.asarray(times.astype("M8[s]").astype("M8[M]").astype("M8[s]").astype(np.float64))


def stretch(window: Window, now: Profile, blocks: Sequence[Profile], *, first: bool, last: bool) -> Stretch | None:
    """The part of a calendar window in which data is, where it begins or ends within it; None where the window is whole.

    Args:
        window: the window.
        now: what was counted in it.
        blocks: the reference, whose sampled rows tell how many usually lie in the rest of such a window.
        first: it is the first window there is, so that data may begin within it.
        last: it is the last one, so that data may end within it.
    """
    column = _clock(now.plan)
    if not (first or last) or column is None or not isinstance(window.start, datetime) or not isinstance(window.end, datetime):
        return None
    zero, end = window.start.timestamp(), window.end.timestamp()
    oldest, newest = (float(value) for value in now.extremes[column])
    if not zero <= oldest <= newest < end:
        return None
    length = round((end - zero) / HOUR) * HOUR or HOUR
    # Where clocks go forward or back a day or a week is an hour off.
    length = length if length >= MONTH else max(round(length / DAY) * DAY, min(length, HOUR))
    low, high = (oldest - zero if first else 0.0), (newest - zero if last else np.inf)
    found = Stretch(column, zero, length, low, high)
    times = np.concatenate([block.sample.values[:, column] for block in blocks])
    times = times[np.isfinite(times)]
    inside = float(found.holds(times).sum())
    usually = inside / max(times.size, 1)
    return replace(found, usually=usually, sampled=inside) if usually <= 1 - OUTSIDE else None


def _clock(plan: Plan) -> int | None:
    return next((place for place, planned in enumerate(plan.columns) if planned.column.role is Role.TIMESTAMP), None)


def narrowed(profile: Profile, part: Stretch, places: Sequence[int] | None = None) -> Profile:
    """What the sampled rows in the same part of their windows say: their counts, as if nothing else had been counted.

    What rows without a value lack, and the extremes, are taken from all rows. Only columns at `places` are counted, all where that is None.
    """
    kept = part.holds(profile.sample.values[:, part.column])
    keys, values = profile.sample.keys[kept], profile.sample.values[kept]
    missing = np.isnan(values).sum(0)
    reasons = profile.odd / np.maximum(profile.odd.sum(1, keepdims=True), 1)
    bins = [planned.bins for planned in profile.plan.columns]
    counts = np.zeros_like(profile.counts)
    for c in range(len(bins)) if places is None else places:
        counts[profile.plan.slice(c)] = _counted(bins[c], values[:, c])
    return replace(
        profile,
        rows=len(values),
        counts=counts,
        odd=np.rint(reasons * missing[:, None]).astype(np.int64),
        sample=Sample(keys, values),
        unseen=({},) * len(bins),
    )


def _counted(bins: Bins | None, values: Floats) -> NDArray[np.int64]:
    """How many sampled values lie in each bin; all in the one of a column for which none were fitted."""
    known = values[~np.isnan(values)]
    if bins is None:
        return np.array([known.size])
    places = np.searchsorted(bins.array, known, side="right") if isinstance(bins, NumberBins) else known.astype(np.intp)
    return np.bincount(np.clip(places, 0, bins.width - 1), minlength=bins.width)


def as_usual(looks: Sequence[Look]) -> bool:
    """Whether a column is as in the same part of some base, chance and the reference's own blocks aside."""
    return any(_unchanged(look) for look in looks)


def _unchanged(look: Look) -> bool:
    if not _as_full(look):
        return False
    if found := names(look):
        both = found.both
    elif look.curves is not None:
        both = on_cuts(look, look.curves[0].cuts(), *look.curves)
    else:
        return False
    return _usually(gap(both.base, both.now), both.allowed)


def _as_full(look: Look) -> bool:
    """Whether as many rows as usual have a value, and as many lack one for each reason."""
    base, now = (np.append(part.odd, part.rows - part.odd.sum()) / max(part.rows, 1.0) for part in (look.base, look.now))
    blocks = np.column_stack([look.odd[:, :-1], look.odd[:, -1] - look.odd[:, :-1].sum(1)])
    allowed = noise(now, base, max(look.now.rows, 1.0), max(look.base.rows, 1.0)) + usual(blocks)
    return _usually(gap(base, now), allowed)


def _usually(apart: float, allowed: float) -> bool:
    """Whether so much of the rows is elsewhere as usual. Of distances that end at 1 odds are held against each other."""
    return apart <= CLEARLY * allowed / (1 + (CLEARLY - 1) * min(allowed, 1.0))


def not_whole(window: str, columns: Sequence[str], *, later: bool) -> Diagnosis:
    """What is said of a window that is not whole.

    Args:
        window: its label.
        columns: those that drifted, and are as they are in the same part of other windows.
        later: its last rows are still to come; else its first are not there.
    """
    lacks = "its last rows are not there" if later else "its first rows are not there"
    moved = f"; {listed(list(columns))} as in the same part of the reference's windows" if columns else ""
    return Diagnosis(
        change=Change.VOLUME,
        kind="unfinished_window",
        columns=tuple(columns),
        sentence=f"the window is not whole, {lacks}{moved}",
        remedy="judge the window again when all its rows are there",
        confidence=SURE,
        since=window,
        new=True,
    )
