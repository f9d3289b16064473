"""What truly happens: a campaign and a slow move are harmless by construction, an attack is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from driftline.simulator import Event, PaymentsConfig
from driftline.simulator.catalogue import APP, POS, WEEKDAY
from driftline.simulator.facts import Facts
from driftline.simulator.world import CAMPAIGN, TO_APP, Odds, World

QUIET = PaymentsConfig(seed=2, rows_per_day=3000, events=())
DAYS = range(14)


def happened(*events: Event) -> Facts:
    """Two weeks with these events."""
    world = World.of(replace(QUIET, events=events))
    return Facts.joined([world.facts(day) for day in DAYS])


BEFORE = happened()


def test_a_week_has_its_rows_and_its_season() -> None:
    """A week brings seven times `rows_per_day`, each weekday its share, and fraud at its rate."""
    world = World.of(QUIET)
    sizes = np.array([world.facts(day).size for day in range(28)]).reshape(4, 7)
    assert sizes.mean() == pytest.approx(3000, rel=0.01)
    assert sizes.mean(axis=0) / 3000 == pytest.approx(WEEKDAY, rel=0.03)
    assert BEFORE.fraud.mean() == pytest.approx(0.008, rel=0.15)


def test_a_day_is_the_same_however_often_it_is_asked_for() -> None:
    """A day's facts depend on the seed and the day alone."""
    one, other = World.of(QUIET).facts(5), World.of(QUIET)
    other.facts(2)
    assert (one.cents == other.facts(5).cents).all()
    assert not np.array_equal(one.cents[:100], World.of(replace(QUIET, seed=3)).facts(5).cents[:100])


def test_the_count_of_24_hours_is_the_streams_own() -> None:
    """Where nothing happens, counting the stream's own rows gives `count_24h`."""
    world = World.of(QUIET)
    yesterday, today = world.facts(3), world.facts(4)
    for row in range(0, today.size, 150):
        who, at = today.customer[row], today.second[row]
        late = ((yesterday.customer == who) & (yesterday.second >= at)).sum()
        assert today.count_24h[row] == late + ((today.customer == who) & (today.second < at)).sum()


@pytest.mark.parametrize(("odds", "mean"), [(CAMPAIGN, 1.0), (TO_APP, (BEFORE.channel == POS).mean())], ids=["campaign", "to app"])
class TestOdds:
    """Payments are added by odds that keep P(fraud | features)."""

    def test_do_not_look_at_the_label(self, odds: Odds, mean: float) -> None:
        """The odds of a payment are the same if it had been fraud, or had not."""
        assert (odds.of(BEFORE) == odds.of(replace(BEFORE, fraud=~BEFORE.fraud))).all()

    def test_are_at_most_what_they_say(self, odds: Odds, mean: float) -> None:
        """No odds exceed `most`, or the lanes would not do."""
        assert odds.of(BEFORE).max() <= odds.most

    def test_have_their_mean(self, odds: Odds, mean: float) -> None:
        """On average they add what the event's size says."""
        assert odds.of(BEFORE).mean() == pytest.approx(mean, rel=0.05)


def test_a_campaign_brings_more_of_the_same_kinds_of_payment() -> None:
    """There are a third more rows; and as much fraud in them as the odds of the fraud before the campaign say."""
    during = happened(Event(kind="campaign", from_day=0))
    assert during.size / BEFORE.size == pytest.approx(1.35, rel=0.02)
    expected = 0.35 * CAMPAIGN.of(BEFORE)[BEFORE.fraud].sum()
    added = during.fraud.sum() - BEFORE.fraud.sum()
    assert abs(added - expected) < 4 * np.sqrt(2 * expected * CAMPAIGN.most * 0.35)


def test_a_slow_move_changes_the_channel_and_not_the_volume() -> None:
    """A part of counter payments is gone, the app has gained as many, and the total is what it was."""
    during = happened(Event(kind="gradual_drift", from_day=0))
    assert (during.channel == POS).sum() / (BEFORE.channel == POS).sum() == pytest.approx(0.7, abs=0.01)
    assert (during.channel == APP).sum() > 1.8 * (BEFORE.channel == APP).sum()
    assert during.size / BEFORE.size == pytest.approx(1.0, abs=0.02)


def test_what_grows_is_small_at_first() -> None:
    """An event that grows moves little on its first day and all of its size once it has grown."""
    world = World.of(replace(QUIET, events=(Event(kind="gradual_drift", from_day=0, grows_days=13),)))
    apps = [(world.facts(day).channel == APP).mean() for day in (0, 13)]
    assert apps[0] < 0.2
    assert apps[1] > 0.3


def test_an_attack_adds_fraud_and_nothing_else() -> None:
    """Genuine payments stay what they were, to the cent; fraud doubles."""
    during = happened(Event(kind="attack", from_day=0))
    assert (during.cents[~during.fraud] == BEFORE.cents[~BEFORE.fraud]).all()
    assert (during.fraud.sum() - BEFORE.fraud.sum()) / BEFORE.size == pytest.approx(0.012, rel=0.15)


def test_nothing_is_nothing() -> None:
    """The event called nothing changes no payment."""
    assert (happened(Event(kind="nothing", from_day=0)).cents == BEFORE.cents).all()
