"""Reads Parquet row group by row group, only the columns that are asked for, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from driftline.errors import UnreadableData
from driftline.sources.faults import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.sources.notes import Notes
    from driftline.sources.places import Place

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"

BATCH_BYTES = 1 << 23
"""A batch holds about this much: several are on their way at once, and what is small stays in the processor's cache."""

MOST_ROWS, FEWEST_ROWS = 1 << 17, 1 << 12
BUFFERS = 1 << 22
"""All columns' read buffers together."""

FEW_PROCESSORS = 2
"""So few decode in one thread: another counts meanwhile, and every thread that decodes holds memory of its own."""

INDEX_BYTES = 4
DICTIONARY_BYTES = 1 << 18
"""A text column is read as a dictionary while that is small (packed): large ones are slower than the texts."""


class ParquetFile:
    """One Parquet file."""

    def __init__(self, place: Place, notes: Notes) -> None:  # noqa: ARG002  every format is opened in the same way
        self._place = place
        with reading(place.name), place.file() as file:
            self._check_ends(file)
            self._metadata = pq.ParquetFile(file).metadata
            self.schema: pa.Schema = self._metadata.schema.to_arrow_schema()

    def rows(self) -> int:
        """How many rows the footer promises."""
        return int(self._metadata.num_rows)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read the named columns, in the file's order."""
        wanted = list(dict.fromkeys(columns))
        width = max(1, len(wanted))
        rows = self._batch_rows(min(MOST_ROWS, max(FEWEST_ROWS, BATCH_BYTES // (8 * width))))
        remote = self._place.system.type_name != "local"
        many = pa.cpu_count() > FEW_PROCESSORS
        with reading(self._place.name), self._place.file() as source:
            file = pq.ParquetFile(
                source,
                metadata=self._metadata,
                read_dictionary=self._dictionaries(wanted),
                # A local file is read in small pieces; from afar, a row group's columns are fetched together.
                buffer_size=0 if remote else min(1 << 20, max(1 << 15, BUFFERS // width)),
                pre_buffer=remote,
            )
            groups = range(file.num_row_groups)
            for selected in [[group] for group in groups] if remote else [list(groups)]:
                yield from file.iter_batches(batch_size=rows, row_groups=selected, columns=wanted, use_threads=many)

    def _batch_rows(self, most: int) -> int:
        """At most so many rows, but so that a row group, at whose end a batch ends too, leaves no small rest."""
        largest = max((self._metadata.row_group(i).num_rows for i in range(self._metadata.num_row_groups)), default=0)
        return most if largest <= most else -(-largest // -(-largest // most))

    def _check_ends(self, file: pa.NativeFile) -> None:
        """Tell a file that was cut off from one that never was Parquet."""
        size = file.size()
        begins = file.read_at(min(4, size), 0)
        ends = file.read_at(min(4, size), max(0, size - 4))
        if ends == MAGIC and begins == MAGIC:
            return
        name = self._place.name
        if ENCRYPTED in (begins, ends):
            raise UnreadableData(
                f"{name!r} is an encrypted Parquet file", hint="write it without encryption, or read it yourself and pass the frame"
            )
        if begins == MAGIC:
            raise UnreadableData(
                f"{name!r} is Parquet but ends in the middle, after {size} bytes",
                hint="it is still being written, or its copy was cut off: copy it again, or leave it out",
            )
        raise UnreadableData(
            f"{name!r} is not Parquet: it begins with {begins!r}",
            hint="check what writes it; a CSV or JSON Lines file must be called .csv or .jsonl",
        )

    def _dictionaries(self, columns: Sequence[str]) -> list[str]:
        """Text columns whose values lie in a small dictionary, to be read as such: several times faster."""
        if not self._metadata.num_row_groups:
            return []
        texts = {field.name for field in self.schema if _is_text(field.type)} & set(columns)
        ends = {0, self._metadata.num_row_groups - 1}
        small = set(texts)
        for group in map(self._metadata.row_group, sorted(ends)):
            parts = map(group.column, range(group.num_columns))
            small -= {part.path_in_schema for part in parts if part.path_in_schema in texts and not _has_small_dictionary(part)}
        return sorted(small)


def _has_small_dictionary(part: pq.ColumnChunkMetaData) -> bool:
    """Whether the writer kept to a dictionary: few bytes a value, and few bytes for the dictionary."""
    if not part.has_dictionary_page:
        return False
    dictionary = part.data_page_offset - (part.dictionary_page_offset or part.data_page_offset)
    return bool(dictionary <= DICTIONARY_BYTES and part.total_uncompressed_size <= INDEX_BYTES * part.num_values + DICTIONARY_BYTES)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
