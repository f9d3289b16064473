"""The past replayed with real trainings: what every retraining policy would have cost, with nothing seen from the future."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.decisions.matrix import Matrix
from driftline.decisions.policies import compare
from driftline.decisions.sampling import WAYS, History, advise, choose, learning_curve
from driftline.decisions.sampling import Terms as Choice
from driftline.engines.cells import seconds
from driftline.errors import ConfigError, DataError
from driftline.performance.value import ValueMatrix
from driftline.replaying import along_sources, time_of
from driftline.schema import Role, Task
from driftline.store.shelf import Shelf
from driftline.training.program import Program
from driftline.training.standin import StandIn
from driftline.wiring import SEED, as_known, both, learn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.decisions.policies import Comparison
    from driftline.decisions.sampling import Advice, Chosen, Curve
    from driftline.monitor import Monitor
    from driftline.ports import Progress, Source
    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan

    Floats = NDArray[np.float64]
    Price = Callable[[Floats, Floats], Floats]
    """What rows cost, by their scores and their truths."""

MOST = 60_000
"""A stand-in is trained on no more rows than this; rows of the rarer class are kept before others."""

FEWEST = 8
"""With fewer windows the past's last quarter says nothing of how to choose rows."""

MATTERS = 0.01
"""More rows are not worth waiting for where they bring less than this share of the cost."""

WEEK = 7 * 86_400.0


class Learner(Protocol):
    """Trains on rows and scores others."""

    @property
    def name(self) -> str:
        """By this results are kept."""
        ...

    def scores(self, rows: pa.Table, truth: Floats, weights: Floats, asked: pa.Table) -> Floats:
        """Train on rows and score others, in their order."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """What was found.

    Attributes:
        monitor: the monitor's name.
        windows: labels of the windows, in order.
        matrix: costs of models that were trained on everything known.
        comparison: the policies.
        unit: what costs are counted in.
        learner: what was trained.
        alarms: windows in which our policy did not hold.
        trained: how many models were trained for it.
        assumed: what nobody said and was assumed, in sentences.
        rows: the way to choose rows that the past speaks for; None where it was not asked, or the past is too short.
        curve: whether there were enough rows at its end; None likewise.
    """

    monitor: str
    windows: tuple[str, ...]
    matrix: Matrix
    comparison: Comparison
    unit: str
    learner: str
    alarms: int
    trained: int
    assumed: tuple[str, ...]
    rows: Advice | None = None
    curve: Curve | None = None


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
    """

    table: pa.Table
    made: Floats
    known: Floats
    truth: Floats
    served: Floats
    ends: Floats
    first: float

    def window(self) -> NDArray[np.intp]:
        """Each row's window; −1 for reference rows, the number of windows for later ones."""
        found = np.searchsorted(self.ends, self.made, side="right")
        return np.where(self.made < self.first, -1, found)

    def history(self, spoilt: Sequence[int]) -> History:
        """The rows as sampling sees them, rows of some windows being spoilt."""
        known = ~np.isnan(self.truth)
        rare = self.truth == (1.0 if self.truth[known].mean() < 0.5 else 0.0)  # noqa: PLR2004  half
        return History(self.made, np.where(known, self.known, np.nan), rare, np.isin(self.window(), spoilt))


def backtest(
    specification: Specification,
    learner: Learner | None = None,
    *,
    now: datetime | None = None,
    cost: float | None = None,
    folder: Path | None = None,
    sampling: bool = False,
    progress: Progress | None = None,
) -> Backtest:
    """Replay policies over the current data of a monitor, which has to have its labels by now.

    A policy's model is trained at the end of a window, on rows whose labels were known then, and serves from the next window on.

    Args:
        specification: the monitor; its `decisions` are our policy.
        learner: what is trained; the monitor's own program where it names one to train and one to score, else a stand-in.
        now: the end of the past; labels that came later are not known.
        cost: of a training; the monitor's own where None.
        folder: where each model's costs are kept, so that a backtest that was stopped goes on.
        sampling: try every way to choose rows, too, on the last quarter of the past.
        progress: told of the progress.

    Raises:
        ConfigError: windows do not go by time, no labels are named, or the model is of another kind than binary and regression.
        DataError: no window has labels.
    """
    at = now or datetime.now(UTC)
    reference, current, monitor = both(specification, at)
    if isinstance(reference, Shelf) or isinstance(current, Shelf):
        raise ConfigError("a profile holds no rows to train on", hint="name the files the rows lie in")
    plan, _ = learn(as_known(reference, monitor, at, optional=True), monitor)
    outcome = plan.outcome
    if outcome is None or outcome.task not in {Task.BINARY, Task.REGRESSION}:
        raise ConfigError("only binary models and regressions with labels can be replayed", hint="name the columns: {label: …, score: …}")
    decided = list(along_sources(reference, current, monitor, now=at, progress=progress))
    rows = _rows(reference, current, monitor, plan, decided)
    features = tuple(
        one.column.name for one in plan.columns if one.column.role is Role.FEATURE and one.column.name in rows.table.column_names
    )
    learner = learner or learner_of(specification, features, outcome)
    priced, unit, assumed = _pricing(monitor, outcome)
    keep = None if folder is None else folder / _key(rows, learner, unit)
    bench = _Bench(rows, learner, priced, keep, None if isinstance(learner, Program) else MOST)
    found = _replayed(bench, decided, monitor, cost, unit, assumed, progress)
    return replace(found, rows=_tried(bench, decided), curve=_learnt(bench)) if sampling and len(rows.ends) >= FEWEST else found


