"""Labels joined in Spark, against the local join."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from driftline.errors import ConfigError, SchemaMismatch
from driftline.sources.joined import Joined
from driftline.sources.opening import open_source
from driftline.spark.joined import join_labels
from driftline.spark.source import SparkSource

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")]

PREDICTIONS = pa.table({"id": [1, 2, 3, 4, 4], "pred": [0, 1, 1, 0, 0], "known": ["a", "b", "c", "d", "e"]})
DAYS = [datetime(2026, 1, day, tzinfo=UTC) for day in (2, 5, 3, 9, 1)]
LABELS = pa.table({"key": [1, 1, 4, 3, 7], "truth": [0, 1, 0, 1, 1], "known": pa.array(DAYS, pa.timestamp("us", tz="UTC"))})


@pytest.mark.parametrize("as_of", [None, datetime(2026, 1, 4, tzinfo=UTC)])
def test_the_last_label_known_is_joined(spark: SparkSession, as_of: datetime | None) -> None:
    """Corrections, unknown ids, repeated ids, and labels that came later: as the local join has it."""
    there = SparkSource(spark.createDataFrame(PREDICTIONS), "predictions")
    labels = SparkSource(spark.createDataFrame(LABELS), "labels")
    found = join_labels(there, labels, "id", ("key", "truth", "known"), into="truth", as_of=as_of)
    wanted = Joined(
        open_source(PREDICTIONS), open_source(LABELS), "id", "truth", label_id="key", label_time="known", prediction="pred", as_of=as_of
    )
    assert found.time_column == wanted.time_column == "truth_known"
    tables = [pa.Table.from_batches(source.batches(["id", "truth"])).sort_by("id").to_pydict() for source in (found, wanted)]
    assert tables[0] == tables[1]


def test_what_is_filled_in_stays_where_no_label_came(spark: SparkSession) -> None:
    """A label column of the predictions keeps its type and what stands there."""
    there = SparkSource(spark.createDataFrame([(1, 9.0), (2, 8.0)], "id long, truth double"), "predictions")
    labels = SparkSource(spark.createDataFrame([(1, 0, DAYS[0])], "id long, truth long, at timestamp"), "labels")
    found = join_labels(there, labels, "id", ("id", "truth", "at"), into="truth", as_of=None)
    assert pa.Table.from_batches(found.batches()).sort_by("id").to_pydict()["truth"] == [0.0, 8.0]
    assert found.schema().names == ["id", "truth", "at"]


def test_what_cannot_be_joined_is_said(spark: SparkSession) -> None:
    """Labels that lie elsewhere, labels without a time, and missing columns are errors that name them."""
    there = SparkSource(spark.range(3).toDF("id"), "predictions")
    with pytest.raises(ConfigError, match="do not lie in Spark"):
        join_labels(there, open_source(LABELS), "id", ("key", "truth", "known"), into="truth", as_of=None)
    with pytest.raises(ConfigError, match="no column of 'predictions' says when a label came"):
        join_labels(there, there, "id", ("id", "id", None), into="truth", as_of=None)
    with pytest.raises(SchemaMismatch, match="'predictions' has no column 'when'"):
        join_labels(there, there, "id", ("id", "id", "when"), into="truth", as_of=None)
