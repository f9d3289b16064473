from __future__ import annotations

import pyarrow as pa

from driftline.sources.notes import Notes
from driftline.sources.parsed import DETAILED, LineNotes, Parsed, batch_of, one_batch, replaced

SCHEMA = pa.schema([("a", pa.int64())])


def test_a_batch_of_no_columns_has_rows() -> None:
    """Rows are counted even where no column of them is wanted."""
    assert batch_of([], [], 3).num_rows == 3
    assert batch_of([pa.array([1])], ["a"], 1).to_pydict() == {"a": [1]}


def test_a_table_becomes_one_batch() -> None:
    """Pieces are joined, and a table without rows is a batch without rows."""
    assert one_batch(pa.table({"a": pa.chunked_array([[1], [2]])})).to_pydict() == {"a": [1, 2]}
    assert one_batch(pa.table({"a": pa.array([], pa.int64())})).schema == SCHEMA


def test_replaced_cells_are_counted_by_column() -> None:
    """Cells with � are counted, columns without are not named."""
    batch = pa.record_batch({"s": ["a\ufffd", "b", None], "t": ["x", "y", "z"], "n": [1, 2, 3]})
    assert replaced(batch) == {"s": 1}


def test_blocks_add_up_to_a_file() -> None:
    """Faults of all blocks are told together: details first, then one number for the rest."""
    notes = Notes()
    lines = LineNotes(notes, "day.csv")
    batch = pa.record_batch({"a": [1]})
    for block in range(3):
        broken = [(block * 10 + i, "broken") for i in range(10)]
        lines.take(Parsed(batch, broken if lines.wants_lines else (), 10, {"a": 2}, {"a": (f"x{block}", block)}), SCHEMA, "mend it")
    found = notes.all()
    assert [f.where for f in found if f.what == "broken"] == [f"day.csv:{i}" for i in range(DETAILED)]
    assert next(f for f in found if "more lines" in f.what).rows == 10
    assert next(f for f in found if "UTF-8" in f.what).rows == 6
    assert [(f.where, f.what) for f in found if "begins as" in f.what] == [("day.csv:0", "column 'a' begins as int64 but holds 'x0'")]
    assert lines.knows("a")
