"""Rows: Parquet files by model and day, written whole or not at all; and reading them back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from driftline.store.depot import Folder, named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from driftline.store.depot import Depot

MOST_ROWS = 1 << 15
"""Rows that are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Rows that lie together: in a file at `place`, or in `body` while they are few.

    `first` and `length` choose some of them, which are of the window called `window`; all for None. They came `at` that time.
    """

    id: int
    kind: str
    rows: int
    place: str | None
    body: bytes | None
    first: int | None = None
    length: int | None = None
    window: str | None = None
    at: datetime | None = None

    @property
    def many(self) -> int:
        """How many of its rows are meant."""
        return self.rows if self.length is None else self.length


class Rows:
    """Files of rows, in a folder or wherever a depot keeps them."""

    def __init__(self, place: Path | Depot) -> None:
        self._depot: Depot = Folder(place) if isinstance(place, Path) else place

    @property
    def directory(self) -> Path:
        """The folder they lie in; where they lie elsewhere, none that exists."""
        return self._depot.directory if isinstance(self._depot, Folder) else Path("/nowhere")

    def write(self, table: pa.Table, model: str, kind: str, day: str) -> str:
        """Write rows so that they are there after a power cut once this returns.

        Returns:
            The file's place below the directory.

        Raises:
            OutsideError: the disk is full, or may not be written to.
        """
        place = f"{kind}/model={quote(model, safe='')}/day={day}/{named()}"
        self._depot.put(table, place, _repeating(table))
        return place

    def remove(self, places: Iterable[str]) -> None:
        """Remove files that nothing refers to; those that are gone are no matter."""
        self._depot.remove(places)

    def strays(self, known: frozenset[str], before: datetime) -> list[str]:
        """Files that nobody recorded and that were last written before a time: left by a process that was killed while it wrote."""
        every = (one for kind in ("predictions", "labels") for one in self._depot.written(kind))
        return [place for place, at in every if place not in known and at < before]

    def batches(self, parcel: Parcel, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """A parcel's rows, only the columns that are asked for and there."""
        if parcel.body is not None:
            table = ipc.open_stream(parcel.body).read_all()
            if columns is not None:
                table = table.select([name for name in table.schema.names if name in columns])
            yield from _chosen(table.to_batches(max_chunksize=MOST_ROWS), parcel)
            return
        with self._depot.open(parcel.place or "") as file:
            names = file.schema_arrow.names if columns is None else [name for name in file.schema_arrow.names if name in columns]
            yield from _chosen(file.iter_batches(MOST_ROWS, columns=names, use_threads=False), parcel)

    def schema(self, parcel: Parcel) -> pa.Schema:
        """A parcel's columns."""
        if parcel.body is not None:
            return ipc.open_stream(parcel.body).schema
        with self._depot.open(parcel.place or "") as file:
            return file.schema_arrow

    def table(self, parcels: Iterable[Parcel], columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of some parcels, in memory."""
        return joined([pa.Table.from_batches([batch]) for parcel in parcels for batch in self.batches(parcel, columns)])


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """One table of several whose columns may differ: what one lacks is null there, what is of two types becomes text."""
    if not tables:
        return pa.table({})
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        mixed = _mixed(tables)
        return pa.concat_tables([_as_text(table, mixed) for table in tables], promote_options="permissive")


def body_of(table: pa.Table) -> bytes:
    """A few rows as bytes that lie in the database."""
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def overlap(left: pa.Array, right: pa.Array) -> int:
    """How many values of `left` are also in `right`; nulls are in nothing."""
    return int(pc.sum(pc.is_in(left, value_set=right, skip_nulls=True)).as_py() or 0)


def _mixed(tables: Sequence[pa.Table]) -> set[str]:
    """Columns whose types cannot be brought together."""
    types: dict[str, list[pa.DataType]] = {}
    for table in tables:
        for field in table.schema:
            types.setdefault(field.name, []).append(field.type)
    mixed = set()
    for name, found in types.items():
        try:
            pa.unify_schemas([pa.schema([(name, kind)]) for kind in found], promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            mixed.add(name)
    return mixed


def _as_text(table: pa.Table, names: set[str]) -> pa.Table:
    for at, field in enumerate(table.schema):
        if field.name in names:
            table = table.set_column(at, field.name, table.column(at).cast(pa.string()))
    return table


def _chosen(batches: Iterable[pa.RecordBatch], parcel: Parcel) -> Iterator[pa.RecordBatch]:
    """The rows of a parcel that are meant."""
    if parcel.first is None or parcel.length is None:
        yield from batches
        return
    start, end, at = parcel.first, parcel.first + parcel.length, 0
    for batch in batches:
        low, high = max(start, at), min(end, at + batch.num_rows)
        if low < high:
            yield batch.slice(low - at, high - low)
        at += batch.num_rows


def _repeating(table: pa.Table) -> list[str]:
    """Columns of text, which repeat themselves; a dictionary of numbers is mostly larger than the numbers."""
    return [field.name for field in table.schema if pa.types.is_string(field.type)]
