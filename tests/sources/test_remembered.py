from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.sources.frames import FrameSource
from driftline.sources.opening import open_source
from driftline.sources.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from driftline.verdicts.report import Finding

TABLE = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"], "c": [0.5, 1.5, 2.5]})


class Watched:
    """A source that tells what was read of it."""

    def __init__(self) -> None:
        self.name = "watched"
        self.read: list[frozenset[str]] = []
        self._inner = FrameSource("watched", TABLE)

    def schema(self) -> pa.Schema:
        """The table's columns."""
        return TABLE.schema

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """One row at a time."""
        asked = frozenset(TABLE.schema.names if columns is None else columns)
        self.read.append(asked)
        yield from (batch.slice(at, 1) for batch in self._inner.batches(asked) for at in range(batch.num_rows))

    def rows(self) -> int | None:
        """Nobody knows."""
        return None

    def findings(self) -> tuple[Finding, ...]:
        """Nothing was wrong."""
        return ()


def rows_of(source: Remembered, columns: Iterable[str] | None = None) -> list[dict[str, object]]:
    """All rows, as Python has them."""
    return [row for batch in source.batches(columns) for row in batch.to_pylist()]


@given(asked=st.lists(st.none() | st.sets(st.sampled_from("abc")), max_size=5), most=st.sampled_from([0, 40, 1 << 20]))
def test_gives_what_the_source_gives(asked: list[set[str] | None], most: int) -> None:
    """Whatever is asked for in whatever order, and however little may be kept, rows and columns are the source's."""
    source = Remembered(Watched(), most)
    for columns in asked:
        wanted = [name for name in TABLE.schema.names if columns is None or name in columns]
        assert rows_of(source, columns) == TABLE.select(wanted).to_pylist()


def test_reads_once_what_is_little() -> None:
    """What was read to its end is not read again, nor is a part of its columns; other columns are."""
    watched = Watched()
    source = Remembered(watched)
    for columns in ("ab", "ab", "b", "", "c", "c"):
        rows_of(source, list(columns))
    assert watched.read == [frozenset("ab"), frozenset("c")]


def test_reads_again_what_is_much() -> None:
    """Rows beyond the limit are not kept, and neither is a part of them."""
    watched = Watched()
    source = Remembered(watched, most=40)
    assert rows_of(source) == rows_of(source)
    assert len(watched.read) == 2


def test_a_reading_that_was_broken_off_is_not_the_whole() -> None:
    """Rows that nobody waited for are read when they are asked for again."""
    source = Remembered(Watched())
    next(source.batches())
    assert source.rows() is None
    assert len(rows_of(source)) == 3


def test_knows_the_number_of_rows_once_they_are_read(tmp_path: Path) -> None:
    """A CSV file does not say how many rows it has; one reading of one column does."""
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,2\n" * 500)
    source = Remembered(open_source(str(path)), most=0)
    assert source.rows() is None
    list(source.batches(["a"]))
    assert source.rows() == 500
    assert (source.name, source.schema(), source.findings()) == (str(path), open_source(str(path)).schema(), ())


def test_a_failure_comes_through() -> None:
    """A source that breaks while it is read is neither remembered nor believed to be shorter."""

    class Broken(Watched):
        def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
            yield next(super().batches(columns))
            raise OSError("gone")

    source = Remembered(Broken())
    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            rows_of(source)
    assert source.rows() is None
