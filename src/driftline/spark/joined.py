"""Predictions with labels that lie elsewhere, joined by id inside Spark: the last label of an id counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.errors import ConfigError, SchemaMismatch, near_miss
from driftline.spark.source import SparkSource

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import DataFrame

    from driftline.ports import Source


def join_labels(
    source: SparkSource, labels: Source, key: str, named: tuple[str, str, str | None], *, into: str, as_of: datetime | None
) -> SparkSource:
    """The predictions, each with the last label that came for its id.

    Where predictions have a column of the label's name, it is filled in place, and what stands there stays where no
    label came; the label takes its type.

    Args:
        source: the predictions.
        labels: the labels, of the same Spark session.
        key: the predictions' column of ids.
        named: what the labels' columns are called: the prediction's id, the label, and since when it is known.
        into: what the label is called among the predictions.
        as_of: labels that came later have not come yet.

    Raises:
        ConfigError: the labels do not lie in Spark, or nothing says which label of an id is the last.
        SchemaMismatch: a column is missing.
    """
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  what everybody calls it; an extra

    if not isinstance(labels, SparkSource):
        raise ConfigError(f"the labels {labels.name!r} do not lie in Spark, as the predictions do", hint="name a table, or Parquet files")
    label_id, label, time = named
    if time is None:
        fact = f"no column of {labels.name!r} says when a label came, and rows in Spark have no order: nobody knows which is the last"
        raise ConfigError(fact, hint="name it: labels: {time: known_at}")
    for there, name in ((source, key), (labels, label_id), (labels, label), (labels, time)):
        if name not in there.frame.columns:
            raise SchemaMismatch(f"{there.name!r} has no column {name!r}", hint=near_miss(name, there.frame.columns))
    places = [labels.frame.columns.index(name) for name in (label_id, label, time)]
    numbered = labels.frame.toDF(*(f"c{place}" for place in range(len(labels.frame.columns))))
    found = numbered.select(*(f"c{place}" for place in places)).toDF("id", "label", "time")
    if as_of is not None:
        found = found.where(F.col("time") <= F.lit(as_of))
    said = found.where(F.col("id").isNotNull() & F.col("label").isNotNull())
    last = said.groupBy("id").agg(F.max(F.struct("time", "label")).alias("last"))
    called = _free(time, source.frame.columns, into)
    return SparkSource(_filled(source.frame, last, key, into, called), source.name, called)


def _filled(predictions: DataFrame, last: DataFrame, key: str, into: str, time: str) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812, PLC0415  see above

    own = predictions.columns
    left = predictions.toDF(*(f"c{place}" for place in range(len(own))))
    both = left.join(last, F.col(f"c{own.index(key)}") == F.col("id"), "left")
    label = F.col("last.label")
    if into in own:
        kind = left.schema[own.index(into)].dataType
        label = F.coalesce(label.cast(kind), F.col(f"c{own.index(into)}"))
    kept = [(F.col(f"c{place}") if name != into else label).alias(name) for place, name in enumerate(own)]
    added = [] if into in own else [label.alias(into)]
    return both.select(*kept, *added, F.col("last.time").alias(time))


def _free(time: str, taken: list[str], label: str) -> str:
    """What the label's time is called: as in the labels, unless predictions have a column of that name."""
    return f"{label}_{time}" if time in {*taken, label} else time
