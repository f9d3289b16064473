"""A day's table says what the facts say, in a monitor's words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from driftline.simulator import PaymentsConfig
from driftline.simulator.catalogue import CATEGORIES, CHANNELS
from driftline.simulator.events import FEATURES
from driftline.simulator.tables import named, replaced, table
from driftline.simulator.world import World

WORLD = World.of(PaymentsConfig(rows_per_day=400))
FACTS = WORLD.facts(3)
ROWS = table(WORLD, 3, FACTS, WORLD.population.usual_amount)


def test_nothing_is_missing() -> None:
    """No column of a day without faults holds a null, a NaN or an infinity."""
    assert set(FEATURES) < set(ROWS.column_names)
    for name in ROWS.column_names:
        assert ROWS[name].null_count == 0
        if pa.types.is_floating(ROWS.schema.field(name).type):
            assert pc.all(pc.is_finite(ROWS[name])).as_py()


def test_names_stand_for_codes() -> None:
    """Categories and channels are the words of the catalogue."""
    assert ROWS["merchant_category"].to_pylist() == [CATEGORIES[code] for code in FACTS.category]
    assert ROWS["channel"].to_pylist() == [CHANNELS[code] for code in FACTS.channel]
    assert named(("a", "b"), np.array([1, 0])).to_pylist() == ["b", "a"]


def test_instants_are_those_of_the_day() -> None:
    """`ts` is UTC, rises, and lies within the day's date."""
    assert ROWS.schema.field("ts").type == pa.timestamp("ms", tz="UTC")
    assert {str(at)[:10] for at in ROWS["ts"].to_pylist()} == {"2026-03-05"}
    assert ROWS["ts"].to_pylist() == sorted(ROWS["ts"].to_pylist())


def test_the_ratio_is_that_of_amount_and_average() -> None:
    """`amount_ratio` can be computed from the columns beside it."""
    ratio = ROWS["amount"].to_numpy() / ROWS["avg_amount_30d"].to_numpy()
    assert ROWS["amount_ratio"].to_numpy() == pytest.approx(ratio, abs=0.0006)


def test_ids_are_unique() -> None:
    """Every payment has a transaction_id of its own, which holds the date."""
    ids = ROWS["transaction_id"].to_pylist()
    assert len(set(ids)) == len(ids)
    assert ids[0] == "2026-03-05-000000"


def test_a_replaced_column_keeps_place_and_type() -> None:
    """Only the values change."""
    found = replaced(ROWS, "account_age_days", pa.array(np.zeros(ROWS.num_rows)))
    assert found.schema == ROWS.schema
    assert pc.sum(found["account_age_days"]).as_py() == 0
