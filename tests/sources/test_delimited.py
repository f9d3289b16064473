from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import UnreadableData
from driftline.sources import blocks
from driftline.sources.delimited import NULLS, DelimitedFile
from driftline.sources.notes import Notes
from driftline.sources.places import find

if TYPE_CHECKING:
    from pathlib import Path

    from driftline.verdicts.report import Finding


def read(path: Path, data: bytes | None = None, columns: list[str] | None = None) -> tuple[list[pa.RecordBatch], tuple[Finding, ...]]:
    """The batches of a file, and what was found wrong with it."""
    if data is not None:
        path.write_bytes(data)
    notes = Notes()
    file = DelimitedFile(find(str(path))[0], notes)
    return list(file.batches(file.schema.names if columns is None else columns)), notes.all()


def rows(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    """All rows, one after another."""
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that a short file has many."""
    monkeypatch.setattr(blocks, "SIZE", 32)
    monkeypatch.setattr("driftline.sources.delimited.WIDE", 0)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """The path of a CSV file."""
    return tmp_path / "day.csv"


def test_types_are_found_out(day: Path) -> None:
    """Whole numbers, fractions, booleans, dates, instants and texts are told apart; empty cells are null."""
    batches, found = read(day, b"i,f,b,d,t,z,s,n\n1,1.5,true,2024-01-01,2024-01-01 10:00:00,2024-01-01T10:00:00+02:00,x,\n,,,,,,,\n")
    assert [str(f.type) for f in batches[0].schema] == [
        *("int64", "double", "bool", "date32[day]", "timestamp[s]", "timestamp[s, tz=UTC]", "string", "null"),
    ]
    assert list(rows(batches)[1].values()) == [None] * 8
    assert found == ()


def test_a_number_that_is_none_is_not_a_missing_one(day: Path) -> None:
    """NaN and infinities are numbers; what people write for nothing is null."""
    batches, _ = read(day, b"x\n1\nnan\n-inf\nNA\n")
    assert [str(x) for x in batches[0].column(0).to_pylist()] == ["1.0", "nan", "-inf", "None"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_way_of_writing_is_read_alike(day: Path, delimiter: str, end: str, mark: bytes) -> None:
    """Delimiters, line ends and byte order marks make no difference."""
    written = end.join(delimiter.join(line) for line in [("a", "b"), ("1", "x"), ("2", "y"), ("3", "z")]) + end
    batches, found = read(day, mark + written.encode())
    assert rows(batches) == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3, "b": "z"}]
    assert found == ()


def test_quoted_line_ends_and_blank_lines_are_no_rows(day: Path) -> None:
    """A line end in quotes is part of its cell; a line of nothing is no row."""
    batches, found = read(day, b'a,b\n\n1,"x\ny"\n\n2,"say ""z"""\n')
    assert rows(batches) == [{"a": 1, "b": "x\ny"}, {"a": 2, "b": 'say "z"'}]
    assert found == ()


@pytest.mark.parametrize("data", [b"a,b\n", b"a,b", b"a,b\n\n\n"])
def test_a_header_alone_is_columns_without_rows(day: Path, data: bytes) -> None:
    """The columns are known, their types are not, and there is nothing to read."""
    day.write_bytes(data)
    file = DelimitedFile(find(str(day))[0], Notes())
    assert file.schema == pa.schema([("a", pa.null()), ("b", pa.null())])
    assert list(file.batches(["a", "b"])) == []


def test_a_broken_line_is_told_by_its_number_and_left_out(day: Path) -> None:
    """The finding names file, line and remedy; blank lines and quoted line ends are counted as lines."""
    batches, found = read(day, b'a,b\n\n1,"x\ny"\n3\n4,w\n5,6,7\n')
    assert rows(batches) == [{"a": 1, "b": "x\ny"}, {"a": 4, "b": "w"}]
    assert [(f.where, f.what, f.rows) for f in found] == [
        (f"{day}:5", "the line has 1 cell where the header has 2; it was left out", 1),
        (f"{day}:7", "the line has 3 cells where the header has 2; it was left out", 1),
    ]
    assert "quotes" in found[0].hint


@pytest.mark.usefixtures("small_blocks")
def test_many_broken_lines_are_summed_up(day: Path) -> None:
    """Twenty lines are told one by one, the rest by their number; none is counted twice by a second reading."""
    day.write_bytes(b"a,b\n" + b"1,2\n3\n" * 50)
    notes = Notes()
    file = DelimitedFile(find(str(day))[0], notes)
    for _ in range(2):
        assert sum(batch.num_rows for batch in file.batches(["a"])) == 50
        assert len(notes.all()) == 21
        assert sum(finding.rows for finding in notes.all()) == 50
    assert [finding.where for finding in notes.all()][:3] == [f"{day}:{line}" for line in (3, 5, 7)]


@pytest.mark.usefixtures("small_blocks")
def test_a_cell_that_does_not_fit_further_down_loses_nothing(day: Path) -> None:
    """Rows before it keep their numbers, its block is handed on as text, and the line is told."""
    lines = [f"{i},{i}.5,ok" for i in range(40)]
    lines[30] = "30,many,ok"
    batches, found = read(day, ("i,x,s\n" + "\n".join(lines) + "\n").encode())
    assert [row["i"] for row in rows(batches)] == list(range(40))
    assert [str(row["x"]) for row in rows(batches)] == [line.split(",")[1] for line in lines]
    assert {str(batch.schema.field("x").type) for batch in batches} == {"double", "string"}
    assert [(f.where, f.what) for f in found] == [(f"{day}:32", "column 'x' begins as double but holds 'many'")]


@pytest.mark.usefixtures("small_blocks")
def test_whole_numbers_may_become_fractions(day: Path) -> None:
    """A fraction in a column of whole numbers is nothing to complain of."""
    batches, found = read(day, b"x\n" + b"1\n" * 50 + b"2.5\n")
    assert sum(row["x"] for row in rows(batches)) == 52.5
    assert found == ()


def test_one_stranger_does_not_make_a_column_of_text(day: Path) -> None:
    """A column of numbers with a word among the first rows is a column of numbers to the schema."""
    day.write_bytes(b"x\n" + b"1\n" * 99 + b"n/k\n")
    notes = Notes()
    file = DelimitedFile(find(str(day))[0], notes)
    assert file.schema.field("x").type == pa.int64()
    assert [row["x"] for row in rows(list(file.batches(["x"])))] == ["1"] * 99 + ["n/k"]
    assert [finding.where for finding in notes.all()] == [f"{day}:101"]


@pytest.mark.usefixtures("small_blocks")
def test_bytes_that_are_not_utf_8_cost_only_themselves(day: Path) -> None:
    """They are read as �, and the finding names file, column and how many cells."""
    batches, found = read(day, b"a,b\n" + b"1,ok\n" * 20 + b"2,caf\xe9\n3,caf\xe9\n" + b"4,ok\n" * 20)
    assert [row["a"] for row in rows(batches)] == [1] * 20 + [2, 3] + [4] * 20
    assert [row["b"] for row in rows(batches)][20:22] == ["caf�", "caf�"]
    assert [(f.where, f.rows) for f in found] == [(str(day), 2)]
    assert "column 'b'" in found[0].what
    assert "UTF-8" in found[0].hint


@pytest.mark.filterwarnings("error")
def test_a_broken_line_that_is_not_utf_8_is_told_too(day: Path) -> None:
    """Two faults in one line are no more than one."""
    batches, found = read(day, b"a,b\n1,x\n\xff,y,2\n3,z\n")
    assert rows(batches) == [{"a": 1, "b": "x"}, {"a": 3, "b": "z"}]
    assert [f.where for f in found] == [f"{day}:3"]


@pytest.mark.usefixtures("small_blocks")
def test_a_quote_that_is_not_closed_spoils_its_own_line(day: Path) -> None:
    """All other lines are read."""
    lines = [f"{i},x" for i in range(30)]
    lines[12] = '12,"x'
    batches, found = read(day, ("a,b\n" + "\n".join(lines) + "\n").encode())
    assert [row["a"] for row in rows(batches)] == [i for i in range(30) if i != 12]
    assert [f.where for f in found] == [f"{day}:14"]
    assert "quote" in found[0].what


def test_inches_are_no_quotes(day: Path) -> None:
    """A quote in the middle of a cell is part of it."""
    batches, _ = read(day, b'a,b\n5" pipe,1\n7" pipe,2\n')
    assert [row["a"] for row in rows(batches)] == ['5" pipe', '7" pipe']


def test_a_header_that_fits_no_line_is_an_error(day: Path) -> None:
    """Where every line is broken the header is, and the error names file, line and delimiter."""
    with pytest.raises(UnreadableData, match=r"day.csv.*line 2: the line has 3 cells where the header has 2") as refused:
        read(day, b"a,b\n1,2,3\n4,5,6\n")
    assert "','" in refused.value.hint


def test_a_column_without_a_name_is_left_out(day: Path) -> None:
    """It is most often the row number pandas writes, which changes every day without meaning anything."""
    batches, found = read(day, b",a\n0,5\n1,6\n")
    assert rows(batches) == [{"a": 5}, {"a": 6}]
    assert "index=False" in found[0].hint


@pytest.mark.parametrize("columns", [["b"], ["b", "missing"], []])
def test_only_the_columns_asked_for_are_read(day: Path, columns: list[str]) -> None:
    """Columns that are not there are not made up, and rows without columns still count."""
    batches, _ = read(day, b"a,b\n1,x\n2,y\n", columns)
    assert batches[0].schema.names == [name for name in columns if name == "b"]
    assert batches[0].num_rows == 2


def test_binary_data_is_not_text(day: Path) -> None:
    """A Parquet file called .csv is named for what it is."""
    with pytest.raises(UnreadableData, match="is not text: it begins with b'PAR1"):
        read(day, b"PAR1\x00\x00\x15\x04,\n")


CELLS = st.text(alphabet='a1.- ,"\n', max_size=5)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=30))
def test_no_cell_is_lost_or_changed(tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]]) -> None:
    """What Python's csv reads is what we read, cell for cell, however the file is cut into blocks."""
    day = tmp_path_factory.mktemp("csv") / "day.csv"
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("left", "right"), *table])
    day.write_text(written.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", 24)
        patch.setattr("driftline.sources.delimited.WIDE", 0)
        batches, found = read(day)
    assert all("begins as" in finding.what for finding in found)
    assert len(rows(batches)) == len(table)
    for row, cells in zip(rows(batches), table, strict=True):
        for value, cell in zip(row.values(), cells, strict=True):
            assert same(value, cell), (value, cell)


def same(value: object, cell: str) -> bool:
    """Whether a value is what was written in a cell."""
    match value:
        case None:
            return cell in NULLS
        case str():
            return value == cell
        case _:
            return float(value) == float(cell)  # type: ignore[arg-type]  # a number


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A file of many blocks is read in the memory of a few."""
    path = tmp_path / "long.csv"
    pacsv.write_csv(pa.table({f"c{i}": pa.array(range(1_000_000, 1_400_000)) for i in range(16)}), path)
    before = pa.total_allocated_bytes()
    file = DelimitedFile(find(str(path))[0], Notes())
    peak = max(pa.total_allocated_bytes() - before for _ in file.batches(["c0", "c9"]))
    assert path.stat().st_size > 50e6
    assert peak < 20e6


@pytest.mark.usefixtures("small_blocks")
def test_numbers_and_dates_as_people_write_them(day: Path) -> None:
    """A file with decimal commas and dotted days has numbers and instants, in every block, grouped thousands or not."""
    lines = [f"{k},5;1.{k:03},25;{1 + k}.02.2026 07:30;k{k}" for k in range(28)]
    batches, found = read(day, "\n".join(["amount;price;at;name", *lines]).encode())
    read_rows = rows(batches)
    assert len(batches) > 1
    assert [str(kind) for kind in batches[-1].schema.types] == ["double", "double", "timestamp[us]", "string"]
    assert [row["amount"] for row in read_rows] == [k + 0.5 for k in range(28)]
    assert read_rows[27] == {"amount": 27.5, "price": 1027.25, "at": datetime(2026, 2, 28, 7, 30), "name": "k27"}  # noqa: DTZ001  none is written
    assert found == ()


def test_dates_of_which_nobody_can_tell_the_day_are_told(day: Path) -> None:
    """They stay text, and a note says which column, why, and how to write them."""
    batches, found = read(day, b"at\n01/02/2026\n03/04/2026\n")
    assert str(batches[0].schema.field("at").type) == "string"
    assert "nobody can tell the day from the month" in found[0].what
