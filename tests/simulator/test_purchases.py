"""Genuine payments are what customers of flesh and blood could make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.simulator.catalogue import APP, ATM, CASH, CATEGORIES, CHIP, IOS, POS, WEB
from driftline.simulator.population import populate
from driftline.simulator.purchases import SMALLEST_CENTS, in_cents, particulars, visits

if TYPE_CHECKING:
    from driftline.simulator.facts import Facts

PEOPLE = populate(1, 5000)


def paid(weekday: int = 2, expected: float = 40_000) -> Facts:
    """A very busy day."""
    rng = np.random.default_rng(5)
    return particulars(rng, PEOPLE, 2, visits(rng, PEOPLE, weekday, expected))


DAY = paid()


def test_the_number_of_payments_is_poisson() -> None:
    """Over many days the counts have the expected mean, and a variance equal to it."""
    rng = np.random.default_rng(0)
    sizes = [visits(rng, PEOPLE, 0, 300).customer.size for _ in range(400)]
    assert np.mean(sizes) == pytest.approx(300, rel=0.01)
    assert np.var(sizes) == pytest.approx(300, rel=0.25)


def test_a_payment_lies_within_its_day() -> None:
    """Seconds count from midnight to the next."""
    assert DAY.second.min() >= 0
    assert DAY.second.max() < 86_400


def test_people_sleep() -> None:
    """There are far fewer payments between two and four than at noon."""
    hours = np.bincount(DAY.second // 3600, minlength=24)
    assert hours[2:4].sum() * 10 < hours[11:13].sum()


def test_busy_customers_pay_more_often() -> None:
    """How often a customer appears follows their rate."""
    rate = np.diff(PEOPLE.cumulated_rate, prepend=0.0)
    seen = np.bincount(DAY.customer, minlength=PEOPLE.size)
    tenth = PEOPLE.size // 10
    assert seen[-tenth:].sum() / seen.sum() == pytest.approx(rate[-tenth:].sum(), rel=0.05)


def test_cash_comes_from_the_machine_and_nothing_else_does() -> None:
    """Cash is paid out by chip at a cash machine."""
    assert ((DAY.category == CASH) == (DAY.channel == ATM)).all()
    assert (DAY.device[DAY.channel == ATM] == CHIP).all()


def test_what_has_no_counter_is_bought_online() -> None:
    """Digital goods are never paid for at a till, fuel never online."""
    digital, fuel = (DAY.category == CATEGORIES.index(name) for name in ("digital", "fuel"))
    assert not (digital & (DAY.channel == POS)).any()
    assert (DAY.channel[fuel] == POS).all()


def test_the_app_runs_on_the_customers_own_phone() -> None:
    """Whoever pays by app pays with the kind of phone they have."""
    app = DAY.channel == APP
    assert (DAY.device[app] == PEOPLE.phone[DAY.customer[app]]).all()
    assert (DAY.device[DAY.channel == WEB] >= IOS).all()


def test_amounts_are_what_can_be_paid() -> None:
    """Amounts are whole cents, at least half a euro, and differ by what is bought."""
    assert DAY.cents.min() >= SMALLEST_CENTS
    median = {name: np.median(DAY.cents[DAY.category == CATEGORIES.index(name)]) for name in ("digital", "grocery", "travel")}
    assert median["digital"] < median["grocery"] < median["travel"]
    assert in_cents(np.log([0.001, 1.0, 12.344])).tolist() == [SMALLEST_CENTS, 100, 1234]


def test_travellers_are_far_away_in_another_place() -> None:
    """A customer on a trip pays abroad and far from home; at the counter nobody else does."""
    away = PEOPLE.abroad(2)[DAY.customer]
    assert (DAY.country[away >= 0] == away[away >= 0]).all()
    home = (away < 0) & (DAY.channel == POS)
    assert (DAY.country[home] == PEOPLE.home[DAY.customer[home]]).all()
    assert np.median(DAY.distance_km[away >= 0]) > 30 * np.median(DAY.distance_km[away < 0])


def test_genuine_payments_are_genuine() -> None:
    """None is fraud, few come from a new device, and the address risk is a share."""
    assert not DAY.fraud.any()
    assert 0.005 < DAY.new_device.mean() < 0.05
    assert DAY.ip_risk.min() >= 0
    assert DAY.ip_risk.max() <= 1
