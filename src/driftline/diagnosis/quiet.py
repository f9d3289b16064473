"""Faults that leave every distribution as it was, and so no verdict: rows or values that repeat, decimals that are gone, moved clocks.

They are facts that counts show, and are looked for in every window, drifted or not. What is cheap to see comes first: only where
keys repeat, values are rounder or hours are others than before is a window looked into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.atoms import LEAST_CELLS, LEAST_ROUNDED, REPEATED, ROUND_BEFORE, on_grid
from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.clock import CYCLES, SURELY, apart, differ, hours_of
from driftline.diagnosis.holes import unusual
from driftline.diagnosis.lag import between, moved, own_time
from driftline.diagnosis.side import MOST_VALUES
from driftline.diagnosis.signatures import SIGNATURES
from driftline.diagnosis.skew import FEWEST as FEWEST_SHARED
from driftline.diagnosis.table import LEAST_SHARE
from driftline.profile.bins import NumberBins
from driftline.schema import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.fault import Fault
    from driftline.profile.plan import Planned
    from driftline.profile.profile import Profile

    Floats = NDArray[np.float64]

QUIET = {
    "missing_partition", "duplicated_batch", "join_fan_out", "replayed_rows", "rounding", "time_shift", "default_fill", "truncation",
    "serving_skew",
}  # fmt: skip
FACTS = tuple(one for one in SIGNATURES if one.name in QUIET)
OF_COLUMNS = tuple(one for one in FACTS if one.look is not None)

FALSE_ALARMS = 1e-6
"""All of them together name a fault in a column of an unchanged window at most this often: of two hundred columns in a month 0.6%."""

BACK = 30
"""Rows are looked for in so many windows before."""

FEWEST = 50
"""With fewer sampled values nothing is said of a column."""

SELDOM = 0.01
"""Values that do not repeat: none of them has more of the rows."""

ALONE = 3
"""One value was written over others where none besides it comes a third as often."""

MOST_OF_A_DAY = 18 * 3600.0
"""The hours of the row's own time are those of a day where windows are usually so long, in seconds."""

