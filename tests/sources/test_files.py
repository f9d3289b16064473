from __future__ import annotations

import bz2
import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from driftline.errors import UnreadableData
from driftline.sources.files import FileSource
from driftline.sources.places import find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLE = pa.table(
    {
        "i": pa.array([1, 2, None, 4]),
        "f": pa.array([0.5, None, 2.5, -1.0]),
        "s": pa.array(["x", "y", None, "x"]),
        "b": pa.array([True, False, None, True]),
        "t": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * 4, pa.timestamp("us", "UTC")),
    }
)


def write_csv(path: Path) -> None:
    """The table as CSV; null is an empty cell."""
    pacsv.write_csv(TABLE, path)


def write_json(path: Path) -> None:
    """The table as JSON Lines."""
    lines = (row | {"t": row["t"].isoformat()} for row in TABLE.to_pylist())
    path.write_text("\n".join(json.dumps(row) for row in lines))


def write_arrow(path: Path) -> None:
    """The table as Arrow IPC."""
    with ipc.new_file(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE)


WRITERS: dict[str, Callable[[Path], None]] = {
    "day.parquet": lambda path: pq.write_table(TABLE, path),
    "day.csv": write_csv,
    "day.jsonl": write_json,
    "day.arrow": write_arrow,
}
PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": lambda data: pa.compress(data, "zstd", asbytes=True)}


def source(place: Path | str) -> FileSource:
    """The files behind a place."""
    return FileSource(str(place), find(str(place)))


def rows(place: Path | str, columns: list[str] | None = None) -> list[dict[str, object]]:
    """All rows, one after another."""
    return [row for batch in source(place).batches(columns) for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("name", "packed"), [("day.parquet", ""), *((name, packed) for name in list(WRITERS)[1:] for packed in ("", *PACKERS))]
)
def test_every_format_gives_the_same_table(tmp_path: Path, name: str, packed: str) -> None:
    """What was written is what is read, and twice the same."""
    path = tmp_path / (name + packed)
    WRITERS[name](path)
    if packed:
        path.write_bytes(PACKERS[packed](path.read_bytes()))
    assert rows(path) == TABLE.to_pylist()
    read = source(path)
    for _ in range(2):
        assert [row for batch in read.batches(["s", "i"]) for row in batch.to_pylist()] == TABLE.select(["i", "s"]).to_pylist()
    assert read.schema().names == TABLE.schema.names
    assert read.findings() == ()


def test_many_files_are_one_table(tmp_path: Path) -> None:
    """The schema is the union; a column that a file does not have is absent in its batches; each keeps its own type."""
    pq.write_table(pa.table({"a": [1], "n": pa.nulls(1)}), tmp_path / "1.parquet")
    (tmp_path / "2.csv").write_text("b,a,n\nx,1.5,7\n")
    (tmp_path / "10.jsonl").write_text('{"c": true, "a": "z"}\n')
    read = source(tmp_path)
    assert [(f.name, str(f.type)) for f in read.schema()] == [("a", "int64"), ("n", "int64"), ("b", "string"), ("c", "bool")]
    assert [batch.to_pydict() for batch in read.batches(["a", "b"])] == [{"a": [1]}, {"b": ["x"], "a": [1.5]}, {"a": ["z"]}]
    assert [batch.num_rows for batch in read.batches(["c"])] == [1, 1, 1]


def test_folders_become_columns(tmp_path: Path) -> None:
    """Values that folders name are columns: whole numbers where all are, else text; null where Hive says so."""
    for folder in ("day=01/kind=a%20b", "day=2/kind=__HIVE_DEFAULT_PARTITION__"):
        (tmp_path / folder).mkdir(parents=True)
        pq.write_table(pa.table({"x": [1.0, 2.0]}), tmp_path / folder / "part.parquet")
    read = source(tmp_path)
    assert [(f.name, str(f.type)) for f in read.schema()] == [("x", "double"), ("day", "int64"), ("kind", "string")]
    assert rows(tmp_path, ["kind", "day"]) == [{"day": 1, "kind": "a b"}] * 2 + [{"day": 2, "kind": None}] * 2


