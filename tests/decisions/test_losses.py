"""Losses, measured over windows that are not spoilt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.decisions.losses import begun_before, known_since, loss_of, worth_of
from driftline.decisions.terms import Terms
from driftline.verdicts.policy import Goal
from driftline.verdicts.report import Verdict
from driftline.window import Window

if TYPE_CHECKING:
    from typing import Any

    from driftline.verdicts.report import WindowReport

GOAL = Goal()


def test_a_model_that_turned_is_worse_since_the_day_it_did(story: Any) -> None:
    """The loss is that of all windows since then together."""
    loss = loss_of(story.report(turned=range(6, 12)), GOAL, ())
    assert loss is not None
    assert loss.since in {"2026-03-06", "2026-03-07"}
    assert loss.low > loss.floor
    assert loss.ranks
    assert not loss.spoilt


def test_a_model_that_did_not_turn_is_not(story: Any) -> None:
    """No loss is made up, not even where inputs move or labels are late."""
    for happens in ({}, {"moved": range(4, 12)}, {"unlabelled": range(6, 12)}):
        assert loss_of(story.report(**happens), GOAL, ()) is None


def test_a_loss_in_spoilt_windows_only_is_the_faults(story: Any) -> None:
    """Where the scores of spoilt rows are noise, and clean windows are as before, the loss is not the model's."""
    loss = loss_of(story.report(count=10, scaled=range(8, 10)), GOAL, ("2026-03-09", "2026-03-10"))
    assert loss is not None
    assert loss.spoilt
    later = loss_of(story.report(scaled=range(8, 10)), GOAL, ("2026-03-09", "2026-03-10"))
    assert later is not None
    assert later.spoilt
    assert abs(later.worsening) < later.floor < later.high - later.low


def test_known_labels_are_those_of_clean_windows(story: Any) -> None:
    """Rows, labels and those of the rarer class are counted from a window on, without what is spoilt."""
    report = story.report(unlabelled=range(11, 12))
    known = known_since(report, "2026-03-09", ("2026-03-10",))
    assert known.rows == 3 * 600
    assert known.labelled == 2 * 600
    assert 0.4 * known.labelled < known.rarer <= 0.5 * known.labelled
    assert known.began is not None
    assert known.began.date().isoformat() == "2026-03-09"
    assert known_since(report, None, ()).rows == 12 * 600


def test_a_price_makes_a_loss_money(story: Any) -> None:
    """What wrong answers cost a day, times the horizon, less what they cost in the reference: as brute force counts it."""
    report = story.report(turned=range(6, 12))
    goal = Goal(value=(1.0, -1.0, 0.0, -2.0), currency="EUR")
    loss = loss_of(report, goal, ())
    assert loss is not None
    worth = worth_of(report, goal, loss, (), Terms(cost=5.0))
    assert worth is not None

    def value(days: dict[str, np.ndarray], first: int) -> float:
        said, came = days["score"][first:] >= 0.5, days["label"][first:] == 1
        return float(np.mean(1.0 * (said & came) - 1.0 * (said & ~came) - 2.0 * (~said & came)))

    first = (int(loss.since[-2:]) - 1) * 600
    lost = value(story.days(30, 0), 0) - value(story.days(12, 1, turned=range(6, 12)), first)
    assert worth.value == pytest.approx(lost * 600 * 30, rel=1e-6)
    assert worth.low < worth.value < worth.high
    assert (worth.unit, worth.cost, worth.pays) == ("EUR", 5.0, True)
    assert worth_of(report, Goal(), loss, (), Terms()) is None


def test_a_loss_that_was_not_over_is_the_same_one() -> None:
    """Windows that show nothing break no loss; one that shows the model to be well ends it, and so does a week that shows nothing."""

    def windows(said: str) -> list[WindowReport]:
        start, first = datetime(2026, 3, 1, tzinfo=UTC), said.index("w")
        verdicts = {"w": Verdict.DRIFTED, "?": Verdict.INCONCLUSIVE, "s": Verdict.STABLE}
        made = []
        for day, sign in enumerate(said):
            metric = SimpleNamespace(decides=True, verdict=verdicts[sign], since=str(max(first, said.rfind("s", 0, day) + 1)))
            made.append(SimpleNamespace(window=Window(day, str(day), start + timedelta(days=day), None), performance=(metric,)))
        return made  # type: ignore[return-value]  # what is asked of a window

    def began(said: str, since: int) -> int:
        found = begun_before(windows(said), str(since))
        assert found is not None
        return found.day - 1

    assert began("sswww??ww", 7) == 2
    assert began("sswwws?ww", 7) == 7
    assert began("sswww????????w", 13) == 13
    assert began("ssww", 2) == 2
