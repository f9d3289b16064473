"""Reads CSV and its relatives: the delimiter is found out, broken lines are told and left out, nothing else is lost."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv

from driftline.errors import UnreadableData
from driftline.sources import blocks
from driftline.sources.ahead import spread
from driftline.sources.blocks import Block, as_utf8
from driftline.sources.dialect import dialect_of
from driftline.sources.faults import reading
from driftline.sources.parsed import LineNotes, Parsed, batch_of, one_batch, replaced
from driftline.sources.typed import as_type, likely_type
from driftline.sources.written import ambiguous, decimal_point, likely_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from driftline.sources.notes import Notes
    from driftline.sources.places import Place
    from driftline.sources.written import Form

NULLS = ["", "NA", "N/A", "#N/A", "NULL", "null", "None", "<NA>", "NaT"]
"""Cells that mean nothing. NaN is not one: it is a number's way of being none."""

WIDE = 40_000
"""Bytes of a block for each column, so that a wide file's batches are not a few rows long."""

HINT = "write cells that hold the delimiter, a quote or a line end in quotes; a last line may have been cut off"


class DelimitedFile:
    """One file of delimited text.

    A block is read with the types that were found at the beginning of the file. If that fails it is
    read as text and each column typed by itself; if its quotes do not close, line by line.
    """

    def __init__(self, place: Place, notes: Notes) -> None:
        self._place = place
        self._notes = notes
        with reading(place.name), place.stream() as stream:
            pieces = blocks.blocks(stream, place.name, quoted=True)
            first = next(pieces, Block(b"", 1))
            self._dialect = dialect_of(first, place.name)
            sample = next(self._bodies(chain([first], pieces)), None)
        for nameless in self._dialect.nameless:
            notes.add(
                place.name,
                f"column {nameless} has no name and was left out",
                hint="name it; pandas writes its index so: to_csv(index=False)",
            )
        self._forms: dict[str, Form] = {}
        self.schema: pa.Schema = pa.schema([(name, pa.null()) for name in self._dialect.kept])
        if sample:
            self.schema = self._guess(sample)

    def rows(self) -> None:
        """How many rows there are is known once they are read."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read the named columns, in the file's order, blocks side by side."""
        asked = set(columns)
        wanted = [name for name in self.schema.names if name in asked]
        notes = LineNotes(self._notes, self._place.name)
        size = min(4 * blocks.SIZE, max(blocks.SIZE, WIDE * len(self._dialect.names)))
        with reading(self._place.name), self._place.stream() as stream:
            pieces = self._bodies(blocks.blocks(stream, self._place.name, quoted=True, size=size))
            for parsed in spread(partial(self._parse, wanted=wanted, notes=notes), pieces, pa.cpu_count()):
                notes.take(parsed, self.schema, HINT)
                if parsed.batch.num_rows:
                    yield parsed.batch

    def _bodies(self, pieces: Iterable[Block]) -> Iterator[Block]:
        """The blocks without the header."""
        for piece in pieces:
            body = piece.after(self._dialect.header) if piece.line == 1 else piece
            if body.data.strip(b"\r\n"):
                yield body

    def _guess(self, sample: Block) -> pa.Schema:
        """The columns' types, by what the first rows hold; a few cells that do not fit do not decide."""
        parsed = self._parse(sample, self._dialect.kept, LineNotes(self._notes, self._place.name))
        if not parsed.batch.num_rows:
            line, fault = parsed.lines[0]
            raise UnreadableData(
                f"no line of {self._place.name!r} has the cells its header promises; line {line}: {fault}",
                hint=f"the delimiter was taken to be {self._dialect.delimiter!r}; check the header and the delimiter",
            )
        return pa.schema([(field.name, self._type_of(field, parsed.batch.column(field.name))) for field in parsed.batch.schema])

    def _type_of(self, field: pa.Field, column: pa.Array) -> pa.DataType:
        """A column's type, by its first values; of texts that people write otherwise than programs do, the form is kept."""
        found = likely_type(column) if pa.types.is_string(field.type) else field.type
        if not pa.types.is_string(found):
            return found
        if formed := likely_form(column, self._dialect.delimiter):
            self._forms[field.name], found = formed
        elif date := ambiguous(column):
            self._notes.add(
                self._place.name,
                f"column {field.name!r} has dates such as {date!r}, of which nobody can tell the day from the month: they stay text",
                hint="write them as 2026-12-31",
                key=(self._place.name, "dates", field.name),
            )
        return found

    def _parse(self, block: Block, wanted: Sequence[str], notes: LineNotes) -> Parsed:
        """Read a block in the fastest way that works."""
        text = Block(as_utf8(block.data), block.line, block.sound)
        types = {f.name: f.type for f in self.schema if f.name in wanted and not pa.types.is_null(f.type)}
        parsed = self._read(text, wanted, types, notes) if block.sound else None
        if parsed is None:
            as_texts = self._read(text, wanted, dict.fromkeys(self._dialect.kept, pa.string()), notes) if block.sound else None
            parsed = self._typed(as_texts or self._salvage(text, wanted), types, text, notes)
        return parsed if text.data is block.data else replace(parsed, replaced=replaced(parsed.batch))

    def _read(self, block: Block, wanted: Sequence[str], types: Mapping[str, pa.DataType], notes: LineNotes) -> Parsed | None:
        """Read a block with Arrow, if it can; what has no type yet is given one by Arrow."""
        broken: list[pacsv.InvalidRow] = []

        def leave_out(row: pacsv.InvalidRow) -> str:
            broken.append(row)
            return "skip"

        dialect = self._dialect
        try:
            table = pacsv.read_csv(
                pa.py_buffer(block.data),
                read_options=pacsv.ReadOptions(use_threads=False, block_size=len(block.data) + 1, column_names=list(dialect.names)),
                parse_options=pacsv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=leave_out),
                convert_options=pacsv.ConvertOptions(
                    column_types=types,
                    include_columns=list(wanted) or dialect.kept[:1],
                    null_values=NULLS,
                    strings_can_be_null=True,
                    decimal_point=decimal_point([*self._forms.values()]),
                ),
            )
        except pa.ArrowInvalid:
            return None
        lines = list(_lines(block, broken)) if broken and notes.wants_lines else []
        return Parsed(one_batch(table).select(list(wanted)), lines, len(broken))

    def _typed(self, parsed: Parsed, types: Mapping[str, pa.DataType], block: Block, notes: LineNotes) -> Parsed:
        """Turn columns of text into their types, each by itself."""
        columns, misfits = [], {}
        for name, texts in zip(parsed.batch.schema.names, parsed.batch.columns, strict=True):
            plain = self._forms[name].plain(texts) if name in self._forms else texts
            typed = as_type(plain, types.get(name, pa.null()))
            columns.append(typed.array)
            if typed.misfit is not None and not notes.knows(name):
                misfits[name] = (typed.misfit, self._line_of(block, typed.row))
        return replace(parsed, batch=batch_of(columns, parsed.batch.schema.names, parsed.batch.num_rows), misfits=misfits)

    def _salvage(self, block: Block, wanted: Sequence[str]) -> Parsed:
        """Read a block a line at a time, so that an open quote spoils its own line only."""
        rows, lines = [], []
        for number, line in enumerate(block.data.decode().split("\n"), start=block.line):
            if not line.strip("\r"):
                continue
            cells = self._cells([line])
            if len(cells) == len(self._dialect.names) and line.count('"') % 2 == 0:
                rows.append(cells)
            else:
                lines.append((number, _fault(len(cells), len(self._dialect.names))))
        columns = dict(zip(self._dialect.names, zip(*rows, strict=True), strict=True)) if rows else {}
        arrays = [pa.array([None if cell in NULLS else cell for cell in columns.get(name, ())], pa.string()) for name in wanted]
        return Parsed(batch_of(arrays, wanted, len(rows)), lines, len(lines))

    def _cells(self, lines: Iterable[str]) -> list[str]:
        try:
            return next(csv.reader(lines, delimiter=self._dialect.delimiter), [])
        except csv.Error:
            return []

    def _line_of(self, block: Block, row: int) -> int | None:
        """The number of the line on which the block's good row of that place begins."""
        # Behind an open quote nobody can tell.
        lines = (f"{line}\n" for line in block.data.decode().split("\n") if block.sound)
        reader = csv.reader(lines, delimiter=self._dialect.delimiter)
        begins = 0
        try:
            for cells in reader:
                if len(cells) == len(self._dialect.names):
                    row -= 1
                if row < 0:
                    return block.line + begins
                begins = reader.line_num
        except csv.Error:
            pass
        return None


def _lines(block: Block, broken: Iterable[pacsv.InvalidRow]) -> Iterator[tuple[int, str]]:
    """The number of each broken line, and what is wrong with it: Arrow counts rows, people count lines."""
    place = 0
    for row in broken:
        text = row.text.encode()
        place = block.data.find(text, place)
        while place > 0 and block.data[place - 1] not in b"\r\n":
            place = block.data.find(text, place + 1)
        if place < 0:
            return
        yield block.line_at(place), _fault(row.actual_columns, row.expected_columns)
        place += len(text)


def _fault(cells: int, expected: int) -> str:
    if cells == expected:
        return "a quote is opened and not closed; the line was left out"
    return f"the line has {cells} {'cell' if cells == 1 else 'cells'} where the header has {expected}; it was left out"
