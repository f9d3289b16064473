"""Customers with habits of their own, who as a whole do not age: who leaves is followed by somebody alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from driftline.simulator.catalogue import ANDROID, HOME_SHARE, IOS, TASTE_CATEGORY, TRIP_SHARE, cumulated
from driftline.simulator.dice import Purpose, dice, pick

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUSTOMERS_PER_ROW = 4
SHORTEST_LIFE, LONGEST_LIFE = 400, 5000
ABROAD = 0.025
"""Share of customers who are on a trip."""
APPLE = 0.42
"""Share of customers with such a phone."""
ID_STEP = 2_654_435_761
ID_ROOM = 16
PLASTIC = 1.324717957244746


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """One array per habit, one entry per customer; customers are ordered by how often they pay.

    `cumulated_rate` is each customer's share of all payments, cumulated. `life` is how many days an
    account lasts, `phase` how many of them had passed on day 0.
    """

    seed: int
    cumulated_rate: NDArray[np.float64]
    log_amount: NDArray[np.float64]
    spread: NDArray[np.float64]
    online: NDArray[np.float64]
    reach_km: NDArray[np.float64]
    taste: NDArray[np.int8]
    home: NDArray[np.int8]
    phone: NDArray[np.int8]
    life: NDArray[np.int64]
    phase: NDArray[np.int64]

    @property
    def size(self) -> int:
        """How many customers there are at any time."""
        return self.life.size

    @property
    def usual_amount(self) -> NDArray[np.float64]:
        """The median of what each customer spends on things of no special price."""
        return np.exp(self.log_amount)

    def account_age(self, day: int) -> NDArray[np.int64]:
        """Days since each customer's account was opened."""
        return (self.phase + day) % self.life

    def ids(self, day: int) -> NDArray[np.int64]:
        """Each customer's number; a successor has another, drawn from the same range."""
        generation = (self.phase + day) // self.life
        return (np.arange(self.size) + self.size * generation) * ID_STEP % next_prime(ID_ROOM * self.size)

    def abroad(self, day: int) -> NDArray[np.int8]:
        """The country each customer travels in on that day; -1 for those who are at home.

        A trip lasts a week and begins on any day of it.
        """
        block = (day + np.arange(self.size) % 7) // 7
        first = trips(self.seed, self.size, day // 7)
        return np.where(block == day // 7, first, trips(self.seed, self.size, day // 7 + 1))


@lru_cache(maxsize=4)
def trips(seed: int, customers: int, block: int) -> NDArray[np.int8]:
    """Who is where in one block of seven days; -1 for at home."""
    throw = dice(seed, Purpose.TRIPS, block).random(customers)
    where = np.full(customers, -1, dtype=np.int8)
    away = np.flatnonzero(throw < ABROAD)
    where[away] = pick(cumulated(TRIP_SHARE), throw[away] / ABROAD)
    where.setflags(write=False)
    return where


def populate(seed: int, rows_per_day: int) -> Population:
    """Invent the customers for a stream of about so many payments a day."""
    size = max(50, CUSTOMERS_PER_ROW * rows_per_day)
    rng = dice(seed, Purpose.POPULATION)
    rate = np.sort(np.exp(np.clip(rng.normal(0.0, 0.9, size), -2.5, 2.5)))
    # Ages and lives are spread evenly over customers ordered by rate (Roberts' R2 sequence): with ages thrown
    # by chance a few busy customers growing older together would look like drift.
    steps = np.arange(size)
    life = SHORTEST_LIFE + np.floor((0.5 + steps / PLASTIC) % 1.0 * (LONGEST_LIFE - SHORTEST_LIFE)).astype(np.int64)
    phase = np.floor((0.5 + steps / PLASTIC**2) % 1.0 * life).astype(np.int64)
    return Population(
        seed=seed,
        cumulated_rate=cumulated(rate),
        log_amount=rng.normal(3.2, 0.45, size) - 0.12 * np.log(rate),
        spread=rng.uniform(0.4, 0.7, size),
        online=rng.beta(2.0, 2.5, size) * 2.0,
        reach_km=np.exp(rng.normal(1.6, 0.6, size)),
        taste=rng.integers(0, len(TASTE_CATEGORY), size).astype(np.int8),
        home=pick(cumulated(HOME_SHARE), rng.random(size)).astype(np.int8),
        phone=np.where(rng.random(size) < APPLE, IOS, ANDROID).astype(np.int8),
        life=life,
        phase=phase,
    )


def next_prime(number: int) -> int:
    """The smallest prime that is not smaller; a prime keeps customers' numbers distinct.

    >>> next_prime(90)
    97
    """
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number
