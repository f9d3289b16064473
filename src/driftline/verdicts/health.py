"""What a healthy model does in the reference: the metrics it is judged by, and the smallest loss that matters."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from driftline.errors import ConfigError, near_miss
from driftline.performance.interval import unknown
from driftline.performance.metric import METRICS, measure, metric_of, metrics_for
from driftline.performance.value import ValueMatrix, value_per_row
from driftline.profile.outcome import total_outcome
from driftline.schema import Task
from driftline.verdicts.gauge import MOST_UNREAD, Gauge, Standard, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from driftline.performance.metric import Value
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.verdicts.gauge import Reading
    from driftline.verdicts.policy import Goal

BOUNDED_FLOOR, MISSING_FLOOR, LOSS_FLOOR = 0.02, 0.5, 0.10
"""The smallest worsening that matters: 2 points of a metric of which 1 is best; of a share of right answers at most half of
what is missing to 1, since where one row in a hundred counts 2 points are all of them; a tenth of a loss's value."""

GROWS = "it grows with the number of queries, and is not compared"
"""Why a catalogue's coverage in many windows together says nothing of that in one."""

VALUE = "value"
"""The metric that is what decisions are worth."""

RIGHT = frozenset({"accuracy", "specificity"})
"""Shares of right answers that a rare class hardly touches."""

DECIDES = {Task.BINARY: ("roc_auc", "f1", "accuracy"), Task.MULTICLASS: ("accuracy",), Task.REGRESSION: ("mae",)}
"""The metric that means healthy where nobody says: the first that the outcome's columns allow; of a ranking, NDCG."""


def standards(outcome: Outcome, reference: OutcomeCounts, blocks: Sequence[OutcomeCounts], goal: Goal) -> tuple[Standard, ...]:
    """Measure the reference: that metric first which decides.

    Raises:
        ConfigError: the metric that was named does not fit what is counted.
    """
    names = metrics_for(outcome)
    if goal.metric == VALUE or valued(goal, outcome):
        names = (*names, VALUE)
    first = deciding(outcome, _told(outcome, names, reference), goal)
    found = []
    for name in dict.fromkeys([first, *names]):
        gauge = _worth(outcome, goal) if name == VALUE else _gauge(name, outcome)
        value = unknown(GROWS) if name.startswith("coverage@") else gauge.read(reference)
        wider = spread([gauge.read(block) for block in blocks], value) if name == first else 1.0
        found.append(Standard(gauge, value, wider, _floor(name, value, goal), decides=name == first))
    return tuple(found)


def _told(outcome: Outcome, names: Sequence[str], reference: OutcomeCounts) -> Sequence[str]:
    """The names without those that are read from scores, where most of the reference's are no probabilities and predictions are known."""
    if outcome.prediction is None or not outcome.scores or reference.unscored <= MOST_UNREAD * reference.labelled:
        return names
    return [name for name in names if name == VALUE or metric_of(name).needs != "scores"]


def deciding(outcome: Outcome, names: Sequence[str], goal: Goal) -> str:
    """The metric that decides."""
    if goal.metric is None:
        return next((name for name in DECIDES.get(outcome.task, ()) if name in names), names[0])
    if goal.metric == VALUE:
        return VALUE
    metric = metric_of(goal.metric)
    if outcome.task not in metric.tasks or (metric.needs == "scores" and not outcome.scores):
        fits = [name for name, one in METRICS.items() if outcome.task in one.tasks]
        hint = near_miss(goal.metric, fits)
        raise ConfigError(f"the metric {goal.metric!r} does not fit a {outcome.task.value} model with these columns", hint=hint)
    return goal.metric


def _gauge(name: str, outcome: Outcome) -> Gauge:
    metric = metric_of(name)
    share = metric.bounds == (0.0, 1.0)
    read = partial(measure, name, outcome)
    gauge = Gauge(name, metric.title, metric.better, read, total_outcome, known=lambda counts: int(counts.labelled), share=share)
    if outcome.task is Task.RANKING:
        return replace(gauge, of="queries")
    scored = metric.needs == "scores" or (outcome.prediction is None and bool(outcome.scores))
    unread = _unscored if scored else _unsaid
    return replace(gauge, unread=unread, read=partial(_read, read, unread, "score between 0 and 1" if scored else "prediction"))


def _unscored(counts: OutcomeCounts) -> int:
    return counts.unscored


def _unsaid(counts: OutcomeCounts) -> int:
    return counts.unsaid


def _read(read: Callable[[OutcomeCounts], Value], unread: Callable[[OutcomeCounts], int], what: str, counts: OutcomeCounts) -> Value:
    """The metric, where most rows with a label have what it is read from."""
    many = unread(counts)
    if many > MOST_UNREAD * counts.labelled:
        return unknown(f"{many:,} of {counts.labelled:,} rows with labels have no {what}")
    return read(counts)


def valued(goal: Goal, outcome: Outcome) -> bool:
    """Whether it is said what this model's decisions are worth."""
    return bool(outcome.worth) or (goal.value is not None and outcome.task is Task.BINARY)


def matrix(goal: Goal) -> ValueMatrix | None:
    """What decisions are worth; None where an expression says so of each row.

    Raises:
        ConfigError: nobody said so.
    """
    if goal.worth:
        return None
    if goal.value is None:
        raise ConfigError(
            "the metric is the value of decisions, and it is not said what they are worth", hint="write performance: {value: …}"
        )
    return ValueMatrix(*goal.value, currency=goal.currency)


def _worth(outcome: Outcome, goal: Goal) -> Gauge:
    title = "value per row" + (f" in {goal.currency}" if goal.currency else "")
    read = partial(value_per_row, matrix(goal), outcome)
    return Gauge(VALUE, title, "higher", read, total_outcome, known=lambda counts: int(counts.labelled))


def _floor(name: str, value: Reading, goal: Goal) -> float:
    if name in goal.floors:
        return goal.floors[name]
    if not math.isfinite(value.value):
        return 0.0
    if name == VALUE:
        return LOSS_FLOOR * abs(value.value)
    metric = metric_of(name)
    if name == "ece":
        return BOUNDED_FLOOR
    if metric.better == "higher" and metric.bounds[1] == 1.0:
        return min(BOUNDED_FLOOR, MISSING_FLOOR * (1.0 - value.value)) if name in RIGHT else BOUNDED_FLOOR
    return LOSS_FLOOR * abs(value.value)
