"""Rows become columns: each of one type, none lost."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.store.columns import column, table_of, types_of

CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.floats(), st.text(st.characters(exclude_categories=["Cs"]))
)
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), CELLS, min_size=1), max_size=8)


@given(rows=ROWS)
def test_every_row_and_every_column_is_there(rows: list[dict[str, object]]) -> None:
    """Whatever is in the cells: as many rows, the union of columns, and null exactly where a row has nothing."""
    table = table_of(rows)
    assert set(table.schema.names) == {name for row in rows for name in row}
    for name in table.schema.names:
        assert [value is None for value in table.column(name).to_pylist()] == [row.get(name) is None for row in rows]


@given(values=st.lists(st.one_of(st.none(), st.floats(allow_nan=False)), max_size=20))
def test_numbers_stay_numbers(values: list[float | None]) -> None:
    """A column of one type is kept as it is."""
    assert column(values).to_pylist() == values


@pytest.mark.parametrize(
    ("values", "kept"),
    [([1, 2.5], [1.0, 2.5]), ([1, "a", None], ["1", "a", None]), ([2.0, "a"], ["2", "a"]), ([True, "a"], ["true", "a"]), ([True, 2], None)],
)
def test_what_does_not_fit_becomes_text(values: list[object], kept: list[object] | None) -> None:
    """One odd value makes the column text, in which every other value still reads as it was."""
    assert column(values).to_pylist() == (kept if kept is not None else ["true", "2"])


def test_what_columns_hold_is_a_word() -> None:
    """Three and 3.5 are the same word, so that a stream does not seem to change."""
    table = pa.table(
        {"i": [1], "f": [0.5], "t": ["a"], "b": [True], "n": pa.nulls(1), "at": [datetime(2026, 1, 1, tzinfo=UTC)], "l": [[1]]}
    )
    table = table.append_column("d", pa.array(["x"]).dictionary_encode())
    words = ["number", "number", "text", "boolean", "nothing", "time", "other", "text"]
    assert list(types_of(table.schema).values()) == words
