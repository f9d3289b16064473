"""Which format a file is in: by the end of its name, else by its first bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from driftline.errors import DataError, UnreadableData
from driftline.sources import arrowfile, parquet
from driftline.sources.arrowfile import ArrowFile
from driftline.sources.delimited import DelimitedFile
from driftline.sources.faults import reading
from driftline.sources.jsonlines import JsonFile
from driftline.sources.parquet import ParquetFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from driftline.sources.notes import Notes
    from driftline.sources.places import Place

PACKED = (".gz", ".zst", ".bz2")
PROFILE = ".profile"
STREAM = b"\xff\xff\xff\xff"
"""With this a stream of Arrow IPC begins."""

TOLD = 3


class TableFile(Protocol):
    """One file of rows, opened: what its columns are is known, its rows are not read."""

    schema: pa.Schema

    def rows(self) -> int | None:
        """How many rows there are, where that is known without reading them."""
        ...

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read the columns of these names."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how its files' names end, and what opens them."""

    suffixes: tuple[str, ...]
    open: Callable[[Place, Notes], TableFile]


PARQUET = Format((".parquet", ".pq", ".parq"), ParquetFile)
DELIMITED = Format((".csv", ".tsv", ".txt", ".tab", ".psv"), DelimitedFile)
JSON = Format((".jsonl", ".ndjson", ".json"), JsonFile)
ARROW = Format((".arrow", ".arrows", ".feather", ".ipc"), ArrowFile)
FORMATS = (PARQUET, DELIMITED, JSON, ARROW)


def choose(places: Sequence[Place], notes: Notes) -> list[tuple[Place, Format]]:
    """The format of each file; empty files, and files beside others that are of no known format, are left out.

    Raises:
        UnreadableData: there is one file only, or none of a known format, and its bytes tell nothing.
    """
    full = [place for place in places if place.size > 0]
    for place in places:
        if place.size == 0:
            notes.add(place.name, "the file is empty", hint="check what writes it; until then it counts as no rows")
    named = {place.path: found for place in full if (found := _by_name(place))}
    doubtful = [place for place in full if place.path not in named and (not named or "." not in place.path.rpartition("/")[2])]
    named |= {place.path: by_content(place) for place in doubtful}
    if others := [place.name for place in full if place.path not in named]:
        listed = ", ".join(others[:TOLD]) + (f" and {len(others) - TOLD} more" if len(others) > TOLD else "")
        notes.add(others[0], f"files of no known format were left out: {listed}", hint="name files by their format, such as day.csv")
    return [(place, named[place.path]) for place in full if place.path in named]


def by_content(place: Place) -> Format:
    """The format that a file's first bytes speak of.

    Raises:
        UnreadableData: they speak of none.
    """
    with reading(place.name), place.stream() as stream:
        head = stream.read(4096)
    if head.startswith(parquet.MAGIC):
        return PARQUET
    if head.startswith((arrowfile.MAGIC, STREAM)):
        return ARROW
    if b"\0" in head:
        raise UnreadableData(f"{place.name!r} is of no known format: it begins with {head[:8]!r}", hint=f"known are {_known()}")
    return JSON if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")) else DELIMITED


def _by_name(place: Place) -> Format | None:
    name = place.path.rpartition("/")[2].lower()
    if name.endswith(PROFILE):
        raise DataError(
            f"{place.name!r} is a profile: it holds counts, not rows", hint="give the files that were profiled, or compare profiles"
        )
    for packed in PACKED:
        if name.endswith(packed):
            name = name.removesuffix(packed)
            if name.endswith(PARQUET.suffixes):
                raise UnreadableData(
                    f"{place.name!r} is packed Parquet, which cannot be read here and there",
                    hint="unpack it; Parquet packs its columns itself",
                )
    return next((found for found in FORMATS if name.endswith(found.suffixes)), None)


def _known() -> str:
    return ", ".join(suffix for found in FORMATS for suffix in found.suffixes)