NEARLY_EVERY = 0.9
"""Of blocks of the reference and windows before that must be nearer to a clock that is moved back; one day of the week is 14% of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What the reference's sampled rows show of each column.

    Attributes:
        values: float64[n, C], sampled rows.
        steps: by column, steps of a grid on which values do not lie, the coarsest first, and the share that does by chance.
        lone: by column, values of which hardly any repeats, in order.
        clocks: columns whose values go round, such as hours; instants among them.
        own: the time by which windows are cut; None where there is none.
        lags: by column of times, how many seconds they lie after the row's own.
        keys: uint64[n], of all its sampled rows.
        blocks: the reference in blocks.
    """

    values: Floats
    steps: dict[int, tuple[tuple[float, float], ...]]
    lone: dict[int, Floats]
    clocks: tuple[int, ...]
    own: int | None
    lags: dict[int, Floats]
    keys: NDArray[np.uint64]
    blocks: Sequence[Profile]

    @classmethod
    def of(cls, blocks: Sequence[Profile]) -> Usual:
        """Look at the reference once."""
        plan = blocks[0].plan
        values = np.concatenate([block.sample.values for block in blocks])
        values = values[:: max(1, len(values) // MOST_VALUES)]
        numbers = [place for place, one in enumerate(plan.columns) if one.column.kind is Kind.NUMBER and isinstance(one.bins, NumberBins)]
        steps = {place: found for place in numbers if (found := _steps(values[:, place]))}
        lone = {place: held for place in numbers if (held := _lone(values[:, place])).size}
        own = own_time(plan)
        whole_days = own is not None and float(np.median([np.ptp(block.extremes[own]) for block in blocks if block.rows])) >= MOST_OF_A_DAY
        clocks = tuple(place for place, one in enumerate(plan.columns) if _goes_round(one, values[:, place], own=whole_days))
        times = [place for place, one in enumerate(plan.columns) if one.column.kind is Kind.TIMESTAMP and place != own]
        lags = {place: after for place in times if own is not None and (after := between(values, place, own)).size >= FEWEST}
        keys = np.unique(np.concatenate([block.sample.keys for block in blocks]))
        return cls(values, steps, lone, clocks, own, lags, keys, blocks)

    def knows(self, now: Profile) -> bool:
        """Whether enough of a window's rows are in the reference too."""
        return bool(np.isin(now.sample.keys, self.keys).sum() >= FEWEST_SHARED)

    def suspects(self, now: Profile) -> list[int]:
        """Columns of a window whose values are rounder, or suddenly repeat, whose hours are others, or that have none for a while."""
        found = [place for place, steps in self.steps.items() if _rounder(now.sample.values[:, place], steps)]
        found += [place for place, known in self.lone.items() if _one_repeats(known, now.sample.values[:, place])]
        found += [place for place in self.clocks if self._moved(place, now)]
        found += [place for place in self.lags if self._lagged(place, now)]
        if self.own is not None and unusual(now, self.blocks, self.own) is not None:
            found.append(self.own)
        return list(dict.fromkeys(found))

    def holds(self, fault: Fault, now: Profile, earlier: Sequence[Profile]) -> bool:
        """Whether a fault is told: a clock has moved only where moving it back brings it nearer to nearly every block and window before.

        Days of the week have courses of their own: a Sunday is like other Sundays as it is.
        """
        if fault.signature != "time_shift" or "cycle" not in fault.evidence:
            return True
        place, steps, length = now.plan.index(fault.columns[0]), int(fault.evidence["steps"]), int(fault.evidence["cycle"])
        hours, *others = (self._hours(place, [one])[:length] for one in (now, *self.blocks, *earlier))
        nearer = [apart(np.roll(other, steps), hours) < apart(other, hours) for other in others if other.sum() >= FEWEST]
        return bool(nearer) and float(np.mean(nearer)) >= NEARLY_EVERY

    def _moved(self, place: int, now: Profile) -> bool:
        hours, base = self._hours(place, [now]), self._hours(place, self.blocks)
        return hours.sum() >= FEWEST and base.sum() > 0 and differ(base, hours) < SURELY

    def _lagged(self, place: int, now: Profile) -> bool:
        found = between(now.sample.values, place, self.own) if self.own is not None else np.empty(0)
        return found.size >= FEWEST and moved(self.lags[place], found)

    def _hours(self, place: int, profiles: Sequence[Profile]) -> Floats:
        """How many rows lie in each hour, or other step of a cycle; of instants only sampled rows tell."""
        bins = self.blocks[0].plan.columns[place].bins
        if self.blocks[0].plan.columns[place].column.kind is Kind.TIMESTAMP or not isinstance(bins, NumberBins):
            column = np.concatenate([one.sample.values[:, place] for one in profiles])
            return hours_of(column[np.isfinite(column)])
        low = float(np.nanmin(self.values[:, place]))
        counts = np.sum([one.bins(place) for one in profiles], axis=0).astype(np.float64)
        return np.asarray(counts[np.searchsorted(bins.array, np.arange(low, low + max(CYCLES)), side="right")])


def repeats(now: Profile, earlier: Sequence[Profile]) -> bool:
    """Whether rows of a window repeat each other, or were there before, more than a little."""
    keys = now.sample.keys
    if not keys.size:
        return False
    before = np.concatenate([np.empty(0, dtype=np.uint64), *(one.sample.keys for one in earlier)])
    again = max(int((keys[1:] == keys[:-1]).sum()), int(np.isin(keys, before).sum()))
    return again >= max(LEAST_SHARE * keys.size / 2, 2)


def _steps(values: Floats) -> tuple[tuple[float, float], ...]:
    held = values[np.isfinite(values)]
    if held.size < FEWEST:
        return ()
    span = float(np.subtract(*np.quantile(held, [0.95, 0.05])))
    steps = [float(step) for step in 10.0 ** np.arange(6, -7, -1) if span >= LEAST_CELLS * step]
    usual = [(step, float(on_grid(held, step).mean())) for step in steps]
    return tuple((step, share) for step, share in usual if share <= ROUND_BEFORE)


def _rounder(values: Floats, steps: Sequence[tuple[float, float]]) -> bool:
    held = values[np.isfinite(values)]
    if held.size < FEWEST:
        return False
    # What is round to a coarse step is so to a finer one: the finest says whether to look.
    step, before = steps[-1]
    return bool((on_grid(held, step).mean() - before) >= LEAST_ROUNDED * (1 - before))


def _lone(values: Floats) -> Floats:
    """The values in order, where hardly any repeats; else none."""
    held = np.sort(values[np.isfinite(values)])
    if held.size < FEWEST or np.unique(held, return_counts=True)[1].max() > max(SELDOM * held.size, REPEATED):
        return np.empty(0)
    return held


def _one_repeats(known: Floats, values: Floats) -> bool:
    """Whether one value is much more frequent than it was."""
    held, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    if counts.sum() < FEWEST:
        return False
    most = int(np.argmax(counts))
    if np.delete(counts, most).max(initial=0) * ALONE > counts[most]:
        # Where several repeat, values are rounder.
        return False
    before = np.searchsorted(known, held[most], side="right") - np.searchsorted(known, held[most], side="left")
    p_value, _ = two_shares(float(counts[most]), float(counts.sum()), float(before), float(known.size))
    return counts[most] / counts.sum() >= SELDOM and p_value < SURELY


def _goes_round(planned: Planned, values: Floats, *, own: bool) -> bool:
    """Whether a column is a clock: instants, the row's `own` too where windows are days, or whole numbers as many as a cycle has."""
    column = planned.column
    if column.kind is Kind.TIMESTAMP:
        return own or column.role is not Role.TIMESTAMP
    held = values[np.isfinite(values)]
    if column.kind is not Kind.NUMBER or not held.size:
        return False
    low, high = float(held.min()), float(held.max())
    return low in {0.0, 1.0} and high - low + 1 in CYCLES and bool((held == np.rint(held)).all())
