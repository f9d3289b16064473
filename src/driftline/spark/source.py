"""Rows of a Spark DataFrame: read here a partition at a time, or worked on where they lie."""

from __future__ import annotations

import json
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.errors import ConfigError, DataError, DriftlineError, SchemaMismatch, UnreadableData
from driftline.sources.opening import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pyspark.sql import DataFrame

    from driftline.ports import Source
    from driftline.verdicts.report import Finding

    Work = Callable[[Source], Iterable[tuple[str, bytes]]]
    """Makes of one partition's rows what is to be added up, each under its key."""

    Add = Callable[[str, Iterable[bytes]], bytes]
    """Adds what several partitions gave under one key."""

LOTS = 8
"""What is under one name is added up in so many lots inside the cluster, by as many executors as Spark finds right, then by the driver."""

ROWS_PER_BATCH = 1 << 17
"""Every batch costs the kernel the same few microseconds per column; Spark's own 10,000 rows are few."""

MOST_SHARES = 256
"""Files are read in at most so many shares, so that not every little file gives a profile of its own."""

FAULT = "fault"
"""The name under which an executor says why it refuses the rows."""

ERRORS = {kind.__name__: kind for kind in (DriftlineError, ConfigError, DataError, SchemaMismatch, UnreadableData)}

BATCH_SETTING = "spark.sql.execution.arrow.maxRecordsPerBatch"


