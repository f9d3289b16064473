"""Counting Arrow record batches: each column goes to the kernel the shortest way its type allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from driftline.engines import numpy_kernel
from driftline.engines.cells import CODES, TICKS, cells, encode, instants, is_text, nulls, numbers, raw, stored
from driftline.engines.kernel import KERNEL
from driftline.engines.meaning import Meaning, hash_array, hash_cells, meaning
from driftline.engines.numpy_kernel import NULL, WRONG
from driftline.engines.tally import Tally
from driftline.profile.bins import LevelBins, NumberBins
from driftline.schema import NAMING_ROLES, NUMERIC_KINDS, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from driftline.engines.kernel import Numbers
    from driftline.profile.plan import Plan, Planned
    from driftline.profile.profile import Profile

    Values = Callable[[NDArray[np.int64]], NDArray[np.float64]]
    """Given row numbers, what a column's cells are in the sample: numbers, bins of levels, or NaN."""

    Fill = Callable[[NDArray[np.int64], NDArray[np.float64]], None]
    """Given row numbers and a table of those rows in all columns, writes the values of some columns."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a schema has the columns of a plan.

    Attributes:
        schema: what batches look like.
        at: each column's place in the batch, -1 where it is not there.
        codes: struct codes of the columns that the kernel reads as they lie; None for others.
        identity: the column by which rows are sampled, if there is one.
    """

    schema: pa.Schema
    at: tuple[int, ...]
    codes: tuple[str | None, ...]
    identity: int | None


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

    def tables(self, length: int) -> tuple[Any, Any]:
        """What the kernel needs: the column's place and the tables."""
        column, offset, bins, factor = self.tally.places[self.column]
        # A row's hash by its id is the id's, as it is.
        return (column, offset, bins, 1 if self.is_id else factor), self.tally.tables(self.pieces, length, self.rows)


def count_batch(plan: Plan, batch: pa.RecordBatch) -> Profile:
    """Count one batch: what `profile.reference.count` makes of its `cells`, to the last bit."""
    tally = Tally(plan)
    pieces = np.array([[0, batch.num_rows, tally.slot(None)]], dtype=np.int64)
    count_pieces(tally, batch, pieces)
    return tally.profile(None)


def count_pieces(tally: Tally, batch: pa.RecordBatch, pieces: NDArray[np.int64]) -> None:
    """Count pieces of a batch, each into its slot, in this thread."""
    rows = np.zeros(batch.num_rows, dtype=np.uint64)
    fills = count_columns(tally, batch, pieces, rows, range(tally.columns))
    if tally.outcomes is not None:
        tally.outcomes.count(batch, None, pieces)
    tally.take_rows(pieces, rows, lambda wanted: sampled(tally.columns, fills, wanted))


def count_columns(
    tally: Tally,
    batch: pa.RecordBatch,
    pieces: NDArray[np.int64],
    rows: NDArray[np.uint64],
    columns: range,
    order: pa.Array | None = None,
    ready: dict[int, pa.Array] | None = None,
) -> list[Fill]:
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
        What gives the values of the columns that are there; for `sampled`.
    """
    layout = _layout(tally, batch.schema)
    none = rows[:0]
    fills: list[Fill] = []
    plain: list[Numbers] = []
    for column in columns:
        at, code = layout.at[column], layout.codes[column]
        if at < 0:
            tally.count_absent(column, pieces)
            continue
        array = batch.column(at)
        if ready is not None:
            array = ready[column] = ready[column] if column in ready else _made_ready(array, tally.plan.columns[column])
        if order is not None:
            array = array.take(order)
        if code is not None:
            validity, data = array.buffers()
            bits = validity if array.null_count else None
            plain.append((data or b"", code, array.offset, bits, array.offset, tally.binners[column], tally.places[column]))
            continue
        is_id = column == layout.identity
        job = Job(tally, column, pieces, rows if is_id or layout.identity is None else none, is_id)
        fills.append(partial(_fill, column, count_column(job, array)))
    if plain:
        # In one call: for few rows, calling takes longer than counting.
        KERNEL.count_numbers(plain, tally.tables(pieces, rows.size, rows if layout.identity is None else none))
        fills.append(partial(KERNEL.take_numbers, [numbers for numbers in plain if numbers[5] is not None]))
    return fills


def _layout(tally: Tally, schema: pa.Schema) -> Layout:
    """Where this schema has the plan's columns: looked up once for batches that are alike."""
    found = tally.layout
    if not isinstance(found, Layout) or not found.schema.equals(schema):
        places = [schema.get_all_field_indices(planned.name) for planned in tally.plan.columns]
        at = tuple(place[0] if place else -1 for place in places)
        codes = tuple(_code(planned, schema.field(i).type) if i >= 0 else None for planned, i in zip(tally.plan.columns, at, strict=True))
        found = tally.layout = Layout(schema, at, codes, id_column(tally.plan, schema))
    return found


