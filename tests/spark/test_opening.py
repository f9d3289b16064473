"""What is opened in Spark, and what is refused with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from driftline.errors import ConfigError, PluginError, SourceError
from driftline.spark.opening import is_frame, open_files, open_table, session

if TYPE_CHECKING:
    from pathlib import Path

    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")]


def test_a_table_of_the_catalogue_is_a_source(spark: SparkSession) -> None:
    """`spark://name` is the table of that name."""
    spark.range(5).toDF("x").createOrReplaceTempView("numbers")
    assert sum(batch.num_rows for batch in open_table("spark://numbers").batches()) == 5


def test_what_is_not_there_is_said(spark: SparkSession, tmp_path: Path) -> None:
    """A table and a path that do not exist are named, in one line."""
    del spark
    with pytest.raises(SourceError, match="Spark cannot read 'spark://nowhere'"):
        open_table("spark://nowhere")
    with pytest.raises(SourceError, match=r"Spark cannot read 'gone\.parquet'"):
        open_files([str(tmp_path / "gone.parquet")], "gone.parquet")


def test_delta_is_asked_for_with_its_package(spark: SparkSession, tmp_path: Path) -> None:
    """Where Spark lacks it, the hint names what to give it; and Delta's files are not read without their log."""
    del spark
    (tmp_path / "_delta_log").mkdir()
    for path in (str(tmp_path), str(tmp_path / "*.parquet")):
        with pytest.raises(ConfigError, match="rows that were deleted") as refused:
            open_files([path], "table")
    table = f"spark://delta.`{tmp_path}`"
    assert table in (refused.value.hint or "")
    with pytest.raises(PluginError, match="delta") as missing:
        open_table(table)
    assert "io.delta:delta-spark" in (missing.value.hint or "")


def test_texts_are_not_left_to_spark() -> None:
    """Spark would read CSV in its own way and give other values."""
    with pytest.raises(ConfigError, match="not Parquet or ORC only"):
        open_files(["day.csv"], "day.csv")


def test_a_frame_is_known_without_importing_spark(spark: SparkSession) -> None:
    """A frame of Spark is one, a frame of another library is none; the session is this process's."""
    assert is_frame(spark.range(1))
    assert not is_frame(pl.DataFrame({"x": [1]}))
    assert session() is spark
