"""Fitting and counting inside Spark: byte for byte what the local engine gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.engines import count as counting
from driftline.engines import fit as fitting
from driftline.engines.count import Counted, time_column
from driftline.engines.infer import plan_columns
from driftline.engines.parts import add_parts, needs_order
from driftline.engines.split import Splitter
from driftline.monitor import ColumnHints
from driftline.profile.plan import Plan
from driftline.schema import Role
from driftline.sources.known import KnownAt
from driftline.spark.source import SparkSource
from driftline.store.layout import profile_batch, profile_of, window_of, window_to_dict
from driftline.verdicts.report import Finding
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from driftline.monitor import Monitor
    from driftline.ports import Progress, Source
    from driftline.profile.profile import Profile
    from driftline.window import Windowing

ROWS = b"driftline.rows"
"""Under this a profile's number of rows stands in the metadata of its batch."""

PLAN = "plan"
"""The key under which the one executor that fits gives its plan."""


def on_spark(source: Source) -> bool:
    """Whether a source's rows lie in Spark."""
    return isinstance(source.source if isinstance(source, KnownAt) else source, SparkSource)


def count_rows(source: Source) -> int:
    """How many rows there are; Spark counts them."""
    return _parted(source)[0].frame.count()


def fit(source: Source, monitor: Monitor, *, progress: Progress | None = None) -> Plan:
    """Fix the bins on a reference inside one executor; only the plan comes back.

    Bins depend on the order of rows, as they do locally: give files, or a sorted frame, for the same bins every time.

    Raises:
        DataError: there are no rows.
        SchemaMismatch: something is said of a column that is not there.
    """
    inner, veil = _parted(source)
    names = [column.name for column in plan_columns(source.schema(), monitor) if column.role is not Role.IGNORED]
    _tell(progress, f"fitting bins to {source.name} in Spark", 0)
    found = inner.gather(_needed(names, veil), Fit(monitor, veil), _only, in_order=True)
    _tell(progress, f"fitting bins to {source.name} in Spark", 1)
    return Plan.from_dict(json.loads(found[PLAN]))


def count(
    plan: Plan, source: Source, windowing: Windowing, hints: ColumnHints | None = None, *, progress: Progress | None = None
) -> Counted:
    """Count every row of a source once, inside the executors; profiles are added up in lots, then here.

    Windows of n rows, and segments whose levels the plan does not know, go by the order of rows: one executor counts them.

    Raises:
        SchemaMismatch: windows need a column that is not there.
        ConfigError: a segment's condition cannot be read.
    """
    hints = hints or ColumnHints()
    inner, veil = _parted(source)
    wanted = Splitter(windowing, hints, plan, time_column(plan, windowing, hints, source)).columns() | set(plan.names)
    _tell(progress, f"counting {source.name} in Spark", 0)
    work = Count(plan, windowing, hints, veil)
    found = inner.gather(_needed(wanted, veil), work, Add(plan), in_order=needs_order(plan, windowing, hints))
    _tell(progress, f"counting {source.name} in Spark", 1)
    return add_parts((_part(name, body, plan) for name, body in found.items()), source.name)


def _tell(progress: Progress | None, what: str, done: int) -> None:
    """Spark shows its own progress; ours only says what it is doing."""
    if progress is not None:
        progress(what, done, 1)


def _parted(source: Source) -> tuple[SparkSource, Veil | None]:
    """The frame, and the veil over labels that were not known at some time."""
    veil = Veil(source.label, source.time, source.at) if isinstance(source, KnownAt) else None
    inner = source.source if isinstance(source, KnownAt) else source
    if not isinstance(inner, SparkSource):
        raise TypeError(f"{inner.name} does not lie in Spark")
    return inner, veil


@dataclass(frozen=True, slots=True)
class Veil:
    """What `KnownAt` hides, for an executor's own rows."""

    label: str
    time: str
    at: datetime

    def over(self, rows: Source) -> Source:
        """The rows with the labels that were known."""
        return KnownAt(rows, self.label, self.time, self.at)


def _needed(names: Iterable[str], veil: Veil | None) -> set[str]:
    wanted = set(names)
    return wanted | {veil.time} if veil and veil.label in wanted else wanted


@dataclass(frozen=True, slots=True)
class Fit:
    """Fits the bins, in an executor."""

    monitor: Monitor
    veil: Veil | None

    def __call__(self, rows: Source) -> Iterator[tuple[str, bytes]]:
        """The plan, as JSON."""
        yield PLAN, json.dumps(fitting.fit(self.veil.over(rows) if self.veil else rows, self.monitor).to_dict()).encode()


@dataclass(frozen=True, slots=True)
class Count:
    """Counts a partition, in an executor."""

    plan: Plan
    windowing: Windowing
    hints: ColumnHints
    veil: Veil | None

    def __call__(self, rows: Source) -> Iterator[tuple[str, bytes]]:
        """A profile for each segment and window, and what was missing."""
        found = counting.count(self.plan, self.veil.over(rows) if self.veil else rows, self.windowing, self.hints, threads=1)
        for (segment, window), profile in found.profiles.items():
            yield _name(segment, window), _packed(profile)
        for segment, profile in found.untimed.items():
            yield _name(segment, None), _packed(profile)
        for finding in found.findings:
            yield json.dumps({"where": finding.where, "what": finding.what, "rows": finding.rows, "hint": finding.hint}), b""


@dataclass(frozen=True, slots=True)
class Add:
    """Adds the profiles of one segment and window."""

    plan: Plan

    def __call__(self, name: str, bodies: Iterable[bytes]) -> bytes:
        """Their sum; of findings one is enough."""
        some = list(bodies)
        if "where" in json.loads(name) or len(some) == 1:
            return some[0]
        first, *rest = (_unpacked(body, self.plan) for body in some)
        return _packed(sum(rest, first))


def _only(name: str, bodies: Iterable[bytes]) -> bytes:
    """One executor worked, and gave one plan."""
    del name
    return next(iter(bodies))


def _name(segment: str | None, window: Window | None) -> str:
    if window is not None and window.start is None:
        # Windows named by a value are numbered by each executor as they come; the sum numbers them anew.
        window = replace(window, index=0)
    return json.dumps({"segment": segment, "window": window_to_dict(window) if window else None}, sort_keys=True)


def _part(name: str, body: bytes, plan: Plan) -> Counted:
    told = json.loads(name)
    if "where" in told:
        return Counted({}, (Finding(**told),))
    profile = _unpacked(body, plan)
    if told["window"] is None:
        return Counted({}, untimed={told["segment"]: profile})
    return Counted({(told["segment"], window_of(told["window"])): profile})


def _packed(profile: Profile) -> bytes:
    batch = profile_batch(None, Window(0, ""), profile)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema.with_metadata({ROWS: str(profile.rows).encode()})) as writer:
        writer.write_batch(batch)
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


def _unpacked(body: bytes, plan: Plan) -> Profile:
    reader = pa.ipc.open_stream(body)
    return profile_of(reader.read_next_batch(), plan, int(reader.schema.metadata[ROWS]))