class SparkSource:
    """A DataFrame, of a session of this process or of a Spark Connect server.

    It must give the same rows whenever it is computed: Spark computes a lost partition anew.

    Args:
        frame: the rows.
        name: what people call them.
        time_column: where labels were joined, the column that says when each came.
        files: paths of Parquet files that hold these rows and no others, which executors read by themselves.
    """

    def __init__(self, frame: DataFrame, name: str = "the Spark frame", time_column: str | None = None, files: Sequence[str] = ()) -> None:
        self.frame = frame
        self.name = name
        self.time_column = time_column
        self.files = tuple(files)

    @cached_property
    def _schema(self) -> pa.Schema:
        with _borrowed(self.frame):
            found: pa.Schema = self.frame.limit(0).toArrow().schema
        return found

    def schema(self) -> pa.Schema:
        """The columns, as Spark gives them to Arrow."""
        return self._schema

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Bring the rows of the named columns here, a partition at a time."""
        frame, schema = self._of(columns)
        with _borrowed(frame):
            for row in frame.mapInArrow(_as_streams, "body binary").toLocalIterator():
                for batch in pa.ipc.open_stream(row["body"]):
                    yield _named(batch, schema)

    def rows(self) -> None:
        """Nobody knows how many rows there are before they are counted."""
        return

    def findings(self) -> tuple[Finding, ...]:
        """Spark itself refuses what it cannot read."""
        return ()

    def gather(self, columns: Iterable[str], work: Work, add: Add, *, in_order: bool = False) -> dict[str, bytes]:
        """Work on every partition where it lies, and add up what they give: in lots by the cluster, then here.

        Args:
            columns: those that the work needs.
            work: run in an executor on a partition's rows, which can be read once.
            add: adds what is under one key; in an executor, and here.
            in_order: let one executor work on all rows, one partition after another.
        """
        frame, schema = self._of(columns)
        worker = Worker(work, self.name, schema)
        each: Worker | Shares = worker
        if in_order:
            frame = frame.coalesce(1)
        elif self.files:
            shares = min(len(self.files), MOST_SHARES)
            frame, each = frame.sparkSession.range(0, shares, 1, shares), Shares(worker, self.files, shares)
        found: dict[str, list[bytes]] = {}
        with _borrowed(frame):
            parts = frame.mapInArrow(each, "lot int, name string, body binary")
            sums = parts if in_order else parts.repartition("lot", "name").mapInArrow(Adder(add), "lot int, name string, body binary")
            for row in sums.toLocalIterator():
                found.setdefault(row["name"], []).append(bytes(row["body"]))
        for told in found.pop(FAULT, []):
            # Errors of executors come back as Spark's own; what we refuse is ours to say.
            fault = json.loads(told)
            raise ERRORS[fault["error"]](fault["fact"], hint=fault["hint"])
        return {name: bodies[0] if len(bodies) == 1 else add(name, bodies) for name, bodies in found.items()}

    def _of(self, columns: Iterable[str] | None) -> tuple[DataFrame, pa.Schema]:
        """The named columns, called by their places meanwhile: a dot in a name is a path to Spark, and two names may be one."""
        whole = self.schema()
        wanted = set(whole.names if columns is None else columns)
        places = [place for place, name in enumerate(whole.names) if name in wanted]
        frame = self.frame.toDF(*(f"c{place}" for place in range(len(whole)))).select([f"c{place}" for place in places])
        return frame, pa.schema([whole.field(place) for place in places])


@dataclass(frozen=True, slots=True)
class Share:
    """The rows of some files, inside an executor that reads them as the local engine does."""

    name: str
    columns: pa.Schema
    files: tuple[str, ...]

    def schema(self) -> pa.Schema:
        """The columns of all files."""
        return self.columns

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read the named columns, of those that the files have."""
        return open_source(list(self.files), name=self.name).batches(columns)

    def rows(self) -> None:
        """Unknown."""
        return

    def findings(self) -> tuple[Finding, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Partition:
    """The rows of one partition, inside its executor; they can be read once."""

    name: str
    columns: pa.Schema
    stream: Iterator[pa.RecordBatch]

    def schema(self) -> pa.Schema:
        """The columns."""
        return self.columns

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Read the named columns."""
        names = self.columns.names if columns is None else [name for name in self.columns.names if name in set(columns)]
        return (_named(batch, self.columns).select(names) for batch in self.stream)

    def rows(self) -> None:
        """Unknown."""
        return

    def findings(self) -> tuple[Finding, ...]:
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Worker:
    """What an executor does with a partition's Arrow batches."""

    work: Work
    name: str
    schema: pa.Schema

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Do the work; each of its results is a row."""
        return self.on(Partition(self.name, self.schema, batches))

    def on(self, rows: Source) -> Iterator[pa.RecordBatch]:
        """Do the work on rows, wherever they come from."""
        from pyspark import TaskContext  # noqa: PLC0415  an executor has it, an importer may not

        context = TaskContext.get()
        lot = (context.partitionId() if context else 0) % LOTS
        try:
            for name, body in self.work(rows):
                yield _row(lot, name, body)
        except DriftlineError as error:
            told = {"error": type(error).__name__, "fact": error.fact, "hint": error.hint}
            yield _row(lot, FAULT, json.dumps(told).encode())


@dataclass(frozen=True, slots=True)
class Shares:
    """What an executor does that is given numbers of shares instead of rows: it reads the files of each.

    Spark makes rows of a file's columns, and of these Arrow's columns again, which costs several times what reading does.
    """

    worker: Worker
    files: tuple[str, ...]
    shares: int

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Do the work on each share."""
        for batch in batches:
            for share in batch.column(0).to_pylist():
                yield from self.worker.on(Share(self.worker.name, self.worker.schema, self.files[share :: self.shares]))


@dataclass(frozen=True, slots=True)
class Adder:
    """What an executor does with results that came together."""

    add: Add

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Add up what is under the same key."""
        found: dict[str, list[bytes]] = {}
        for batch in batches:
            # Several lots may have come to one executor, which can as well add them.
            for name, body in zip(*(column.to_pylist() for column in batch.columns[1:]), strict=True):
                kept = found.setdefault(name, [])
                kept.append(body)
                if len(kept) == LOTS and name != FAULT:
                    found[name] = [self.add(name, kept)]
        for name, bodies in found.items():
            yield _row(0, name, bodies[0] if name == FAULT else self.add(name, bodies))


def _row(lot: int, name: str, body: bytes) -> pa.RecordBatch:
    return pa.RecordBatch.from_pydict({"lot": pa.array([lot], pa.int32()), "name": [name], "body": pa.array([body], pa.binary())})


def _named(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return batch.rename_columns(schema.names)


def _as_streams(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Each batch as an Arrow stream in a cell: rows of Python objects would take ten times the room."""
    for batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        yield pa.RecordBatch.from_pydict({"body": pa.array([sink.getvalue().to_pybytes()], pa.binary())})


@contextmanager
def _borrowed(frame: DataFrame) -> Iterator[None]:
    """Let Spark hand over larger batches for a while; the session is the user's."""
    settings = frame.sparkSession.conf
    before = settings.get(BATCH_SETTING, None)
    settings.set(BATCH_SETTING, ROWS_PER_BATCH)
    try:
        with warnings.catch_warnings():
            # It says so of pandas, of which nothing is used here.
            warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
            yield
    finally:
        settings.unset(BATCH_SETTING) if before is None else settings.set(BATCH_SETTING, before)
