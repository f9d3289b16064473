"""Reads Arrow IPC: files (Feather) and streams, batch by batch, packed or not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import ipc

from driftline.errors import UnreadableData
from driftline.sources.faults import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.sources.notes import Notes
    from driftline.sources.places import Place

MAGIC = b"ARROW1"
FEATHER_1 = b"FEA1"
LEAD = 8
"""An IPC file is a stream behind eight bytes, with a table of contents at its end."""

MOST_ROWS = 1 << 16


class ArrowFile:
    """One Arrow IPC file or stream.

    A stream is read from front to back; so is a packed file, whose table of contents is out of reach.
    """

    def __init__(self, place: Place, notes: Notes) -> None:  # noqa: ARG002  every format is opened in the same way
        self._place = place
        with reading(place.name), place.stream() as stream:
            begins = stream.read(LEAD)
        if begins.startswith(FEATHER_1):
            raise UnreadableData(
                f"{place.name!r} is Feather of version 1", hint="write it again as Feather of version 2, which is Arrow IPC"
            )
        self._is_file = begins.startswith(MAGIC)
        self._is_packed = place.head(LEAD) != begins
        if self._is_file and not self._is_packed:
            self._check_end()
        with self._open() as stream, self._reader(stream) as reader:
            self.schema: pa.Schema = reader.schema

    def rows(self) -> None:
        """How many rows there are is written beside each batch only."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read the named columns, in the file's order."""
        wanted = set(columns)
        places = [i for i, field in enumerate(self.schema) if field.name in wanted]
        with self._open() as stream, self._reader(stream, places) as reader:
            for batch in _each(reader):
                # With no field included Arrow reads them all.
                for start in range(0, batch.num_rows, MOST_ROWS):
                    yield batch.slice(start, MOST_ROWS).select(range(len(places)))

    @contextmanager
    def _open(self) -> Iterator[pa.NativeFile]:
        mapped = self._place.system.type_name == "local" and not self._is_packed
        with reading(self._place.name), self._place_open(mapped=mapped) as stream:
            if self._is_file and self._is_packed:
                stream.read(LEAD)
            yield stream

    def _place_open(self, *, mapped: bool) -> pa.NativeFile:
        if mapped:
            return pa.memory_map(self._place.path)
        return self._place.stream() if self._is_packed or not self._is_file else self._place.file()

    def _reader(self, stream: pa.NativeFile, places: Sequence[int] = ()) -> pa.RecordBatchStreamReader | pa.RecordBatchFileReader:
        options = ipc.IpcReadOptions(included_fields=list(places) or None)
        return ipc.open_file(stream, options=options) if self._is_file and not self._is_packed else ipc.open_stream(stream, options=options)

    def _check_end(self) -> None:
        """A stream may end anywhere between two batches; a file has its name at its end."""
        with reading(self._place.name), self._place.file() as file:
            size = file.size()
            if size < LEAD or file.read_at(len(MAGIC), size - len(MAGIC)) != MAGIC:
                raise UnreadableData(
                    f"{self._place.name!r} is Arrow IPC but ends in the middle, after {size} bytes",
                    hint="it is still being written, or its copy was cut off: copy it again, or leave it out",
                )


def _each(reader: pa.RecordBatchStreamReader | pa.RecordBatchFileReader) -> Iterator[pa.RecordBatch]:
    """Every batch, in order."""
    if isinstance(reader, pa.RecordBatchFileReader):
        yield from (reader.get_batch(i) for i in range(reader.num_record_batches))
    else:
        yield from reader
