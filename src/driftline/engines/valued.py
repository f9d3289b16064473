"""Counting what rows are worth beside predictions and labels, by an expression per row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from driftline.engines.amounts import SPOKEN, amount
from driftline.engines.cells import find
from driftline.engines.outcome import outcome_rows
from driftline.profile import moments
from driftline.profile.bins import CLIP, FIXED_POINT_BITS
from driftline.profile.outcome import WORTH_SCALE
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.outcome_rows import OutcomeRows
    from driftline.profile.plan import Plan


class Tallied(Protocol):
    """Mutable counts of outcomes for many slots."""

    def count(self, batch: pa.RecordBatch, order: pa.Array | None, pieces: NDArray[np.int64]) -> None:
        """Count pieces of a batch (first row, rows, slot), each into its slot."""
        ...

    def of(self, slot: int) -> OutcomeCounts:
        """What was counted into a slot."""
        ...


class ValuedTally:
    """Mutable counts of outcomes, and of what rows with a label are worth, for many slots.

    Args:
        plan: the columns.
        outcome: how outcomes are counted, `worth` among it.
        inner: counts all but what rows are worth.
    """

    def __init__(self, plan: Plan, outcome: Outcome, inner: Tallied) -> None:
        self._plan, self._outcome, self._inner = plan, outcome, inner
        self._amount = amount(outcome.worth)
        self._slots: dict[int, tuple[NDArray[np.int64], int]] = {}

    def count(self, batch: pa.RecordBatch, order: pa.Array | None, pieces: NDArray[np.int64]) -> None:
        """Count pieces of a batch (first row, rows, slot), each into its slot."""
        self._inner.count(batch, order, pieces)
        wanted = dict.fromkeys([*self._outcome.columns, *self._amount.columns])
        columns = {name: array if order is None else array.take(order) for name in wanted if (array := find(batch, name)) is not None}
        rows = batch.num_rows if order is None else len(order)
        worth = self._worth(columns, rows)
        known = np.isfinite(worth)
        grid = np.rint((np.where(known, worth, 0.0) * (2.0**FIXED_POINT_BITS / WORTH_SCALE)).clip(-CLIP, CLIP)).astype(np.int64)
        for start, length, slot in pieces.tolist():
            piece = slice(start, start + length)
            before, many = self._slots.get(slot, (np.zeros(moments.LIMBS, dtype=np.int64), 0))
            sums = moments.add_limbs(before, moments.sums(grid[piece][known[piece]]))
            self._slots[slot] = sums, many + int(known[piece].sum())

    def of(self, slot: int) -> OutcomeCounts:
        """What was counted into a slot."""
        counts = self._inner.of(slot)
        sums, many = self._slots.get(slot, (np.zeros(moments.LIMBS, dtype=np.int64), 0))
        return replace(counts, measures=np.vstack([counts.measures, sums]), measured=np.append(counts.measured, many))

    def _worth(self, columns: dict[str, pa.Array], rows: int) -> NDArray[np.float64]:
        """What each row is worth; NaN where its label or prediction is not known, or a column that is asked for is not there."""
        read = outcome_rows(self._plan, self._outcome, columns, rows)
        known = _known(self._outcome, read)
        own = {name: column for name, column in _spoken(self._outcome, read).items() if name in self._amount.columns}
        given = columns | own
        if not set(self._amount.columns) <= given.keys():
            return np.full(rows, np.nan)
        names = list(self._amount.columns) or list(given)[:1]
        return np.where(known, self._amount.of(pa.RecordBatch.from_arrays([given[name] for name in names], names)), np.nan)


def _known(outcome: Outcome, read: OutcomeRows) -> NDArray[np.bool_]:
    if outcome.task is Task.REGRESSION:
        return np.isfinite(read.said) & np.isfinite(read.came)
    unknown = len(outcome.classes)
    return np.asarray((read.said != unknown) & (read.came != unknown))


def _spoken(outcome: Outcome, read: OutcomeRows) -> dict[str, pa.Array]:
    """The columns that `SPOKEN` names: classes of many as their texts, others as numbers."""
    sides = {"label": read.came, "prediction": read.said}
    if outcome.task is Task.MULTICLASS:
        texts = pa.array([*outcome.classes, None], pa.string())
        found = {name: texts.take(pa.array(places)) for name, places in sides.items()}
    else:
        found = {name: pa.array(values.astype(np.float64)) for name, values in sides.items()}
    if len(read.scores) == 1:
        found["score"] = pa.array(read.scores[0])
    return {name: found[name] for name in SPOKEN if name in found}
