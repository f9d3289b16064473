"""The page of a rollout: what it offers follows from where the rollout stands, and its figure shows the test's own boundary."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from driftline.pages.rollout import rollout, walked
from driftline.release.filed import Filed
from driftline.rollout.evidence import Arm, Evidence, harm_by_bounds
from driftline.rollout.plan import Aim, Plan, Step
from driftline.rollout.rollout import Action, Command, Reason, RolledBack, Seen, begin, step

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PLAN = Plan(steps=(Step(name="canary 0.5", weight=0.5, duration=timedelta(hours=1), samples=100),), aims=(Aim("accuracy", 0.05),))
FILED = Filed(rollout="r", model="m", challenger="2", plan=PLAN, state=begin(PLAN, NOW)[0], reason=Reason.STARTED)
ARM = Arm(requests=500)


def shown(*gains: float) -> list[Seen]:
    """A step as it grew, by the gain after each part of its records."""
    wanted = PLAN.information(PLAN.aims[0])
    return [
        Seen(0, ARM, ARM, (Evidence(gain * wanted * (at + 1) / 8, wanted * (at + 1) / 8, 100 * (at + 1)),)) for at, gain in enumerate(gains)
    ]


@pytest.mark.parametrize(
    ("command", "offers"),
    [
        (None, ["promote", "pause", "roll back", "abort"]),
        (Action.PAUSE, ["promote", "resume", "roll back", "abort"]),
        (Action.PROMOTE, ["roll back"]),
        (Action.ROLL_BACK, []),
    ],
)
def test_only_what_can_be_done_is_offered(command: Action | None, offers: list[str]) -> None:
    """Whatever a person presses is heard by the state machine."""
    state = FILED.state if command is None else step(FILED.state, Command(command, "ann"), NOW, PLAN)[0]
    told = rollout(replace(FILED, state=state), [])
    assert [action for action, _ in told["actions"]] == offers
    for action in offers:
        assert step(state, Command(Action(action), "ann"), NOW, PLAN)[1] is Reason.BY_HAND


def test_the_walk_ends_where_the_evidence_stands() -> None:
    """A point for each part of the records; beyond the boundary exactly where the test takes a challenger back."""
    for gain in (0.02, -0.2):
        seen = shown(0.0, gain, gain)
        (aim,) = rollout(FILED, seen)["aims"]
        assert aim["figure"]["walk"].count("L") == 3
        now = seen[-1].aims[0]
        fraction = now.information / PLAN.information(PLAN.aims[0])
        x, y = map(float, aim["figure"]["now"])
        points = [tuple(map(float, part.split())) for part in aim["figure"]["boundary"][1:].split(" L")]
        edge = next(height for at, height in points if at >= x - 0.5)
        assert (y >= edge) is harm_by_bounds(now, (fraction,), PLAN.harm_level(PLAN.aims[0]))


def test_without_labels_nothing_is_drawn() -> None:
    """It says so; both arms and the limits are there all the same."""
    told = rollout(FILED, [Seen(0, ARM, replace(ARM, errors=5), (Evidence(),))])
    assert told["aims"][0]["figure"] is None
    assert [arm["errors"] for arm in told["arms"]] == ["0%", "1%"]
    assert told["traffic"]["wide"] == 50


def test_what_is_over_offers_nothing() -> None:
    """Nor does it show evidence of a step that is no more."""
    told = rollout(replace(FILED, state=RolledBack(NOW, Reason.HARM), reason=Reason.HARM), shown(0.1))
    assert (told["name"], told["actions"], told["aims"]) == ("over", [], [])


def test_the_figures_numbers_are_those_that_are_drawn() -> None:
    """A point for each look at the evidence, then the boundary, below nought; nothing before there is any."""
    _, *lines = walked(FILED, shown(0.0, -0.01, -0.02))
    points = [line for line in lines if line[1] != "boundary"]
    assert [share for _, _, share, _ in points] == pytest.approx([1 / 8, 2 / 8, 3 / 8])
    assert points[-1][3] < points[0][3] == 0.0
    assert all(z < 0 for _, series, _, z in lines if series == "boundary")
    assert len(list(walked(FILED, []))) == 1
