"""Counting in executors against counting here: the same bytes, however rows are spread and whatever fails once."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline import wiring
from driftline.engines import count as local
from driftline.engines import fit as fitting
from driftline.errors import DataError, SchemaMismatch, UnreadableData
from driftline.monitor import ColumnHints, Monitor
from driftline.reports.document import to_dict
from driftline.schema import Role
from driftline.sources.known import KnownAt
from driftline.sources.opening import open_source
from driftline.spark import count as there
from driftline.spark.opening import open_files
from driftline.spark.source import SparkSource
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyspark.sql import SparkSession

    from driftline.engines.count import Counted
    from driftline.ports import Source
    from driftline.profile.plan import Plan

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")]

ROWS = 5_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MONITOR = Monitor(
    windowing=Windowing(Cadence.DAY),
    hints=ColumnHints(segments=("c",), conditions={"large": "x > 1"}, roles={"y": Role.LABEL, "s": Role.SCORE}),
)


def table(seed: int = 0) -> pa.Table:
    """Five days of heavy-tailed numbers, skewed levels, an outcome, nulls, and rows without a time."""
    rng = np.random.default_rng(seed)
    times = 1_760_000_000_000_000 + rng.integers(0, 5 * 86_400 * 10**6, ROWS)
    score = rng.random(ROWS)
    columns: dict[str, Any] = {
        "ts": pa.array(times, mask=rng.random(ROWS) < 0.01).cast(pa.timestamp("us", tz="UTC")),
        "x": rng.standard_t(2, ROWS) * 1e3,
        "c": rng.choice(["a", "b", "rare"], ROWS, p=[0.98, 0.015, 0.005]),
        "with.dot": pa.array(rng.integers(0, 7, ROWS), mask=rng.random(ROWS) < 0.2),
        "flag": rng.random(ROWS) < 0.3,
        "s": score,
        "y": pa.array((rng.random(ROWS) < score).astype(np.int64), mask=rng.random(ROWS) < 0.3),
        "known": pa.array(times + 2 * 86_400 * 10**6).cast(pa.timestamp("us", tz="UTC")),
    }
    return pa.table(columns)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows in a file that Spark reads in many partitions."""
    place = tmp_path_factory.mktemp("spark") / "rows.parquet"
    pq.write_table(table(), place, row_group_size=500)
    return place


@pytest.fixture(scope="module")
def plan(file: Path) -> Plan:
    """The bins, fitted here."""
    return fitting.fit(open_source(file), MONITOR)


def same(found: Counted, wanted: Counted) -> bool:
    """Whether two counts are one, to the last byte of every profile."""
    return (
        list(found.profiles.items()) == list(wanted.profiles.items())
        and found.untimed == wanted.untimed
        and found.findings == wanted.findings
    )


@pytest.mark.parametrize("windowing", [Windowing(Cadence.DAY), Windowing(Cadence.COLUMN, column="c"), Windowing(Cadence.ROWS, rows=800)])
def test_counts_are_those_of_the_local_engine(spark: SparkSession, file: Path, plan: Plan, windowing: Windowing) -> None:
    """Windows, segments, samples, outcomes and findings are the same bytes."""
    source = SparkSource(spark.read.parquet(str(file)), str(file))
    assert windowing.cadence is Cadence.ROWS or source.frame.rdd.getNumPartitions() > 4
    assert same(there.count(plan, source, windowing, MONITOR.hints), local.count(plan, open_source(file), windowing, MONITOR.hints))


def test_bins_are_those_of_the_local_engine(spark: SparkSession, file: Path, plan: Plan) -> None:
    """One executor fits the same bins to the same rows, and only they come back."""
    assert there.fit(SparkSource(spark.read.parquet(str(file))), MONITOR) == plan


