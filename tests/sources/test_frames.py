from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from driftline.errors import ConfigError, DataError
from driftline.sources.frames import MOST_ROWS, FrameSource, table_of

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")

COLUMNS = {"a": [1, 2, 3], "s": ["x", None, "y"], "f": [0.5, 1.5, 2.5]}
ROWS = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
TABLE = pa.table(COLUMNS)


def rows(data: object, columns: list[str] | None = None) -> list[dict[str, object]]:
    """All rows, one after another."""
    return [row for batch in FrameSource("frame", table_of(data)).batches(columns) for row in batch.to_pylist()]


FRAMES = {
    "arrow": lambda: TABLE,
    "batch": lambda: TABLE.to_batches()[0],
    "reader": TABLE.to_reader,
    "pandas": lambda: pandas.DataFrame(COLUMNS),
    "polars": lambda: polars.DataFrame(COLUMNS),
    "lazy": lambda: polars.LazyFrame(COLUMNS),
    "duckdb": lambda: duckdb.from_arrow(TABLE),
    "spark": lambda: SimpleNamespace(toArrow=lambda: TABLE),
    "dict": lambda: COLUMNS,
    "arrays": lambda: {"a": np.array(COLUMNS["a"]), "s": pandas.Series(COLUMNS["s"]), "f": pa.array(COLUMNS["f"])},
    "records": lambda: ROWS,
}


@pytest.mark.parametrize("kind", FRAMES)
def test_every_frame_gives_the_same_rows(kind: str) -> None:
    """pandas, Polars, Arrow, DuckDB, collected Spark and plain Python hold the same table, and it can be read twice."""
    source = FrameSource("frame", table_of(FRAMES[kind]()))
    for _ in range(2):
        assert [row for batch in source.batches() for row in batch.to_pylist()] == ROWS
    assert source.rows() == 3
    assert source.findings() == ()


@pytest.mark.parametrize("kind", FRAMES)
def test_only_the_columns_asked_for_are_read(kind: str) -> None:
    """Columns come in the table's order, unknown ones are not made up, and rows without columns still count."""
    assert rows(FRAMES[kind](), ["f", "a", "missing"]) == [{"a": row["a"], "f": row["f"]} for row in ROWS]
    assert rows(FRAMES[kind](), []) == [{}] * 3


def test_batches_are_what_the_schema_says() -> None:
    """Categories, texts and dates keep the types they have in the frame, as the schema promises."""
    frame = polars.DataFrame({"c": polars.Series(["x", "y"], dtype=polars.Categorical), "t": ["a", "b"], "d": [date(2024, 1, 1)] * 2})
    source = FrameSource("frame", table_of(frame))
    assert [str(f.type) for f in source.schema()] == [
        "dictionary<values=string_view, indices=uint32, ordered=0>",
        "string_view",
        "date32[day]",
    ]
    assert next(source.batches()).schema == source.schema()


def test_a_long_table_comes_in_pieces() -> None:
    """Batches are short, with columns and without."""
    source = FrameSource("frame", pa.table({"a": np.zeros(MOST_ROWS + 5)}))
    assert [batch.num_rows for batch in source.batches()] == [MOST_ROWS, 5]
    assert [batch.num_rows for batch in source.batches([])] == [MOST_ROWS, 5]


def test_mixed_pandas_columns_become_text() -> None:
    """A column of objects of several types is text; the other columns keep their types, a named index too."""
    frame = pandas.DataFrame({"o": [1, "a", None], "n": [1, 2, 3]}, index=pandas.Index([7, 8, 9], name="k"))
    assert rows(frame) == [{"k": 7, "o": "1", "n": 1}, {"k": 8, "o": "a", "n": 2}, {"k": 9, "o": None, "n": 3}]


def test_columns_of_one_name_are_told_apart() -> None:
    """The first keeps its name, the second gets another; pandas' nameless index is no column."""
    assert rows(pandas.DataFrame([[1, 2]], columns=["a", "a"], index=[5])) == [{"a": 1, "a_2": 2}]
    assert rows(pandas.DataFrame({"a": [1]}, index=[5])) == [{"a": 1}]


def test_nan_stays_a_number_where_it_is_one() -> None:
    """NumPy and Polars know NaN from null; pandas does not, and there it is null."""
    nan = [1.0, float("nan")]
    assert [str(row["a"]) for row in rows({"a": np.array(nan)})] == ["1.0", "nan"]
    assert [str(row["a"]) for row in rows(polars.DataFrame({"a": nan}))] == ["1.0", "nan"]
    assert rows(pandas.DataFrame({"a": nan})) == [{"a": 1.0}, {"a": None}]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (3, ConfigError, "cannot be read from 'int'"),
        ([], ConfigError, "cannot be read from 'list'"),
        ([1, 2], ConfigError, "cannot be read from 'list'"),
        ({"a": 1}, ConfigError, "column 'a' is 1, not a list"),
        ({"a": "xyz"}, ConfigError, "column 'a' is 'xyz'"),
        ({"a": [1], "b": [1, 2]}, DataError, "'a' has 1, 'b' has 2 rows"),
        (pandas.Series([1, 2]), DataError, "'Series' is not a table"),
        (polars.Series([1, 2]), DataError, "'Series' is not a table"),
    ],
)
def test_what_holds_no_rows_is_refused(data: object, error: type[Exception], words: str) -> None:
    """The error names what was given, the hint what may be."""
    with pytest.raises(error, match=words) as refused:
        table_of(data)
    assert refused.value.hint
