"""Reads JSON Lines, and short JSON arrays: broken lines are told and left out, nothing else is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.json as pajson

from driftline.errors import UnreadableData
from driftline.sources.ahead import spread
from driftline.sources.blocks import Block, as_utf8, blocks
from driftline.sources.faults import reading
from driftline.sources.parsed import LineNotes, Parsed, batch_of, one_batch, replaced
from driftline.sources.typed import Typed, as_instants, as_type, loose_array, loose_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.sources.notes import Notes
    from driftline.sources.places import Place

ARRAY_BYTES = 1 << 28
"""An array has to be read as a whole: a longer one is refused."""

ARRAY_ROWS = 1 << 16
HINT = "write one JSON object on each line; a last line may have been cut off"
OBJECTS = 'write JSON Lines: one object on each line, such as {"amount": 12.5}'


class JsonFile:
    """One file of JSON objects.

    A block is read with the types that were found at the beginning of the file. If that fails the
    types of the block itself are taken; if it has none, it is read line by line.
    """

    def __init__(self, place: Place, notes: Notes) -> None:
        self._place = place
        self._notes = notes
        with reading(place.name), place.stream() as stream:
            first = next(blocks(stream, place.name, quoted=False), Block(b"", 1))
        self._is_array = first.data.lstrip().startswith(b"[")
        self.schema: pa.Schema = _types(self._array()[:ARRAY_ROWS]) if self._is_array else self._guess(first)

    def rows(self) -> None:
        """How many rows there are is known once they are read."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read the named columns, in the file's order, blocks side by side."""
        asked = set(columns)
        wanted = [name for name in self.schema.names if name in asked]
        notes = LineNotes(self._notes, self._place.name)
        if self._is_array:
            rows = self._array()
            yield from (_of_rows(rows[start : start + ARRAY_ROWS], wanted) for start in range(0, len(rows), ARRAY_ROWS))
            return
        with reading(self._place.name), self._place.stream() as stream:
            full = (block for block in blocks(stream, self._place.name, quoted=False) if block.data.strip())
            for parsed in spread(partial(self._parse, wanted=wanted, notes=notes), full, pa.cpu_count()):
                notes.take(parsed, self.schema, HINT)
                if parsed.batch.num_rows:
                    yield parsed.batch

    def _guess(self, first: Block) -> pa.Schema:
        """The columns and their types, by what the first block holds."""
        block = Block(as_utf8(first.data), first.line)
        try:
            found = one_batch(_read(block))
            # Arrow forgets whether an instant had a time zone.
            instants = [(field.name, pa.string()) for field in found.schema if pa.types.is_timestamp(field.type)]
            texts = one_batch(_read(block, explicit=instants))
        except pa.ArrowInvalid:
            rows, lines = _objects(block)
            if lines and not rows:
                line, fault = lines[0]
                raise UnreadableData(f"no line of {self._place.name!r} can be read; line {line}: {fault}", hint=OBJECTS) from None
            return _types(rows)
        zoned = {name: as_instants(texts.column(name)).type for name, _ in instants}
        return pa.schema([(field.name, zoned.get(field.name, field.type)) for field in found.schema])

    def _parse(self, block: Block, wanted: Sequence[str], notes: LineNotes) -> Parsed:
        """Read a block in the fastest way that works, and give texts the type their column has."""
        text = Block(as_utf8(block.data), block.line)
        parsed = self._read(text, wanted)
        columns, misfits = [], {}
        for name, column in zip(wanted, parsed.batch.columns, strict=True):
            kind = self.schema.field(name).type
            is_text = pa.types.is_string(column.type) and not (pa.types.is_nested(kind) or pa.types.is_null(kind))
            typed = as_type(column, kind) if is_text else Typed(column)
            columns.append(typed.array)
            if typed.misfit is not None and not notes.knows(name):
                misfits[name] = (typed.misfit, _line_of(text, name, typed.misfit))
        cells = {} if text.data is block.data else replaced(parsed.batch)
        return replace(parsed, batch=batch_of(columns, wanted, parsed.batch.num_rows), replaced=cells, misfits=misfits)

    def _read(self, block: Block, wanted: Sequence[str]) -> Parsed:
        """Read the wanted columns; texts and instants as text."""
        known = [(name, self.schema.field(name).type) for name in wanted or self.schema.names[:1]]
        known = [(name, pa.string() if pa.types.is_timestamp(kind) else kind) for name, kind in known]
        texts = [(name, kind) for name, kind in known if pa.types.is_string(kind)]
        unknown = any(pa.types.is_null(kind) for _, kind in known)
        for explicit, others in ((known, "infer" if unknown else "ignore"), (texts, "infer")):
            try:
                table = _read(block, explicit=explicit, others=others)
            except pa.ArrowInvalid:
                continue
            return Parsed(_selected(one_batch(table), wanted))
        rows, lines = _objects(block)
        return Parsed(_of_rows(rows, wanted), lines, len(lines))

    def _array(self) -> list[dict[str, Any]]:
        """Read a file that is one array of objects."""
        name = self._place.name
        with reading(name), self._place.stream() as stream:
            data = stream.read(ARRAY_BYTES + 1)
        if len(data) > ARRAY_BYTES:
            raise UnreadableData(f"{name!r} is one JSON array of more than {ARRAY_BYTES >> 20} MB", hint=OBJECTS)
        try:
            rows = json.loads(as_utf8(data))
        except (ValueError, RecursionError) as error:
            raise UnreadableData(f"{name!r} is not JSON: {error}", hint=OBJECTS) from error
        if not all(isinstance(row, dict) for row in rows):
            raise UnreadableData(f"{name!r} is a JSON array, but not one of objects", hint=OBJECTS)
        return list(rows)


