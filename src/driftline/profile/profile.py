"""A profile: what one window of one segment held, as counts. Profiles of one plan add."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import PlanMismatch
from driftline.profile.bins import NumberBins
from driftline.profile.distinct import REGISTERS
from driftline.profile.hashing import hash_text
from driftline.profile.moments import LIMBS, add_limbs, means
from driftline.profile.outcome import OutcomeCounts, total_outcome
from driftline.profile.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeVar

    from numpy.typing import NDArray

    from driftline.profile.plan import Plan

    T = TypeVar("T", np.int64, np.uint8)

UNSEEN_KEPT = 64
"""Unseen values kept with their exact counts: those with the smallest hashes, so that merging is exact."""


class Odd(IntEnum):
    """Why a row has no value in any bin of a column."""

    NULL = 0
    NAN = 1
    WRONG_TYPE = 2
    ABSENT = 3
    """The whole column was not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Counts of one window, for all columns of the plan.

    For each column, the value bins and the odd counts sum to `rows`.

    Attributes:
        plan: the bins everything was counted in.
        rows: how many rows were counted.
        counts: int64[plan.width], the value bins of all columns, one after another.
        odd: int64[columns, 4], rows that are null, not a number, of the wrong type, absent.
        sums: int64[columns, 8], fixed-point sums of x and x² of finite numbers (`moments`).
        extremes: float64[columns, 2], least and greatest finite number; (inf, -inf) if there is none.
        registers: uint8[columns, 512], for the estimate of distinct values (`distinct`).
        sample: the rows with the smallest keys (`sample`).
        unseen: for each column, values outside its levels and how many rows had them.
        outcome: predictions beside labels; None where the plan does not say how to count them.
    """

    plan: Plan
    rows: int
    counts: NDArray[np.int64]
    odd: NDArray[np.int64]
    sums: NDArray[np.int64]
    extremes: NDArray[np.float64]
    registers: NDArray[np.uint8]
    sample: Sample
    unseen: tuple[Mapping[str, int], ...]
    outcome: OutcomeCounts | None = None

    @classmethod
    def empty(cls, plan: Plan) -> Profile:
        """The profile of no rows: the neutral element of adding."""
        columns = len(plan.columns)
        return cls(
            plan=plan,
            rows=0,
            counts=np.zeros(plan.width, dtype=np.int64),
            odd=np.zeros((columns, len(Odd)), dtype=np.int64),
            sums=np.zeros((columns, LIMBS), dtype=np.int64),
            extremes=np.tile([np.inf, -np.inf], (columns, 1)),
            registers=np.zeros((columns, REGISTERS), dtype=np.uint8),
            sample=Sample(np.empty(0, np.uint64), np.empty((0, columns))),
            unseen=({},) * columns,
            outcome=OutcomeCounts.empty(plan.outcome) if plan.outcome else None,
        )

    def __add__(self, other: Profile) -> Profile:
        """Count both windows' rows together, exactly."""
        self.check_same_plan(other)
        return Profile(
            plan=self.plan,
            rows=self.rows + other.rows,
            counts=self.counts + other.counts,
            odd=self.odd + other.odd,
            sums=add_limbs(self.sums, other.sums),
            extremes=np.stack(
                [np.minimum(self.extremes[:, 0], other.extremes[:, 0]), np.maximum(self.extremes[:, 1], other.extremes[:, 1])],
                axis=1,
            ),
            registers=np.maximum(self.registers, other.registers),
            sample=self.sample.merge(other.sample, self.plan.sample),
            unseen=tuple(merge_unseen(a, b) for a, b in zip(self.unseen, other.unseen, strict=True)),
            outcome=_added([self, other]),
        )

    def __eq__(self, other: object) -> bool:
        """Equal to the last bit."""
        if not isinstance(other, Profile):
            return NotImplemented
        return (
            self.plan.fingerprint == other.plan.fingerprint
            and self.rows == other.rows
            and self.unseen == other.unseen
            and (self.outcome is None) == (other.outcome is None)
            and all(np.array_equal(a.view(np.uint8), b.view(np.uint8)) for a, b in zip(self._arrays(), other._arrays(), strict=True))
        )

    __hash__ = None  # type: ignore[assignment]  # arrays do not hash

    def _arrays(self) -> tuple[NDArray[np.generic], ...]:
        arrays = (self.counts, self.odd, self.sums, self.extremes, self.registers, self.sample.keys, self.sample.values)
        outcome = self.outcome.arrays() if self.outcome else ()
        return tuple(np.ascontiguousarray(array) for array in (*arrays, *outcome))

    def check_same_plan(self, other: Profile) -> None:
        """Refuse to add what was counted in other bins."""
        if self.plan.fingerprint != other.plan.fingerprint:
            raise PlanMismatch("profiles counted in different bins do not add", hint="count both with the same reference")

    def bins(self, index: int) -> NDArray[np.int64]:
        """The value bins of column `index`."""
        return self.counts[self.plan.slice(index)]

    def alone(self, index: int, plan: Plan) -> Profile:
        """The counts of column `index` by itself, without sampled rows and outcomes; `plan` is that column's (`Plan.alone`)."""
        one = slice(index, index + 1)
        return Profile(
            plan=plan,
            rows=self.rows,
            counts=self.bins(index),
            odd=self.odd[one],
            sums=self.sums[one],
            extremes=self.extremes[one],
            registers=self.registers[one],
            sample=Sample(np.empty(0, np.uint64), np.empty((0, 1))),
            unseen=self.unseen[one],
        )

    def means(self) -> NDArray[np.float64]:
        """Mean and variance of each column's finite numbers. Shape: columns × 2; NaN for other columns."""
        numbers = [p.bins if isinstance(p.bins, NumberBins) else None for p in self.plan.columns]
        starts = np.array(self.plan.offsets)
        # The first and the last bin hold the infinities.
        finite = np.add.reduceat(self.counts, starts[:-1]) - self.counts[starts[:-1]] - self.counts[starts[1:] - 1]
        finite = np.where([b is not None for b in numbers], finite, 0)
        center = np.array([b.center if b else 0.0 for b in numbers])
        scale = np.array([b.scale if b else 1.0 for b in numbers])
        return means(self.sums, finite, center, scale)


