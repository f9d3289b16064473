"""Customers keep their habits and numbers, and as a whole never age."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.simulator.population import ABROAD, LONGEST_LIFE, Population, next_prime, populate


@pytest.fixture(scope="module")
def people() -> Population:
    """The customers of the default stream."""
    return populate(7, 3000)


def test_the_population_does_not_age(people: Population) -> None:
    """Weighted by how often each pays, the distribution of account ages is the same in winter and in summer."""
    weight = np.diff(people.cumulated_rate, prepend=0.0)

    def ages(day: int) -> np.ndarray:
        return np.cumsum(np.bincount(people.account_age(day), weight, minlength=LONGEST_LIFE))

    gaps = [np.abs(ages(day) - ages(-28)).max() for day in (-56, 0, 30, 60, 90, 180, 365)]
    # Four weeks of 3,000 rows a day show a gap of 0.0066 against four others; with ages thrown by chance there is 0.01.
    assert max(gaps) < 0.006


def test_an_account_grows_a_day_older_each_day_or_is_new(people: Population) -> None:
    """From one day to the next an age rises by one, or starts at 0 with another customer number."""
    today, tomorrow = people.account_age(10), people.account_age(11)
    new = people.ids(10) != people.ids(11)
    assert (tomorrow[~new] == today[~new] + 1).all()
    assert (tomorrow[new] == 0).all()
    assert 0 < new.sum() < 30


def test_no_two_customers_share_a_number(people: Population) -> None:
    """Customers, and those who followed them within a year, have numbers of their own."""
    everybody = np.unique(
        np.column_stack([np.tile(np.arange(people.size), 5), np.concatenate([people.ids(d) for d in range(-56, 365, 100)])]), axis=0
    )
    assert np.unique(everybody[:, 1]).size == len(everybody)


def test_the_numbers_of_new_customers_do_not_stand_out(people: Population) -> None:
    """A successor's number comes from the same range, so that the id column alone does not drift."""
    first, later = people.ids(0), people.ids(700)
    assert abs(np.median(later) / np.median(first) - 1) < 0.02
    assert abs(later.max() / first.max() - 1) < 0.02


def test_a_few_customers_are_abroad(people: Population) -> None:
    """The share on a trip is what it should be on every day, and trips last a week."""
    away = np.array([people.abroad(day) >= 0 for day in range(-10, 40)])
    assert away.mean(axis=1) == pytest.approx(ABROAD, abs=0.006)
    # 7 days of 8 are the same as the day before.
    assert (away[1:] & away[:-1]).sum() / away[:-1].sum() == pytest.approx(6 / 7, abs=0.03)


def test_customers_differ(people: Population) -> None:
    """Some pay far more often, and far more, than others."""
    rate = np.diff(people.cumulated_rate, prepend=0.0)
    assert np.quantile(rate, 0.95) > 10 * np.quantile(rate, 0.05)
    assert np.quantile(people.usual_amount, 0.95) > 3 * np.quantile(people.usual_amount, 0.05)


@pytest.mark.parametrize(("number", "prime"), [(2, 2), (8, 11), (97, 97), (192000, 192007)])
def test_the_next_prime(number: int, prime: int) -> None:
    """The smallest prime that is not smaller."""
    assert next_prime(number) == prime
