"""Where everything meets: a specification in, sources and engines chosen, the use case run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from driftline.config.places import FilesPlace, QueryPlace
from driftline.engines import count as counting
from driftline.engines.fit import fit
from driftline.errors import ConfigError, DataError, SchemaMismatch, near_miss
from driftline.inference.variation import FEWEST_BLOCKS
from driftline.monitor import Monitor
from driftline.services.check import Counted, blocks_enough
from driftline.services.check import check as judge
from driftline.sources.opening import open_source
from driftline.store.profiles import load
from driftline.store.shelf import Shelf, Use
from driftline.window import CALENDAR, Cadence, Windowing

if TYPE_CHECKING:
    from driftline.config.places import Place
    from driftline.config.specification import Specification
    from driftline.ports import Progress, Source
    from driftline.profile.plan import Plan
    from driftline.verdicts.report import Report

BLOCKS = 64
"""Into so many runs of rows a reference is cut where the windows do not cut it."""

MOST_BLOCKS = 500
FEWEST_ROWS = 10
"""A block of fewer rows says nothing about how blocks vary."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A report and the monitor it was made for."""

    report: Report
    monitor: Monitor


def check(specification: Specification, *, progress: Progress | None = None, now: datetime | None = None) -> CheckResult:
    """Count, compare and judge what a specification describes."""
    monitor, places = specification.monitor, specification.places
    if places.current is None:
        raise ConfigError("it is not said where the current data lies", hint="add current: data/*.parquet")
    report = compare_sources(_reference(specification), _opened(places.current), monitor, progress=progress, now=now)
    return CheckResult(report, monitor)


def compare_sources(
    reference: Source | Shelf, current: Source | Shelf, monitor: Monitor, *, progress: Progress | None = None, now: datetime | None = None
) -> Report:
    """Judge current data against a reference; either may have been counted before."""
    plan, learnt = learn(reference, monitor, progress=progress)
    at = now or datetime.now(UTC)
    if isinstance(current, Shelf):
        if current.plan.fingerprint != plan.fingerprint:
            raise DataError("the current profile was counted in other bins than the reference", hint="count it with --reference")
        counted = Counted({(segment, window): profile for segment, window, profile in current.entries})
        return judge(learnt, counted, monitor, at)
    found = counting.count(plan, current, monitor.windowing, monitor.hints, progress=progress)
    return judge(learnt, Counted(found.profiles, (*found.findings, *current.findings())), monitor, at)


def learn(reference: Source | Shelf, monitor: Monitor, *, progress: Progress | None = None) -> tuple[Plan, Counted]:
    """Fix the bins on the reference and keep it as consecutive blocks.

    The blocks are cut like the windows where that gives enough of them to learn how windows vary, else by rows.

    Raises:
        SchemaMismatch: something is said of a column that is not there.
    """
    if isinstance(reference, Shelf):
        _check_named(reference.plan, monitor)
        like = reference.about.get("like_windows") == _cut(monitor.windowing)
        return reference.plan, Counted({(s, w): p for s, w, p in reference.entries}, like_windows=like)
    plan = fit(reference, monitor, progress=progress)
    _check_named(plan, monitor)
    windowing, like = monitor.windowing, False
    if windowing.cadence in CALENDAR or windowing.cadence is Cadence.COLUMN:
        found = _count_like_windows(plan, reference, monitor, progress)
        if found is not None and blocks_enough(len({window for _, window in found.profiles})):
            return plan, Counted(found.profiles, (*found.findings, *reference.findings()), like_windows=True)
    size = block_rows(_rows(reference), windowing)
    found = counting.count(plan, reference, Windowing(Cadence.ROWS, rows=size), monitor.hints, progress=progress)
    return plan, Counted(found.profiles, (*found.findings, *reference.findings()), like_windows=like)


def _check_named(plan: Plan, monitor: Monitor) -> None:
    """A threshold or a floor for a column that is not watched would never be heard of again."""
    told = [(item.column, "has a threshold") for item in monitor.policy.hand_set if item.column != "*"]
    told += [(column, "has a floor") for column in monitor.policy.column_floors]
    for name, what in told:
        if name not in plan.names:
            raise SchemaMismatch(f"the reference has no column {name!r} that is watched, which {what}", hint=near_miss(name, plan.names))