def _replayed(
    bench: _Bench,
    decided: Sequence[Decided],
    monitor: Monitor,
    cost: float | None,
    unit: str,
    assumed: list[str],
    progress: Progress | None,
) -> Backtest:
    """Train where a policy could train, and compare."""
    windows = len(bench.rows.ends)
    ours = {place: one.decision for place, one in enumerate(decided) if one.begins}
    costs = np.full((windows, windows), np.nan)
    costs[0] = bench.in_service()
    for model in range(1, windows):
        costs[model, model:] = bench.costs(model, "everything", (), None)
        if progress is not None:
            progress("training", model, windows - 1)
    labels = tuple(one.evidence.window or "" for one in decided)
    mine = costs.copy()
    for place, decision in ours.items():
        if place + 1 < windows:
            spoilt = tuple(labels.index(label) for label in decision.how.keep_out if label in labels)
            since = None if decision.since not in labels else labels.index(decision.since)
            mine[place + 1, place + 1 :] = bench.costs(place + 1, decision.how.sampling or "everything", spoilt, since)
    price = monitor.terms.cost if cost is None else cost
    if price is None:
        price = float(costs[0, : max(windows // 4, 1)].mean())
        assumed.append(f"nobody said what a retraining costs: taken to be what a window costs at first, {price:.4g} {unit}")
    matrix, own = Matrix(costs, price), Matrix(mine, price)
    drifted = [place for place, one in enumerate(decided) if _drifts(one)]
    span = (bench.rows.ends[-1] - bench.rows.first) / windows
    comparison = compare(matrix, ours, drifted, np.random.default_rng(SEED), week=max(round(WEEK / span), 1), mine=own)
    alarms = sum(one.decision.action.value != "hold" for one in decided)
    return Backtest(monitor.name, labels, matrix, comparison, unit, bench.learner.name, alarms, bench.trained, tuple(assumed))


def _tried(bench: _Bench, decided: Sequence[Decided]) -> Advice:
    """Every way to choose rows, trained where the last quarter begins and compared on its windows."""
    model = len(decided) * 3 // 4
    last = decided[model - 1]
    labels = [one.evidence.window for one in decided]
    spoilt = tuple(labels.index(label) for label in last.evidence.polluted if label in labels)
    began = next((one.evidence.loss.since for one in reversed(decided[:model]) if one.evidence.loss is not None), None)
    since = labels.index(began) if began in labels else None
    return advise({way: bench.costs(model, way, spoilt, since) for way in WAYS if way != "importance"})


def _learnt(bench: _Bench) -> Curve:
    """Models on a half, three quarters and all of what was known where the last quarter begins, compared on its windows."""
    model = len(bench.rows.ends) * 3 // 4
    chosen = chosen_at(bench.rows, model, "everything", (), None, None)
    sizes = tuple(int(chosen.rows.size * part) for part in (0.5, 0.75, 1.0))
    losses = tuple(float(bench.trained_on(model, chosen.rows[-size:]).mean()) for size in sizes)
    return learning_curve(sizes, losses, margin=MATTERS * abs(losses[-1]))


def _drifts(one: Decided) -> bool:
    """Whether anything drifted in the newest window: what somebody who retrains on every drift would go by."""
    evidence = one.evidence
    return bool(evidence.inputs or evidence.predictions or evidence.loss or any(fault.lasts for fault in evidence.spoilt))


class _Bench:
    """Trains models and keeps what each costs."""

    def __init__(
        self, rows: Rows, learner: Learner, priced: Callable[[Floats, Floats], Floats], folder: Path | None, most: int | None
    ) -> None:
        self.rows, self.learner, self.trained = rows, learner, 0
        self._priced, self._folder, self._most = priced, folder, most
        self._window = rows.window()

    def in_service(self) -> Floats:
        """What windows cost with the model in service; where it said nothing, with one that was trained before the first window."""
        if np.isnan(self.rows.served[self._window >= 0]).all():
            return self.costs(0, "everything", (), None)
        return self._billed(0, self.rows.served)

    def costs(self, model: int, way: str, spoilt: tuple[int, ...], since: int | None) -> Floats:
        """What the windows from one on cost with a model that was trained just before it. Shape: windows − model."""
        kept = None if self._folder is None else self._folder / f"{model}-{way.replace(' ', '-')}-{'.'.join(map(str, spoilt))}-{since}.npy"
        if kept is not None and kept.exists():
            return np.asarray(np.load(kept), dtype=np.float64)
        chosen = chosen_at(self.rows, model, way, spoilt, since, self._most)
        found = self.trained_on(model, chosen.rows, chosen.weights)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, found)
        return found

    def trained_on(self, model: int, places: NDArray[np.intp], weights: Floats | None = None) -> Floats:
        """What the windows from one on cost with a model that was trained on these rows. Shape: windows − model."""
        asked = np.flatnonzero((self._window >= model) & (self._window < len(self.rows.ends)) & ~np.isnan(self.rows.truth))
        scores = np.full(self.rows.table.num_rows, np.nan)
        learnt, heavy = self.rows.table.take(pa.array(places)), np.ones(places.size) if weights is None else weights
        scores[asked] = self.learner.scores(learnt, self.rows.truth[places], heavy, self.rows.table.take(pa.array(asked)))
        self.trained += 1
        return self._billed(model, scores)

    def _billed(self, model: int, scores: Floats) -> Floats:
        """The cost of each window from one on. Rows without a truth cost nothing: nobody knows what they cost."""
        there = (self._window >= model) & (self._window < len(self.rows.ends)) & ~np.isnan(self.rows.truth) & ~np.isnan(scores)
        cost = self._priced(scores[there], self.rows.truth[there])
        return np.asarray(np.bincount(self._window[there], cost, len(self.rows.ends))[model:], dtype=np.float64)


def chosen_at(rows: Rows, model: int, way: str, spoilt: tuple[int, ...], since: int | None, most: int | None) -> Chosen:
    """The rows that a model is trained on: those whose labels were known when the window before its first one ended.

    Raises:
        DataError: there are none.
    """
    starts = np.concatenate([[rows.first], rows.ends])
    terms = Choice(now=float(starts[model]), since=None if since is None else float(starts[since]), most=most)
    found = choose(way, rows.history(spoilt), terms, np.random.default_rng([SEED, model]))
    if not found.rows.size:
        raise DataError("no row has a label that was known before the first window", hint="give a reference with labels")
    return found


def learner_of(specification: Specification, features: tuple[str, ...], outcome: Outcome) -> Learner:
    """The monitor's own program, where it says how to train and how to ask, else a stand-in."""
    said = specification.releasing
    if said.recipe is not None and said.score is not None:
        return Program(said.recipe, said.score, said.directory / "backtest" / "work", lambda _line: None)
    return StandIn(features, outcome.task is Task.BINARY)


def _rows(reference: Source, current: Source, monitor: Monitor, plan: Plan, decided: Sequence[Decided]) -> Rows:
    outcome = plan.outcome
    if not decided or outcome is None:
        raise DataError("no window is over", hint="give a later time, or other data")
    made_by, known_by = time_of(monitor, plan), monitor.hints.label_time
    ends = np.array([one.evidence.now.timestamp() for one in decided])
    parts, times, knowns = [], [], []
    for source in (reference, current):
        table = _table(source)
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
    start = decided[0].evidence.known.began
    first = ends[0] - (ends[1] - ends[0] if len(ends) > 1 else 86_400.0) if start is None else start.timestamp()
    score = outcome.scores[0] if outcome.scores else outcome.prediction
    served = _numbers(whole[score]) if score in whole.column_names else np.full(whole.num_rows, np.nan)
    order = np.argsort(made, kind="stable")
    table = whole.take(pa.array(order))
    return Rows(table, made[order], known[order], _truth(table[outcome.label], outcome), served[order], ends, float(first))


def _table(source: Source) -> pa.Table:
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


def _pricing(monitor: Monitor, outcome: Outcome) -> tuple[Price, str, list[str]]:
    """What a row costs by its score and its truth, and what that is counted in."""
    goal = monitor.policy.goal
    if outcome.task is Task.REGRESSION:
        return (lambda score, truth: np.abs(score - truth)), f"of {outcome.label}", []
    if goal.value is None:
        said = "nobody said what answers are worth: a row costs the square of how far its score is from what came true"
        return (lambda score, truth: (score - truth) ** 2), "squared errors", [said]
    amounts = ValueMatrix(*goal.value).amounts
    # Saying yes is worth it from the probability on at which both answers are worth the same.
    lost, won = amounts[0, 0] - amounts[1, 0], amounts[1, 1] - amounts[0, 1]
    threshold = lost / (lost + won) if lost + won > 0 else goal.threshold

    def worth(score: Floats, truth: Floats) -> Floats:
        return np.asarray(-amounts[(score >= threshold).astype(np.intp), truth.astype(np.intp)])

    return worth, goal.currency or "of value", []


def _key(rows: Rows, learner: Learner, unit: str) -> str:
    """Names the results of the same rows, learner and prices."""
    told = json.dumps([rows.table.num_rows, rows.table.column_names, learner.name, unit, rows.ends.tolist(), MOST])
    digest = hashlib.sha256(told.encode())
    for part in (rows.made, rows.known, rows.truth, rows.served):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]
