"""Labels beside their predictions, a part of both at a time: however many there are, no more of them are in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.store.rows import joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.store.rows import Parcel, Rows
    from driftline.verdicts.report import Finding

    Hashes = Callable[[pa.Array], NDArray[np.uint64] | None]
    """The hash of each of some texts; None where it cannot be had quickly."""

    Witness = Callable[[Parcel, pa.RecordBatch, "Found"], None]
    """Sees each batch of predictions, as it came, with what its labels say."""

BLOCK = 1 << 18
"""Predictions whose labels are found together: their ids, and what was found, are in memory."""

TOGETHER = 1 << 17
"""Labels that are in memory together; as often as there are so many for a block, all its ids are looked up."""

SIEVE = 1 << 24
"""Places, a bit each, by which labels of other blocks are told: one in so many of theirs is taken for one of a block's for each id."""


@dataclass(frozen=True, slots=True)
class Found:
    """What labels say of some predictions.

    Attributes:
        known: which of them have a label; boolean, without nulls.
        values: by column, what the last label of each has there; null without a label, and where it was taken back.
    """

    known: pa.Array
    values: Mapping[str, pa.Array]

    def part(self, first: int, length: int) -> Found:
        """Of some of them."""
        return Found(self.known.slice(first, length), {name: array.slice(first, length) for name, array in self.values.items()})


