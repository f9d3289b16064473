"""Where everything meets: a specification in, sources and engines chosen, the use case run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from driftline.channels.courier import Courier
from driftline.channels.kinds import opened
from driftline.engines import count as counting
from driftline.engines.amounts import SPOKEN, amount
from driftline.engines.cells import seconds
from driftline.engines.late import DelayWatch
from driftline.errors import ConfigError, DataError, UnreadableData
from driftline.learning import count, cut, elsewhere, fit, learn
from driftline.monitor import Monitor
from driftline.opening import beside, open_given, open_place, with_labels
from driftline.profile.outcome import OutcomeCounts, total_outcome
from driftline.schema import Role
from driftline.services.check import Counted
from driftline.services.check import check as judge
from driftline.services.decide import decide_now
from driftline.services.diagnose import diagnose
from driftline.services.measure import measure as measured
from driftline.sources.joined import Joined
from driftline.sources.known import KnownAt
from driftline.sources.notes import new_columns
from driftline.spark.source import SparkSource
from driftline.store.shelf import Shelf, Use

if TYPE_CHECKING:
    from driftline.channels.slack import Threads
    from driftline.config.places import KpiPlace
    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.performance.maturity import Delays
    from driftline.ports import Progress, Source
    from driftline.profile.plan import Plan
    from driftline.services.measure import Measured
    from driftline.verdicts.report import Report
    from driftline.window import Window

SEED = 0
"""Halves rows where cheap remedies are tried: the same in every run, so that a decision can be made again."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A report, the monitor it was made for, and what to do."""

    report: Report
    monitor: Monitor
    decided: Decided


def check(
    specification: Specification, *, progress: Progress | None = None, now: datetime | None = None, engine: str = "local"
) -> CheckResult:
    """Count, compare and judge what a specification describes, and decide what to do.

    `engine` says who counts: `spark` reads the files in Spark, and `sql` leaves rows in the database that they lie in.
    """
    at = now or datetime.now(UTC)
    reference, current, monitor = both(specification, at, engine)
    report = compare_sources(reference, current, monitor, progress=progress, now=at)
    report = beside(report, specification.places.kpis)
    return CheckResult(report, monitor, decide_now(report, monitor, np.random.default_rng(SEED)))


def both(specification: Specification, at: datetime, engine: str = "local") -> tuple[Source | Shelf, Source | Shelf, Monitor]:
    """The reference and the current data with their labels, and the monitor that knows what the labels' time is called."""
    if specification.places.current is None:
        raise ConfigError("it is not said where the current data lies", hint="add current: data/*.parquet")
    reference = _reference(specification, at, engine)
    current = with_labels(open_place(specification.places.current, engine), specification, at, engine, others=reference)
    return reference, current, _with_label_time(specification.monitor, current)


def labelled(specification: Specification, at: datetime) -> Source:
    """The current data with the labels that were known at some time.

    Raises:
        ConfigError: it is not said where it lies, or it is a profile, which holds no rows.
    """
    if specification.places.current is None:
        raise ConfigError("it is not said where the current data lies", hint="add current: data/*.parquet")
    source = with_labels(open_place(specification.places.current), specification, at)
    known = as_known(source, _with_label_time(specification.monitor, source), at)
    if isinstance(known, Shelf):
        raise ConfigError("the current data is a profile, which holds no rows", hint="name the files the rows lie in")
    return known


def labels(specification: Specification) -> Source | None:
    """Where labels lie: the place of their own, else the current data; None where a label or an id has no name.

    Raises:
        ConfigError: they are a profile, which holds no rows.
    """
    hints, places = specification.monitor.hints, specification.places
    place = places.labels.place if places.labels else places.current
    if place is None or hints.named(Role.LABEL) is None or hints.named(Role.ID) is None:
        return None
    found = open_place(place)
    if isinstance(found, Shelf):
        raise ConfigError("labels cannot be a profile, which holds no rows", hint="name the files the labels lie in")
    return found


