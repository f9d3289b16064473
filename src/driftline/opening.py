"""Opening what is named: files, queries, tables, frames and profiles, predictions with their labels, and business figures as series."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from driftline.config.places import FilesPlace, QueryPlace
from driftline.engines.series import read_series
from driftline.errors import ConfigError
from driftline.schema import Role
from driftline.sources.joined import Joined
from driftline.sources.opening import open_source
from driftline.spark.joined import join_labels
from driftline.spark.opening import SCHEME as SPARK
from driftline.spark.opening import is_frame, open_files, open_table
from driftline.spark.source import SparkSource
from driftline.store.profiles import load
from driftline.store.shelf import Shelf
from driftline.verdicts.business import business
from driftline.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pyspark.sql import DataFrame

    from driftline.config.places import KpiPlace, Place
    from driftline.config.specification import Specification
    from driftline.performance.kpi import Series
    from driftline.ports import Source
    from driftline.verdicts.report import Report


def open_place(place: Place, engine: str = "local") -> Source | Shelf:
    """What lies at a place that a specification names; `engine` as `driftline.wiring.check` has it.

    Raises:
        ConfigError: the engine cannot read it.
        DataError: nothing can be read there.
    """
    match place:
        case QueryPlace(database, query, said):
            return open_warehouse(database, query, said) if engine == "sql" else open_source(database, query=query, name=said)
        case FilesPlace(paths=(path,)) if path.endswith(".profile"):
            return load(path)
        case FilesPlace(paths=(path,)) if path.startswith(SPARK):
            return open_table(path)
        case FilesPlace() if engine == "sql":
            raise ConfigError(
                f"{place.said!r} is no database, and --engine sql counts in one", hint="name a database and a query, or a .profile"
            )
        case FilesPlace() if engine == "spark":
            return open_files(place.paths, place.said)
        case FilesPlace(paths=(path,)):
            return open_source(path, name=place.said)
        case FilesPlace():
            return open_source(list(place.paths), name=place.said)


def with_labels(
    source: Source | Shelf, specification: Specification, at: datetime, engine: str = "local", *, others: Source | Shelf | None = None
) -> Source | Shelf:
    """Predictions with the labels that lie elsewhere; `others` are predictions with the same labels."""
    place, hints = specification.places.labels, specification.monitor.hints
    key, label = hints.named(Role.ID), hints.named(Role.LABEL)
    if place is None or isinstance(source, Shelf) or key is None or label is None:
        return source
    labels = open_place(place.place, engine)
    if isinstance(labels, Shelf):
        raise ConfigError("labels cannot be a profile, which holds no rows", hint="name the files the labels lie in")
    prediction = hints.named(Role.PREDICTION)
    at_time = at if place.time else None
    if isinstance(source, SparkSource):
        return join_labels(source, labels, key, (place.id, place.label, place.time), into=label, as_of=at_time)
    return Joined(
        source,
        labels,
        key,
        place.label,
        label_id=place.id,
        label_time=place.time,
        into=label,
        prediction=prediction,
        as_of=at_time,
        shared=True,
        beside=others if isinstance(others, Joined) else None,
    )


def open_given(place: object, name: str) -> Source | Shelf:
    """What Python hands over: a path, a URL, a table or a frame."""
    if is_frame(place):
        return SparkSource(cast("DataFrame", place), name)
    if isinstance(place, str) and place.startswith(SPARK):
        return open_table(place)
    if isinstance(place, str | Path):
        return load(place) if str(place).endswith(".profile") else open_source(place)
    return open_source(place, name=name)


def series(place: KpiPlace) -> Series:
    """Read a business figure; DataError where it cannot be."""
    source = open_place(place.place)
    if isinstance(source, Shelf):
        raise ConfigError(f"the series {place.name!r} cannot be a profile, which holds no rows", hint="name the file it lies in")
    return read_series(place.name, source.batches(), place.time, place.value, place.of)


def beside(report: Report, kpis: Sequence[KpiPlace]) -> Report:
    """The report with business figures laid beside it."""
    return replace(report, kpis=business(report.windows, [series(one) for one in kpis])) if kpis else report
