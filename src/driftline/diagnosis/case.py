"""Everything a diagnosis of one window may look at, and how a signature is asked of each changed column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import gap, two_shares
from driftline.diagnosis.mixture import on_cuts
from driftline.diagnosis.named import names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from driftline.diagnosis.fault import Fault
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.rowwise import Coding, Rows
    from driftline.diagnosis.side import Side
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.schema import Kind
    from driftline.verdicts.diagnosis import Mark
    from driftline.verdicts.report import Score

FITS = 0.8
"""A suspicion must explain at least this share of a column's change: what it leaves is less than 20% (methods 8.2)."""

FITS_ELSE = 0.4
"""And this much of it against the other of two bases."""

BELIEVED = 0.1
"""A suspicion that is less likely than this to be what it seems says nothing for or against another."""

SURELY = 1e-4
"""Chance makes as much of a difference this rarely."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The windows before one, and their samples' keys.

    Attributes:
        labels: the windows' labels, in order.
        profiles: what was counted in them.
        keys: uint64[m], the keys, window by window, increasing in each.
        windows: int[m], place of each key's window.
    """

    labels: tuple[str, ...]
    profiles: tuple[Profile, ...]
    keys: NDArray[np.uint64]
    windows: NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One window of one segment.

    Attributes:
        plan: what was counted.
        window: the window's label.
        total: the whole reference.
        blocks: the reference in consecutive blocks.
        now: the window.
        earlier: what the samples of the windows before it kept.
        before: the windows before it.
        ever: places of columns that have drifted since the first window on.
        changed: places of the columns that are asked about.
        looks: for each of them, the look against the reference, then against the last good windows where there are any.
        rows: sampled rows of reference and window as codes.
        codes: how values became codes.
        ties: for each of them, how closely every column goes with it in the reference's rows; outputs do not count.
        usual_rows: how many rows such a window usually has; None where that is not known, or windows are cut by rows.
        varies: by how much that goes up and down, as a share of it (a standard deviation).
        table: scores of the whole table: volume and silence, where they were judged.
        attribution: how a change of a mean is shared out among columns, by name.
        floors: by column and statistic, the smallest change that matters.
    """

    plan: Plan
    window: str
    total: Profile
    blocks: tuple[Profile, ...]
    now: Profile
    earlier: Earlier
    changed: tuple[int, ...]
    looks: Mapping[int, tuple[Look, ...]]
    rows: Rows
    codes: Coding
    ties: Mapping[int, NDArray[np.float64]]
    before: tuple[Profile, ...] = ()
    ever: frozenset[int] = frozenset()
    usual_rows: float | None = None
    varies: float = 0.0
    attribution: str = "additive"
    table: Mapping[str, Score] = field(default_factory=dict)
    floors: Mapping[tuple[int, str], float] = field(default_factory=dict)

    def floor(self, place: int, statistic: str) -> float:
        """The smallest change of a column's statistic that matters, as the verdict has it."""
        return self.floors.get((place, statistic), 0.0)


def each(case: Case, kinds: frozenset[Kind], find: Callable[[Case, Look], Fault | None]) -> Iterator[Fault]:
    """Ask one question about every changed column of some kinds.

    A fault must show against the last good windows, if there are any: what came slowly, or was so in the last window
    already, is no fault of this one. It must show against the reference too; but from that the column may have moved for
    other reasons in the meantime, and the last windows may be few: so the question must be answered against one of them,
    and against the other the rows that the fault marks need only be more.
    """
    for place in case.changed:
        if case.plan.columns[place].column.kind in kinds:
            looks = case.looks[place]
            # What chance makes now and then is not told, nor does it speak against what the other base shows.
            told = [fault if _an_answer(fault) else None for fault in (find(case, look) for look in looks)]
            best = agreed([fault for fault in told if fault is not None])
            if best is not None and all(fault is not None or shows(look, best) for look, fault in zip(looks, told, strict=True)):
                yield best


def _an_answer(fault: Fault | None) -> bool:
    """Whether a suspicion says anything: chance does not make it now and then, nor is it itself thought to be something else."""
    return fault is not None and fault.p_value <= SURELY and fault.confidence >= BELIEVED


def shows(look: Look, fault: Fault) -> bool:
    """Whether the rows that a fault marks are more than in a base; where it marks none, whether the column is another."""
    if fault.mark is not None:
        now, base = (marked(part, look, fault.mark) for part in (look.now, look.base))
        return now > base and two_shares(now, look.now.rows, base, look.base.rows)[0] < SURELY
    if found := names(look):
        return bool(found.lost(SURELY / len(found.texts)).any())
    if look.curves is None:
        return True
    both = on_cuts(look, look.curves[0].cuts(), *look.curves)
    return gap(both.base, both.now) > 2 * both.allowed


def marked(part: Side, look: Look, mark: Mark) -> float:
    """About how many rows of one side a mark means."""
    if np.isnan(mark.low):
        return float(part.odd.sum())
    if look.levels:
        return float(part.counts[int(mark.low) : int(mark.high) + 1].sum())
    inside = ((part.values >= mark.low) & (part.values <= mark.high)).mean() if part.values.size else 0.0
    return float(inside * part.held)


def agreed(told: list[Fault]) -> Fault | None:
    """One fault from what was told against each base; None where it fits badly.

    Where it is sure against both, the smaller p-value counts: two tests are not stricter than one.
    """
    if not told:
        return None
    fitting = [fault for fault in told if fault.explained >= FITS]
    if not fitting or min(fault.explained for fault in told) < FITS_ELSE:
        return None
    best = max(fitting, key=lambda fault: (fault.explained * fault.confidence, fault.explained))
    weakest = max(fault.p_value for fault in told)
    return replace(best, p_value=weakest if weakest > SURELY else min(fault.p_value for fault in told))