def _read(block: Block, *, explicit: Sequence[tuple[str, pa.DataType]] = (), others: str = "infer") -> pa.Table:
    return pajson.read_json(
        pa.py_buffer(block.data),
        read_options=pajson.ReadOptions(use_threads=False, block_size=len(block.data) + 1),
        parse_options=pajson.ParseOptions(
            explicit_schema=pa.schema(list(explicit)) if explicit else None, unexpected_field_behavior=others
        ),
    )


def _selected(batch: pa.RecordBatch, wanted: Sequence[str]) -> pa.RecordBatch:
    """The wanted columns in their order; a key that no row has is null in all of them."""
    columns = [batch.column(name) if name in batch.schema.names else pa.nulls(batch.num_rows) for name in wanted]
    return batch_of(columns, wanted, batch.num_rows)


def _objects(block: Block) -> tuple[list[dict[str, Any]], list[tuple[int, str]]]:
    """Read a block a line at a time: its objects, and the number and fault of lines that are none."""
    rows: list[dict[str, Any]] = []
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(block.data.split(b"\n"), start=block.line):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            lines.append((number, f"the line is not JSON: {error}; it was left out"))
            continue
        if isinstance(row, dict):
            rows.append(row)
        else:
            lines.append((number, f"the line is {line[:20].decode(errors='replace')!r}, not a JSON object; it was left out"))
    return rows, lines


def _of_rows(rows: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> pa.RecordBatch:
    return batch_of([loose_array(row.get(name) for row in rows) for name in wanted], wanted, len(rows))


def _types(rows: Sequence[Mapping[str, Any]]) -> pa.Schema:
    """The columns of some rows, and the types that nearly all their values have."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    return pa.schema([(name, _type(values)) for name, values in columns.items()])


def _type(values: Sequence[Any]) -> pa.DataType:
    found = loose_type(values)
    return as_instants(loose_array(values)).type if pa.types.is_string(found) else found


def _line_of(block: Block, name: str, value: str) -> int | None:
    """The number of the first line on which a key has a value, as text."""
    for number, line in enumerate(block.data.split(b"\n"), start=block.line):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict) and str(row.get(name)).strip() == value:
            return number
    return None
