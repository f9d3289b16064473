"""Counting predictions beside labels, batch by batch, into one table per slot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.engines.cells import cells, encode, find, is_text, nulls, numbers, raw, stored
from driftline.engines.kernel import KERNEL
from driftline.profile.outcome import OutcomeCounts, total_outcome
from driftline.profile.outcome_rows import OutcomeRows, class_codes, code, count_codes, said_by, usable_scores
from driftline.profile.reference import class_texts, finite_numbers, nothing_known
from driftline.schema import NUMERIC_KINDS, Task

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan, Planned

FEW_CLASSES = 8
"""So few classes are told apart by comparing numbers; more by encoding."""


class OutcomeTally:
    """Mutable counts of outcomes for many slots."""

    def __init__(self, plan: Plan, outcome: Outcome) -> None:
        self._plan, self._outcome = plan, outcome
        self._slots: dict[int, OutcomeCounts] = {}

    def count(self, batch: pa.RecordBatch, order: pa.Array | None, pieces: NDArray[np.int64]) -> None:
        """Count pieces of a batch (first row, rows, slot), each into its slot."""
        wanted = [name for name in (self._outcome.label, self._outcome.prediction, *self._outcome.scores) if name is not None]
        columns = {name: array if order is None else array.take(order) for name in wanted if (array := find(batch, name)) is not None}
        rows = batch.num_rows if order is None else len(order)
        codes = code(self._outcome, outcome_rows(self._plan, self._outcome, columns, rows), found_bins)
        for start, length, slot in pieces.tolist():
            counted = count_codes(self._outcome, codes, start, start + length)
            self._slots[slot] = total_outcome([self._slots[slot], counted]) if slot in self._slots else counted

    def of(self, slot: int) -> OutcomeCounts:
        """What was counted into a slot."""
        return self._slots.get(slot) or OutcomeCounts.empty(self._outcome)


def found_bins(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """What `profile.outcome_rows.bins_of` finds, sooner."""
    bins = np.empty(values.size, dtype=np.int64)
    KERNEL.find_bins(np.ascontiguousarray(values), edges, bins)
    return bins


def outcome_rows(plan: Plan, outcome: Outcome, columns: dict[str, pa.Array], rows: int) -> OutcomeRows:
    """What `profile.reference.outcome_rows` makes of the columns' cells, sooner."""

    def read(name: str | None) -> NDArray[np.float64] | NDArray[np.int64]:
        if name is None or name not in columns:
            return nothing_known(outcome, rows)
        planned = plan.columns[plan.index(name)]
        return known_numbers(planned, columns[name]) if outcome.task is Task.REGRESSION else class_places(planned, columns[name], outcome)

    scores = tuple(
        usable_scores(known_numbers(plan.columns[plan.index(name)], columns[name])) if name in columns else np.full(rows, np.nan)
        for name in outcome.scores
    )
    said = said_by(outcome, scores) if outcome.prediction is None and scores else read(outcome.prediction)
    return OutcomeRows(said, read(outcome.label), scores)


def known_numbers(planned: Planned, array: pa.Array) -> NDArray[np.float64]:
    """Finite numbers, NaN elsewhere."""
    array = stored(array)
    quick = planned.column.kind in NUMERIC_KINDS and not is_text(array.type)
    found = numbers(array) if quick else None
    if found is None:
        return finite_numbers(cells(planned, array))
    known = np.isfinite(found)
    return np.where(known & ~nulls(array) if array.null_count else known, found, np.nan)


def class_places(planned: Planned, array: pa.Array, outcome: Outcome) -> NDArray[np.int64]:
    """The place of each row's class."""
    array = stored(array)
    unknown = len(outcome.classes)
    quick = planned.column.kind in NUMERIC_KINDS and not is_text(array.type) and unknown <= FEW_CLASSES
    found = numbers(array) if quick else None
    if found is not None:
        places = np.full(len(array), unknown, dtype=np.int64)
        for place, worth in worths(outcome):
            places[found == worth] = place
        places[nulls(array)] = unknown
        return places
    codes, distinct = encode(array)
    # What is null lies one beyond the last distinct value.
    each = np.append(class_codes(class_texts(planned, cells(planned, distinct)), outcome.classes), unknown)
    return np.asarray(each[np.where(nulls(codes), len(distinct), raw(codes))])


def worths(outcome: Outcome) -> list[tuple[int, float]]:
    """Each class that some number names, and that number."""
    texts = sorted({repr(float(worth)) for worth in _candidates(outcome)})
    return [(place, float(text)) for text, place in zip(texts, class_codes(texts, outcome.classes).tolist(), strict=True)]


def _candidates(outcome: Outcome) -> list[float]:
    found = [0.0, 1.0]
    for text in outcome.classes:
        try:
            found.append(float(text))
        except ValueError:
            continue
    return found
