"""Counting a binary model's scores beside what it said and what came true: one pass of the kernel for each piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.engines.cells import CODES, find, stored
from driftline.engines.kernel import KERNEL
from driftline.engines.outcome import class_places, known_numbers, worths
from driftline.profile.moments import add_limbs
from driftline.profile.outcome import OutcomeCounts, Said
from driftline.profile.outcome_rows import log_loss_sums
from driftline.schema import NUMERIC_KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.engines.kernel import Scores
    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan, Planned

PLACES = np.array([[0.0, 0.0], [1.0, 1.0]])
"""Classes that are given by their places."""

NONE = np.empty((0, 2))
"""No number names a class."""


class ScoredTally:
    """Mutable counts of a binary model's outcomes for many slots."""

    def __init__(self, plan: Plan, outcome: Outcome) -> None:
        self._plan, self._outcome = plan, outcome
        self._binner = KERNEL.score_binner(outcome.arrays[0], outcome.threshold)
        self._worths = np.array([(worth, place) for place, worth in worths(outcome)])
        self._slots: dict[int, OutcomeCounts] = {}
        self._doubtful: dict[int, list[NDArray[np.float64]]] = {}

    def count(self, batch: pa.RecordBatch, order: pa.Array | None, pieces: NDArray[np.int64]) -> None:
        """Count pieces of a batch (first row, rows, slot), each into its slot."""
        outcome, rows = self._outcome, batch.num_rows if order is None else len(order)

        def column(name: str) -> pa.Array | None:
            array = find(batch, name)
            return array if array is None or order is None else array.take(order)

        score = self._scores(column(outcome.scores[0]), rows)
        said = self._classes(outcome.prediction, column(outcome.prediction), rows) if outcome.prediction is not None else None
        came = self._classes(outcome.label, column(outcome.label), rows)
        doubtful = np.empty(int(pieces[:, 1].max(initial=0)))
        for start, length, slot in pieces.tolist():
            counts = self._slots.get(slot) or self._slots.setdefault(slot, OutcomeCounts.empty(outcome))
            tables = counts.scores[0], counts.sums[0], counts.measures
            left = KERNEL.count_scores(score, said, came, self._binner, start, length, tables, doubtful)
            if left:
                self._doubtful.setdefault(slot, []).append(doubtful[:left].copy())

    def of(self, slot: int) -> OutcomeCounts:
        """What was counted into a slot."""
        counts = self._slots.get(slot) or OutcomeCounts.empty(self._outcome)
        measures = counts.measures.copy()
        if slot in self._doubtful:
            measures[0] = add_limbs(measures[0], log_loss_sums(np.concatenate(self._doubtful[slot])))
        return replace(
            counts,
            table=counts.scores[0].sum(axis=0),
            scores=(counts.scores[0].copy(),),
            sums=(counts.sums[0].copy(),),
            measures=measures,
            # Every row with a score and a label has both losses.
            measured=np.full_like(counts.measured, counts.scores[0][:-1, :, : Said.UNKNOWN].sum()),
        )

    def _scores(self, array: pa.Array | None, rows: int) -> Scores:
        if array is None:
            return np.full(rows, np.nan), "d", 0, None, 0, None
        planned = self._planned(self._outcome.scores[0])
        return _as_it_lies(planned, array, None) or (known_numbers(planned, array), "d", 0, None, 0, None)

    def _classes(self, name: str, array: pa.Array | None, rows: int) -> Scores:
        if array is None:
            return np.zeros(rows, dtype=np.uint8), "B", 0, None, 0, NONE
        planned = self._planned(name)
        if pa.types.is_boolean(array.type) and planned.column.kind in NUMERIC_KINDS:
            array = array.cast(pa.int8())
        found = _as_it_lies(planned, array, self._worths)
        return found or (class_places(planned, array, self._outcome).astype(np.uint8), "B", 0, None, 0, PLACES)

    def _planned(self, name: str) -> Planned:
        return self._plan.columns[self._plan.index(name)]


def _as_it_lies(planned: Planned, array: pa.Array, named: NDArray[np.float64] | None) -> Scores | None:
    """A column of numbers that the kernel reads as they lie; None for others."""
    array = stored(array)
    code = CODES.get(array.type) if planned.column.kind in NUMERIC_KINDS else None
    if code is None:
        return None
    validity, data = array.buffers()
    return data or b"", code, array.offset, validity if array.null_count else None, array.offset, named
