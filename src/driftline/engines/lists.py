"""Counting rankings: rows wait until all of their query are there, on disk where they are many.

The rows of a query in one window are one list. Windows of so many rows are cut without regard to queries: there all rows of a
query belong to the first window that has one.
"""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import numpy as np

from driftline.engines.cells import cells, encode, is_text, nulls, numbers, raw, stored
from driftline.engines.cells import find as column_of
from driftline.engines.meaning import hash_array, hash_cells
from driftline.profile.bins import LevelBins
from driftline.profile.outcome import OutcomeCounts
from driftline.profile.ranks import ListRows, count_lists
from driftline.profile.reference import finite_numbers, relevances
from driftline.schema import NUMERIC_KINDS
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from typing import Self

    import pyarrow as pa
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan, Planned

WAITING = 1 << 21
"""So many rows wait in memory, 76 MB of them; then they go to disk."""

PARTS = 64
"""Into so many files, by the query: each is counted by itself."""

ROW = np.dtype([("slot", "i4"), ("query", "u8"), ("score", "f8"), ("relevance", "f8"), ("item", "i8")])
"""A row that waits."""


class ListTally:
    """Mutable counts of rankings for many slots. Lists are counted when they are asked for: a query's rows may come in any order.

    Args:
        plan: the plan.
        outcome: how its lists are counted.
        slots: the segment and window of each slot; it may grow.
    """

    def __init__(self, plan: Plan, outcome: Outcome, slots: Mapping[Hashable, int]) -> None:
        self._plan, self._outcome, self._slots = plan, outcome, slots
        self._tables: dict[int, NDArray[np.int64]] = {}
        self._waiting: list[NDArray[np.void]] = []
        self._rows = 0
        self._files: list[IO[bytes]] = []
        self._settled: dict[int, OutcomeCounts] | None = None

    def count(self, batch: pa.RecordBatch, order: pa.Array | None, pieces: NDArray[np.int64]) -> None:
        """Take in pieces of a batch (first row, rows, slot), each into its slot."""
        found = list_rows(self._plan, self._outcome, batch, order)
        table = found.cells()
        for start, length, slot in pieces.tolist():
            part = slice(start, start + length)
            self._tables[slot] = self._tables.get(slot, 0) + np.bincount(table[part], minlength=6)
            # What has no place in a list, or is not judged, need not wait.
            known = start + np.flatnonzero(table[part] < 2)  # noqa: PLR2004  placed, and relevant or not
            self._wait(slot, found.take(known))
        if self._rows >= WAITING:
            self._put_away()

    def of(self, slot: int) -> OutcomeCounts:
        """What was counted into a slot."""
        if self._settled is None:
            with self:
                self._settled = self._settle()
        counts = self._settled.get(slot) or OutcomeCounts.empty(self._outcome)
        table = self._tables.get(slot, np.zeros(6, dtype=np.int64)).reshape(2, 3)
        return OutcomeCounts(table, counts.scores, counts.sums, counts.measures, counts.measured)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        for file in self._files:
            file.close()
        self._files, self._waiting, self._rows = [], [], 0

    def _wait(self, slot: int, rows: ListRows) -> None:
        waiting = np.empty(rows.query.size, dtype=ROW)
        waiting["slot"] = slot
        for name in ROW.names or ():
            if name != "slot":
                waiting[name] = getattr(rows, name)
        self._waiting.append(waiting)
        self._rows += waiting.size

    def _put_away(self) -> None:
        """Write what waits to disk, by query."""
        self._files = self._files or [TemporaryFile() for _ in range(PARTS)]  # noqa: SIM115  closed by `__exit__`
        rows = np.concatenate(self._waiting)
        parts = rows["query"] % np.uint64(PARTS)
        for part, file in enumerate(self._files):
            file.write(rows[parts == part].tobytes())
        self._waiting, self._rows = [], 0

    def _settle(self) -> dict[int, OutcomeCounts]:
        found: dict[int, OutcomeCounts] = {}
        groups, places = self._homes()
        for lot in filter(len, self._lots()):
            rows = _brought_home(lot, groups, places)
            order = np.argsort(rows["slot"], kind="stable")
            slots, starts = np.unique(rows["slot"][order], return_index=True)
            for slot, part in zip(slots.tolist(), np.split(rows[order], starts[1:]), strict=True):
                listed = ListRows(part["query"], np.ones(part.size, dtype=np.bool_), part["score"], part["relevance"], part["item"])
                counts = count_lists(self._outcome, listed)
                found[slot] = found[slot] + counts if slot in found else counts
        return found

    def _homes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For each slot those with which it shares queries, as a number, and its place among them."""
        groups, places = np.arange(len(self._slots)), np.zeros(len(self._slots), dtype=np.int64)
        first: dict[object, int] = {}
        for key, slot in self._slots.items():
            match key:
                case (segment, Window(start=int()) as window):
                    groups[slot], places[slot] = first.setdefault(segment, slot), window.index
        return groups, places

    def _lots(self) -> Iterator[NDArray[np.void]]:
        """All rows of some queries at a time."""
        if not self._files:
            yield from [np.concatenate(self._waiting)] if self._waiting else []
            return
        if self._waiting:
            self._put_away()
        for file in self._files:
            file.seek(0)
            yield np.frombuffer(file.read(), dtype=ROW)


def _brought_home(rows: NDArray[np.void], groups: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.void]:
    """The rows, each in the first slot of its group that has its query."""
    slot = rows["slot"]
    order = np.lexsort((places[slot], rows["query"], groups[slot]))
    rows, slot = rows[order], slot[order]
    begins = np.ones(rows.size, dtype=np.bool_)
    begins[1:] = (rows["query"][1:] != rows["query"][:-1]) | (groups[slot[1:]] != groups[slot[:-1]])
    rows["slot"] = slot[np.flatnonzero(begins)][np.cumsum(begins) - 1]
    return rows


def list_rows(plan: Plan, outcome: Outcome, batch: pa.RecordBatch, order: pa.Array | None = None) -> ListRows:
    """What `profile.reference.list_rows` makes of the columns' cells, sooner."""
    rows = batch.num_rows if order is None else len(order)

    def find(name: str | None) -> tuple[Planned, pa.Array] | None:
        array = None if name is None else column_of(batch, name)
        if array is None or name is None:
            return None
        return plan.columns[plan.index(name)], stored(array if order is None else array.take(order))

    asked, item = find(outcome.query), find(outcome.item)
    query, null = _hashed(*asked) if asked else (np.zeros(rows, dtype=np.uint64), np.ones(rows, dtype=np.bool_))
    score, relevance = (
        np.full(rows, np.nan) if found is None else _worth(*found) for found in map(find, (outcome.scores[0], outcome.label))
    )
    places = _places(*item, outcome.catalogue) if item and outcome.catalogue else np.full(rows, outcome.catalogue)
    return ListRows(query, ~null, score, relevance, places)


