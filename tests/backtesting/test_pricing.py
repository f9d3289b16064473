"""What a row costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from driftline.backtesting.pricing import pricing
from driftline.monitor import Monitor
from driftline.profile.outcome import Outcome
from driftline.schema import Task

BINARY = Outcome(Task.BINARY, "label", scores=("score",), classes=("no", "yes"), edges=((0.5,),))
SCORES, TRUTHS = np.array([0.9, 0.9, 0.1, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])


def test_answers_that_have_a_worth_cost_money() -> None:
    """A wrong answer costs what was said; the answer is yes from the probability on at which that is worth it."""
    monitor = Monitor()
    # In the order of true positive, false positive, true negative, false negative: yes pays from a probability of 0.05 on.
    goal = replace(monitor.policy.goal, value=(0.0, -5.0, 0.0, -95.0), currency="EUR")
    price, unit, assumed = pricing(replace(monitor, policy=replace(monitor.policy, goal=goal)), BINARY)
    assert (unit, assumed) == ("EUR", [])
    assert price(SCORES, TRUTHS).tolist() == [0.0, 5.0, 0.0, 5.0]
    assert price(np.array([0.04, 0.04]), np.array([1.0, 0.0])).tolist() == [95.0, 0.0]


def test_without_a_worth_a_row_costs_how_far_off_it_is() -> None:
    """Squares of a score's distance, said to be assumed; distances of a regression."""
    price, unit, assumed = pricing(Monitor(), BINARY)
    assert (unit, len(assumed)) == ("squared errors", 1)
    assert np.allclose(price(SCORES, TRUTHS), [0.01, 0.81, 0.81, 0.01])
    price, unit, _ = pricing(Monitor(), Outcome(Task.REGRESSION, "minutes", prediction="said", edges=((0.5,), (0.0,))))
    assert unit == "of minutes"
    assert price(np.array([3.0]), np.array([5.0])).tolist() == [2.0]
