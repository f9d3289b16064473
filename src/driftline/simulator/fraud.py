"""Fraud: the ways in which money is stolen, each with its own marks in the data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.simulator.catalogue import (
    ATM,
    CASH,
    CATEGORIES,
    CATEGORY_LOG_AMOUNT,
    CHANNELS,
    FRAUD_SHARE,
    HOUR_FLAT,
    HOUR_NIGHT,
    HOUR_OFFICE,
    POS,
    cumulated,
    weights_of,
)
from driftline.simulator.dice import pick
from driftline.simulator.facts import Facts, Visits
from driftline.simulator.purchases import devices, in_cents, particulars, seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from driftline.simulator.population import Population

LAST_SECOND = 86_399


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """One way to steal.

    Each incident has one victim and `1 + Poisson(repeats)` payments, `gap_minutes` apart on average.
    Amounts lie `log_amount` (± `spread`) beyond what the victim usually pays; `fixed_amount` gives
    the log of the amount itself instead. The shares say how often a mark is there; a payment without
    it looks as the victim's own would.
    """

    name: str
    share: float
    repeats: float
    gap_minutes: float
    categories: Mapping[str, float]
    channels: Mapping[str, float]
    log_amount: float = 0.0
    spread: float = 0.6
    fixed_amount: float | None = None
    foreign: float = 0.0
    far: float = 0.0
    strange_device: float = 0.0
    risky_address: float = 0.0
    youngest_account: int = 0
    hours: NDArray[np.float64] = field(default_factory=lambda: HOUR_FLAT)


PATTERNS = (
    Pattern(
        name="stolen card", share=0.26, repeats=0.8, gap_minutes=25,
        categories={"electronics": 0.35, "fashion": 0.25, "cash": 0.2, "fuel": 0.1, "home": 0.1}, channels={"pos": 1.0},
        log_amount=0.9, far=0.55, foreign=0.2, risky_address=0.1, hours=HOUR_NIGHT,
    ),
    Pattern(
        name="stolen card number", share=0.4, repeats=0.4, gap_minutes=12,
        categories={"electronics": 0.4, "digital": 0.2, "travel": 0.2, "fashion": 0.2}, channels={"web": 0.92, "app": 0.08},
        log_amount=1.3, spread=0.5, far=0.65, foreign=0.55, strange_device=0.65, risky_address=0.75, hours=HOUR_NIGHT,
    ),
    Pattern(
        name="card testing", share=0.12, repeats=3.0, gap_minutes=2,
        categories={"digital": 0.8, "restaurant": 0.2}, channels={"web": 1.0},
        fixed_amount=0.6, spread=0.5, far=0.8, foreign=0.6, strange_device=0.6, risky_address=0.9,
    ),
    Pattern(
        name="account takeover", share=0.22, repeats=0.4, gap_minutes=8,
        categories={"electronics": 0.3, "digital": 0.4, "travel": 0.15, "home": 0.15}, channels={"app": 0.75, "web": 0.25},
        log_amount=1.3, spread=0.5, far=0.4, foreign=0.15, strange_device=0.92, risky_address=0.55, hours=HOUR_NIGHT,
    ),
)  # fmt: skip
"""What the model learns to catch; the shares are of fraudulent payments."""

ATTACK = Pattern(
    name="remote-access scam", share=1.0, repeats=1.5, gap_minutes=20,
    categories={"digital": 0.75, "home": 0.25}, channels={"app": 1.0},
    log_amount=0.5, spread=0.3, youngest_account=1500, hours=HOUR_OFFICE,
)  # fmt: skip
"""The caller says he is from the bank: the victim pays, from home, with their own phone, a little more than usual."""


@dataclass(frozen=True, slots=True, eq=False)
class Robberies:
    """Who is robbed when, one entry for each payment: `customer` is a place in the population."""

    pattern: Pattern
    customer: NDArray[np.int64]
    second: NDArray[np.int64]


def robberies(rng: np.random.Generator, population: Population, day: int, pattern: Pattern, expected: float) -> Robberies:
    """Throw one day's fraudulent payments of one pattern, about `expected` of them."""
    incidents = int(rng.poisson(expected / (1.0 + pattern.repeats)))
    victims = choose_victims(rng, population.account_age(day) >= pattern.youngest_account, incidents)
    begun = seconds(rng, pattern.hours, incidents)
    sizes = 1 + rng.poisson(pattern.repeats, incidents)
    incident = np.repeat(np.arange(incidents), sizes)
    place = np.arange(incident.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    gaps = np.where(place > 0, rng.exponential(60.0 * pattern.gap_minutes, incident.size), 0.0)
    waited = np.cumsum(gaps)
    waited -= np.repeat(waited[place == 0], sizes)
    # What would run past midnight is mirrored at it, so that a day's file holds a day.
    second = LAST_SECOND - np.abs(LAST_SECOND - begun[incident] - waited.astype(np.int64))
    return Robberies(pattern, victims[incident], np.maximum(second, 0))


def frauds(rng: np.random.Generator, population: Population, day: int, robbed: Robberies) -> Facts:
    """Fill in what is bought with the stolen money, and how. The counts are left at 0."""
    category = pick(cumulated(weights_of(CATEGORIES, robbed.pattern.categories)), rng.random(robbed.customer.size))
    cents = amounts(rng, population, robbed.pattern, robbed.customer, category)
    stolen = Visits(robbed.customer, robbed.second, category, cents)
    return marked(rng, population, robbed.pattern, particulars(rng, population, day, stolen))


def choose_victims(rng: np.random.Generator, open_to: NDArray[np.bool_], incidents: int) -> NDArray[np.int64]:
    """Anybody can be robbed, however seldom they pay."""
    return np.asarray(rng.choice(np.flatnonzero(open_to), incidents), dtype=np.int64)


def amounts(
    rng: np.random.Generator, population: Population, pattern: Pattern, victim: NDArray[np.int64], category: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What is taken: so much beyond the victim's own amounts, or always about the same."""
    noise = pattern.spread * rng.standard_normal(victim.size)
    if pattern.fixed_amount is not None:
        return in_cents(pattern.fixed_amount + noise)
    return in_cents(population.log_amount[victim] + 0.5 * CATEGORY_LOG_AMOUNT[category] + pattern.log_amount + noise)


def marked(rng: np.random.Generator, population: Population, pattern: Pattern, paid: Facts) -> Facts:
    """Leave the thief's marks on payments that otherwise look like the victim's own."""
    rows = paid.size
    channel = pick(cumulated(weights_of(CHANNELS, pattern.channels)), rng.random(rows))
    channel = np.where((channel == POS) & (paid.category == CASH), ATM, channel)
    strange = rng.random(rows) < pattern.strange_device
    return replace(
        paid,
        channel=channel,
        device=devices(rng, population, paid.customer, channel),
        country=np.where(rng.random(rows) < pattern.foreign, pick(cumulated(FRAUD_SHARE), rng.random(rows)), paid.country),
        distance_km=np.where(rng.random(rows) < pattern.far, np.exp(rng.normal(6.3, 1.1, rows)), paid.distance_km),
        new_device=paid.new_device | strange,
        ip_risk=np.where(rng.random(rows) < pattern.risky_address, rng.beta(3.5, 4.0, rows), paid.ip_risk),
        fraud=np.ones(rows, dtype=np.bool_),
    )
