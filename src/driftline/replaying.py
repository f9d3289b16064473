"""History looked at again: what would have been said and decided at the end of each window, with what was known then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.decisions.faults import SURE
from driftline.engines import count as counting
from driftline.engines.cells import seconds
from driftline.engines.late import DelayWatch
from driftline.errors import ConfigError, DataError, SchemaMismatch, near_miss
from driftline.learning import learn
from driftline.schema import Role
from driftline.services.check import Counted
from driftline.services.check import check as judge
from driftline.services.decide import decide_along, decide_now
from driftline.services.diagnose import diagnose
from driftline.sources.hindsight import Hindsight
from driftline.store.shelf import Shelf
from driftline.verdicts.diagnosis import polluting
from driftline.verdicts.report import Verdict
from driftline.window import CALENDAR, Window
from driftline.wiring import SEED, as_known, both

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.monitor import Monitor
    from driftline.performance.maturity import Delays
    from driftline.ports import Progress, Source
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report

    Learnt = tuple[Plan, Counted]
    """What was learnt of the reference."""

    Told = dict[tuple[str | None, Window], tuple[Diagnosis, ...]]
    """By segment and window, why it drifted."""


LOOKED_AT = 16
"""A newest window is held against so many good ones before it when it is asked what is wrong with it."""

DAWN = datetime(1970, 1, 1, tzinfo=UTC)
"""No window begins before this."""


def along(specification: Specification, *, progress: Progress | None = None, now: datetime | None = None) -> Iterator[Decided]:
    """Decide at the end of one window after another, each time with the rows and the labels that were known then.

    The current data is held in memory; windows that are not over by `now` are left out.

    Raises:
        ConfigError: windows do not go by time, or no column is known to hold it.
    """
    at = now or datetime.now(UTC)
    return along_sources(*both(specification, at), now=at, progress=progress)


def along_sources(
    reference: Source | Shelf, current: Source | Shelf, monitor: Monitor, *, now: datetime, progress: Progress | None = None
) -> Iterator[Decided]:
    """Likewise, of data that was opened before."""
    return Replay(reference, current, monitor, now, progress).decided()


def as_of(specification: Specification, at: datetime, *, progress: Progress | None = None) -> Decided:
    """Decide as somebody would have at some time, with the rows and the labels that were known then, of windows that were over.

    Raises:
        ConfigError: windows do not go by time, or no column is known to hold it.
        DataError: no window was over.
    """
    return judged_as_of(specification, at, progress=progress)[1]


def judged_as_of(
    specification: Specification, at: datetime, *, estimated: bool = True, progress: Progress | None = None
) -> tuple[Report, Decided]:
    """Likewise, with the report that the decision rests on.

    Args:
        specification: the monitor.
        at: rows and labels that came later are not known.
        estimated: performance is estimated where labels have not come; without that it takes a tenth of the time.
        progress: told how far it is.
    """
    reference, current, monitor = both(specification, at)
    for report in Replay(reference, current, monitor, at, progress).reports(newest=True, estimated=estimated):
        return report, decide_now(report, monitor, np.random.default_rng(SEED))
    raise DataError(f"no window was over at {at.isoformat(timespec='minutes')}", hint="give a later time, or other data")


class _Reference:
    """The reference as it was known at some time: its own labels may have come while the model was watched already."""

    def __init__(self, source: Source | Shelf, monitor: Monitor) -> None:
        self._source, self._monitor = source, monitor
        self._settled = _settled(source, monitor)
        self._final: Learnt | None = None

    def at(self, now: datetime) -> Learnt:
        """What was to be learnt then; the same once all its labels had come."""
        if now.timestamp() < self._settled:
            return learn(as_known(self._source, self._monitor, now, optional=True), self._monitor)
        if self._final is None:
            self._final = learn(as_known(self._source, self._monitor, now, optional=True), self._monitor)
        return self._final


def _settled(source: Source | Shelf, monitor: Monitor) -> float:
    """When the last label of a source became known, in seconds since 1970; −∞ where nobody says."""
    time, latest = monitor.hints.label_time, -np.inf
    if isinstance(source, Shelf) or time is None or time not in source.schema().names:
        return latest
    for part in source.batches([time]):
        if time in part.schema.names:
            latest = max(latest, float(np.nanmax(seconds(part.column(time)), initial=-np.inf)))
    return latest


def time_of(monitor: Monitor, plan: Plan) -> str:
    """The column that holds the time of a row.

    Raises:
        ConfigError: none is known.
    """
    place = plan.with_role(Role.TIMESTAMP)
    made = monitor.hints.named(Role.TIMESTAMP) or (plan.names[place] if place is not None else None)
    if made is None:
        raise ConfigError("no column is known to hold the time of a row", hint="name it: columns: {timestamp: ts}")
    return made


def hindsight(plan: Plan, source: Source, monitor: Monitor) -> Hindsight:
    """The rows of a source with their times, in memory.

    Raises:
        ConfigError: no column is known to hold the time.
        SchemaMismatch: the source has no such column.
    """
    made, hints = time_of(monitor, plan), monitor.hints
    # Files of one source may say the same in types that are a little different.
    parts = [pa.Table.from_batches([part]) for part in source.batches(source.schema().names)]
    table = pa.concat_tables(parts, promote_options="permissive") if parts else source.schema().empty_table()
    if made not in table.column_names:
        fact = f"{source.name} has no column {made!r}, which holds the time of a row"
        raise SchemaMismatch(fact, hint=near_miss(made, table.column_names))
    known = seconds(table[hints.label_time].combine_chunks()) if hints.label_time in table.column_names else None
    return Hindsight(source.name, table, seconds(table[made].combine_chunks()), known, hints.named(Role.LABEL), hints.label_time)


class Replay:
    """The current data in memory, looked at again window by window. Windows whose labels were all known are counted once.

    Args:
        reference: what windows are held against.
        current: the rows to go through.
        monitor: how they are watched.
        at: the end of the past; windows that are not over are left out.
        progress: told of the progress.

    Raises:
        ConfigError: windows do not go by time, or no column is known to hold it.
    """

    def __init__(
        self, reference: Source | Shelf, current: Source | Shelf, monitor: Monitor, at: datetime, progress: Progress | None = None
    ) -> None:
        if isinstance(current, Shelf) or monitor.windowing.cadence not in CALENDAR:
            raise ConfigError("without times nobody knows what was known when", hint="name the column of times, and write window: day")
        self._reference, self._monitor, self._at, self._progress = _Reference(reference, monitor), monitor, at, progress
        self._plan, self._blocks = self._reference.at(at)
        self._rows = hindsight(self._plan, current, monitor)
        self._final = _counted(self._plan, self._rows.between(DAWN, at, at), monitor, progress)
        spans = {w: (w.start, w.end) for _, w in self._final if isinstance(w.start, datetime) and isinstance(w.end, datetime)}
        self._spans = {window: spans[window] for window in sorted(spans) if spans[window][1] <= at}

    @property
    def spans(self) -> tuple[tuple[datetime, datetime], ...]:
        """Where windows begin and end, in order."""
        return tuple(self._spans.values())

    def decided(self, serves: Callable[[Decided], bool] | None = None) -> Iterator[Decided]:
        """Decide at the end of one window after another.

        Args:
            serves: asked where a retraining begins whether its model is in service from then on, having told `rescore` what it says;
                without it nothing new ever is.
        """
        return decide_along(self.reports(), self._monitor, partial(np.random.default_rng, SEED), serves)

    def rescore(self, since: datetime, columns: Mapping[str, pa.Array]) -> None:
        """From some time on rows say in some columns what another model has said.

        Args:
            since: rows made before it stay what they are.
            columns: by name, a value for each row of the current data, in its own order.
        """
        self._rows.rewrite(since, columns)
        self._final |= _counted(self._plan, self._rows.between(since, self._at, self._at), self._monitor, None)

    def reports(self, *, newest: bool = False, estimated: bool = False) -> Iterator[Report]:
        """What a check would have said at the end of each window, or of the newest.

        Args:
            newest: of the newest alone.
            estimated: performance is estimated where labels have not come.
        """
        windows = list(self._spans)
        told: Told = {}
        for done in range(len(windows) if newest and windows else 1, len(windows) + 1):
            now = self._at if newest else self._spans[windows[done - 1]][1]
            self._learn(now)
            counted = self._known(windows[:done], now)
            delays = _delays(self._plan, self._rows, self._monitor, now)
            if self._progress is not None:
                self._progress("deciding", done, len(windows))
            known = Counted(counted)
            report = judge(self._blocks, known, self._monitor, now, delays, estimated=estimated)
            yield diagnose(self._blocks, known, report) if newest else _diagnosed(self._blocks, known, report, told)

    def _learn(self, now: datetime) -> None:
        """Learn the reference as it was known; where that is something else, count everything by it."""
        before, (self._plan, self._blocks) = self._plan.fingerprint, self._reference.at(now)
        if self._plan.fingerprint != before:
            self._final = _counted(self._plan, self._rows.between(DAWN, self._at, self._at), self._monitor, None)

    def _known(self, windows: Sequence[Window], now: datetime) -> dict[tuple[str | None, Window], Profile]:
        """What was counted of windows by then: those whose labels had not all come are counted as they were."""
        begun = set(windows)
        counted = {key: profile for key, profile in self._final.items() if key[1] in begun}
        late = [self._spans[window] for window in windows if self._rows.settled(*self._spans[window]) > now.timestamp()]
        if late:
            counted |= _counted(self._plan, self._rows.between(late[0][0], late[-1][1], now), self._monitor, None)
        return counted


def _delays(plan: Plan, rows: Hindsight, monitor: Monitor, now: datetime) -> Delays | None:
    """How late labels come, by what was known then."""
    if plan.outcome is None or monitor.hints.label_time is None:
        return None
    watch = DelayWatch(plan, plan.outcome, now)
    first = 0
    made, known = rows.times(now)
    for batch in rows.batches(len(made)):
        here = slice(first, first + batch.num_rows)
        watch.count(batch, made[here], known[here])
        first = here.stop
    return watch.delays()


def _diagnosed(reference: Counted, current: Counted, report: Report, told: Told) -> Report:
    """The report with what was told of each window when it was the newest, and of the newest now; `told` takes that in."""
    newest = max(window.window for window in report.windows)
    good = [w for w in sorted({one.window for one in report.windows}) if not polluting(told.get((None, w), ()), sure=SURE)]
    kept = {newest, *good[-LOOKED_AT:]}
    # Windows before the newest count as good ones here: what was wrong with them has been told, and they are left out.
    both_told = [
        (window if window.window == newest else replace(window, verdict=Verdict.STABLE), profile)
        for window, profile in zip(report.windows, report.profiles, strict=True)
        if window.window in kept
    ]
    short = replace(report, windows=tuple(window for window, _ in both_told), profiles=tuple(profile for _, profile in both_told))
    found = diagnose(reference, Counted({key: part for key, part in current.profiles.items() if key[1] in kept}), short, {newest})
    told |= {(window.segment, newest): tuple(window.diagnosis) for window in found.windows if window.window == newest}
    windows = (replace(window, diagnosis=told.get((window.segment, window.window), ())) for window in report.windows)
    return replace(report, windows=tuple(windows))


def _counted(plan: Plan, source: Source, monitor: Monitor, progress: Progress | None) -> dict[tuple[str | None, Window], Profile]:
    return counting.count(plan, source, monitor.windowing, monitor.hints, progress=progress).profiles
