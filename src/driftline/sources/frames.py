"""Rows that are in memory: anything that offers an Arrow stream, and plain Python columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from driftline.errors import ConfigError, DataError
from driftline.sources.names import own_names
from driftline.sources.parsed import batch_of
from driftline.sources.typed import loose_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from driftline.verdicts.report import Finding

MOST_ROWS = 1 << 17
TAKEN = "a path, a URL, a pandas or Polars frame, an Arrow table, a DuckDB relation, or a dictionary of columns"


class FrameSource:
    """A table in memory. A stream that can be read once is read here, so that it can be read again."""

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        owns = own_names(table.schema.names)
        kept = [i for i, own in enumerate(owns) if own is not None]
        self._table: pa.Table = table.select(kept).rename_columns([owns[i] or "" for i in kept])

    def schema(self) -> pa.Schema:
        """The table's columns."""
        return self._table.schema

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The named columns, in the table's order, without copying them."""
        asked = set(self._table.schema.names if columns is None else columns)
        kept = [name for name in self._table.schema.names if name in asked]
        if not kept:
            for start in range(0, self._table.num_rows, MOST_ROWS):
                yield batch_of([], [], min(MOST_ROWS, self._table.num_rows - start))
            return
        for batch in self._table.select(kept).to_batches(max_chunksize=MOST_ROWS):
            if batch.num_rows:
                yield batch

    def rows(self) -> int:
        """How many rows the table has."""
        return int(self._table.num_rows)

    def findings(self) -> tuple[Finding, ...]:
        """Nothing: what is in memory has been read."""
        return ()


def table_of(data: object) -> pa.Table:
    """Turn what holds rows into an Arrow table.

    Raises:
        ConfigError: it does not hold rows, as far as we know.
        DataError: its columns are not equally long, or it is one column.
    """
    if isinstance(data, pa.Table):
        return data
    for collected in ("collect", "toArrow"):
        if not hasattr(data, "__arrow_c_stream__") and callable(method := getattr(data, collected, None)):
            # A lazy frame of Polars; a frame of Spark.
            return table_of(method())
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return _streamed(data)
    if _is_pandas(data):
        return _columns(_pandas_columns(data))
    if isinstance(data, Mapping):
        return _columns(data.items())
    if isinstance(data, Sequence) and data and all(isinstance(row, Mapping) for row in data):
        names = list(dict.fromkeys(name for row in data for name in row))
        return _columns((name, [row.get(name) for row in data]) for name in names)
    raise ConfigError(f"rows cannot be read from {type(data).__name__!r}", hint=f"give {TAKEN}")


def _streamed(data: object) -> pa.Table:
    """Read an Arrow stream to its end; a pandas frame that Arrow refuses is read column by column."""
    try:
        return pa.table(data)
    except (pa.ArrowException, TypeError, ValueError) as error:
        if _is_pandas(data):
            return _columns(_pandas_columns(data))
        raise DataError(
            f"{type(data).__name__!r} is not a table: {error}", hint="give a frame with named columns, not a single column"
        ) from error


def _is_pandas(data: object) -> bool:
    return _is_of_pandas(data) and hasattr(data, "columns")


def _pandas_columns(frame: Any) -> Iterator[tuple[object, object]]:
    """The columns of a pandas frame, those of its index that have a name first."""
    if named := [name for name in frame.index.names if name is not None]:
        frame = frame.reset_index(level=named)
    for i, name in enumerate(frame.columns):
        yield name, frame.iloc[:, i]


def _columns(columns: Iterable[tuple[object, Any]]) -> pa.Table:
    """A table of columns, each of one type if its values have one, else of text."""
    named = [(str(name), _array(str(name), values)) for name, values in columns]
    if len({len(array) for _, array in named}) > 1:
        lengths = ", ".join(f"{name!r} has {len(array)}" for name, array in named)
        raise DataError(f"columns are not equally long: {lengths} rows", hint="give every column one value a row")
    return pa.Table.from_arrays([array for _, array in named], names=[name for name, _ in named])


def _array(name: str, values: Any) -> pa.Array:
    if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
        raise ConfigError(f"column {name!r} is {values!r}, not a list of values", hint=f"give {TAKEN}")
    try:
        return pa.array(values, from_pandas=_is_of_pandas(values))
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return loose_array(values)


def _is_of_pandas(data: object) -> bool:
    return type(data).__module__.partition(".")[0] == "pandas"
