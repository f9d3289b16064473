from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import feather, ipc

from driftline.errors import UnreadableData
from driftline.sources.arrowfile import MOST_ROWS, ArrowFile
from driftline.sources.notes import Notes
from driftline.sources.places import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = pa.table({"a": list(range(100_000)), "s": ["x", "y"] * 50_000, "b": [0.5] * 100_000})


def write_file(path: Path, compression: str | None = None) -> None:
    """An IPC file of several batches."""
    with ipc.new_file(str(path), TABLE.schema, options=ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(TABLE, max_chunksize=30_000)


def write_stream(path: Path) -> None:
    """An IPC stream of one batch."""
    with ipc.new_stream(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE)


def write_packed(path: Path) -> None:
    """A packed IPC file."""
    write_file(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


WRITERS = [
    *(write_file, lambda path: write_file(path, "zstd"), write_stream, write_packed),
    lambda path: feather.write_feather(TABLE, str(path)),
]


def opened(path: Path) -> ArrowFile:
    """The file, opened."""
    return ArrowFile(find(str(path))[0], Notes())


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("columns", [["a", "s", "b"], ["b", "a"], []])
def test_every_way_of_writing_is_read_alike(tmp_path: Path, write: Callable[[Path], None], columns: list[str]) -> None:
    """Files, streams, compressed and packed: the same rows, the columns asked for, in the file's order."""
    write(tmp_path / "day.arrow")
    file = opened(tmp_path / "day.arrow")
    assert file.schema == TABLE.schema
    batches = list(file.batches(columns))
    kept = [name for name in TABLE.schema.names if name in columns]
    assert max(batch.num_rows for batch in batches) <= MOST_ROWS
    assert sum(batch.num_rows for batch in batches) == TABLE.num_rows
    assert batches[0].schema.names == kept
    if kept:
        assert pa.Table.from_batches(batches).equals(TABLE.select(kept))


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("part", [0.5, 0.99])
def test_half_a_file_is_told_as_such(tmp_path: Path, write: Callable[[Path], None], part: float) -> None:
    """A file or stream that was cut off is an error that names it, at the latest where it ends."""
    path = tmp_path / "day.arrow"
    write(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(UnreadableData, match=r"day.arrow"):
        list(opened(path).batches(["a", "s", "b"]))


@pytest.mark.parametrize(("data", "fault"), [(b"a,b\n1,2\n3,4\n5,6\n", "cannot be read"), (b"FEA1\0\0\0\0", "Feather of version 1")])
def test_what_is_not_arrow_is_told_as_such(tmp_path: Path, data: bytes, fault: str) -> None:
    """Another format is an error that names the file."""
    (tmp_path / "day.arrow").write_bytes(data)
    with pytest.raises(UnreadableData, match=f"day.arrow.*{fault}"):
        opened(tmp_path / "day.arrow")