def test_a_task_that_fails_is_done_again_and_counted_once(spark: SparkSession, file: Path, plan: Plan) -> None:
    """Executors that die halfway through their rows leave nothing behind."""

    def falter(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        for number, batch in enumerate(batches):
            yield batch
            if number == 0 and TaskContext.get().partitionId() < 2 and TaskContext.get().attemptNumber() == 0:
                raise RuntimeError("the executor fell over")

    frame = spark.read.parquet(str(file))
    renamed = frame.toDF(*(f"c{place}" for place in range(len(frame.columns))))
    shaky = renamed.mapInArrow(falter, renamed.schema).toDF(*frame.columns)
    found = there.count(plan, SparkSource(shaky, str(file)), MONITOR.windowing, MONITOR.hints)
    assert same(found, local.count(plan, open_source(file), MONITOR.windowing, MONITOR.hints))


def test_a_worker_that_is_killed_is_replaced_and_counted_once(spark: SparkSession, file: Path, plan: Plan) -> None:
    """A worker's process dies in the middle of its rows, without a word: another does them again."""

    def die(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import TaskContext

        for batch in batches:
            yield batch
            if TaskContext.get().attemptNumber() == 0 and TaskContext.get().partitionId() == 1:
                os.kill(os.getpid(), signal.SIGKILL)

    frame = spark.read.parquet(str(file))
    renamed = frame.toDF(*(f"c{place}" for place in range(len(frame.columns))))
    found = there.count(
        plan, SparkSource(renamed.mapInArrow(die, renamed.schema).toDF(*frame.columns), str(file)), MONITOR.windowing, MONITOR.hints
    )
    assert same(found, local.count(plan, open_source(file), MONITOR.windowing, MONITOR.hints))


def test_many_files_are_read_where_they_are_counted(spark: SparkSession, file: Path, plan: Plan, tmp_path: Path) -> None:
    """Executors read files by themselves, and one that has fewer columns than the others; a broken one is named."""
    del spark
    whole = pq.read_table(file)
    for number in range(9):
        part = whole.slice(number * 500, 500)
        pq.write_table(part.drop_columns(["flag"]) if number == 4 else part, tmp_path / f"{number}.parquet")
    pq.write_table(whole.slice(4500), tmp_path / "9.parquet")
    source = open_files([str(tmp_path / "*.parquet")], "many")
    assert len(source.files) == 10
    found = there.count(plan, source, MONITOR.windowing, MONITOR.hints)
    assert same(found, local.count(plan, open_source(str(tmp_path / "*.parquet"), name="many"), MONITOR.windowing, MONITOR.hints))
    broken = tmp_path / "5.parquet"
    broken.write_bytes(broken.read_bytes()[:-9])
    with pytest.raises(UnreadableData, match=r"5\.parquet.*ends in the middle"):
        there.count(plan, source, MONITOR.windowing, MONITOR.hints)


@pytest.mark.soak
def test_thousands_of_columns_are_counted(spark: SparkSession, tmp_path: Path) -> None:
    """Width is no more than length: two thousand columns in several partitions, the same bytes."""
    rng = np.random.default_rng(5)
    place = tmp_path / "wide.parquet"
    pq.write_table(pa.table({f"n{i}": rng.normal(size=60) for i in range(2000)}), place, row_group_size=20)
    plan = fitting.fit(open_source(place), Monitor())
    source = SparkSource(spark.read.parquet(str(place)).repartition(3), str(place))
    assert same(there.count(plan, source, Windowing()), local.count(plan, open_source(place), Windowing()))


def test_a_skewed_key_and_empty_partitions_change_nothing(spark: SparkSession, file: Path, plan: Plan) -> None:
    """All rows of a level in one place, and places without rows."""
    frame = spark.read.parquet(str(file)).repartition(9, "c")
    found = there.count(plan, SparkSource(frame, str(file)), MONITOR.windowing, MONITOR.hints)
    assert same(found, local.count(plan, open_source(file), MONITOR.windowing, MONITOR.hints))


def test_labels_not_known_yet_are_not_counted(spark: SparkSession, file: Path, plan: Plan) -> None:
    """A look back is the same look in executors."""
    at = datetime(2025, 10, 13, tzinfo=UTC)
    sources: list[Source] = [SparkSource(spark.read.parquet(str(file)), str(file)), open_source(file)]
    spread, here = (KnownAt(source, "y", "known", at) for source in sources)
    found = there.count(plan, spread, MONITOR.windowing, MONITOR.hints)
    assert same(found, local.count(plan, here, MONITOR.windowing, MONITOR.hints))


def test_a_report_is_the_local_one(spark: SparkSession, file: Path) -> None:
    """From rows in Spark to verdicts: nothing in the report says where they were counted."""
    sides = [SparkSource(spark.read.parquet(str(file)), str(file)), open_source(file)]
    reports = [wiring.compare_sources(side, side, MONITOR, now=NOW) for side in sides]
    assert json.dumps(to_dict(reports[0])) == json.dumps(to_dict(reports[1]))


def test_no_rows_and_no_column_are_said_as_elsewhere(spark: SparkSession, plan: Plan) -> None:
    """An empty reference and a missing time column are errors; an empty window's data gives no windows."""
    empty = SparkSource(spark.createDataFrame([], "x double, ts timestamp"), "nothing")
    with pytest.raises(DataError, match="nothing has no rows"):
        there.fit(empty, Monitor())
    with pytest.raises(SchemaMismatch, match="has no column 'ts'"):
        there.count(plan, SparkSource(spark.range(3).toDF("x"), "few"), Windowing(Cadence.DAY))
    assert there.count(plan, empty, Windowing()).profiles == {}


def test_files_are_read_by_spark_where_asked(spark: SparkSession, file: Path) -> None:
    """The number of rows is Spark's."""
    del spark
    source = open_files([str(file)], str(file))
    assert there.on_spark(source)
    assert there.count_rows(source) == ROWS
    assert not there.on_spark(open_source(file))
