"""Companions: further columns of many shapes, of which only those computed from the amount know what happens."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from driftline.simulator.events import Event
from driftline.simulator.payments import simulate
from driftline.simulator.settings import PaymentsConfig


def day(companions: int, *events: Event) -> object:
    """One day."""
    (rows,) = simulate(PaymentsConfig(days=1, rows_per_day=500, scored=False, companions=companions, events=events))
    return rows


def test_they_come_beside_and_change_nothing_else() -> None:
    """Without them the stream is what it was; with them, every other column is."""
    plain, wide = day(0), day(36)
    assert wide.num_columns == plain.num_columns + 36
    assert wide.select(plain.column_names).equals(plain)
    assert day(36).equals(wide)


def test_a_customer_keeps_a_trait() -> None:
    """However often somebody pays; others have others."""
    rows = day(6)
    pairs = rows.select(["customer_id", "extra_03"]).group_by("customer_id").aggregate([("extra_03", "count_distinct")])
    assert pc.max(pairs["extra_03_count_distinct"]).as_py() == 1
    assert pc.count_distinct(rows["extra_03"]).as_py() > 100


def test_what_is_computed_from_a_broken_amount_is_broken() -> None:
    """And nothing else is."""
    plain, broken = day(6), day(6, Event(kind="unit_fault", from_day=0))
    same = [name for name in plain.column_names if name.startswith("extra") and plain[name].equals(broken[name])]
    assert same == ["extra_00", "extra_01", "extra_02", "extra_03", "extra_05"]
    assert np.mean(broken["extra_04"].to_numpy()) > 1.5 * np.mean(plain["extra_04"].to_numpy())
