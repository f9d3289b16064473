"""The ledger remembers exactly what was paid, however its day is reached."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.simulator.facts import Visits
from driftline.simulator.ledger import AVERAGE_DAYS, DAY_SECONDS, Ledger, count_24h

PAYMENTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, DAY_SECONDS - 1)), max_size=30)


@given(PAYMENTS, PAYMENTS)
def test_the_last_24_hours_are_counted(yesterday: list[tuple[int, int]], today: list[tuple[int, int]]) -> None:
    """The count is that of the customer's payments in the 24 hours before the payment, itself left out."""
    before = np.array(yesterday, dtype=np.int64).reshape(-1, 2)
    now = np.array(today, dtype=np.int64).reshape(-1, 2)
    everything = [(who, at - DAY_SECONDS) for who, at in yesterday] + today
    expected = [sum(other == who and at - DAY_SECONDS <= then < at for other, then in everything) for who, at in today]
    assert count_24h(now[:, 0], now[:, 1], (before[:, 0], before[:, 1])).tolist() == expected


def visits(day: int) -> Visits:
    """A few payments of seven customers; the last one never pays."""
    rng = np.random.default_rng(day + 1000)
    size = int(rng.integers(0, 12))
    nothing = np.zeros(size, dtype=np.int64)
    return Visits(rng.integers(0, 6, size), nothing, nothing, rng.integers(50, 100_000, size))


def by_hand(day: int) -> list[float]:
    """Averages from all payments of the last 30 days; 9.5 for who paid nothing."""
    paid = [visits(past) for past in range(day - AVERAGE_DAYS, day)]
    customer, cents = (np.concatenate([getattr(v, name) for v in paid]) for name in ("customer", "cents"))
    return [cents[customer == who].mean() / 100 if (customer == who).any() else 9.5 for who in range(7)]


@pytest.mark.parametrize("days", [range(50), [40], [3, 4, 20], [60, 5, 6], [0, 200, 201]], ids=str)
def test_averages_are_those_of_thirty_days(days: list[int]) -> None:
    """Walking, jumping ahead and going back give the averages of a direct count."""
    ledger = Ledger(7, visits)
    for day in days:
        assert ledger.averages(day, np.full(7, 9.5)).tolist() == pytest.approx(by_hand(day), rel=1e-12)


def test_walking_and_jumping_agree_to_the_last_bit() -> None:
    """A day's averages do not depend on the days that were asked for before it."""
    walked, jumped = Ledger(7, visits), Ledger(7, visits)
    steps = [walked.averages(day, np.full(7, 9.5)) for day in range(-20, 80)]
    assert (steps[-1] == jumped.averages(79, np.full(7, 9.5))).all()
    assert (steps[50] == walked.averages(30, np.full(7, 9.5))).all()
