"""Where files of rows lie: a folder, or a bucket of an object store. What was put is whole, and there after a power cut."""

from __future__ import annotations

import os
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from driftline.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

DRAFT = "."
"""Files whose name begins so are not finished."""

GONE = "bring it back from a copy: the database refers to it"


class Depot(Protocol):
    """Holds files by their places, which are paths below it. Each file is written once, under a name nobody else has."""

    def put(self, table: pa.Table, place: str, dictionary: Sequence[str]) -> None:
        """Write rows as Parquet; once this returns they are durable.

        Raises:
            OutsideError: it is full, away, or may not be written to.
        """

    def open(self, place: str) -> AbstractContextManager[pq.ParquetFile]:
        """Open a file.

        Raises:
            OutsideError: it is gone, or the depot does not answer.
        """

    def remove(self, places: Iterable[str]) -> None:
        """Remove files; those that are gone are no matter."""

    def written(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """The finished files below a folder, and when each was last written."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on a disk: files are written beside, synced, and then named."""

    directory: Path

    def put(self, table: pa.Table, place: str, dictionary: Sequence[str]) -> None:
        """Write the bytes, then the name, then the folder that holds the name, each synced."""
        target = self.directory / place
        draft = target.with_name(f"{DRAFT}{target.name}")
        with _writing(str(target)):
            _make(target.parent)
            try:
                pq.write_table(table, draft, compression="zstd", compression_level=1, use_dictionary=list(dictionary))
                with draft.open("rb") as written:
                    os.fsync(written.fileno())
                draft.replace(target)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
            _sync(target.parent)

    @contextmanager
    def open(self, place: str) -> Iterator[pq.ParquetFile]:
        """Open a file of the folder."""
        target = self.directory / place
        try:
            with pq.ParquetFile(target) as file:
                yield file
        except FileNotFoundError as error:
            raise OutsideError(f"{str(target)!r} is gone", hint=GONE) from error

    def remove(self, places: Iterable[str]) -> None:
        """Unlink them."""
        for place in places:
            (self.directory / place).unlink(missing_ok=True)

    def written(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """All Parquet files but drafts that a process still writes, which have no other name yet."""
        for file in (self.directory / folder).rglob("*.parquet"):
            yield file.relative_to(self.directory).as_posix(), datetime.fromtimestamp(file.stat().st_mtime, UTC)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A part of an object store. An object appears when the store has acknowledged all of it, and not before.

    Attributes:
        system: the store.
        prefix: bucket and path.
        name: what people call it.
    """

    system: fs.FileSystem
    prefix: str
    name: str

    def put(self, table: pa.Table, place: str, dictionary: Sequence[str]) -> None:
        """Send the file; closing the stream waits for the store's word."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd", compression_level=1, use_dictionary=list(dictionary))
        with _writing(f"{self.name}/{place}"), self.system.open_output_stream(f"{self.prefix}/{place}", compression=None) as stream:
            stream.write(sink.getvalue())

    @contextmanager
    def open(self, place: str) -> Iterator[pq.ParquetFile]:
        """Open an object; only what is asked for is fetched."""
        shown = f"{self.name}/{place}"
        try:
            with self.system.open_input_file(f"{self.prefix}/{place}") as stream, pq.ParquetFile(stream) as file:
                yield file
        except FileNotFoundError as error:
            raise OutsideError(f"{shown!r} is gone", hint=GONE) from error
        except OSError as error:
            raise OutsideError(f"{shown!r} does not answer: {_short(error)}", hint="see to the object store and the credentials") from error

    def remove(self, places: Iterable[str]) -> None:
        """Delete them."""
        for place in places:
            try:
                self.system.delete_file(f"{self.prefix}/{place}")
            except FileNotFoundError:
                continue
            except OSError as error:
                raise OutsideError(f"{self.name}/{place} cannot be deleted: {_short(error)}", hint="see to the credentials") from error

    def written(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """All objects below a folder."""
        base = f"{self.prefix}/{folder}"
        try:
            found = self.system.get_file_info(fs.FileSelector(base, allow_not_found=True, recursive=True))
        except OSError as error:
            raise OutsideError(f"{self.name} does not answer: {_short(error)}", hint="see to the object store") from error
        for info in found:
            if info.type is fs.FileType.File and info.path.endswith(".parquet") and info.mtime is not None:
                yield info.path.removeprefix(f"{self.prefix}/"), info.mtime.astimezone(UTC)


def named() -> str:
    """A file's name that nobody else makes: two workers never write one file.

    So no precondition (`If-None-Match`) goes with an object, which PyArrow cannot send: the one writer that it could refuse
    is the one whose answer was lost, and who sends the same bytes again.
    """
    return f"{uuid.uuid4().hex}.parquet"


def _short(error: OSError) -> str:
    return (str(error.strerror or error).strip().splitlines() or ["?"])[0][:300]


def _make(directory: Path) -> None:
    """Make a directory so that it is there after a power cut."""
    missing = []
    place = directory
    while not place.exists():
        missing.append(place)
        place = place.parent
    directory.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        _sync(made.parent)


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _writing(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutsideError(f"{target!r} cannot be written: {_short(error)}", hint="see to its rights and room") from error