def _code(planned: Planned, kind: pa.DataType) -> str | None:
    """The struct code of a column that the kernel reads as it lies."""
    column = planned.column
    if column.role in NAMING_ROLES or isinstance(planned.bins, LevelBins):
        return None
    if column.kind is Kind.TIMESTAMP and pa.types.is_timestamp(kind):
        return TICKS[kind.unit]
    return CODES.get(kind) if column.kind is Kind.NUMBER else None


def _fill(column: int, values: Values, rows: NDArray[np.int64], table: NDArray[np.float64]) -> None:
    table[:, column] = values(rows)


def _made_ready(array: pa.Array, planned: Planned) -> pa.Array:
    """Encode texts once, where several cuts will count them by level."""
    array = stored(array)
    return array.dictionary_encode() if is_text(array.type) and isinstance(planned.bins, LevelBins) else array


def sampled(columns: int, fills: Iterable[Fill], wanted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The values of the wanted rows in all columns; NaN where there is none. Shape: rows × columns."""
    table = np.full((wanted.size, columns), np.nan)
    for fill in fills:
        fill(wanted, table)
    return table


def id_column(plan: Plan, schema: pa.Schema) -> int | None:
    """The column by which rows are sampled: the last one in the role of an id that is there."""
    names = set(schema.names)
    ids = [i for i, planned in enumerate(plan.columns) if planned.column.role is Role.ID and planned.name in names]
    return ids[-1] if ids else None


def count_column(job: Job, array: pa.Array) -> Values:
    """Count one column."""
    array = stored(array)
    column, bins = job.planned.column, job.planned.bins
    if column.kind in NUMERIC_KINDS and column.role not in NAMING_ROLES and not isinstance(bins, LevelBins):
        return _count_numeric(job, array)
    if isinstance(bins, NumberBins):
        return _count_plainly(job, array)
    if bins is None and column.kind is not Kind.UNSUPPORTED:
        hashes = _row_hashes(job.planned, array)
        if hashes is not None:
            places = np.where(nulls(array), NULL, 0).astype(np.int8)
            KERNEL.count_hashes(hashes, places, *job.tables(len(array)))
            return _nothing
    return _count_coded(job, array)


def _count_numeric(job: Job, array: pa.Array) -> Values:
    if pa.types.is_dictionary(array.type) and not is_text(array.type.value_type):
        array = stored(array.dictionary_decode())
    read = numbers if job.planned.column.kind is Kind.NUMBER else instants
    found = read(array)
    if found is None:
        return _count_leniently(job, array)
    validity = array.buffers()[0] if array.null_count else None
    place, tables = job.tables(len(array))
    column = np.ascontiguousarray(found), "d", 0, validity, array.offset, job.tally.binners[job.column], place
    KERNEL.count_numbers([column], tables)
    return (lambda rows: _number_at(array, rows, read)) if job.planned.bins else _nothing


def _number_at(array: pa.Array, rows: NDArray[np.int64], read: Callable[[pa.Array], NDArray[np.float64] | None]) -> NDArray[np.float64]:
    """Numbers of single rows, NaN where null."""
    found = np.asarray(read(array.take(pa.array(rows))))
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
    numpy_kernel.count_cells(found, hashes, places, bins if isinstance(bins, NumberBins) else None, *job.tables(len(found)))
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
    noted = KERNEL.count_codes(data, validity, codes.offset, meant.hashes, meant.places, meant.unseen, *tables)
    for piece, code, rows in noted:
        job.tally.note_unseen(int(job.pieces[piece, 2]), job.column, meant.text(code), int(meant.text_hashes[code]), rows)
    return (lambda rows: _level_at(codes, meant, rows)) if job.planned.bins else _nothing


def _level_at(codes: pa.Array, meant: Meaning, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Bins of single rows, NaN where there is none."""
    some = raw(codes)[rows]
    if codes.null_count:
        some = np.where(_null_at(codes, rows), len(meant.places), some)
    return np.asarray(meant.values[some])


def _row_hashes(planned: Planned, array: pa.Array) -> NDArray[np.uint64] | None:
    """The hash of each row's text, where there is a quick way to it."""
    if planned.column.kind is Kind.BOOLEAN or (planned.column.kind in NUMERIC_KINDS and is_text(array.type)):
        return None
    return hash_array(array)


def _nothing(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.full(rows.size, np.nan)
