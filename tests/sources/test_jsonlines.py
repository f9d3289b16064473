from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import UnreadableData
from driftline.sources import blocks, jsonlines
from driftline.sources.jsonlines import JsonFile
from driftline.sources.notes import Notes
from driftline.sources.places import find

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from driftline.verdicts.report import Finding


def read(path: Path, data: bytes, columns: list[str] | None = None) -> tuple[list[pa.RecordBatch], tuple[Finding, ...]]:
    """The batches of a file, and what was found wrong with it."""
    path.write_bytes(data)
    notes = Notes()
    file = JsonFile(find(str(path))[0], notes)
    return list(file.batches(file.schema.names if columns is None else columns)), notes.all()


def rows(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    """All rows, one after another."""
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """The path of a JSON Lines file."""
    return tmp_path / "day.jsonl"


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few lines, so that a short file has many."""
    monkeypatch.setattr(blocks, "SIZE", 48)


def test_types_are_found_out(day: Path) -> None:
    """Numbers, booleans, texts, instants with and without a zone and nested values are told apart; missing keys are null."""
    data = b"""{"i":1,"f":1.5,"b":true,"s":"1","z":"2024-01-01T00:00:00Z","t":"2024-01-01 10:00:00","n":{"k":1}}
{"i":2}
"""
    batches, found = read(day, data)
    assert [str(f.type) for f in batches[0].schema] == [
        *("int64", "double", "bool", "string", "timestamp[us, tz=UTC]", "timestamp[us]", "struct<k: int64>"),
    ]
    assert list(rows(batches)[1].values()) == [2, *[None] * 6]
    assert found == ()


@pytest.mark.usefixtures("small_blocks")
def test_a_broken_line_is_told_by_its_number_and_left_out(day: Path) -> None:
    """The finding names file, line and remedy; the other lines are read."""
    good = [f'{{"a":{i},"s":"x"}}' for i in range(20)]
    lines = [*good[:12], "", '{"a":12,', "[1]", *good[12:]]
    batches, found = read(day, "\n".join(lines).encode())
    assert [row["a"] for row in rows(batches)] == list(range(20))
    assert [f.where for f in found] == [f"{day}:14", f"{day}:15"]
    assert "not JSON" in found[0].what
    assert "not a JSON object" in found[1].what


@pytest.mark.usefixtures("small_blocks")
def test_a_value_of_another_type_loses_nothing(day: Path) -> None:
    """Its block is handed on as text, rows before and after keep their type, and the line is told."""
    lines = [f'{{"a":{i}}}' for i in range(30)]
    lines[20] = '{"a":"many"}'
    batches, found = read(day, "\n".join(lines).encode())
    assert [str(row["a"]) for row in rows(batches)] == [json.loads(line)["a"] if i == 20 else str(i) for i, line in enumerate(lines)]
    assert {str(batch.schema.field("a").type) for batch in batches} == {"int64", "string"}
    assert [(f.where, f.what) for f in found] == [(f"{day}:21", "column 'a' begins as int64 but holds 'many'")]


@pytest.mark.usefixtures("small_blocks")
def test_a_fraction_among_whole_numbers_is_no_fault(day: Path) -> None:
    """Its block's column is of fractions."""
    batches, found = read(day, b'{"a":1}\n' * 20 + b'{"a":2.5}\n')
    assert sum(row["a"] for row in rows(batches)) == 22.5
    assert found == ()


@pytest.mark.usefixtures("small_blocks")
def test_a_column_that_begins_with_nulls_is_read(day: Path) -> None:
    """A type that is not known at first is found when there are values."""
    batches, _ = read(day, b'{"a":null,"b":1}\n' * 10 + b'{"a":"x","b":1}\n')
    assert [row["a"] for row in rows(batches)] == [None] * 10 + ["x"]


def test_bytes_that_are_not_utf_8_cost_only_themselves(day: Path) -> None:
    """They are read as �, and the finding names file, column and how many cells."""
    batches, found = read(day, b'{"a":1,"s":"caf\xe9"}\n{"a":2,"s":"ok"}\n')
    assert rows(batches) == [{"a": 1, "s": "caf�"}, {"a": 2, "s": "ok"}]
    assert [(f.where, f.rows) for f in found] == [(str(day), 1)]
    assert "column 's'" in found[0].what


def test_nothing_but_broken_lines_is_an_error(day: Path) -> None:
    """The error names file and line, and shows what a line should be."""
    with pytest.raises(UnreadableData, match=r"no line of .*day.jsonl.* line 1") as refused:
        read(day, b"a,b\n1,2\n")
    assert '{"amount": 12.5}' in refused.value.hint


@pytest.mark.parametrize("columns", [["b"], ["b", "missing"], []])
def test_only_the_columns_asked_for_are_read(day: Path, columns: list[str]) -> None:
    """Columns that are not there are not made up, and rows without columns still count."""
    batches, _ = read(day, b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', columns)
    assert batches[0].schema.names == [name for name in columns if name == "b"]
    assert batches[0].num_rows == 2


def test_an_array_of_objects_is_read_too(day: Path) -> None:
    """A file that is one array gives the same rows as one object a line."""
    batches, _ = read(day, b' [{"a":1},\n {"a":2.5,"b":"x"}]')
    assert rows(batches) == [{"a": 1.0, "b": None}, {"a": 2.5, "b": "x"}]


@pytest.mark.parametrize(("data", "fault"), [(b"[1, 2]", "not one of objects"), (b'[{"a":1}', "is not JSON")])
def test_other_arrays_are_refused(day: Path, data: bytes, fault: str) -> None:
    """An array of anything else, or half an array, is an error that names the file."""
    with pytest.raises(UnreadableData, match=fault):
        read(day, data)


def test_a_long_array_is_refused(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An array has to be read as a whole, so it may not be long; the hint is to write lines."""
    monkeypatch.setattr(jsonlines, "ARRAY_BYTES", 10)
    with pytest.raises(UnreadableData, match="more than") as refused:
        read(day, b'[{"a": 1}, {"a": 2}]')
    assert "JSON Lines" in refused.value.hint


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3)
)


@given(st.lists(st.fixed_dictionaries({"a": VALUES, "b": st.integers(0, 9)}), min_size=1, max_size=30))
def test_no_value_is_lost(tmp_path_factory: pytest.TempPathFactory, table: list[dict[str, object]]) -> None:
    """Every row comes once and in order, whatever mixture of values a column holds."""
    day = tmp_path_factory.mktemp("json") / "day.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "SIZE", 48)
        batches, _ = read(day, "\n".join(json.dumps(row) for row in table).encode())
    found = rows(batches)
    assert [row["b"] for row in found] == [row["b"] for row in table]
    for row, written in zip(found, table, strict=True):
        assert (row["a"] is None) == (written["a"] is None)
        if isinstance(written["a"], str):
            assert str(row["a"]) == written["a"] or float(row["a"]) == float(written["a"])