def _count_like_windows(plan: Plan, reference: Source, monitor: Monitor, progress: Progress | None) -> counting.Counted | None:
    """The reference cut by the monitor's windowing; None where it has no column to cut by."""
    try:
        found = counting.count(plan, reference, monitor.windowing, monitor.hints, progress=progress)
    except SchemaMismatch:
        return None
    return replace(found, profiles={key: profile for key, profile in found.profiles.items() if profile.rows})


def block_rows(rows: int, windowing: Windowing) -> int:
    """How many rows a block of the reference has: a window's, where the reference holds enough of those."""
    if windowing.cadence is Cadence.ROWS and windowing.rows:
        windows = rows // windowing.rows
        if windows >= FEWEST_BLOCKS:
            return windowing.rows * max(1, -(-windows // MOST_BLOCKS))
    blocks = min(BLOCKS, rows // FEWEST_ROWS)
    return max(rows, 1) if blocks < FEWEST_BLOCKS else -(-rows // blocks)


def profile(specification: Specification, *, progress: Progress | None = None) -> Shelf:
    """Count data into a shelf: the reference itself, or, where current data is named, that in the reference's bins."""
    monitor, places = specification.monitor, specification.places
    reference = _reference(specification)
    if places.current is None:
        plan, learnt = learn(reference, monitor, progress=progress)
        about = {"source": places.reference.said, **({"like_windows": _cut(monitor.windowing)} if learnt.like_windows else {})}
        return _shelf(plan, learnt, Use.REFERENCE, about)
    plan = reference.plan if isinstance(reference, Shelf) else fit(reference, monitor, progress=progress)
    current = _opened(places.current)
    if isinstance(current, Shelf):
        return current
    found = counting.count(plan, current, monitor.windowing, monitor.hints, progress=progress)
    return _shelf(plan, Counted(found.profiles), Use.CURRENT, {"source": places.current.said})


def compare(
    reference: object,
    current: object,
    *,
    monitor: Monitor | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> Report:
    """Judge one table, file, directory or profile against another.

    Args:
        reference: data to trust: a path, a glob, a URL, or a table (pandas, Polars, Arrow, DuckDB, a dict of columns:
            anything that offers an Arrow stream).
        current: data to question.
        monitor: what is known beforehand of columns, windows and promises.
        progress: told of the progress.
        now: the time the report carries.

    Raises:
        DataError: the data cannot be read or compared.
    """
    return compare_sources(_place(reference, "reference"), _place(current, "current"), monitor or Monitor(), progress=progress, now=now)


def _shelf(plan: Plan, counted: Counted, use: Use, about: dict[str, str]) -> Shelf:
    entries = tuple((segment, window, found) for (segment, window), found in counted.profiles.items())
    return Shelf(plan=plan, entries=entries, use=use, about=about)


def _cut(windowing: Windowing) -> str:
    """How windows are cut, as one word to compare by."""
    return f"{windowing.cadence.value} {windowing.column or windowing.timezone}"


def _reference(specification: Specification) -> Source | Shelf:
    """Open the reference, and refuse columns that the specification names and the reference does not have."""
    reference = _opened(specification.places.reference)
    if not isinstance(reference, Shelf):
        specification.check_columns(reference.schema().names)
    return reference


def _opened(place: Place) -> Source | Shelf:
    match place:
        case QueryPlace():
            return open_source(place.database, query=place.query, name=place.said)
        case FilesPlace(paths=(path,)) if path.endswith(".profile"):
            return load(path)
        case FilesPlace(paths=(path,)):
            return open_source(path, name=place.said)
        case FilesPlace():
            return open_source(list(place.paths), name=place.said)


def _place(place: object, name: str) -> Source | Shelf:
    if isinstance(place, str | Path):
        return load(place) if str(place).endswith(".profile") else open_source(place)
    return open_source(place, name=name)


def _rows(source: Source) -> int:
    known = source.rows()
    return sum(batch.num_rows for batch in source.batches()) if known is None else known
