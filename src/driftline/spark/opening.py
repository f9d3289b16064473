"""Opens what lies in Spark: a frame somebody has, a table of the catalogue, or files that Spark is to read."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from driftline.errors import ConfigError, DriftlineError, PluginError, SourceError
from driftline.sources.places import find
from driftline.spark.source import SparkSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

SCHEME = "spark://"
"""Before the name of a table of the catalogue."""

FORMATS = {".parquet": "parquet", ".orc": "orc"}
"""What Spark reads as others do; texts it would read in its own way, and give other values."""

FEWEST_FILES = 8
"""Fewer files are left to Spark, which shares out parts of files, too."""


DELTA_LOG = "_delta_log"
"""The folder by which a Delta table is known. Its Parquet files alone would also give rows that were deleted."""

MISSING = {"DATA_SOURCE_NOT_FOUND", "UNSUPPORTED_DATASOURCE_FOR_DIRECT_QUERY"}
"""What Spark says of a form for which it has no package."""


def is_frame(place: object) -> bool:
    """Whether it is a DataFrame of Spark, without importing Spark to ask."""
    return type(place).__module__.startswith("pyspark.") and hasattr(place, "mapInArrow")


def open_table(place: str) -> SparkSource:
    """Open `spark://catalogue.schema.table`, or ``spark://delta.`/path/of/table` ``.

    Raises:
        PluginError: PySpark is not installed, or a package of Spark for this form of table.
        SourceError: there is no such table.
    """
    said = place.removeprefix(SCHEME)
    name = said if "`" in said else said.strip("/").replace("/", ".")
    return _read(place, lambda session: session.table(name))


def open_files(paths: Sequence[str], name: str) -> SparkSource:
    """Let Spark read files.

    Raises:
        PluginError: PySpark is not installed.
        ConfigError: they are of a form that Spark would read in another way than driftline.
        SourceError: nothing lies there.
    """
    for path in paths:
        folder = path if path.endswith("/") or os.path.isdir(path) else os.path.dirname(path)  # noqa: PTH112,PTH120  may be a URL
        if "://" not in path and os.path.isdir(os.path.join(folder, DELTA_LOG)):  # noqa: PTH112,PTH118  likewise
            raise ConfigError(
                f"{path!r} is a Delta table: its files alone hold rows that were deleted, too",
                hint=f"name the table: {SCHEME}delta.`{os.path.abspath(folder)}`",  # noqa: PTH100  resolves no links
            )
    forms = {form for path in paths for suffix, form in FORMATS.items() if path.rstrip("/*").endswith(suffix)}
    if len(forms) != 1:
        raise ConfigError(
            f"Spark is not let read {name!r}: it is not Parquet or ORC only",
            hint="name files that end in .parquet, a table (spark://catalogue.schema.table), or leave --engine spark out",
        )
    form = next(iter(forms))
    files = _files(paths) if form == "parquet" else ()
    return _read(name, lambda session: session.read.format(form).load(list(paths)), files)


def session() -> SparkSession:
    """The session of this process, made as Spark's own settings say if there is none.

    Raises:
        PluginError: PySpark is not installed.
        SourceError: Spark does not start.
    """
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415  an extra, and slow to import
    except ModuleNotFoundError as error:
        raise PluginError("rows in Spark need PySpark, which is not installed", hint="pip install 'driftline[spark]'") from error
    # Executors on this machine would else take another Python, which knows neither Arrow nor driftline.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # noqa: TID251  Spark takes it from nowhere else
    try:
        return SparkSession.builder.appName("driftline").getOrCreate()
    except Exception as error:  # what Spark raises when it does not start depends on how it was to start
        raise SourceError(
            f"Spark does not start: {_first_line(error)}",
            hint="Spark needs Java 17 or newer (JAVA_HOME), or a server: SPARK_REMOTE=sc://host",
        ) from error


def _files(paths: Sequence[str]) -> tuple[str, ...]:
    """The files behind paths that every executor sees by the same name; none where they are few, or folders name columns of theirs."""
    if any("://" in path for path in paths):
        return ()
    try:
        places = [place for path in paths for place in find(path)]
    except DriftlineError:
        return ()  # Spark says what is wrong
    shared = len(places) >= FEWEST_FILES and not any(place.partition for place in places)
    return tuple(dict.fromkeys(os.path.abspath(place.path) for place in places)) if shared else ()  # noqa: PTH100  resolves no links


def _read(name: str, opened: Any, files: Sequence[str] = ()) -> SparkSource:
    started = session()
    from pyspark.errors import PySparkException  # noqa: PLC0415  after it is known to be there

    try:
        source = SparkSource(opened(started), name, files=files)
        source.schema()
    except PySparkException as error:
        fact = f"Spark cannot read {name!r}: {_first_line(error)}"
        # Without Delta's package `delta` is a schema that nobody has.
        if error.getCondition() in MISSING or name.startswith(f"{SCHEME}delta.`"):
            raise PluginError(fact, hint=_package(fact)) from error
        raise SourceError(fact, hint="look for the name in the catalogue, or the path") from error
    return source


def _package(fact: str) -> str:
    """What to give Spark, so that it reads another form of table."""
    if "delta" not in fact.lower():
        return "give Spark the package of this form: spark.jars.packages in spark-defaults.conf"
    return (
        "give Spark Delta's package, in spark-defaults.conf: spark.jars.packages io.delta:delta-spark_2.13:<version>,"
        " spark.sql.extensions io.delta.sql.DeltaSparkSessionExtension,"
        " spark.sql.catalog.spark_catalog org.apache.spark.sql.delta.catalog.DeltaCatalog"
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
