"""What an incident costs, and which comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from driftline.alerting.alert import Patience
from driftline.alerting.incident import Board, by_cost, take_in
from driftline.alerting.priority import Cost, cost, rows_a_day
from driftline.alerting.signals import Tier
from driftline.verdicts.report import Concern, Estimate, Verdict
from driftline.window import Window

if TYPE_CHECKING:
    from conftest import Scene


def test_loss_times_traffic(scene: Scene) -> None:
    """Without a price: rows a day, times the loss in times of what matters."""
    found = cost(scene.window(0, metrics=(scene.metric(worsening=0.06),)))
    assert (found.per_day, found.money) == (pytest.approx(3 * 1000), False)
    assert found.effect == "The model does worse: AUC is 0.8."


def test_a_price_goes_before(scene: Scene) -> None:
    """Where outcomes have a value, what the change since the reference costs a day; a gain costs nothing."""
    value = replace(scene.metric(decides=False), metric="value", per_day=(-1200.0, -1500.0, -900.0))
    found = cost(scene.window(0, metrics=(scene.metric(), value)))
    assert (found.per_day, found.money) == (1200.0, True)
    assert cost(scene.window(0, metrics=(scene.metric(), replace(value, per_day=(50.0, 1.0, 99.0))))).per_day == 0.0


def test_an_estimate_counts_where_it_is_trusted(scene: Scene) -> None:
    """Before labels come, what is estimated is what there is."""
    waiting = replace(scene.metric(Verdict.INCONCLUSIVE), value=None, worsening=None)
    guess = Estimate(value=0.79, interval=None, method="cbpe", trusted=True)
    found = cost(scene.window(0, metrics=(replace(waiting, estimate=guess),)))
    assert found.per_day == pytest.approx(2000)
    assert "estimated at 0.79" in found.effect
    assert cost(scene.window(0, metrics=(replace(waiting, estimate=replace(guess, trusted=False)),))).per_day == 0.0


def test_drift_that_does_no_harm_costs_nothing(scene: Scene) -> None:
    """However far a column moved."""
    window = scene.window(0, scene.column("a", weight=1e6), metrics=(scene.metric(Verdict.STABLE, 0.001),))
    assert cost(window).per_day == 0.0
    assert cost(window).effect.startswith("The model does as well as before")
    assert "not watched" in cost(scene.window(0, scene.column("a"))).effect


def test_rows_a_day(scene: Scene) -> None:
    """An hour's rows times 24; the window's rows where it lasts no known time."""
    hour = replace(scene.window(0), window=Window(0, "h", scene.start, scene.start + scene.day / 24))
    assert rows_a_day(hour) == pytest.approx(24_000)
    assert rows_a_day(replace(hour, window=Window(0, "r", 0, 1000))) == 1000


def test_incidents_are_ranked_by_what_they_cost(scene: Scene) -> None:
    """Urgency first, then money, then what is not money, then age; not by the size of any statistic."""
    board, _ = take_in(Board(), [scene.window(0, scene.column("a", concern=Concern.FAULT))], scene.start, Patience())
    one = board.incidents[0]
    some = [
        replace(one, number=1, cost=Cost(10.0)),
        replace(one, number=2, cost=Cost(99.0)),
        replace(one, number=3, cost=Cost(1.0, money=True)),
        replace(one, number=4, tier=Tier.PAGE),
        replace(one, number=5, cost=Cost(10.0)),
    ]
    assert [two.number for two in by_cost(some)] == [4, 3, 2, 1, 5]


def test_columns_are_ranked_by_how_much_the_model_leans_on_them(scene: Scene) -> None:
    """A column that hardly matters is not named first because it moved far."""
    small = replace(scene.column("small", concern=Concern.FAULT, weight=100.0), importance=0.01)
    large = replace(scene.column("large", concern=Concern.FAULT, weight=2.0), importance=0.6)
    board, _ = take_in(Board(), [scene.window(0, small, large)], scene.start, Patience())
    assert [two.name for two in board.incidents[0].ranked] == ["large", "small"]


def test_the_most_it_has_cost_is_kept(scene: Scene) -> None:
    """An incident that costs less today was as bad as it was."""

    def day(number: int, worsening: float) -> tuple[object, ...]:
        return (scene.window(number, scene.column("a", concern=Concern.FAULT), metrics=(scene.metric(worsening=worsening),)),)

    board = Board()
    for number, worsening in enumerate([0.02, 0.06, 0.04]):
        board, _ = take_in(board, day(number, worsening), scene.start + number * scene.day, Patience())  # type: ignore[arg-type]  # a window
    assert board.incidents[0].cost.per_day == pytest.approx(3000)
