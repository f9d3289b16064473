"""Known shifts put into the user's own past, to tell before going live how soon each is found, and how often it is missed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.backtesting.injections import INJECTIONS, SHIFTS, Around
from driftline.backtesting.rows import table_of
from driftline.decisions.detection import Detection, Trial, summed
from driftline.decisions.faults import faults
from driftline.engines import count as counting
from driftline.errors import ConfigError, DataError
from driftline.learning import learn
from driftline.replaying import DAWN, hindsight
from driftline.schema import JUDGED_ROLES, Kind, Role
from driftline.services.check import Counted
from driftline.services.check import check as judge
from driftline.services.diagnose import diagnose
from driftline.sources.opening import open_source
from driftline.store.shelf import Shelf
from driftline.verdicts.report import Verdict
from driftline.window import CALENDAR
from driftline.wiring import SEED, as_known, both

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.backtesting.injections import Injection
    from driftline.config.specification import Specification
    from driftline.monitor import Monitor
    from driftline.ports import Progress
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import Report, WindowReport
    from driftline.window import Window

HORIZON = 7
"""A shift is looked for in so many windows, its first one included."""

FEWEST = 3
"""With fewer windows there is none before the shift, or none after it."""

SHARES = (0.05, 0.2, 1.0)
"""Of so many rows a shift is tried that may befall some of them only."""

WRONG = "labels of other rows"
"""What makes a model worse without its inputs changing: some rows have the labels of others."""

EARLIER = 14
"""A shift is judged together with so many windows before it."""

KNOWN = 20_000
"""So many usual values tell what a column is like."""


def inject(specification: Specification, *, now: datetime | None = None, tries: int = 4, progress: Progress | None = None) -> Detection:
    """Put known shifts into the current data of a monitor, one at a time, and look when each is found.

    A shift begins at the start of a window in which nothing drifted in its column and no fault of it is named, nor in those that
    follow, and stays. It is found where the column (or, of wrong labels, the performance that decides) is drifted, or where the
    diagnosis names a fault of the column, which some show that leave distributions as they were. Labels are those known at the end.

    Args:
        specification: the monitor.
        now: the end of the past.
        tries: how often each shift is tried, each time in another column and window.
        progress: told of the progress.

    Raises:
        ConfigError: windows do not go by time.
        DataError: there are fewer than three windows.
    """
    past = _Past(specification, now or datetime.now(UTC))
    trials: list[Trial] = []
    notes: list[str] = []
    plans = [(one, share) for one in (*SHIFTS, *INJECTIONS) for share in (SHARES if one.parts else (1.0,))]
    for done, (one, share) in enumerate(plans):
        if progress is not None:
            progress("injecting", done, len(plans) + len(SHARES))
        found = list(past.trials(one, share, tries))
        trials += found
        if not found and one.name not in {note.split(":")[0] for note in notes}:
            notes.append(f"{one.name}: no column it fits, in which nothing drifted, and in which it would be seen")
    for share in SHARES:
        trials += past.mislabelled(share, tries)
    alarms = sum(window.verdict is Verdict.DRIFTED for window in past.told)
    return Detection(
        monitor=past.monitor.name,
        trials=tuple(trials),
        found=summed(trials),
        horizon=past.horizon,
        windows=len(past.windows),
        alarms=alarms,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a shift begins: in which column (None for the labels), and in which window."""

    column: str | None
    start: int


