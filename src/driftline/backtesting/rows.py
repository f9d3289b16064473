"""Reference and current rows in the order of time, with what was known of each when: what models are trained on and asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.decisions.sampling import EVERYTHING, IMPORTANCE, History, Supply, choose, usable
from driftline.decisions.sampling import Terms as Choice
from driftline.engines.cells import seconds
from driftline.errors import DataError
from driftline.replaying import time_of
from driftline.schema import Role, Task
from driftline.training.recency import recency
from driftline.wiring import SEED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.decisions.sampling import Chosen
    from driftline.monitor import Monitor
    from driftline.ports import Source
    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan

    Floats = NDArray[np.float64]

DAY = 86_400.0


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Reference and current rows in the order of time, with what is known of each.

    Attributes:
        table: the rows.
        made: float64[n], seconds since 1970; −∞ for reference rows without a time.
        known: float64[n], when the label was known; NaN where it never was.
        truth: float64[n], 0 or 1, or the number; NaN where it is not known.
        served: float64[n], what the model in service said; NaN where it said nothing.
        ends: float64[w], where each window ends; a window begins where the one before it ended.
        first: where the first window begins.
        places: int[n], which row of reference and current, one after the other, each is.
        referred: rows of the reference.
        features: the columns that a model reads.
    """

    table: pa.Table
    made: Floats
    known: Floats
    truth: Floats
    served: Floats
    ends: Floats
    first: float
    places: NDArray[np.intp]
    referred: int
    features: tuple[str, ...] = ()

    def window(self) -> NDArray[np.intp]:
        """Each row's window; −1 for reference rows, the number of windows for later ones."""
        found = np.searchsorted(self.ends, self.made, side="right")
        return np.where(self.made < self.first, -1, found)

    def supply(self) -> Supply:
        """Rows whose label is known at the end of the last window, and how many were made a day since the first began."""
        end, labelled = float(self.ends[-1]), ~np.isnan(self.truth)
        there = labelled & (self.known <= end)
        came = int((there & (self.made >= self.first)).sum())
        return Supply(int(there.sum()), came / ((end - self.first) / DAY), datetime.fromtimestamp(end, UTC))

    def current(self, values: Floats) -> Floats:
        """Values of all rows as those of the current rows alone, in the order in which they were given."""
        found = np.empty_like(values)
        found[self.places] = values
        return found[self.referred :]

    def history(self, spoilt: Sequence[int]) -> History:
        """The rows as sampling sees them, rows of some windows being spoilt."""
        known = ~np.isnan(self.truth)
        rare = self.truth == (1.0 if self.truth[known].mean() < 0.5 else 0.0)  # noqa: PLR2004  half
        return History(self.made, np.where(known, self.known, np.nan), rare, np.isin(self.window(), spoilt))


def rows_of(reference: Source, current: Source, monitor: Monitor, plan: Plan, spans: Sequence[tuple[datetime, datetime]]) -> Rows:
    """The rows of both, with windows where the spans are.

    Raises:
        DataError: no window is over, or there are no labels.
    """
    outcome = plan.outcome
    if not spans or outcome is None:
        raise DataError("no window is over", hint="give a later time, or other data")
    made_by, known_by = time_of(monitor, plan), monitor.hints.label_time
    parts, times, knowns = [], [], []
    for source in (reference, current):
        table = table_of(source)
        names = table.column_names
        made = seconds(table[made_by].combine_chunks()) if made_by in names else np.full(table.num_rows, np.nan)
        # Reference rows without a time were there before the first window; what is labelled and says not since when, always was.
        made = np.where(np.isnan(made), -np.inf, made)
        known = seconds(table[known_by].combine_chunks()) if known_by in names else made
        parts.append(table)
        times.append(made)
        knowns.append(np.where(np.isnan(known), made, known))
    whole = pa.concat_tables(parts, promote_options="permissive")
    made, known = np.concatenate(times), np.concatenate(knowns)
    score = outcome.scores[0] if outcome.scores else outcome.prediction
    served = _numbers(whole[score]) if score in whole.column_names else np.full(whole.num_rows, np.nan)
    order = np.argsort(made, kind="stable")
    table = whole.take(pa.array(order))
    ends = np.array([end.timestamp() for _, end in spans])
    truth = _truth(table[outcome.label], outcome)
    read = [one.column.name for one in plan.columns if one.column.role is Role.FEATURE]
    features = tuple(name for name in read if name in table.column_names)
    first = spans[0][0].timestamp()
    return Rows(table, made[order], known[order], truth, served[order], ends, first, order, parts[0].num_rows, features)


def table_of(source: Source) -> pa.Table:
    """All rows of a source."""
    parts = [pa.Table.from_batches([part]) for part in source.batches(source.schema().names)]
    return pa.concat_tables(parts, promote_options="permissive") if parts else source.schema().empty_table()


def _truth(labels: pa.ChunkedArray, outcome: Outcome) -> Floats:
    """Labels as numbers; of a binary model 1 for the positive class."""
    if outcome.task is Task.REGRESSION:
        return _numbers(labels)
    texts = pc.cast(labels, pa.string())
    found = np.full(len(labels), np.nan)
    for value, name in enumerate(outcome.classes):
        found[np.asarray(pc.fill_null(pc.is_in(texts, pa.array([name, f"{name}.0"])), False).to_numpy(), dtype=bool)] = value  # noqa: FBT003  a value
    return found


def _numbers(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a model is trained on.

    Attributes:
        model: its number: it is trained where the window of that number begins, and serves from there on.
        way: how rows are chosen.
        spoilt: numbers of the windows that are left out.
        since: number of the window since which things are as they are; None where nothing changed.
    """

    model: int
    way: str = EVERYTHING
    spoilt: tuple[int, ...] = ()
    since: int | None = None

    @property
    def name(self) -> str:
        """By this results are kept."""
        return f"{self.model}-{self.way.replace(' ', '-')}-{'.'.join(map(str, self.spoilt))}-{self.since}"


def chosen_at(rows: Rows, lesson: Lesson, most: int | None) -> Chosen:
    """The rows that a model is trained on: those whose labels were known when the window before its first one ended.

    Raises:
        DataError: there are none.
    """
    starts = np.concatenate([[rows.first], rows.ends])
    since = None if lesson.since is None else float(starts[lesson.since])
    terms, history = Choice(now=float(starts[lesson.model]), since=since, most=most), rows.history(lesson.spoilt)
    if lesson.way == IMPORTANCE:
        terms = replace(terms, recency=_recency(rows, usable(history, terms), since))
    found = choose(lesson.way, history, terms, np.random.default_rng([SEED, lesson.model]))
    if not found.rows.size:
        raise DataError("no row has a label that was known before the first window", hint="give a reference with labels")
    return found


def _recency(rows: Rows, allowed: NDArray[np.bool_], since: float | None) -> Floats:
    """How likely each row is to be one of the newest; a half for rows that a model may not be trained on."""
    told, places = np.full(rows.made.size, 0.5), np.flatnonzero(allowed)
    # Reference rows without a time are not asked about, unless there are no others.
    places = places[np.isfinite(rows.made[places])] if np.isfinite(rows.made[places]).any() else places
    told[places] = recency(rows.table.take(pa.array(places)), rows.features, rows.made[places], since)
    return told
