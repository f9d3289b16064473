"""The past replayed with real trainings: what every retraining policy would have cost, with nothing seen from the future."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from driftline.backtesting.answers import cut_of, in_columns
from driftline.backtesting.bench import Bench
from driftline.backtesting.pricing import pricing
from driftline.backtesting.rows import Lesson, chosen_at, rows_of
from driftline.decisions.matrix import Matrix
from driftline.decisions.policies import compare
from driftline.decisions.sampling import EVERYTHING, WAYS, Chosen, advise, learning_curve
from driftline.errors import ConfigError
from driftline.learning import learn
from driftline.replaying import Replay
from driftline.schema import Task
from driftline.store.shelf import Shelf
from driftline.training.program import Program
from driftline.training.standin import StandIn
from driftline.wiring import SEED, as_known, both

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from driftline.backtesting.bench import Learner
    from driftline.backtesting.rows import Rows
    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided
    from driftline.decisions.policies import Comparison
    from driftline.decisions.sampling import Advice, Curve
    from driftline.monitor import Monitor
    from driftline.ports import Progress
    from driftline.profile.outcome import Outcome

MOST = 60_000
"""A stand-in is trained on no more rows than this; rows of the rarer class are kept before others."""

FEWEST = 8
"""With fewer windows the past's last quarter says nothing of how to choose rows."""

MATTERS = 0.01
"""More rows are not worth waiting for where they bring less than this share of the cost."""

WEEK = 7 * 86_400.0


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
        decided: what our policy said at the end of each window, its own models being in service once they were trained.
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
    decided: tuple[Decided, ...] = ()
    rows: Advice | None = None
    curve: Curve | None = None


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
    replay = Replay(reference, current, monitor, at, progress)
    rows = rows_of(reference, current, monitor, plan, replay.spans)
    learner = learner or learner_of(specification, rows.features, outcome)
    priced, unit, assumed = pricing(monitor, outcome)
    keep = None if folder is None else folder / _key(rows, learner, unit)
    bench = Bench(rows, learner, priced, keep, None if isinstance(learner, Program) else MOST)
    decided = list(replay.decided(partial(_put_in_service, replay, bench, outcome, cut_of(outcome, rows.table))))
    found = _replayed(bench, decided, monitor, cost, unit, assumed, progress)
    return replace(found, rows=_tried(bench, decided), curve=_learnt(bench)) if sampling and len(rows.ends) >= FEWEST else found


def _put_in_service(replay: Replay, bench: Bench, outcome: Outcome, cut: float, made: Decided) -> bool:
    """Train what was decided; what is seen from then on is what that model says, not what was recorded."""
    lesson = _lesson(made)
    if lesson.model >= len(bench.rows.ends):
        return False
    replay.rescore(made.evidence.now, in_columns(outcome, bench.rows.current(bench.answers(lesson)), cut))
    return True


def _lesson(made: Decided) -> Lesson:
    """What a model that a decision begins is trained on."""
    labels, decision = made.evidence.windows, made.decision
    spoilt = tuple(labels.index(label) for label in decision.how.keep_out if label in labels)
    since = labels.index(decision.since) if decision.since in labels else None
    return Lesson(len(labels), decision.how.sampling or EVERYTHING, spoilt, since)


def _replayed(
    bench: Bench,
    decided: Sequence[Decided],
    monitor: Monitor,
    cost: float | None,
    unit: str,
    assumed: list[str],
    progress: Progress | None,
) -> Backtest:
    """Train where a policy could train, and compare."""
    windows = len(bench.rows.ends)
    costs = np.full((windows, windows), np.nan)
    costs[0] = bench.in_service()
    for model in range(1, windows):
        costs[model, model:] = bench.costs(Lesson(model))
        if progress is not None:
            progress("training", model, windows - 1)
    ours, mine = tuple(place for place, one in enumerate(decided) if one.begins), costs.copy()
    for place in ours:
        if place + 1 < windows:
            mine[place + 1, place + 1 :] = bench.costs(_lesson(decided[place]))
    price = monitor.terms.cost if cost is None else cost
    if price is None:
        price = float(costs[0, : max(windows // 4, 1)].mean())
        assumed.append(f"nobody said what a retraining costs: taken to be what a window costs at first, {price:.4g} {unit}")
    matrix, own = Matrix(costs, price), Matrix(mine, price)
    drifted = [place for place, one in enumerate(decided) if _drifts(one)]
    span = (bench.rows.ends[-1] - bench.rows.first) / windows
    comparison = compare(matrix, ours, drifted, np.random.default_rng(SEED), week=max(round(WEEK / span), 1), mine=own)
    alarms = sum(one.decision.action.value != "hold" for one in decided)
    labels = tuple(one.evidence.window or "" for one in decided)
    return Backtest(
        monitor.name, labels, matrix, comparison, unit, bench.learner.name, alarms, bench.trained, tuple(assumed), tuple(decided)
    )


def _tried(bench: Bench, decided: Sequence[Decided]) -> Advice:
    """Every way to choose rows, trained where the last quarter begins and compared on its windows."""
    model = len(decided) * 3 // 4
    last = decided[model - 1]
    labels = [one.evidence.window for one in decided]
    spoilt = tuple(labels.index(label) for label in last.evidence.polluted if label in labels)
    began = next((one.evidence.loss.since for one in reversed(decided[:model]) if one.evidence.loss is not None), None)
    since = labels.index(began) if began in labels else None
    return advise({way: bench.costs(Lesson(model, way, spoilt, since)) for way in WAYS})


def _learnt(bench: Bench) -> Curve:
    """Models on a half, three quarters and all of what was known where the last quarter begins, compared on its windows."""
    model = len(bench.rows.ends) * 3 // 4
    chosen = chosen_at(bench.rows, Lesson(model), None)
    sizes = tuple(int(chosen.rows.size * part) for part in (0.5, 0.75, 1.0))
    parts = (Chosen(chosen.rows[-size:], np.ones(size)) for size in sizes)
    losses = tuple(float(bench.trained_on(model, part).mean()) for part in parts)
    return learning_curve(sizes, losses, margin=MATTERS * abs(losses[-1]), supply=bench.rows.supply())


def _drifts(one: Decided) -> bool:
    """Whether anything drifted in the newest window: what somebody who retrains on every drift would go by."""
    evidence = one.evidence
    return bool(evidence.inputs or evidence.predictions or evidence.loss or any(fault.lasts for fault in evidence.spoilt))


def learner_of(specification: Specification, features: tuple[str, ...], outcome: Outcome) -> Learner:
    """The monitor's own program, where it says how to train and how to ask, else a stand-in."""
    said = specification.releasing
    if said.recipe is not None and said.score is not None:
        return Program(said.recipe, said.score, said.directory / "backtest" / "work", lambda _line: None)
    return StandIn(features, outcome.task is Task.BINARY)


def _key(rows: Rows, learner: Learner, unit: str) -> str:
    """Names the results of the same rows, learner and prices."""
    told = json.dumps([rows.table.num_rows, rows.table.column_names, learner.name, unit, rows.ends.tolist(), MOST])
    digest = hashlib.sha256(told.encode())
    for part in (rows.made, rows.known, rows.truth, rows.served):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]
