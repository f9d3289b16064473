"""The catalogue's tables are shares of something."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.simulator import catalogue


@pytest.mark.parametrize("name", ["CATEGORY_SHARE", "HOME_SHARE", "TRIP_SHARE", "SHOP_SHARE", "FRAUD_SHARE"])
def test_shares_sum_to_one(name: str) -> None:
    """What is called a share of all is one."""
    shares = getattr(catalogue, name)
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0).all()


def test_the_average_day_of_the_week_is_average() -> None:
    """`rows_per_day` is the mean over a week, so the days' factors have mean 1."""
    assert catalogue.WEEKDAY.mean() == pytest.approx(1.0)


def test_category_shares_are_cumulated_for_every_kind_of_hour_and_customer() -> None:
    """Each row of the table rises and ends in exactly 1, so that a uniform number always finds a category."""
    table = catalogue.category_table()
    assert table.shape == (2, 3, 4, len(catalogue.CATEGORIES))
    assert (np.diff(table, axis=-1) > 0).all()
    assert (table[..., -1] == 1.0).all()


def test_a_weekend_has_another_mix() -> None:
    """Restaurants gain and health loses on Saturdays, or there would be no weekly season to get right."""
    workday, weekend = np.diff(catalogue.category_table(), axis=-1, prepend=0.0)
    restaurant, health = catalogue.CATEGORIES.index("restaurant"), catalogue.CATEGORIES.index("health")
    assert (weekend[..., restaurant] > workday[..., restaurant]).all()
    assert (weekend[..., health] < workday[..., health]).all()


def test_named_shares_take_their_level() -> None:
    """A share given by name stands at the name's place, and others are 0."""
    assert catalogue.weights_of(("a", "b", "c"), {"c": 0.5, "a": 0.2}).tolist() == [0.2, 0.0, 0.5]