def courier(specification: Specification, threads: Threads | None = None) -> Courier:
    """Who brings messages to the channels that a specification names, and where their conversations began.

    Raises:
        ConfigError: it names none.
    """
    outlets = specification.outlets
    if not outlets.channels:
        raise ConfigError("it is not said where messages go", hint="add alerts: {channels: {team: {kind: slack, url: env:SLACK_URL}}}")
    return Courier(opened(outlets.channels, threads), outlets.routes)


def _with_label_time(monitor: Monitor, source: Source | Shelf) -> Monitor:
    """The monitor, knowing what the time of labels that were joined is called."""
    time = source.time_column if isinstance(source, Joined | SparkSource) else None
    return monitor if time is None else replace(monitor, hints=replace(monitor.hints, label_time=time))


def compare_sources(
    reference: Source | Shelf, current: Source | Shelf, monitor: Monitor, *, progress: Progress | None = None, now: datetime | None = None
) -> Report:
    """Judge current data against a reference; either may have been counted before."""
    at = now or datetime.now(UTC)
    current = as_known(current, monitor, at)
    new = () if isinstance(reference, Shelf) or isinstance(current, Shelf) else new_columns(reference, current, monitor)
    plan, learnt = learn(as_known(reference, monitor, at, optional=True), monitor, progress=progress)
    delays = _delays(plan, current, monitor, at)
    if isinstance(current, Shelf):
        if current.plan.fingerprint != plan.fingerprint:
            raise DataError("the current profile was counted in other bins than the reference", hint="count it with --reference")
        counted = Counted({(segment, window): profile for segment, window, profile in current.entries})
    else:
        found = count(plan, current, monitor.windowing, monitor.hints, progress=progress)
        if found.untimed and not found.profiles:
            raise _untimed(plan, current, monitor)
        counted = Counted(found.profiles, (*found.findings, *current.findings(), *new))
    return diagnose(
        learnt,
        counted,
        judge(learnt, counted, monitor, at, delays),
        attribution=monitor.policy.attribution,
        together=monitor.policy.together,
    )


def _untimed(plan: Plan, source: Source, monitor: Monitor) -> UnreadableData:
    """No row is in any window, because its time cannot be read: nothing is not to pass for nothing new."""
    name = counting.time_column(plan, monitor.windowing, monitor.hints, source) or ""
    said = (value for batch in source.batches([name]) for value in batch.column(0).drop_null().slice(0, 1).to_pylist())
    example = next((f", such as {value!r}," for value in said), "")
    return UnreadableData(
        f"no time in column {name!r} of {source.name}{example} can be read, so that no row is in any window", hint=counting.TIME_HINT
    )


def as_known(source: Source | Shelf, monitor: Monitor, at: datetime, *, optional: bool = False) -> Source | Shelf:
    """The source with the labels that were known at some time; training data often does not say since when they are."""
    label, time = monitor.hints.named(Role.LABEL), monitor.hints.label_time
    if isinstance(source, Shelf) or label is None or time is None or (optional and time not in source.schema().names):
        return source
    known = KnownAt(source, label, time, at)
    known.schema()
    return known


def _delays(plan: Plan, source: Source | Shelf, monitor: Monitor, at: datetime) -> Delays | None:
    """How late labels come, where a column says since when each is known: one reading of the two columns of times."""
    made, known = monitor.hints.named(Role.TIMESTAMP), monitor.hints.label_time
    place = plan.with_role(Role.TIMESTAMP)
    made = made or (plan.names[place] if place is not None else None)
    if isinstance(source, Shelf) or made is None or known is None or plan.outcome is None:
        return None
    watch = DelayWatch(plan, plan.outcome, at)
    for batch in source.batches([made, known, *watch.columns]):
        if made in batch.schema.names and known in batch.schema.names:
            watch.count(batch, seconds(batch.column(made)), seconds(batch.column(known)))
    return watch.delays()