class Labels:
    """Labels of some parcels, by the id of their prediction.

    Args:
        rows: where they lie.
        parcels: in the order in which they came: of several labels of one id the last counts.
        key: the column that holds ids.
        types: the columns that are wanted, and what each holds in all parcels together.
        hashes: of ids, by which labels of other predictions are passed over where there are many; None where there are few.
    """

    def __init__(
        self, rows: Rows, parcels: Sequence[Parcel], key: str, types: Mapping[str, pa.DataType], hashes: Hashes | None = None
    ) -> None:
        self._rows, self._parcels, self._key = rows, parcels, key
        self._types, self._hashes = types, hashes
        self._all: pa.Table | None = None

    def find(self, ids: pa.Array) -> Found:
        """What they say of predictions with these ids, which are texts."""
        known: pa.Array = pa.array(np.zeros(len(ids), dtype=np.bool_))
        values = {name: pa.nulls(len(ids), kind) for name, kind in self._types.items()}
        for table in self._tables(ids):
            # The first of its kind is found: backwards, that is the last.
            backwards = table.column(self._key).take(np.arange(table.num_rows)[::-1])
            places = pc.subtract(table.num_rows - 1, pc.index_in(ids, value_set=backwards, skip_nulls=True))
            here = places.is_valid()
            known = pc.or_(known, here)
            values = {name: pc.if_else(here, flat(table.column(name).take(places)), before) for name, before in values.items()}
        return Found(known, values)

    def _tables(self, ids: pa.Array) -> Iterator[pa.Table]:
        """Some at a time, of others' as few as can be; where they are few together, those that were read before."""
        if sum(parcel.rows for parcel in self._parcels) <= TOGETHER:
            if self._all is None:
                self._all = next(gathered(self.batches(), TOGETHER), None)
            if self._all is not None:
                yield self._all
        else:
            yield from gathered(self._sifted(ids), TOGETHER)

    def _sifted(self, ids: pa.Array) -> Iterator[pa.RecordBatch]:
        """Batches without most of the labels that speak of none of these ids."""
        hashes = self._hashes or nothing
        wanted = hashes(ids)
        if wanted is None:
            yield from self.batches()
            return
        sieve = np.zeros(SIEVE // 8, dtype=np.uint8)
        np.bitwise_or.at(sieve, *_bits(wanted))
        for batch in self.batches():
            found = hashes(batch.column(self._key))
            if found is None:
                yield batch
                continue
            places, bits = _bits(found)
            yield batch.filter(pa.array((sieve[places] & bits) > 0))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All of them, with every column that is wanted."""
        for parcel in self._parcels:
            for batch in self._rows.batches(parcel, (self._key, *self._types)):
                if self._key in batch.schema.names:
                    yield self._fitting(batch)

    def _fitting(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """With every column, and of the type that all have together."""
        columns = {self._key: batch.column(self._key).cast(pa.string())}
        for name, kind in self._types.items():
            there = name in batch.schema.names
            columns[name] = batch.column(name).cast(kind) if there else pa.nulls(batch.num_rows, kind)
        return pa.RecordBatch.from_pydict(columns)


class ParcelSource:
    """Rows of several parcels as a source; those that have a label by now have it in its column.

    Args:
        name: what the source is called.
        rows: where the parcels lie.
        parcels: predictions, in the order in which they are read.
        labels: parcels of labels; of several labels of one id the last counts.
        key: the column that holds the id, in predictions and labels.
        label: the column that holds the label.
        hashes: of ids, where labels may be many.
    """

    def __init__(
        self,
        name: str,
        rows: Rows,
        parcels: Sequence[Parcel],
        *,
        labels: Sequence[Parcel] = (),
        key: str = "",
        label: str = "",
        hashes: Hashes | None = None,
    ) -> None:
        self.name = name
        self._rows = rows
        self._parcels = parcels
        self._key, self._label = key, label
        self._types = types_of(rows, labels)
        self._labels, self._hashes = labels, hashes
        self._also: tuple[str, ...] = ()
        self._witness: Witness | None = None

    def witnessed(self, by: Witness, also: str) -> bool:
        """Let somebody see all batches with what the labels have in their own column `also`; false where they have none."""
        if also not in self._types:
            return False
        self._also, self._witness = (also,), by
        return True

    def schema(self) -> pa.Schema:
        """All columns that any of the parcels has."""
        fields: dict[str, pa.Field] = {}
        for parcel in self._parcels:
            for field in self._rows.schema(parcel):
                fields.setdefault(field.name, field)
        if self._label in self._types and self._key in fields:
            fields[self._label] = pa.field(self._label, self._types[self._label])
        return pa.schema(list(fields.values()))

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The named columns, parcel by parcel."""
        names = None if columns is None else list(dict.fromkeys(columns))
        if self._label not in self._types or (names is not None and self._label not in names):
            for parcel in self._parcels:
                yield from self._rows.batches(parcel, names)
            return
        for batch in self._labelled(names):
            yield batch if names is None else batch.select([name for name in batch.schema.names if name in names])

    def _labelled(self, names: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Batches with their labels, which are found for some parcels at a time."""
        types = {name: self._types[name] for name in (self._label, *self._also)}
        labels = Labels(self._rows, self._labels, self._key, types, self._hashes)
        wanted = None if names is None else [*names, self._key]
        for some in blocks(self._parcels, BLOCK):
            found, first = labels.find(ids_of(self._rows, some, self._key)), 0
            # What finding them took would else lie idle beside the rows.
            pa.default_memory_pool().release_unused()
            for parcel in some:
                for batch in self._rows.batches(parcel, wanted):
                    part = found.part(first, batch.num_rows)
                    first += batch.num_rows
                    if self._witness is not None:
                        self._witness(parcel, batch, part)
                    yield self._with_labels(batch, part)

    def rows(self) -> int:
        """How many rows there are."""
        return sum(parcel.many for parcel in self._parcels)

    def findings(self) -> tuple[Finding, ...]:
        """Nothing: what was wrong with rows was told when they came."""
        return ()

    def _with_labels(self, batch: pa.RecordBatch, labels: Found) -> pa.RecordBatch:
        if self._key not in batch.schema.names:
            return batch
        found = labels.values[self._label]
        at = batch.schema.get_field_index(self._label)
        if at < 0:
            return batch.append_column(self._label, found)
        # A label that came with its prediction stands until a later one comes.
        before = batch.column(at)
        if before.type != found.type:
            before, found = before.cast(pa.string()), found.cast(pa.string())
        return batch.set_column(at, self._label, pc.if_else(labels.known, found, before))


def ids_of(rows: Rows, parcels: Iterable[Parcel], key: str) -> pa.Array:
    """The ids of some parcels, as texts, a row each; null where there are none."""
    found = [pa.array([], pa.string())]
    for parcel in parcels:
        if key not in rows.schema(parcel).names:
            found.append(pa.nulls(parcel.many, pa.string()))
            continue
        found += [batch.column(key).cast(pa.string()) for batch in rows.batches(parcel, (key,))]
    return pa.concat_arrays(found)


def blocks(parcels: Iterable[Parcel], most: int) -> Iterator[list[Parcel]]:
    """Parcels that follow each other, of so many rows together, or a single one."""
    some: list[Parcel] = []
    size = 0
    for parcel in parcels:
        if some and size + parcel.many > most:
            yield some
            some, size = [], 0
        some.append(parcel)
        size += parcel.many
    if some:
        yield some


def gathered(batches: Iterable[pa.RecordBatch], most: int) -> Iterator[pa.Table]:
    """Tables of about so many rows."""
    some: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        if batch.num_rows:
            some.append(batch)
        size += batch.num_rows
        if some and size >= most:
            yield pa.Table.from_batches(some).combine_chunks()
            some, size = [], 0
    if size:
        yield pa.Table.from_batches(some).combine_chunks()


def _bits(hashes: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Where hashes are in a sieve: the byte, and the bit of it."""
    places = hashes & np.uint64(SIEVE - 1)
    return places >> np.uint64(3), np.uint8(1) << (places & np.uint64(7)).astype(np.uint8)


def nothing(texts: pa.Array) -> None:
    """No hashes."""


def flat(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def types_of(rows: Rows, parcels: Iterable[Parcel]) -> dict[str, pa.DataType]:
    """What each column holds in all of some parcels together."""
    every = joined([rows.schema(parcel).empty_table() for parcel in parcels]).schema
    return dict(zip(every.names, every.types, strict=True))