class _Past:
    """The current data in memory with what is said of it as it is."""

    def __init__(self, specification: Specification, at: datetime) -> None:
        reference, current, self.monitor = both(specification, at)
        if isinstance(current, Shelf) or self.monitor.windowing.cadence not in CALENDAR:
            raise ConfigError("without times nobody knows when a shift begins", hint="name the column of times, and write window: day")
        self._plan, self._learnt = learn(as_known(reference, self.monitor, at, optional=True), self.monitor)
        self._rows, self._at = hindsight(self._plan, current, self.monitor), at
        self._counted = _counted(self._plan, table_of(self._rows.between(DAWN, at, at)), self.monitor)
        spans = {w: (w.start, w.end) for _, w in self._counted if isinstance(w.start, datetime) and isinstance(w.end, datetime)}
        self._spans = [spans[window] for window in sorted(spans) if spans[window][1] <= at]
        self.windows = [window for window in sorted(spans) if spans[window][1] <= at]
        if len(self.windows) < FEWEST:
            raise DataError(f"{len(self.windows)} windows are over, and {FEWEST} are needed", hint="give more current data")
        self.horizon = min(HORIZON, len(self.windows) - 2)
        known = self._judged(self._counted, self.windows)
        self.told = [window for window in known.windows if window.segment is None]
        explained = diagnose(self._learnt, Counted(self._counted), known)
        self._faulty = [_faulty(window) for window in explained.windows if window.segment is None]
        self._drifted = [_drifted(window) for window in self.told]

    def trials(self, one: Injection, share: float, tries: int) -> Iterator[Trial]:
        """Try a shift in some places; none where it fits no column."""
        rng = np.random.default_rng([SEED, *one.name.encode(), round(share * 100)])
        for place in self._places(self._fit(one), tries, rng):
            column, table = str(place.column), self._table(place.start)
            values = _values(table[column], one)
            usual = _known(_values(self._usual(column, place.start), one))[-KNOWN:]
            if not usual.size:
                continue
            hit = rng.random(values.size) < share
            made = one.into({column: values}, column, hit, Around(usual, None, rng))
            if made is None:
                continue
            delay, window = self._found(place, _with(table, column, _array(made[column])))
            yield Trial(
                name=one.name,
                column=column,
                share=share,
                since=self.windows[place.start].label,
                delay=delay,
                named=None if delay is None or not one.told else _named(window(), column, _names(one, share)),
            )

    def mislabelled(self, share: float, tries: int) -> Iterator[Trial]:
        """Some rows have the labels of others; nothing where performance does not decide."""
        label = next((one.column.name for one in self._plan.columns if one.column.role is Role.LABEL), None)
        if label is None or not any(metric.decides and metric.value is not None for window in self.told for metric in window.performance):
            return
        rng = np.random.default_rng([SEED, round(share * 100)])
        for place in self._places([None], tries, rng):
            table = self._table(place.start)
            hit = np.flatnonzero(rng.random(table.num_rows) < share)
            order = np.arange(table.num_rows)
            order[hit] = rng.permutation(hit)
            delay, _ = self._found(place, _with(table, label, table[label].take(pa.array(order)).combine_chunks()))
            yield Trial(name=WRONG, column=label, share=share, since=self.windows[place.start].label, delay=delay)

    def _fit(self, one: Injection) -> list[str]:
        """Columns that the shift may befall."""
        kinds = {Kind.NUMBER: "number", Kind.CATEGORY: "category"}
        there, roles = set(self._table(0).column_names), JUDGED_ROLES - {Role.LABEL}
        told = [planned.column for planned in self._plan.columns if planned.column.role in roles]
        return [column.name for column in told if kinds.get(column.kind) in one.kinds and column.name in there]

    def _places(self, columns: Sequence[str | None], tries: int, rng: np.random.Generator) -> list[_Place]:
        """Columns and windows, drawn from those in which nothing drifted over the horizon; one column after another."""
        free = {name: [start for start in range(1, len(self.windows) - self.horizon + 1) if self._quiet(name, start)] for name in columns}
        order = [columns[place] for place in rng.permutation(len(columns)) if free[columns[place]]]
        return [_Place(name, int(rng.choice(free[name]))) for name in (order * tries)[:tries]]

    def _quiet(self, name: str | None, start: int) -> bool:
        return not any(name in seen[at] for seen in (self._drifted, self._faulty) for at in range(start, start + self.horizon))

    def _found(self, place: _Place, table: pa.Table) -> tuple[int | None, Callable[[], WindowReport]]:
        """How many windows later the shift is found, and what is said of that window, with its diagnosis."""
        last = place.start + self.horizon
        shifted = self.windows[place.start : last]
        counted = {key: profile for key, profile in self._counted.items() if key[1] not in shifted}
        counted |= _counted(self._plan, table, self.monitor)
        known = self._judged(counted, self.windows[max(place.start - EARLIER, 0) : last])
        late = [window for window in known.windows if window.window in shifted and window.segment is None]
        delay = next((delay for delay, window in enumerate(late) if place.column in _drifted(window)), None)
        if delay != 0 and place.column is not None:
            # Nothing has to be drifted for a fault to be named: some leave all distributions as they were.
            before = set(shifted[:delay])
            told = self._explained(counted, known, before).windows
            faulty = [_faulty(one) for one in told if one.window in before and one.segment is None]
            delay = next((sooner for sooner, columns in enumerate(faulty) if place.column in columns), delay)
        at = shifted[delay or 0]
        return delay, lambda: next(one for one in self._explained(counted, known, {at}).windows if one.window == at and one.segment is None)

    def _judged(self, counted: Mapping[tuple[str | None, Window], Profile], windows: Sequence[Window]) -> Report:
        """What is said of some windows and of all segments: those share in the promise."""
        begun = set(windows)
        known = Counted({key: profile for key, profile in counted.items() if key[1] in begun})
        return judge(self._learnt, known, self.monitor, self._at, estimated=False)

    def _explained(self, counted: Mapping[tuple[str | None, Window], Profile], known: Report, asked: Collection[Window]) -> Report:
        begun, last = {window.window for window in known.windows}, max(window.index for window in asked)
        kept = {key: profile for key, profile in counted.items() if key[1] in begun and key[1].index <= last}
        upto = [place for place, window in enumerate(known.windows) if window.window.index <= last]
        short = replace(known, windows=tuple(known.windows[i] for i in upto), profiles=tuple(known.profiles[i] for i in upto))
        return diagnose(self._learnt, Counted(kept), short, asked)

    def _table(self, start: int) -> pa.Table:
        """The rows of the windows in which a shift is looked for."""
        return table_of(self._rows.between(self._spans[start][0], self._spans[start + self.horizon - 1][1], self._at))

    def _usual(self, column: str, start: int) -> pa.ChunkedArray:
        """What a column held before a window."""
        return table_of(self._rows.between(DAWN, self._spans[start][0], self._at))[column]


