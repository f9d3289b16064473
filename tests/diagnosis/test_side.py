"""One column out of several profiles is the sum of its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.side import side

if TYPE_CHECKING:
    from conftest import Clinic


def test_a_side_is_the_sum_of_its_profiles(clinic: Clinic) -> None:
    """Rows, counts, rows without a value, extremes and unseen texts are those of both days together."""
    one, two = clinic.day(1), clinic.day(2)
    two["country"] = np.where(two["country"] == "PT", "GR", two["country"])
    report = clinic.judged(one, two)[2]
    plan = report.profiles[0].plan
    amount, country = (side(report.profiles, plan.index(name)) for name in ("amount", "country"))
    assert amount.rows == amount.held == 6000
    assert amount.extremes == (min(one["amount"].min(), two["amount"].min()), max(one["amount"].max(), two["amount"].max()))
    assert country.unseen == {"GR": (two["country"] == "GR").sum()}
    assert country.counts.sum() == 6000


def test_values_are_those_of_sampled_rows(clinic: Clinic) -> None:
    """Every sampled value is one of the day's."""
    day = clinic.day(3)
    report = clinic.judged(day)[2]
    found = side(report.profiles, report.profiles[0].plan.index("amount"))
    assert np.isin(found.values, day["amount"]).all()
    assert found.sampled == found.values.size > 100
