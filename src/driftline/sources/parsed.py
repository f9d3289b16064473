"""What came out of a block of text, and what was wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from driftline.sources.notes import Notes

DETAILED = 20
"""So many broken lines of a file are told one by one; the others are counted."""

REPLACEMENT = "\ufffd"
"""What stands for bytes that are not UTF-8."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came out of a block.

    Attributes:
        batch: the rows, with the columns asked for.
        lines: number and fault of broken lines, as many as were looked up.
        broken: how many lines were broken.
        replaced: for each column, how many cells were not UTF-8.
        misfits: for each column, the first value that is not of its type, and its line.
    """

    batch: pa.RecordBatch
    lines: Sequence[tuple[int, str]] = ()
    broken: int = 0
    replaced: Mapping[str, int] = field(default_factory=dict)
    misfits: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)


def batch_of(columns: Sequence[pa.Array], names: Sequence[str], rows: int) -> pa.RecordBatch:
    """A batch of these columns; without columns it still has its rows."""
    if columns:
        return pa.RecordBatch.from_arrays(list(columns), names=list(names))
    return pa.RecordBatch.from_arrays([pa.nulls(rows)], names=[""]).select([])


def replaced(batch: pa.RecordBatch) -> dict[str, int]:
    """For each column of text, how many cells hold �."""
    texts = {name: column for name, column in zip(batch.schema.names, batch.columns, strict=True) if pa.types.is_string(column.type)}
    counts = {name: pc.sum(pc.match_substring(column, REPLACEMENT)).as_py() for name, column in texts.items()}
    return {name: count for name, count in counts.items() if count}


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """The one batch that a table read from one block is."""
    pieces = table.combine_chunks().to_batches()
    return pieces[0] if pieces else batch_of([pa.array([], column.type) for column in table.schema], table.schema.names, 0)


class LineNotes:
    """What one reading of one text file found: broken lines, cells that are not text, values that do not fit."""

    def __init__(self, notes: Notes, name: str) -> None:
        self._notes = notes
        self._name = name
        self._told = 0
        self._left_out = 0
        self._cells: dict[str, int] = {}

    @property
    def wants_lines(self) -> bool:
        """Whether more broken lines are to be told one by one."""
        return self._told < DETAILED

    def take(self, parsed: Parsed, schema: pa.Schema, hint: str) -> None:
        """Note what was wrong in one block; the hint is for broken lines."""
        if parsed.broken:
            self._broken(parsed.lines, parsed.broken, hint)
        for column, cells in parsed.replaced.items():
            self._replace(column, cells)
        for column, (value, line) in parsed.misfits.items():
            self._misfit(column, str(schema.field(column).type), value, line)

    def _broken(self, lines: Iterable[tuple[int, str]], total: int, hint: str) -> None:
        """Note lines that were left out: number and fault of those that are known, and how many there were."""
        for line, fault in lines:
            if self._told < DETAILED:
                self._told += 1
                self._notes.add(f"{self._name}:{line}", fault, rows=1, hint=hint)
        self._left_out += total
        if rest := self._left_out - self._told:
            self._notes.add(self._name, f"{rest} more lines are broken and were left out", rows=rest, hint=hint, key=(self._name, "broken"))

    def _replace(self, column: str, cells: int) -> None:
        """Note cells whose bytes are not UTF-8."""
        self._cells[column] = self._cells.get(column, 0) + cells
        count = self._cells[column]
        self._notes.add(
            self._name,
            f"{count} values of column {column!r} are not UTF-8 text; the bytes that are not were read as �",
            rows=count,
            hint="convert the file: iconv -f LATIN1 -t UTF-8",
            key=(self._name, "utf-8", column),
        )

    def knows(self, column: str) -> bool:
        """Whether a value of that column was already said not to fit."""
        return (self._name, "type", column) in self._notes

    def _misfit(self, column: str, wanted: str, value: str, line: int | None) -> None:
        """Note the first value of a column that is not of the type its column has at first."""
        if self.knows(column):
            return
        where = self._name if line is None else f"{self._name}:{line}"
        self._notes.add(
            where,
            f"column {column!r} begins as {wanted} but holds {value!r}",
            hint="its values are counted one by one: those that fit, and those of the wrong type",
            key=(self._name, "type", column),
        )