def profile(specification: Specification, *, progress: Progress | None = None, engine: str = "local") -> Shelf:
    """Count data into a shelf: the reference itself, or, where current data is named, that in the reference's bins."""
    at, places = datetime.now(UTC), specification.places
    reference = _reference(specification, at, engine)
    monitor = _with_label_time(specification.monitor, reference)
    if places.current is None:
        plan, learnt = learn(reference, monitor, progress=progress)
        about = {"source": places.reference.said, **({"like_windows": cut(monitor.windowing)} if learnt.like_windows else {})}
        return _shelf(plan, learnt, Use.REFERENCE, about)
    plan = reference.plan if isinstance(reference, Shelf) else fit(reference, monitor, progress)
    current = as_known(with_labels(open_place(places.current, engine), specification, at, engine), monitor, at)
    if isinstance(current, Shelf):
        return current
    found = count(plan, current, monitor.windowing, monitor.hints, progress=progress)
    return _shelf(plan, Counted(found.profiles), Use.CURRENT, {"source": places.current.said})


def compare(
    reference: object,
    current: object,
    *,
    monitor: Monitor | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
    kpis: tuple[KpiPlace, ...] = (),
) -> Report:
    """Judge one table, file, directory or profile against another.

    Args:
        reference: data to trust: a path, a glob, a URL, or a table (pandas, Polars, Arrow, DuckDB, a dict of columns:
            anything that offers an Arrow stream), or a DataFrame of Spark, which is counted there.
        current: data to question.
        monitor: what is known beforehand of columns, windows and promises.
        progress: told of the progress.
        now: the time the report carries.
        kpis: business figures to lay beside performance.

    Raises:
        DataError: the data cannot be read or compared.
    """
    sources = open_given(reference, "reference"), open_given(current, "current")
    return beside(compare_sources(*sources, monitor or Monitor(), progress=progress, now=now), kpis)


def measure(reference: object, current: object, *, monitor: Monitor | None = None, now: datetime | None = None) -> tuple[Measured, ...]:
    """How well a model did, window by window, and nothing else; arguments as for `compare`.

    Raises:
        DataError: the data cannot be read, or the reference holds no predictions beside labels.
    """
    monitor = monitor or Monitor()
    hints, at = monitor.hints, now or datetime.now(UTC)
    # The other columns would be looked at for nothing.
    worth = monitor.policy.goal.worth
    taken = [name for name in amount(worth).columns if name not in SPOKEN] if worth else []
    monitor = replace(monitor, hints=replace(hints, features=(*hints.segments, *taken)))
    past, present = open_given(reference, "reference"), as_known(open_given(current, "current"), monitor, at)
    past = as_known(past, monitor, at, optional=True)
    plan = past.plan if isinstance(past, Shelf) else fit(past, monitor, None)
    if plan.outcome is None:
        hint = "name the columns: columns: {label: …, score: …, prediction: …}"
        raise DataError("the reference holds no predictions beside labels that can be measured", hint=hint)
    if isinstance(present, Shelf) and present.plan.fingerprint != plan.fingerprint:
        raise DataError("the current profile was counted in other bins than the reference", hint="count it with --reference")
    known = _outcomes(plan, past, Monitor())
    before = total_outcome([OutcomeCounts.empty(plan.outcome), *(counts for (side, _), counts in known.items() if side is None)])
    return measured(plan.outcome, before, _outcomes(plan, present, monitor), monitor.policy.goal)


def _outcomes(plan: Plan, source: Source | Shelf, monitor: Monitor) -> dict[tuple[str | None, Window], OutcomeCounts]:
    """Predictions beside labels, by segment and window."""
    if isinstance(source, Shelf):
        counted = {(segment, window): profile for segment, window, profile in source.entries}
    elif elsewhere(source):
        counted = dict(count(plan, source, monitor.windowing, monitor.hints, progress=None).profiles)
    else:
        return counting.count_outcomes(plan, source, monitor.windowing, monitor.hints)
    return {key: profile.outcome for key, profile in counted.items() if profile.outcome is not None}


def _shelf(plan: Plan, counted: Counted, use: Use, about: dict[str, str]) -> Shelf:
    entries = tuple((segment, window, found) for (segment, window), found in counted.profiles.items())
    return Shelf(plan=plan, entries=entries, use=use, about=about)


def _reference(specification: Specification, at: datetime, engine: str = "local") -> Source | Shelf:
    """Open the reference with its labels, and refuse columns that the specification names and the reference does not have."""
    reference = with_labels(open_place(specification.places.reference, engine), specification, at, engine)
    if not isinstance(reference, Shelf):
        specification.check_columns(reference.schema().names)
    return reference
