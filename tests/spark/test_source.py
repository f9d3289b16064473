"""A DataFrame as a source: the same rows, names that Spark would misread, and a session left as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from driftline.spark.source import BATCH_SETTING, LOTS, Adder, Partition, SparkSource, Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import SparkSession

    from driftline.ports import Source

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")]


def add_numbers(name: str, bodies: Iterable[bytes]) -> bytes:
    """Numbers written as text."""
    del name
    return str(sum(int(body) for body in bodies)).encode()


def count_rows(rows: Source) -> Iterator[tuple[str, bytes]]:
    """Rows of a partition, even where there are none."""
    yield "rows", str(sum(batch.num_rows for batch in rows.batches(["a.b"]))).encode()


def test_rows_come_here_under_their_own_names(spark: SparkSession) -> None:
    """Columns whose names are paths to Spark, or one name to it, are read as they are called."""
    frame = spark.createDataFrame([(1, "x", 2.0), (3, "y", None)], "`a.b` long, `c``d` string, `A.b` double").repartition(3)
    source = SparkSource(frame)
    assert source.schema().names == ["a.b", "c`d", "A.b"]
    table = pa.Table.from_batches(source.batches(["c`d", "a.b"])).sort_by("a.b")
    assert table.to_pydict() == {"a.b": [1, 3], "c`d": ["x", "y"]}
    assert pa.Table.from_batches(source.batches()).num_columns == 3


def test_what_partitions_give_is_added_once(spark: SparkSession) -> None:
    """Every row is worked on once, in few partitions and many, empty ones among them; one executor gives one body."""
    for partitions in (1, 3, 2 * LOTS + 1):
        frame = spark.range(50, numPartitions=partitions).toDF("a.b")
        assert SparkSource(frame).gather(["a.b"], count_rows, add_numbers) == {"rows": b"50"}
        assert SparkSource(frame).gather(["a.b"], count_rows, add_numbers, in_order=True) == {"rows": b"50"}


def test_the_session_is_left_as_it_was(spark: SparkSession) -> None:
    """The size of batches is lent and given back, whether or not the user had set it, and after an error too."""
    frame = spark.range(10).toDF("a.b")
    for before in (None, "77"):
        if before:
            spark.conf.set(BATCH_SETTING, before)
        held = spark.conf.get(BATCH_SETTING)
        list(SparkSource(frame).batches())
        assert spark.conf.get(BATCH_SETTING) == held
    spark.conf.unset(BATCH_SETTING)


def test_a_partition_is_read_by_name() -> None:
    """Inside an executor columns have their names again, in the source's order."""
    schema = pa.schema([("x", pa.int64()), ("y", pa.int64())])
    batch = pa.RecordBatch.from_pydict({"c0": [1], "c1": [2]})
    partition = Partition("here", schema, iter([batch]))
    assert [one.to_pydict() for one in partition.batches({"y", "absent"})] == [{"y": [2]}]
    assert (partition.schema(), partition.rows(), partition.findings()) == (schema, None, ())


def test_workers_and_adders_agree() -> None:
    """What a worker writes an adder reads; sums of the same name and lot become one row."""
    schema = pa.schema([("a.b", pa.int64())])
    batch = pa.RecordBatch.from_pydict({"c0": [1, 2]})
    rows = [row for _ in range(LOTS + 2) for row in Worker(count_rows, "here", schema)(iter([batch]))]
    added = list(Adder(add_numbers)(iter(rows)))
    assert [row.to_pydict() for row in added] == [{"lot": [0], "name": ["rows"], "body": [str(2 * (LOTS + 2)).encode()]}]
