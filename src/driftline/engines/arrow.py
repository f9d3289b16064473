"""Counting Arrow record batches: each column goes to the kernel the shortest way its type allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from driftline.engines import numpy_kernel
from driftline.engines.cells import cells, encode, instants, is_text, nulls, numbers, raw, stored
from driftline.engines.kernel import KERNEL
from driftline.engines.meaning import Meaning, hash_array, hash_cells, meaning
from driftline.engines.numpy_kernel import NULL, WRONG
from driftline.engines.tally import Tally
from driftline.profile.bins import LevelBins, NumberBins
from driftline.schema import NUMERIC_KINDS, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from driftline.profile.plan import Plan, Planned
    from driftline.profile.profile import Profile

    Values = Callable[[NDArray[np.int64]], NDArray[np.float64]]
    """Given row numbers, what a column's cells are in the sample: numbers, bins of levels, or NaN."""

CODES = {
    pa.int8(): "b", pa.uint8(): "B", pa.int16(): "h", pa.uint16(): "H", pa.int32(): "i",
    pa.uint32(): "I", pa.int64(): "q", pa.uint64(): "Q", pa.float32(): "f", pa.float64(): "d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One column of one batch, and where its counts go.

    Attributes:
        column: the column's place in the plan.
        pieces: int64[n, 3], first row, rows, slot.
        rows: each row's hash, to which this column's is added; empty if it does not count.
        is_id: the row's hash is this column's, as it is.
    """

    tally: Tally
    column: int
    pieces: NDArray[np.int64]
    rows: NDArray[np.uint64]
    is_id: bool

    @property
    def planned(self) -> Planned:
        """The column as the plan has it."""
        return self.tally.plan.columns[self.column]

    def tables(self, length: int) -> tuple[Any, ...]:
        """What the kernel needs."""
        return self.tally.tables(self.column, self.pieces, length, self.rows, is_id=self.is_id)


def count_batch(plan: Plan, batch: pa.RecordBatch) -> Profile:
    """Count one batch: what `profile.reference.count` makes of its `cells`, to the last bit."""
    tally = Tally(plan)
    pieces = np.array([[0, batch.num_rows, tally.slot(None)]], dtype=np.int64)
    count_pieces(tally, batch, pieces)
    return tally.profile(None)


def count_pieces(tally: Tally, batch: pa.RecordBatch, pieces: NDArray[np.int64]) -> None:
    """Count pieces of a batch, each into its slot, in this thread."""
    rows = np.zeros(batch.num_rows, dtype=np.uint64)
    values = count_columns(tally, batch, pieces, rows, range(tally.columns))
    tally.take_rows(pieces, rows, lambda wanted: sampled(tally.columns, values, wanted))


def count_columns(
    tally: Tally,
    batch: pa.RecordBatch,
    pieces: NDArray[np.int64],
    rows: NDArray[np.uint64],
    columns: range,
    order: pa.Array | None = None,
    ready: dict[int, pa.Array] | None = None,
) -> dict[int, Values]:
    """Count some columns of a batch and add their share of each row's hash to `rows`.

    Args:
        tally: where the counts go.
        batch: the rows.
        pieces: int64[n, 3], first row, rows, slot.
        rows: uint64, one per row that is counted.
        columns: places in the plan.
        order: the rows to count, in the order that `pieces` speaks of; all as they are for None.
        ready: columns of this batch as they were made ready for an earlier cut, and will be for this one.

    Returns:
        For each column that is there, its values by row number; for `sampled`.
    """
    identity = id_column(tally.plan, batch)
    none = np.empty(0, dtype=np.uint64)
    values: dict[int, Values] = {}
    for column in columns:
        array = find(batch, tally.plan.columns[column].name)
        if array is None:
            tally.count_absent(column, pieces)
            continue
        if ready is not None:
            array = ready[column] = ready[column] if column in ready else _made_ready(array, tally.plan.columns[column])
        is_id = column == identity
        job = Job(tally, column, pieces, rows if is_id or identity is None else none, is_id)
        values[column] = count_column(job, array if order is None else array.take(order))
    return values


def _made_ready(array: pa.Array, planned: Planned) -> pa.Array:
    """Encode texts once, where several cuts will count them by level."""
    array = stored(array)
    return array.dictionary_encode() if is_text(array.type) and isinstance(planned.bins, LevelBins) else array


def sampled(columns: int, values: Mapping[int, Values], wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values of the wanted rows in all columns; NaN where there is none. Shape: rows × columns."""
    table = np.full((wanted.size, columns), np.nan)
    for column, values_at in values.items():
        table[:, column] = values_at(wanted)
    return table


def id_column(plan: Plan, batch: pa.RecordBatch) -> int | None:
    """The column by which rows are sampled: the last one in the role of an id that is there."""
    names = set(batch.schema.names)
    ids = [i for i, planned in enumerate(plan.columns) if planned.column.role is Role.ID and planned.name in names]
    return ids[-1] if ids else None


def find(batch: pa.RecordBatch, name: str) -> pa.Array | None:
    """The first column of that name."""
    places = batch.schema.get_all_field_indices(name)
    return batch.column(places[0]) if places else None


def count_column(job: Job, array: pa.Array) -> Values:
    """Count one column."""
    array = stored(array)
    column, bins = job.planned.column, job.planned.bins
    if column.kind in NUMERIC_KINDS and column.role is not Role.ID and not isinstance(bins, LevelBins):
        return _count_numeric(job, array)
    if isinstance(bins, NumberBins):
        return _count_plainly(job, array)
    if bins is None and column.kind is not Kind.UNSUPPORTED:
        hashes = _row_hashes(job.planned, array)
        if hashes is not None:
            places = np.where(nulls(array), NULL, 0).astype(np.int8)
            KERNEL.count_hashes(hashes, places, job.tables(len(array)))
            return _nothing
    return _count_coded(job, array)


def _count_numeric(job: Job, array: pa.Array) -> Values:
    if pa.types.is_dictionary(array.type) and not is_text(array.type.value_type):
        array = stored(array.dictionary_decode())
    kind, number = array.type, job.planned.column.kind is Kind.NUMBER
    binner = job.tally.binners[job.column]
    validity = array.buffers()[0] if array.null_count else None
    if number and kind in CODES:
        data = array.buffers()[1] or b""
        KERNEL.count_numbers(data, CODES[kind], array.offset, validity, array.offset, binner, job.tables(len(array)))
    else:
        found = (numbers if number else instants)(array)
        if found is None:
            return _count_leniently(job, array)
        KERNEL.count_numbers(np.ascontiguousarray(found), "d", 0, validity, array.offset, binner, job.tables(len(array)))
    return (lambda rows: _number_at(array, rows, number=number)) if job.planned.bins else _nothing


def _number_at(array: pa.Array, rows: NDArray[np.int64], *, number: bool) -> NDArray[np.float64]:
    """Numbers of single rows, NaN where null."""
    if number and array.type in CODES:
        found = raw(array)[rows].astype(np.float64)
    else:
        found = np.asarray((numbers if number else instants)(array.take(pa.array(rows))))
    return np.where(_null_at(array, rows), np.nan, found) if array.null_count else found


def _null_at(array: pa.Array, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some rows are null."""
    bits, at = np.frombuffer(array.buffers()[0], dtype=np.uint8), rows + array.offset
    return np.asarray((bits[at >> 3] >> (at & 7)) & 1 == 0)


def _count_leniently(job: Job, array: pa.Array) -> Values:
    """Count a column that should hold numbers and holds something else: each distinct value is read once."""
    codes, distinct = encode(array)
    read = cells(job.planned, distinct)
    hashes = hash_cells(job.planned, read)
    # What is null lies one beyond the last code.
    rows = np.where(nulls(codes), len(distinct), raw(codes))
    places = np.append(np.select([read.null, read.wrong], [NULL, WRONG], 0), NULL).astype(np.int8)[rows]
    found = np.append(read.numbers, np.nan)[rows]
    return _count_cells(job, found, np.append(hashes, np.uint64(0))[rows], places)


def _count_plainly(job: Job, array: pa.Array) -> Values:
    """Count a column that no plan we fit has, such as an id in bins: as the definition does it."""
    read = cells(job.planned, array)
    places = np.select([read.null, read.wrong], [NULL, WRONG], 0).astype(np.int8)
    return _count_cells(job, read.numbers, hash_cells(job.planned, read), places)


def _count_cells(job: Job, found: NDArray[np.float64], hashes: NDArray[np.uint64], places: NDArray[np.int8]) -> Values:
    bins = job.planned.bins
    numpy_kernel.count_cells(found, hashes, places, bins if isinstance(bins, NumberBins) else None, job.tables(len(found)))
    values = np.where(places >= 0, found, np.nan)
    return (lambda rows: values[rows]) if bins else _nothing


def _count_coded(job: Job, array: pa.Array) -> Values:
    """Count a column by its distinct values."""
    codes, distinct = encode(array)
    meant = job.tally.meanings.get(job.column)
    if meant is None or not meant.is_of(distinct):
        meant = job.tally.meanings[job.column] = meaning(job.planned, distinct)
    if meant.same is not None:
        codes = pa.array(np.append(meant.same, 0)[np.where(nulls(codes), -1, raw(codes))].astype(np.int32), mask=nulls(codes))
    data = codes.buffers()[1] or b""
    validity = codes.buffers()[0] if codes.null_count else None
    tables = job.tables(len(codes))
    noted = KERNEL.count_codes(data, validity, codes.offset, meant.hashes, meant.places, meant.unseen, tables)
    for piece, code, rows in noted:
        job.tally.note_unseen(int(job.pieces[piece, 2]), job.column, meant.text(code), int(meant.text_hashes[code]), rows)
    return (lambda rows: _level_at(codes, meant, rows)) if job.planned.bins else _nothing


def _level_at(codes: pa.Array, meant: Meaning, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Bins of single rows, NaN where there is none."""
    some = raw(codes)[rows]
    if codes.null_count:
        some = np.where(_null_at(codes, rows), len(meant.places), some)
    places = np.append(meant.places, np.int32(NULL))[some]
    return np.where(places < 0, np.nan, places)


def _row_hashes(planned: Planned, array: pa.Array) -> NDArray[np.uint64] | None:
    """The hash of each row's text, where there is a quick way to it."""
    if planned.column.kind is Kind.BOOLEAN or (planned.column.kind in NUMERIC_KINDS and is_text(array.type)):
        return None
    return hash_array(array)


def _nothing(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.full(rows.size, np.nan)
