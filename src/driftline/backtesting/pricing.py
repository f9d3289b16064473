"""What a row costs by what the model said and what came true: money where answers have a worth, else how far off it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.value import ValueMatrix
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.monitor import Monitor
    from driftline.profile.outcome import Outcome

    Floats = NDArray[np.float64]
    Price = Callable[[Floats, Floats], Floats]
    """What rows cost, by their scores and their truths."""


def pricing(monitor: Monitor, outcome: Outcome) -> tuple[Price, str, list[str]]:
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
