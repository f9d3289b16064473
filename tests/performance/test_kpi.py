from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from driftline.performance.kpi import Series, correlated, laid_beside


def test_windows_get_the_mean_or_the_sum_of_their_values() -> None:
    """A value at a window's end belongs to the next; what is not known does not count; order does not matter."""
    times, values = np.array([12.0, 3.0, 0.0, 10.0, math.nan, 5.0]), np.array([4.0, 2.0, 1.0, 8.0, 100.0, math.nan])
    bounds = [(0.0, 10.0), (10.0, 20.0), (20.0, 30.0)]
    assert laid_beside(Series("m", times, values), bounds) == (1.5, 6.0, None)
    assert laid_beside(Series("s", times, values, "sum"), bounds) == (3.0, 12.0, None)


def test_the_correlation_is_pearsons_over_windows_that_both_know() -> None:
    """As scipy tells it; for series that do not hang together its interval is about Fisher's."""
    dice = np.random.default_rng(1)
    x = dice.normal(size=60)
    y = 0.5 * x + dice.normal(size=60)
    found = correlated([None, *x.tolist(), 1.0], [1.0, *y.tolist(), None])
    oracle = stats.pearsonr(x, y)
    assert found.value == pytest.approx(oracle.statistic, abs=1e-12)
    assert found.rows == 60
    low, high = oracle.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.05)


def test_the_interval_holds_for_series_that_hang_together() -> None:
    """Two series that have nothing to do with each other but wander are seldom said to go together."""
    dice, said = np.random.default_rng(2), 0
    for _ in range(300):
        x, y = dice.normal(size=(2, 200))
        for t in range(1, 200):
            x[t], y[t] = 0.7 * x[t - 1] + x[t], 0.7 * y[t - 1] + y[t]
        found = correlated(x.tolist(), y.tolist())
        said += not found.low <= 0 <= found.high
    assert said / 300 <= 0.09


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [([1.0] * 5, [1.0] * 5, "only 5 windows"), ([1.0] * 20, list(range(20)), "never moves"), ([None] * 9, [1.0] * 9, "only 0 windows")],
)
def test_what_cannot_be_told_says_why(left: list[float | None], right: list[float | None], why: str) -> None:
    """Few windows, and a figure that never moves."""
    assert why in correlated(left, right).why


def test_a_perfect_match_has_a_finite_interval() -> None:
    """The same series twice."""
    found = correlated(list(range(10)), list(range(10)))
    assert found.value == pytest.approx(1.0)
    assert -1 <= found.low <= found.high <= 1