def test_a_column_of_the_file_goes_before_one_of_its_folder(tmp_path: Path) -> None:
    """What the rows say themselves is not overruled by where they lie."""
    (tmp_path / "day=9").mkdir()
    (tmp_path / "day=9/x.csv").write_text("day\n1\n")
    assert rows(tmp_path) == [{"day": 1}]


@pytest.mark.parametrize("name", ["day.csv", "day.parquet", "day.arrow"])
def test_columns_of_one_name_are_told_apart(tmp_path: Path, name: str) -> None:
    """The first keeps its name, the second gets another, and a finding says so where the file does not."""
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["a", "b", "a"])
    if name == "day.csv":
        (tmp_path / name).write_text("a,b,a\n1,2,3\n")
    elif name == "day.parquet":
        pq.write_table(table, tmp_path / name)
    else:
        with ipc.new_file(str(tmp_path / name), table.schema) as writer:
            writer.write_table(table)
    assert rows(tmp_path / name) == [{"a": 1, "b": 2, "a_2": 3}]
    assert rows(tmp_path / name, ["a_2", "b"]) == [{"b": 2, "a_2": 3}]
    assert source(tmp_path / name).schema().names == ["a", "b", "a_2"]


def test_pandas_index_is_no_column(tmp_path: Path) -> None:
    """The nameless index that pandas writes beside the columns is left out; one with a name is a column."""
    pandas = pytest.importorskip("pandas")
    pandas.DataFrame({"a": [1, 2]}, index=[5, 7]).to_parquet(tmp_path / "nameless.parquet")
    pandas.DataFrame({"a": [1, 2]}, index=pandas.Index([5, 7], name="k")).to_parquet(tmp_path / "named.parquet")
    assert source(tmp_path / "nameless.parquet").schema().names == ["a"]
    assert rows(tmp_path / "nameless.parquet") == [{"a": 1}, {"a": 2}]
    assert rows(tmp_path / "named.parquet") == [{"a": 1, "k": 5}, {"a": 2, "k": 7}]


def test_rows_are_known_where_every_file_knows(tmp_path: Path) -> None:
    """Parquet says beforehand how many rows there are; one CSV file among them and nobody knows."""
    for i in range(3):
        pq.write_table(TABLE, tmp_path / f"{i}.parquet")
    assert source(tmp_path).rows() == 12
    write_csv(tmp_path / "x.csv")
    assert source(tmp_path).rows() is None


def test_an_empty_file_is_a_finding(tmp_path: Path) -> None:
    """It counts as no rows beside the others, and alone it is a table without columns."""
    (tmp_path / "empty.csv").touch()
    assert source(tmp_path / "empty.csv").schema() == pa.schema([])
    assert list(source(tmp_path / "empty.csv").batches()) == []
    write_csv(tmp_path / "full.csv")
    read = source(tmp_path)
    assert sum(batch.num_rows for batch in read.batches()) == 4
    assert [f.what for f in read.findings()] == ["the file is empty"]


def test_one_half_written_file_stops_the_reading(tmp_path: Path) -> None:
    """Among good Parquet files a bad one is an error that names it, before a row is read."""
    for i in range(3):
        pq.write_table(TABLE, tmp_path / f"{i}.parquet")
    (tmp_path / "1.parquet").write_bytes((tmp_path / "1.parquet").read_bytes()[:-10])
    with pytest.raises(UnreadableData, match=r"1.parquet' is Parquet but ends in the middle"):
        source(tmp_path).schema()


def test_findings_of_all_files_are_kept(tmp_path: Path) -> None:
    """Each finding names its file, and reading twice does not double them."""
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n3\n")
    read = source(tmp_path)
    for _ in range(2):
        assert sum(batch.num_rows for batch in read.batches()) == 2
    assert [f.where for f in read.findings()] == [f"{tmp_path}/a.csv:3", f"{tmp_path}/b.csv:3"]
