from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from driftline.errors import ConfigError
from driftline.rollout.plan import Aim, Limits, Mode, Plan, Step

HOUR = timedelta(hours=1)
AIMS = (Aim("recall", 0.02, weight=3), Aim("precision", 0.03))
RAMP = Plan.ramp(AIMS)


def test_the_ramp_is_the_usual_one() -> None:
    """Shadow, then 5, 25 and 50%."""
    assert [(step.mode, step.weight) for step in RAMP.steps] == [
        (Mode.SHADOW, 0.0),
        (Mode.CANARY, 0.05),
        (Mode.CANARY, 0.25),
        (Mode.CANARY, 0.5),
    ]


def test_blue_green_answers_nothing_and_then_everything() -> None:
    """A preview in the shadow is its only step."""
    assert [(step.mode, step.weight) for step in Plan.blue_green(AIMS).steps] == [(Mode.SHADOW, 0.0)]


def test_one_budget_is_shared_out() -> None:
    """What aims, limits and splits may spend sums to the budget."""
    clocks = {RAMP.clock(place) for place in range(4)}
    aims = len(clocks) * sum(RAMP.harm_level(aim) for aim in AIMS)
    assert len(clocks) == 2
    assert aims + RAMP.budget * RAMP.guard_share + 3 * 0.0005 == pytest.approx(RAMP.budget) == pytest.approx(0.045)
    assert RAMP.harm_level(AIMS[0]) == pytest.approx(3 * RAMP.harm_level(AIMS[1]))


def test_information_rises_as_the_margin_falls() -> None:
    """Half the margin needs four times the information."""
    assert RAMP.information(Aim("recall", 0.01)) == pytest.approx(4 * RAMP.information(Aim("recall", 0.02)))


def test_refuses_steps_that_cannot_be() -> None:
    """A shadow that answers, a canary that does not, no time and a slack below 1 are refused."""
    for odd in ({"mode": Mode.SHADOW}, {"weight": 0.0}, {"weight": 1.0}, {"duration": timedelta(0)}, {"slack": 0.5}, {"samples": 0}):
        with pytest.raises(ConfigError, match="step 'odd'"):
            Step(**{"name": "odd", "weight": 0.1, "duration": HOUR, **odd})


def test_refuses_plans_that_prove_nothing() -> None:
    """No step, no aim, weights that fall, and budgets that are none are refused."""
    with pytest.raises(ConfigError, match="0 steps"):
        replace(RAMP, steps=())
    with pytest.raises(ConfigError, match="0 aims"):
        replace(RAMP, aims=())
    with pytest.raises(ConfigError, match="fall"):
        replace(RAMP, steps=RAMP.steps[::-1])
    for odd in ({"proof": 0.0}, {"budget": 0.6}, {"guard_share": 1.0}, {"budget": 0.001}):
        with pytest.raises(ConfigError, match="show nothing"):
            replace(RAMP, **odd)
    for odd in ({"extensions": -1}, {"closest": 0.0}):
        with pytest.raises(ConfigError, match="extensions"):
            replace(RAMP, **odd)
    with pytest.raises(ConfigError, match="recall with margin 0"):
        Aim("recall", 0.0)
    with pytest.raises(ConfigError, match="limits"):
        Limits(errors=1.0)
