"""Counts while they are being made: tables with a row per slot, a slot being one segment in one window."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.engines.kernel import KERNEL
from driftline.engines.lists import ListTally
from driftline.engines.outcome import OutcomeTally
from driftline.engines.scored import ScoredTally
from driftline.engines.valued import ValuedTally
from driftline.profile import hashing
from driftline.profile.bins import FIXED_POINT_BITS, NumberBins
from driftline.profile.distinct import REGISTERS
from driftline.profile.moments import LIMBS
from driftline.profile.profile import UNSEEN_KEPT, Odd, Profile
from driftline.profile.sample import Sample
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from typing import Any

    from numpy.typing import NDArray

    from driftline.engines.kernel import Place, Tables
    from driftline.engines.meaning import Meaning
    from driftline.engines.valued import Tallied
    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan

PENDING = 4
"""A slot's sample is sorted anew when this many times its size have gathered."""


class Tally:
    """Mutable counts for many slots at once; `profile` freezes one.

    Columns may be counted by different threads at the same time; slots must be made, and samples
    taken, by one. No slot may be made while columns are being counted.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.columns = len(plan.columns)
        self.binners = [_binner(planned.bins) for planned in plan.columns]
        self.places: list[Place] = [
            (i, plan.offsets[i], planned.width, int(hashing.column_factor(i))) for i, planned in enumerate(plan.columns)
        ]
        self.meanings: dict[int, Meaning] = {}
        self.layout: object = None
        self._slots: dict[Hashable, int] = {}
        self.outcomes = outcome_tally(plan, plan.outcome, self._slots) if plan.outcome else None
        self._rows: list[int] = []
        self._samples: list[_Gathered] = []
        self._unseen: dict[tuple[int, int], dict[str, list[int]]] = {}
        self._tables = _tables(plan, 0)

    def slots(self) -> tuple[Hashable, ...]:
        """What was counted, in the order in which it was first seen."""
        return tuple(self._slots)

    def slot(self, key: Hashable) -> int:
        """The row of the tables that belongs to `key`."""
        if key not in self._slots:
            self._slots[key] = len(self._slots)
            self._rows.append(0)
            self._samples.append(_Gathered(self.plan.sample, self.columns))
            if len(self._slots) > len(self._tables[0]):
                self._make_tables(max(len(self._slots), len(self._tables[0]) * 3 // 2))
        return self._slots[key]

    def has_room(self, keys: set[Hashable]) -> bool:
        """Whether slots for these keys can be had without making the tables anew."""
        return len(self._slots) + sum(key not in self._slots for key in keys) <= len(self._tables[0])

    def tables(self, pieces: NDArray[np.int64], length: int, rows: NDArray[np.uint64]) -> Tables:
        """What the kernel needs to count some rows: see `kernel.Tables`."""
        return (pieces, *self._tables, rows, self.columns, self.plan.width, length)

    def count_absent(self, column: int, pieces: NDArray[np.int64]) -> None:
        """Count rows in which the whole column is not there."""
        np.add.at(self._tables[1][:, column, Odd.ABSENT], pieces[:, 2], pieces[:, 1])

    def note_unseen(self, slot: int, column: int, text: str, text_hash: int, rows: int) -> None:
        """Add rows with a value outside the column's levels."""
        noted = self._unseen.setdefault((slot, column), {})
        if text in noted:
            noted[text][1] += rows
            return
        noted[text] = [text_hash, rows]
        if len(noted) > PENDING * UNSEEN_KEPT:
            self._unseen[slot, column] = _smallest(noted)

    def take_rows(
        self, pieces: NDArray[np.int64], rows: NDArray[np.uint64], values: Callable[[NDArray[np.int64]], NDArray[np.float64]]
    ) -> None:
        """Count rows and keep those that belong in the samples.

        Args:
            pieces: as for the kernel.
            rows: each row's hash; overwritten.
            values: called with row numbers, gives their values in all columns.
        """
        parts = pieces.tolist()
        cuts = np.array([self._samples[slot].cut(length) for _, length, slot in parts], dtype=np.uint64)
        places, found = np.empty(rows.size, dtype=np.int64), np.empty(len(parts), dtype=np.int64)
        KERNEL.row_keys(rows, self.plan.seed & hashing.MASK, pieces, cuts, places, found)
        wanted: list[NDArray[np.int64]] = []
        slots: list[int] = []
        for (start, length, slot), cut, many in zip(parts, cuts.tolist(), found.tolist(), strict=True):
            self._rows[slot] += length
            near = self._samples[slot].candidates(rows[start : start + length], cut, places[start : start + many])
            if near.size:
                wanted.append(near + start)
                slots.append(slot)
        if not wanted:
            return
        every = np.concatenate(wanted)
        table, keys, at = values(every), rows[every], 0
        for near, slot in zip(wanted, slots, strict=True):
            self._samples[slot].add(keys[at : at + near.size], table[at : at + near.size])
            at += near.size

    def profile(self, key: Hashable) -> Profile:
        """Freeze what was counted for `key`."""
        slot = self._slots[key]
        counts, odd, sums, extremes, registers = (table[slot].copy() for table in self._tables)
        return Profile(
            plan=self.plan,
            rows=self._rows[slot],
            counts=counts,
            odd=odd,
            sums=sums,
            extremes=extremes,
            registers=registers,
            sample=self._samples[slot].sample(),
            unseen=tuple(self._unseen_of(slot, column) for column in range(self.columns)),
            outcome=self.outcomes.of(slot) if self.outcomes else None,
        )

    def _unseen_of(self, slot: int, column: int) -> Mapping[str, int]:
        noted = self._unseen.get((slot, column))
        if noted is None:
            return {}
        noted = _smallest(noted)
        return {text: rows for text, (_, rows) in noted.items()}

    def _make_tables(self, slots: int) -> None:
        made = _tables(self.plan, slots)
        for before, after in zip(self._tables, made, strict=True):
            after[: len(before)] = before
        self._tables = made


