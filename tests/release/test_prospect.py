"""What a rollout can see, before it starts."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from driftline.release.prospect import foresight, prospects
from driftline.rollout.plan import Aim, Mode, Plan, Step
from driftline.rollout.trial import Answers, Trial

SPAN = ("2026-03-01T00:00:00+00:00", "2026-03-02T00:00:00+00:00")
HOUR = timedelta(hours=1)


def trial(rows: int) -> Trial:
    """A champion that is right nine times in ten, and a challenger that differs from it in one row of twenty."""
    dice = np.random.default_rng(0)
    label = dice.integers(0, 2, rows)
    champion = np.where(dice.random(rows) < 0.9, label, 1 - label)
    challenger = np.where(dice.random(rows) < 0.95, champion, 1 - champion)
    return Trial(label * 1.0, Answers(champion * 1.0, champion), Answers(challenger * 1.0, challenger))


def plan(*aims: Aim) -> Plan:
    """A shadow and a canary."""
    shadow = Step(name="shadow", weight=0.0, duration=HOUR, mode=Mode.SHADOW)
    return Plan(steps=(shadow, Step(name="canary", weight=0.05, duration=HOUR)), aims=aims)


def test_rows_and_variances_are_those_of_the_proof() -> None:
    """Rows an hour are counted; a shadow's variance is the share of rows on which one model is right, a canary's that of a share."""
    found = prospects(trial(24_000), plan(Aim("accuracy", 0.02)), SPAN)["accuracy"]
    assert found["per_hour"] == pytest.approx(1000, rel=0.01)
    assert found["paired"] == pytest.approx(0.05, rel=0.1)
    assert found["split"] == pytest.approx(0.12 * 0.88, rel=0.1)


def test_each_step_says_what_it_can_see() -> None:
    """A shadow sees less harm than a canary in the same time, and each says how long the harm that matters takes."""
    one = plan(Aim("accuracy", 0.03))
    shadow, canary = foresight(one, prospects(trial(24_000), one, SPAN))
    assert shadow.startswith("shadow, accuracy: it sees 0.0")
    assert canary.startswith("canary, accuracy: it cannot see less than 0.1")
    assert "a harm of 0.03 takes" in canary


def test_what_is_not_known_is_not_foreseen() -> None:
    """Without rows, or without their times, nothing is said."""
    one = plan(Aim("accuracy", 0.02))
    assert prospects(trial(0), one, SPAN) == {}
    assert prospects(trial(100), one, ("", "")) == {}
    assert list(foresight(one, {})) == []
