"""Faults that leave every distribution as it was, and so no verdict: rows that repeat, decimals that are gone, a clock that moved.

They are facts that counts show, and are looked for in every window, drifted or not. What is cheap to see comes first: only where
keys repeat, values are rounder or hours are others than before is a window looked into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.atoms import LEAST_CELLS, LEAST_ROUNDED, ROUND_BEFORE, on_grid
from driftline.diagnosis.clock import CYCLES, SURELY, apart, differ, hours_of
from driftline.diagnosis.side import MOST_VALUES
from driftline.diagnosis.signatures import SIGNATURES
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

FACTS = tuple(one for one in SIGNATURES if one.name in {"duplicated_batch", "join_fan_out", "replayed_rows", "rounding", "time_shift"})
OF_COLUMNS = tuple(one for one in FACTS if one.look is not None)

FALSE_ALARMS = 1e-6
"""All of them together name a fault in a column of an unchanged window at most this often: of two hundred columns in a month 0.6%."""

BACK = 30
"""Rows are looked for in so many windows before."""

FEWEST = 50
"""With fewer sampled values nothing is said of a column."""

NEARLY_EVERY = 0.9
"""Of blocks of the reference and windows before that must be nearer to a clock that is moved back; one day of the week is 14% of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What the reference's sampled rows show of each column.

    Attributes:
        values: float64[n, C], sampled rows.
        steps: by column, steps of a grid on which values do not lie, the coarsest first, and the share that does by chance.
        clocks: columns whose values go round, such as hours; instants among them.
        blocks: the reference in blocks.
    """

    values: Floats
    steps: dict[int, tuple[tuple[float, float], ...]]
    clocks: tuple[int, ...]
    blocks: Sequence[Profile]

    @classmethod
    def of(cls, blocks: Sequence[Profile]) -> Usual:
        """Look at the reference once."""
        plan = blocks[0].plan
        values = np.concatenate([block.sample.values for block in blocks])
        values = values[:: max(1, len(values) // MOST_VALUES)]
        numbers = [place for place, one in enumerate(plan.columns) if one.column.kind is Kind.NUMBER and isinstance(one.bins, NumberBins)]
        steps = {place: found for place in numbers if (found := _steps(values[:, place]))}
        clocks = tuple(place for place, one in enumerate(plan.columns) if _goes_round(one, values[:, place]))
        return cls(values, steps, clocks, blocks)

    def suspects(self, now: Profile) -> list[int]:
        """Columns of a window whose values are rounder, or whose hours are others."""
        found = [place for place, steps in self.steps.items() if _rounder(now.sample.values[:, place], steps)]
        return found + [place for place in self.clocks if place not in found and self._moved(place, now)]

    def holds(self, fault: Fault, now: Profile, earlier: Sequence[Profile]) -> bool:
        """Whether a fault is told: a clock has moved only where moving it back brings it nearer to nearly every block and window before.

        Days of the week have courses of their own: a Sunday is like other Sundays as it is.
        """
        if fault.signature != "time_shift":
            return True
        place, steps, length = now.plan.index(fault.columns[0]), int(fault.evidence["steps"]), int(fault.evidence["cycle"])
        hours, *others = (self._hours(place, [one])[:length] for one in (now, *self.blocks, *earlier))
        nearer = [apart(np.roll(other, steps), hours) < apart(other, hours) for other in others if other.sum() >= FEWEST]
        return bool(nearer) and float(np.mean(nearer)) >= NEARLY_EVERY

    def _moved(self, place: int, now: Profile) -> bool:
        hours, base = self._hours(place, [now]), self._hours(place, self.blocks)
        return hours.sum() >= FEWEST and base.sum() > 0 and differ(base, hours) < SURELY

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


def _goes_round(planned: Planned, values: Floats) -> bool:
    """Whether a column is a clock: instants that are not the row's own, or whole numbers from 0 or 1 on, as many as a cycle has."""
    column = planned.column
    if column.kind is Kind.TIMESTAMP:
        return column.role is not Role.TIMESTAMP
    held = values[np.isfinite(values)]
    if column.kind is not Kind.NUMBER or not held.size:
        return False
    low, high = float(held.min()), float(held.max())
    return low in {0.0, 1.0} and high - low + 1 in CYCLES and bool((held == np.rint(held)).all())
