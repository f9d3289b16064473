"""Rows that lie in files: one table made of many, whose columns are those of all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.sources.ahead import ahead, spread
from driftline.sources.formats import TableFile, choose
from driftline.sources.names import own_names
from driftline.sources.notes import Notes
from driftline.sources.parsed import batch_of
from driftline.sources.places import NO_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from driftline.sources.formats import Format
    from driftline.sources.places import Place
    from driftline.verdicts.report import Finding

OPENED_AT_ONCE = 8
"""Footers read side by side: from afar, each takes a few round trips."""

WHOLE = re.compile(r"[+-]?\d{1,18}")


@dataclass(frozen=True, slots=True)
class _Member:
    """One file of the table: its columns' names in the file and in the table, and the values its folders name."""

    file: TableFile
    names: tuple[tuple[str, str | None], ...]
    partition: Mapping[str, pa.Scalar]

    def batches(self, asked: set[str] | None) -> Iterator[pa.RecordBatch]:
        """Its rows, with those of the columns asked for that it has."""
        kept = [(name, own) for name, own in self.names if own is not None and (asked is None or own in asked)]
        wanted = {name for name, _ in kept}
        for batch in self.file.batches([name for name in dict(self.names) if name in wanted]):
            yield self._completed(self._named(batch, {own for _, own in kept if own}), asked)

    def _named(self, batch: pa.RecordBatch, kept: set[str]) -> pa.RecordBatch:
        """Give columns of equal names names of their own, and keep those asked for."""
        waiting: dict[str, list[str | None]] = {}
        for name, own in self.names:
            waiting.setdefault(name, []).append(own)
        owns = [waiting[name].pop(0) for name in batch.schema.names]
        places = [i for i, own in enumerate(owns) if own in kept]
        return batch_of([batch.column(i) for i in places], [owns[i] or "" for i in places], batch.num_rows)

    def _completed(self, batch: pa.RecordBatch, asked: set[str] | None) -> pa.RecordBatch:
        """Add the columns that folders name."""
        for name, value in self.partition.items():
            if (asked is None or name in asked) and name not in batch.schema.names:
                columns = [*batch.columns, _repeated(value, batch.num_rows)]
                batch = batch_of(columns, [*batch.schema.names, name], batch.num_rows)
        return batch


class FileSource:
    """Files read one after another, each with the columns it has."""

    def __init__(self, name: str, places: Sequence[Place]) -> None:
        self.name = name
        self._places = tuple(places)
        self._notes = Notes()

    def schema(self) -> pa.Schema:
        """The columns of all files, in the order in which they first appear; the first type that is known wins."""
        fields: dict[str, pa.DataType] = {}
        for member in self._members:
            own = pa.schema([pa.field(own, f.type) for f, (_, own) in zip(member.file.schema, member.names, strict=True) if own])
            folders = [pa.field(name, value.type) for name, value in member.partition.items()]
            for field in [*own, *folders]:
                if field.name not in fields or pa.types.is_null(fields[field.name]):
                    fields[field.name] = field.type
        return pa.schema(list(fields.items()))

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read the named columns, file after file; the next batches are decoded while this one is counted."""
        asked = None if columns is None else set(columns)
        return ahead(batch for member in self._members for batch in member.batches(asked))

    def rows(self) -> int | None:
        """How many rows all files have together, if each of them knows."""
        counts = [member.file.rows() for member in self._members]
        return None if None in counts else sum(count or 0 for count in counts)

    def findings(self) -> tuple[Finding, ...]:
        """What was wrong with the files read so far."""
        return self._notes.all()

    @cached_property
    def _members(self) -> list[_Member]:
        chosen = choose(self._places, self._notes)
        whole = _whole_keys(place for place, _ in chosen)
        return list(spread(partial(self._member, whole=whole), chosen, OPENED_AT_ONCE))

    def _member(self, chosen: tuple[Place, Format], whole: set[str]) -> _Member:
        place, found = chosen
        file = found.open(place, self._notes)
        names = file.schema.names
        if twice := sorted({name for name in names if names.count(name) > 1}):
            self._notes.add(
                place.name,
                f"more than one column is called {', '.join(map(repr, twice))}",
                hint="the later ones are read as name_2, name_3; rename them",
            )
        partition = {key: _scalar(value, whole=key in whole) for key, value in place.partition}
        return _Member(file, tuple(zip(names, own_names(names), strict=True)), partition)


def _whole_keys(places: Iterable[Place]) -> set[str]:
    """Keys of folders whose values are all whole numbers."""
    values: dict[str, set[str]] = {}
    for place in places:
        for key, value in place.partition:
            values.setdefault(key, set()).add(value)
    return {key for key, found in values.items() if all(WHOLE.fullmatch(value) for value in found - {NO_VALUE})}


def _scalar(value: str, *, whole: bool) -> pa.Scalar:
    kind = pa.int64() if whole else pa.string()
    return pa.scalar(None if value == NO_VALUE else int(value) if whole else value, kind)


def _repeated(value: pa.Scalar, rows: int) -> pa.Array:
    """A column of one value; a text is written once."""
    if not value.is_valid or not pa.types.is_string(value.type):
        return pa.repeat(value, rows)
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([value.as_py()]))