def total(profiles: Sequence[Profile]) -> Profile:
    """Add many profiles at once: the same bytes as adding them one by one, in any order.

    Raises:
        PlanMismatch: they were counted in different bins.
    """
    first, *rest = profiles
    for other in rest:
        first.check_same_plan(other)
    return Profile(
        plan=first.plan,
        rows=sum(p.rows for p in profiles),
        counts=_reduced(np.add, [p.counts for p in profiles]),
        odd=_reduced(np.add, [p.odd for p in profiles]),
        # Fewer than 2^31 limbs of 32 bits do not overflow; carrying once at the end is the same as often.
        sums=add_limbs(_reduced(np.add, [p.sums for p in profiles]), np.zeros_like(first.sums)),
        extremes=np.stack(
            [np.min([p.extremes[:, 0] for p in profiles], axis=0), np.max([p.extremes[:, 1] for p in profiles], axis=0)], axis=1
        ),
        registers=_reduced(np.maximum, [p.registers for p in profiles]),
        sample=Sample.total([p.sample for p in profiles], first.plan.sample),
        unseen=tuple(reduce(merge_unseen, filter(None, column), {}) for column in zip(*(p.unseen for p in profiles), strict=True)),
        outcome=_added(profiles),
    )


def _reduced(function: np.ufunc, arrays: Sequence[NDArray[T]]) -> NDArray[T]:
    """What a function of two makes of all arrays: one after another, without laying them side by side."""
    out = arrays[0].copy()
    for array in arrays[1:]:
        function(out, array, out=out)
    return out


def _added(profiles: Sequence[Profile]) -> OutcomeCounts | None:
    """All outcomes together."""
    outcomes = [p.outcome for p in profiles if p.outcome is not None]
    return total_outcome(outcomes) if outcomes else None


def merge_unseen(left: Mapping[str, int], right: Mapping[str, int]) -> Mapping[str, int]:
    """Add counts of unseen values and keep those with the smallest hashes."""
    if not left or not right:
        return left or right
    total = {value: left.get(value, 0) + right.get(value, 0) for value in {**left, **right}}
    return keep_unseen(total)


def keep_unseen(counts: Mapping[str, int]) -> Mapping[str, int]:
    """The `UNSEEN_KEPT` values with the smallest hashes, in that order."""
    ranked = sorted((hash_text(value), value) for value in counts)[:UNSEEN_KEPT]
    return {value: counts[value] for _, value in ranked}