def _counted(plan: Plan, table: pa.Table, monitor: Monitor) -> dict[tuple[str | None, Window], Profile]:
    return counting.count(plan, open_source(table, name="rows"), monitor.windowing, monitor.hints).profiles


def _drifted(window: WindowReport) -> frozenset[str | None]:
    """The columns that drifted, and None where the model does worse by what decides."""
    worse = any(metric.decides and metric.verdict is Verdict.DRIFTED for metric in window.performance)
    return frozenset([one.name for one in window.columns if one.verdict is Verdict.DRIFTED] + [None] * worse)


def _faulty(window: WindowReport) -> frozenset[str]:
    """The columns in which a fault is named that is sure enough to be repaired."""
    return frozenset(name for one in faults(window.diagnosis) for name in one.columns)


def _names(one: Injection, share: float) -> frozenset[str]:
    """What a diagnosis may call it: what is filled in everywhere is one value everywhere."""
    return one.told | {"stuck_value"} if share == 1 and "default_fill" in one.told else one.told


def _named(window: WindowReport, column: str, kinds: frozenset[str]) -> bool:
    """Whether the diagnosis calls what happened to a column by one of its names."""
    return any(one.kind in kinds and column in one.columns for one in window.diagnosis)


def _values(column: pa.ChunkedArray, one: Injection) -> NDArray[Any]:
    """A column as injections want it: numbers as float64 with NaN for missing, categories as object with None."""
    if "number" in one.kinds and not pa.types.is_string(column.type) and not pa.types.is_dictionary(column.type):
        return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
    return np.array(pc.cast(column, pa.string()).to_pylist(), dtype=object)


def _known(values: NDArray[Any]) -> NDArray[Any]:
    """Values that are not missing."""
    there = np.array([value is not None for value in values], dtype=bool) if values.dtype == object else ~np.isnan(values)
    return np.asarray(values[there])


def _array(values: NDArray[Any]) -> pa.Array:
    """A changed column for counting; text where any value is text."""
    if values.dtype != object:
        return pa.array(values, from_pandas=True)
    return pa.array([None if value is None else str(value) for value in values], type=pa.string())


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)
