"""The world: everything that truly happens on one day, whatever becomes of it in the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from driftline.simulator.catalogue import APP, POS, WEEKDAY
from driftline.simulator.dice import Purpose, dice
from driftline.simulator.facts import Facts, Visits
from driftline.simulator.fraud import ATTACK, PATTERNS, Robberies, frauds, robberies
from driftline.simulator.ledger import count_24h
from driftline.simulator.population import Population, populate
from driftline.simulator.purchases import particulars, visits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.simulator.settings import PaymentsConfig

CAMPAIGN_CATEGORY = np.array([0.3, 0.5, 0.2, 3.0, 3.0, 0.6, 0.7, 0.3, 2.0, 0.2])
"""How much more of each category a campaign sells."""
CAMPAIGN_CHANNEL = np.array([0.7, 1.5, 1.5, 0.2])
SELDOM, OFTEN = 1.2, 0.8
CAMPAIGN_SCALE = 1.05
"""Brings the campaign's odds to 1 on average, so that its size is its share of payments; measured."""
LANE_ROOM = 16
"""More than the patterns of fraud: each has dice of its own in each lane."""
COUNTER_TO_APP = 4.4
"""Payments at the counter for each payment by app; measured."""


@dataclass(frozen=True, slots=True)
class Odds:
    """How many times a payment is added, by its features alone; never more than `most`."""

    of: Callable[[Facts], NDArray[np.float64]]
    most: float


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A population and what its settings say will happen to it; every day can be asked for alone."""

    config: PaymentsConfig
    population: Population

    @classmethod
    def of(cls, config: PaymentsConfig) -> World:
        """The world that a configuration describes."""
        return cls(config, populate(config.seed, config.rows_per_day))

    def visits(self, day: int, lane: int = 0) -> Visits:
        """The genuine payments of a day, as far as they are remembered."""
        weekday = self.config.weekday(day)
        expected = self.config.rows_per_day * (1.0 - self.config.fraud_rate) * WEEKDAY[weekday]
        return visits(dice(self.config.seed, Purpose.VISITS, day, lane), self.population, weekday, expected)

    def robberies(self, day: int, lane: int = 0) -> list[Robberies]:
        """The fraudulent payments of a day, as far as they are remembered; attacks happen in lane 0 only."""
        # Thieves keep the week half as much as customers do.
        busy = self.config.rows_per_day * (1.0 + WEEKDAY[self.config.weekday(day)]) / 2.0
        expected = {pattern: busy * self.config.fraud_rate * pattern.share for pattern in PATTERNS}
        if lane == 0 and (share := self.size("attack", day)):
            expected[ATTACK] = busy * share
        return [
            robberies(dice(self.config.seed, Purpose.ROBBERIES, day, lane * LANE_ROOM + number), self.population, day, pattern, rows)
            for number, (pattern, rows) in enumerate(expected.items())
        ]

    def lane(self, day: int, lane: int = 0) -> Facts:
        """All payments of a day, each with the customer's payments in the 24 hours before it."""
        rng = dice(self.config.seed, Purpose.DETAILS, day, lane)
        paid = [particulars(rng, self.population, day, self.visits(day, lane))]
        for number, robbed in enumerate(self.robberies(day, lane)):
            rng = dice(self.config.seed, Purpose.FRAUDS, day, lane * LANE_ROOM + number)
            paid.append(frauds(rng, self.population, day, robbed))
        facts = Facts.joined(paid)
        before: list[Visits | Robberies] = [self.visits(day - 1, lane), *self.robberies(day - 1, lane)]
        yesterday = np.concatenate([part.customer for part in before]), np.concatenate([part.second for part in before])
        return replace(facts, count_24h=count_24h(facts.customer, facts.second, yesterday))

    def facts(self, day: int) -> Facts:
        """What happens on a day, events included, in the order of time.

        A campaign and a slow move of customers to the app keep P(fraud | features) exactly: payments
        are added from other lanes, and left out, by odds that look at the features alone.
        """
        facts = self.lane(day)
        rng = dice(self.config.seed, Purpose.SAMPLING, day)
        extra: list[Facts] = []
        if campaign := self.size("campaign", day):
            extra += self._added(rng, day, campaign, CAMPAIGN)
        if moved := self.size("gradual_drift", day):
            extra += self._added(rng, day, moved, TO_APP)
            facts = facts.take(rng.random(facts.size) >= moved * (facts.channel == POS))
        return Facts.joined([facts, *extra]).by_time()

    def _added(self, rng: np.random.Generator, day: int, size: float, odds: Odds) -> list[Facts]:
        lanes = ceil(size * odds.most)
        parts = []
        for lane in range(1, lanes + 1):
            facts = self.lane(day, lane)
            parts.append(facts.take(rng.random(facts.size) * lanes < size * odds.of(facts)))
        return parts

    def size(self, kind: str, day: int) -> float:
        """The size, on a day, of all events of a kind together."""
        return sum(event.size_on(day) for event in self.config.events if event.kind == kind)


def campaign_odds(facts: Facts) -> NDArray[np.float64]:
    """More of what is advertised, more online, more from customers who seldom pay."""
    seldom = np.where(facts.count_24h == 0, SELDOM, OFTEN)
    return np.asarray(CAMPAIGN_SCALE * CAMPAIGN_CATEGORY[facts.category] * CAMPAIGN_CHANNEL[facts.channel] * seldom, dtype=np.float64)


def app_odds(facts: Facts) -> NDArray[np.float64]:
    """As much more by app as there is less at the counter."""
    return np.where(facts.channel == APP, COUNTER_TO_APP, 0.0)


CAMPAIGN = Odds(campaign_odds, CAMPAIGN_SCALE * CAMPAIGN_CATEGORY.max() * CAMPAIGN_CHANNEL.max() * SELDOM)
TO_APP = Odds(app_odds, COUNTER_TO_APP)