def outcome_tally(plan: Plan, outcome: Outcome, slots: Mapping[Hashable, int]) -> Tallied:
    """What counts a plan's outcomes: row by row, or list by list."""
    if outcome.worth:
        return ValuedTally(plan, outcome, outcome_tally(plan, replace(outcome, worth="", worth_from=()), slots))
    if outcome.task is Task.RANKING:
        return ListTally(plan, outcome, slots)
    return ScoredTally(plan, outcome) if outcome.task is Task.BINARY and outcome.scores else OutcomeTally(plan, outcome)


def _tables(plan: Plan, slots: int) -> tuple[NDArray[Any], ...]:
    """Counts, odd counts, sums, extremes and registers, as in a `Profile`, for so many slots."""
    columns = len(plan.columns)
    return (
        np.zeros((slots, plan.width), dtype=np.int64),
        np.zeros((slots, columns, len(Odd)), dtype=np.int64),
        np.zeros((slots, columns, LIMBS), dtype=np.int64),
        np.tile([np.inf, -np.inf], (slots, columns, 1)),
        np.zeros((slots, columns, REGISTERS), dtype=np.uint8),
    )


class _Gathered:
    """Rows that may belong to a sample: sorted, and cut to its size, only now and then."""

    def __init__(self, size: int, columns: int) -> None:
        self._size = size
        self._parts = [Sample(np.empty(0, np.uint64), np.empty((0, columns)))]
        self._pending = 0
        self._cut: int | None = None

    def cut(self, rows: int) -> int:
        """No key above it is looked for among so many rows; where nothing is known yet, a guess under which about enough of them lie."""
        if self._cut is not None:
            return self._cut
        # Keys of unlike rows are spread evenly: fewer than so many lie below once in 30,000 times.
        enough = self._size + 4 * math.isqrt(self._size) + 16
        return hashing.MASK if rows <= enough else (hashing.MASK + 1) * enough // rows

    def candidates(self, keys: NDArray[np.uint64], cut: int, near: NDArray[np.int64]) -> NDArray[np.int64]:
        """Places of keys that are small enough, given those of all that are at most a `cut`."""
        if near.size >= self._size:
            # So many rows alone push out every greater key that will ever come.
            self._cut = cut if self._cut is None else min(cut, self._cut)
            return near
        if self._cut is None and keys.size > self._size:
            self._cut = int(np.partition(keys, self._size - 1)[self._size - 1])
        least = hashing.MASK if self._cut is None else self._cut
        return near if cut >= least else np.flatnonzero(keys <= np.uint64(least))

    def add(self, keys: NDArray[np.uint64], values: NDArray[np.float64]) -> None:
        self._parts.append(Sample(keys, values))
        self._pending += keys.size
        if self._pending >= PENDING * self._size or (self._cut is None and self._pending >= self._size):
            self.sample()

    def sample(self) -> Sample:
        """The sample so far."""
        parts = [part for part in self._parts if part.keys.size]
        if not self._pending:
            return parts[0] if parts else self._parts[0]
        first, *rest = parts
        keys = np.concatenate([part.keys for part in parts]) if rest else first.keys
        values = np.concatenate([part.values for part in parts]) if rest else first.values
        sample = _bottom(keys, values, self._size)
        self._parts, self._pending = [sample], 0
        if self._size and sample.keys.size == self._size:
            self._cut = int(sample.keys[-1])
        return sample


def _bottom(keys: NDArray[np.uint64], values: NDArray[np.float64], size: int) -> Sample:
    """`Sample.of`, without comparing values where keys differ."""
    order = np.argsort(keys)
    ranked = keys[order]
    if (ranked[1:] == ranked[:-1]).any():
        return Sample.of(keys, values, size)
    return Sample(ranked[:size], values[order[:size]])


def _binner(bins: object) -> Any:
    if not isinstance(bins, NumberBins):
        return None
    return KERNEL.binner(bins.array, bins.center, 2.0**FIXED_POINT_BITS / bins.scale)


def _smallest(noted: dict[str, list[int]]) -> dict[str, list[int]]:
    """Those with the smallest hashes, in that order."""
    ranked = sorted(noted, key=lambda text: (noted[text][0], text))
    return {text: noted[text] for text in ranked[:UNSEEN_KEPT]}
