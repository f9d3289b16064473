"""What the bank remembers of each customer: payments in the last 24 hours, the average of the last 30 days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.simulator.facts import Visits

AVERAGE_DAYS = 30
DAY_SECONDS = 86_400
ROOM = 1 << 18
"""More than the seconds of two days: a customer and an instant make one sortable number."""


def count_24h(
    customer: NDArray[np.int64], second: NDArray[np.int64], yesterday: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Count, for each of today's payments, the same customer's payments in the 24 hours before it.

    `yesterday` holds the customers and seconds of the day before.
    """
    today = customer * ROOM + second + DAY_SECONDS
    keys = np.sort(np.concatenate([yesterday[0] * ROOM + yesterday[1], today]))
    return np.searchsorted(keys, today, side="left") - np.searchsorted(keys, today - DAY_SECONDS, side="left")


class Ledger:
    """The sums of each customer's genuine payments over the 30 days before a day, moved on day by day.

    Sums are whole cents, so a day reached by walking and a day reached at once are the same to the
    last bit. Memory is two numbers a customer, however many days go by.
    """

    def __init__(self, customers: int, visits: Callable[[int], Visits]) -> None:
        self._visits = visits
        self._cents = np.zeros(customers, dtype=np.int64)
        self._counts = np.zeros(customers, dtype=np.int64)
        self._day: int | None = None

    def averages(self, day: int, otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
        """Average amount of each customer in the 30 days before a day; `otherwise` for those who paid nothing."""
        if self._day is None or not 0 <= day - self._day < AVERAGE_DAYS:
            self._begin(day)
        for passed in range(self._day or 0, day):
            self._enter(passed, 1)
            self._enter(passed - AVERAGE_DAYS, -1)
        self._day = day
        return np.where(self._counts > 0, self._cents / np.maximum(self._counts, 1) / 100.0, otherwise)

    def _begin(self, day: int) -> None:
        self._cents[:] = 0
        self._counts[:] = 0
        for past in range(day - AVERAGE_DAYS, day):
            self._enter(past, 1)
        self._day = day

    def _enter(self, day: int, sign: int) -> None:
        paid = self._visits(day)
        np.add.at(self._cents, paid.customer, sign * paid.cents)
        np.add.at(self._counts, paid.customer, sign)
