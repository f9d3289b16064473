"""Genuine payments: who buys what, when, where and with what, on an ordinary day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.simulator.catalogue import (
    APP,
    ATM,
    BROWSER,
    CASH,
    CATEGORY_LOG_AMOUNT,
    CATEGORY_ONLINE,
    CHIP,
    CONTACTLESS,
    DAYPART_OF_HOUR,
    HOUR_WEEKEND,
    HOUR_WORKDAY,
    POS,
    SHOP_SHARE,
    WEB,
    category_table,
    cumulated,
)
from driftline.simulator.dice import pick
from driftline.simulator.facts import Facts, Visits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.simulator.population import Population

SATURDAY = 5
SMALLEST_CENTS = 50
BIG_PURCHASE = 0.02
HIDDEN_ADDRESS = 0.02
"""Share of online payments through a network that hides where the customer is."""
BY_WEB = 0.5
INSERTED, CARDS = 0.3, 0.85
"""Shares of counter payments whose card is inserted, and that are made with a card at all."""
AT_A_DESK = 0.7
ONLY_ONLINE = 1.0


def visits(rng: np.random.Generator, population: Population, weekday: int, expected: float) -> Visits:
    """Throw a day's genuine payments, about `expected` of them; weekday 0 is Monday."""
    rows = int(rng.poisson(expected))
    customer = pick(population.cumulated_rate, rng.random(rows))
    second = seconds(rng, HOUR_WEEKEND if weekday >= SATURDAY else HOUR_WORKDAY, rows)
    table = category_table()[int(weekday >= SATURDAY)]
    category = pick(table[population.taste[customer], DAYPART_OF_HOUR[second // 3600]], rng.random(rows))
    log_amount = population.log_amount[customer] + CATEGORY_LOG_AMOUNT[category]
    log_amount += population.spread[customer] * rng.standard_normal(rows)
    log_amount += np.where(rng.random(rows) < BIG_PURCHASE, rng.normal(1.2, 0.5, rows), 0.0)
    return Visits(customer, second, category, in_cents(log_amount))


def seconds(rng: np.random.Generator, hours: NDArray[np.float64], rows: int) -> NDArray[np.int64]:
    """Throw times of day by the weight of each hour."""
    hour = pick(cumulated(hours), rng.random(rows))
    return hour * 3600 + rng.integers(0, 3600, rows)


def in_cents(log_amount: NDArray[np.float64]) -> NDArray[np.int64]:
    """Amounts as they are paid: whole cents, half a euro at least."""
    return np.maximum(np.rint(100.0 * np.exp(log_amount)), SMALLEST_CENTS).astype(np.int64)


def particulars(rng: np.random.Generator, population: Population, day: int, paid: Visits) -> Facts:
    """Fill in how genuine customers come to such payments: channel, device, place, risk. The counts are left at 0."""
    who, rows = paid.customer, paid.customer.size
    trip = population.abroad(day)[who].astype(np.int64)
    channel = channels(rng, population, paid)
    remote = (channel == WEB) | (channel == APP)
    hidden = remote & (rng.random(rows) < HIDDEN_ADDRESS)
    foreign_shop = remote & (trip < 0) & (rng.random(rows) < np.where(channel == WEB, 0.22, 0.08))
    country = np.where(trip >= 0, trip, population.home[who])
    country = np.where(foreign_shop, pick(cumulated(SHOP_SHARE), rng.random(rows)), country)
    return Facts(
        customer=who,
        second=paid.second,
        category=paid.category,
        cents=paid.cents,
        channel=channel,
        device=devices(rng, population, who, channel),
        country=country,
        distance_km=distances(rng, population.reach_km[who], trip >= 0, hidden),
        new_device=rng.random(rows) < np.where(remote, 0.04, 0.008),
        ip_risk=risks(rng, remote, hidden, trip >= 0),
        count_24h=np.zeros(rows, dtype=np.int64),
        fraud=np.zeros(rows, dtype=np.bool_),
    )


def channels(rng: np.random.Generator, population: Population, paid: Visits) -> NDArray[np.int64]:
    """Web, app, the counter or the cash machine, by what is bought and who buys."""
    online = np.clip(CATEGORY_ONLINE[paid.category] * population.online[paid.customer], 0.0, 1.0)
    # What has no counter is bought online whoever buys.
    online = np.maximum(online, CATEGORY_ONLINE[paid.category] == ONLY_ONLINE)
    remote = np.where(rng.random(online.size) < BY_WEB, WEB, APP)
    counter = np.where(paid.category == CASH, ATM, POS)
    return np.where(rng.random(online.size) < online, remote, counter)


def devices(rng: np.random.Generator, population: Population, who: NDArray[np.int64], channel: NDArray[np.int64]) -> NDArray[np.int64]:
    """What the payment is made with."""
    throw = rng.random(who.size)
    phone = population.phone[who].astype(np.int64)
    card = np.select([throw < INSERTED, throw < CARDS], [CHIP, CONTACTLESS], phone)
    page = np.where(throw < AT_A_DESK, BROWSER, phone)
    return np.select([channel == ATM, channel == POS, channel == WEB], [np.full(who.size, CHIP), card, page], phone)


def distances(
    rng: np.random.Generator, reach_km: NDArray[np.float64], away: NDArray[np.bool_], hidden: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Kilometres from the customer's home to where the payment seems to come from."""
    near = reach_km * np.exp(0.9 * rng.standard_normal(reach_km.size))
    far = np.exp(rng.normal(6.8, 0.7, reach_km.size))
    return np.where(away | hidden, far, near)


def risks(rng: np.random.Generator, remote: NDArray[np.bool_], hidden: NDArray[np.bool_], away: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How suspicious the network address is, 0 to 1."""
    rows = remote.size
    shape = np.select([hidden, away & remote, remote], [4.0, 2.0, 1.6], 1.3)
    tail = np.select([hidden, away & remote, remote], [5.0, 8.0, 11.0], 13.0)
    return rng.beta(shape, tail, rows)
