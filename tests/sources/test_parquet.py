from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.errors import UnreadableData
from driftline.sources.notes import Notes
from driftline.sources.parquet import FEWEST_ROWS, MOST_ROWS, ParquetFile
from driftline.sources.places import find

if TYPE_CHECKING:
    from pathlib import Path


def opened(path: Path) -> ParquetFile:
    """The file, opened."""
    return ParquetFile(find(str(path))[0], Notes())


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A file of several row groups."""
    path = tmp_path / "day.parquet"
    rows = 10_000
    table = pa.table(
        {
            "n": pa.array(np.arange(rows, dtype=float)),
            "few": pa.array([f"level {i % 7}" for i in range(rows)]),
            "many": pa.array([f"a long and single value {i}" for i in range(rows)]),
            "a.b": pa.array(range(rows)),
            "nested": pa.array([{"k": i} for i in range(rows)]),
        }
    )
    pq.write_table(table, path, row_group_size=3_000)
    return path


def test_all_rows_come_in_order(day: Path) -> None:
    """Every row group is read, one after another, and the footer knows how many rows there are."""
    file = opened(day)
    table = pa.Table.from_batches([batch.select(["n", "a.b"]) for batch in file.batches(file.schema.names)])
    assert table.column("n").to_pylist() == table.column("a.b").to_pylist() == list(range(10_000))
    assert file.rows() == 10_000


@pytest.mark.parametrize("columns", [["n"], ["nested", "a.b"], []])
def test_only_the_columns_asked_for_are_read(day: Path, columns: list[str]) -> None:
    """A name with a point is a name, and rows without columns still count."""
    batches = list(opened(day).batches(columns))
    assert set(batches[0].schema.names) == set(columns)
    assert sum(batch.num_rows for batch in batches) == 10_000


def test_texts_of_few_levels_come_as_dictionaries(tmp_path: Path) -> None:
    """Levels are decoded once; a column of single values is handed on as it is, which is faster."""
    path = tmp_path / "texts.parquet"
    values = {"few": [f"level {i % 7}" for i in range(60_000)], "many": [f"a long and single value {i}" for i in range(60_000)]}
    pq.write_table(pa.table(values), path)
    batch = next(opened(path).batches(["few", "many"]))
    assert [str(field.type) for field in batch.schema] == ["dictionary<values=string, indices=int32, ordered=0>", "string"]
    assert [str(field.type) for field in opened(path).schema] == ["string", "string"]


def test_batches_of_many_columns_have_fewer_rows(tmp_path: Path) -> None:
    """A batch holds about the same bytes however many columns there are."""
    lengths = []
    for columns in (2, 1200):
        path = tmp_path / f"{columns}.parquet"
        pq.write_table(pa.table({f"c{i}": np.zeros(70_000) for i in range(columns)}), path)
        file = opened(path)
        lengths.append(max(batch.num_rows for batch in file.batches(file.schema.names)))
    assert MOST_ROWS / 2 < lengths[0] <= MOST_ROWS
    assert FEWEST_ROWS / 2 < lengths[1] <= FEWEST_ROWS


def test_a_row_group_leaves_no_small_rest(tmp_path: Path) -> None:
    """The batches of a row group are nearly equally long, and the shortest group does not set their length."""
    path = tmp_path / "rest.parquet"
    with pq.ParquetWriter(path, pa.schema([("n", pa.int64())])) as writer:
        for rows in (1, MOST_ROWS + 10, 5):
            writer.write_table(pa.table({"n": np.arange(rows)}))
    lengths = [batch.num_rows for batch in opened(path).batches(["n"])]
    assert sum(lengths) == MOST_ROWS + 16
    assert sorted(lengths)[-2] > MOST_ROWS / 3


@pytest.mark.parametrize("part", [0.3, 0.9, 0.9999])
def test_half_a_file_is_told_as_such(day: Path, part: float) -> None:
    """A file that was cut off anywhere is named, with how far it goes and what to do."""
    data = day.read_bytes()
    day.write_bytes(data[: int(len(data) * part)])
    with pytest.raises(UnreadableData, match=r"day.parquet' is Parquet but ends in the middle") as cut:
        opened(day)
    assert "copy it again" in cut.value.hint


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", b"PA", b"x" * 100])
def test_what_is_not_parquet_is_told_as_such(day: Path, data: bytes) -> None:
    """A file of another kind is named, with what it begins with."""
    day.write_bytes(data)
    with pytest.raises(UnreadableData, match=r"day.parquet' is not Parquet: it begins with b'"):
        opened(day)


def test_encryption_is_named(day: Path) -> None:
    """An encrypted file is refused for what it is."""
    day.write_bytes(b"PARE" + b"\0" * 20 + b"PARE")
    with pytest.raises(UnreadableData, match="encrypted"):
        opened(day)


def test_damage_in_the_middle_is_told_when_it_is_reached(day: Path) -> None:
    """Pages that cannot be decoded name the file; no row is made up."""
    data = bytearray(day.read_bytes())
    data[4:200] = b"\xff" * 196
    day.write_bytes(data)
    file = opened(day)
    with pytest.raises(UnreadableData, match=r"day.parquet' cannot be read to its end"):
        list(file.batches(["n"]))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A file far larger than a batch, in one row group, is read in the memory of a few batches."""
    path = tmp_path / "long.parquet"
    rng = np.random.default_rng(0)
    pq.write_table(pa.table({f"c{i}": rng.normal(size=1_000_000) for i in range(10)}), path, row_group_size=1_000_000)
    before = pa.total_allocated_bytes()
    peak = max(pa.total_allocated_bytes() - before for _ in opened(path).batches([f"c{i}" for i in range(10)]))
    assert path.stat().st_size > 75e6
    assert peak < 40e6
