"""One decision after another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from driftline.decisions.course import Decided, course
from driftline.decisions.decision import Action, Moment
from driftline.decisions.evidence import Evidence, Known, Loss, Past
from driftline.decisions.terms import Blackout, Quiet, Terms

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
LOSS = Loss(metric="f1", title="F1", since="day 3", worsening=0.1, low=0.06, high=0.14, floor=0.02, rows=900, sentence="F1 is worse")


def look(day: int) -> Callable[[Past], Evidence]:
    """What is known at the end of a day: from the third on the model does worse, and twenty labels a day tell of it."""
    worse = day >= 3

    def seen(past: Past) -> Evidence:
        known = Known(rarer=20 * (day - 2), began=START + 3 * DAY) if worse else Known()
        return Evidence(monitor="m", now=START + (day + 1) * DAY, window=f"day {day}", loss=LOSS if worse else None, known=known, past=past)

    return seen


def test_a_loss_is_retrained_for_once() -> None:
    """It is waited for labels, begun once, then waited for, then asked after; never begun again for the same loss."""
    made = list(course(map(look, range(30)), Terms(enough=50, cool_down=5 * DAY), Past()))
    assert [one.decision.action for one in made[:3]] == [Action.HOLD] * 3
    assert [one.decision.when.moment for one in made[3:6]] == [Moment.LABELS, Moment.LABELS, Moment.NOW]
    assert [place for place, one in enumerate(made) if one.begins] == [5]
    assert {one.decision.action for one in made[6:10]} == {Action.HOLD}
    assert {one.decision.action for one in made[11:]} == {Action.LOOK}
    assert made[-1].evidence.past == replace(Past(), retrains=(START + 6 * DAY,), answered=("day 3",))


def test_a_model_that_serves_is_known_to() -> None:
    """Where the new model went into service, later evidence has its time; the one that began it has not."""
    asked = []

    def serves(made: Decided) -> bool:
        asked.append(made.evidence.window)
        return True

    made = list(course(map(look, range(8)), Terms(enough=50, cool_down=5 * DAY), Past(), serves))
    assert asked == ["day 5"]
    assert [one.evidence.past.deployed for one in made[5:]] == [None, START + 6 * DAY, START + 6 * DAY]


def test_quiet_hours_put_a_retraining_off_and_do_not_prevent_it() -> None:
    """Where every decision falls into quiet hours, a retraining begins when they are over, before the next decision, and once."""
    terms = Terms(enough=50, cool_down=5 * DAY, quiet=Quiet(time(22), time(7)))
    made = list(course(map(look, range(12)), terms, Past(), lambda _made: True))
    (place,) = (place for place, one in enumerate(made) if one.begins)
    assert (place, made[place].decision.when.moment) == (5, Moment.TIME)
    assert made[place].begun == START + 6 * DAY + timedelta(hours=7)
    assert {one.decision.action for one in made[6:10]} == {Action.HOLD}
    assert made[6].evidence.past.deployed == made[6].evidence.past.retrains[-1] == made[place].begun


def test_what_waits_for_longer_than_the_next_decision_does_not_begin() -> None:
    """In a blackout of three days nothing begins before its last morning."""
    blackout = Blackout(START + 6 * DAY, START + 9 * DAY)
    made = list(course(map(look, range(12)), Terms(enough=50, blackouts=(blackout,)), Past()))
    (place,) = (place for place, one in enumerate(made) if one.begins)
    assert made[place].begun == START + 9 * DAY
