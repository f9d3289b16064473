"""When to retrain: after enough labels, when it suits, not again too soon."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from driftline.decisions.decision import Moment
from driftline.decisions.evidence import Evidence, Known, Loss, Past
from driftline.decisions.terms import Quiet, Terms
from driftline.decisions.timing import budget_used, labels_wanted, rest_until, under_way, when_to_train

NOW = datetime(2026, 3, 11, 3, tzinfo=UTC)
DAY = timedelta(days=1)
LOSS = Loss(metric="m", title="m", since="a", worsening=0.1, low=0.05, high=0.15, floor=0.02, rows=9, sentence="")


def seen(rarer: int, *, past: Past | None = None, began: datetime | None = NOW - 10 * DAY) -> Evidence:
    """A loss ten days ago, and so many labels of the rarer class since."""
    return Evidence(monitor="m", now=NOW, loss=LOSS, known=Known(rarer=rarer, began=began), past=past or Past())


@given(st.integers(1, 49))
def test_missing_labels_are_expected_at_the_pace_so_far(rarer: int) -> None:
    """Ten days brought some; as many days more as are needed for fifty at that pace."""
    wanted = labels_wanted(seen(rarer), Terms(enough=50))
    assert wanted is not None
    assert wanted.labels == 50 - rarer
    assert wanted.at is not None
    assert abs((wanted.at - NOW) - 10 * DAY * (50 / rarer - 1)) < timedelta(seconds=1)


def test_without_a_label_or_a_beginning_nobody_knows_when() -> None:
    """No pace, no date; and with enough labels nothing is waited for."""
    for some in (seen(0), seen(10, began=None)):
        wanted = labels_wanted(some, Terms())
        assert wanted is not None
        assert wanted.at is None
    assert labels_wanted(seen(50), Terms(enough=50)) is None


def test_nothing_is_begun_in_quiet_hours_or_too_soon() -> None:
    """At three at night it waits for the morning; after a retraining for the end of the rest."""
    night = Terms(quiet=Quiet(time(22), time(7)))
    assert when_to_train(seen(99), Terms()).moment is Moment.NOW
    assert when_to_train(seen(99), night).at == NOW.replace(hour=7)
    young = Past(retrains=(NOW - 2 * DAY,))
    assert when_to_train(seen(99, past=young), Terms(cool_down=7 * DAY)).at == NOW + 5 * DAY
    assert rest_until(young, NOW + 5 * DAY, Terms(cool_down=7 * DAY)) is None


def test_a_loss_from_before_a_retraining_is_answered_until_a_new_model_has_it_too() -> None:
    """It is waited for, then asked after; a loss that began after the retraining, or with the new model, is a new one."""
    terms, begun = Terms(cool_down=7 * DAY), NOW - 3 * DAY
    past = Past(retrains=(begun,))
    assert under_way(past, begun - DAY, NOW, terms) == ("a retraining for it was begun on 2026-03-08 03:00", begun + 7 * DAY)
    asked = under_way(past, begun - DAY, begun + 8 * DAY, terms)
    assert asked is not None
    assert asked[1] is None
    assert "no new model" in asked[0]
    served = Past(retrains=(begun,), deployed=begun + DAY)
    still = under_way(served, begun - DAY, begun + 8 * DAY, terms)
    assert still is not None
    assert "still there" in still[0]
    assert under_way(past, begun + DAY, NOW, terms) is None
    assert under_way(past, None, NOW, terms) is None


def test_the_budget_counts_what_was_begun_in_its_period() -> None:
    """Older retrainings are forgotten."""
    past = Past(retrains=(NOW - 40 * DAY, NOW - 20 * DAY, NOW - DAY))
    assert budget_used(past, NOW, Terms(period=30 * DAY)) == 2
