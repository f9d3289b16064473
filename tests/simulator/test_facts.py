"""Sets of payments are joined, cut and ordered without mixing their columns."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from driftline.simulator import PaymentsConfig
from driftline.simulator.facts import Facts
from driftline.simulator.world import World

FACTS = World.of(PaymentsConfig(rows_per_day=200)).lane(3)


def rows(facts: Facts) -> list[tuple[object, ...]]:
    """Each payment as a tuple."""
    return list(zip(*(getattr(facts, field.name).tolist() for field in fields(facts)), strict=True))


def test_joined_payments_keep_their_rows() -> None:
    """Joining puts one set behind the other."""
    assert rows(Facts.joined([FACTS, FACTS])) == rows(FACTS) * 2


def test_taken_payments_are_those_asked_for() -> None:
    """A choice of rows chooses whole rows, by place or by mask."""
    assert rows(FACTS.take(np.array([5, 1]))) == [rows(FACTS)[5], rows(FACTS)[1]]
    assert rows(FACTS.take(FACTS.fraud)) == [row for row in rows(FACTS) if row[-1]]


def test_payments_are_ordered_by_time() -> None:
    """Ordering by time moves whole rows."""
    ordered = FACTS.by_time()
    assert (np.diff(ordered.second) >= 0).all()
    assert sorted(rows(ordered)) == sorted(rows(FACTS))
    assert ordered.size == FACTS.size