def _hashed(planned: Planned, array: pa.Array) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Each row's query, and which rows have none."""
    codes, distinct = encode(array)
    hashes = hash_array(distinct)
    if hashes is None:
        hashes = hash_cells(planned, cells(planned, distinct))
    null = nulls(codes)
    return np.append(hashes, np.uint64(0))[np.where(null, len(distinct), raw(codes))], null


def _worth(planned: Planned, array: pa.Array) -> NDArray[np.float64]:
    """Numbers; truths as 1 and 0; NaN elsewhere."""
    if planned.column.kind in NUMERIC_KINDS and not is_text(array.type):
        found = numbers(array)
        if found is None:
            return finite_numbers(cells(planned, array))
        return np.where(np.isfinite(found) & ~nulls(array), found, np.nan)
    codes, distinct = encode(array)
    each = np.append(relevances(planned, cells(planned, distinct)), np.nan)
    return np.asarray(each[np.where(nulls(codes), len(distinct), raw(codes))])


def _places(planned: Planned, array: pa.Array, catalogue: int) -> NDArray[np.int64]:
    """Each row's place in the catalogue; one beyond the last where it has none."""
    codes, distinct = encode(array)
    levels = {level: place for place, level in enumerate(planned.bins.levels)} if isinstance(planned.bins, LevelBins) else {}
    each = np.array([*(levels.get(text or "", catalogue) for text in cells(planned, distinct).texts), catalogue], dtype=np.int64)
    return np.asarray(each[np.where(nulls(codes), len(distinct), raw(codes))])
