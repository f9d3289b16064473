"""Measures a model window by window: what its performance was where labels came, beside what its scores say that it must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.performance.binned import estimate_counts, learn
from driftline.performance.metric import answer, metrics_for
from driftline.performance.question import Question
from driftline.performance.value import value_per_row
from driftline.verdicts.health import VALUE, matrix, valued
from driftline.verdicts.policy import Goal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.performance.estimate import Estimated
    from driftline.performance.interval import Value
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.window import Window


@dataclass(frozen=True, slots=True)
class Measured:
    """How well a model did in one window.

    Attributes:
        window: which.
        segment: whose rows; None for all.
        realised: by metric, what its labels say.
        estimated: by metric, what its scores say whatever its labels (CBPE); empty where the model gives no probabilities.
    """

    window: Window
    segment: str | None
    realised: Mapping[str, Value]
    estimated: Mapping[str, Estimated]


def measure(
    outcome: Outcome, reference: OutcomeCounts, windows: Mapping[tuple[str | None, Window], OutcomeCounts], goal: Goal | None = None
) -> tuple[Measured, ...]:
    """Measure windows, in the order in which they are given.

    Args:
        outcome: how predictions and labels were counted.
        reference: what scores mean is learnt from it.
        windows: counts by segment and window.
        goal: may name a metric that is wanted beside the usual ones, and say what decisions are worth.
    """
    goal = goal or Goal()
    wanted = [goal.metric] if goal.metric and goal.metric != VALUE else []
    names = tuple(dict.fromkeys([*wanted, *metrics_for(outcome)]))
    binned = learn(outcome, reference)
    found = []
    for (segment, window), counts in windows.items():
        asked = Question(outcome, counts)
        estimates = estimate_counts(outcome, binned, counts, names) if binned is not None else ()
        realised = {name: answer(name, asked) for name in names}
        if valued(goal, outcome):
            realised[VALUE] = value_per_row(matrix(goal), outcome, counts)
        found.append(Measured(window, segment, realised, {one.metric: one for one in estimates}))
    return tuple(found)
