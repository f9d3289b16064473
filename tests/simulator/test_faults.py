"""Each fault of the feed does what its truth says, and touches nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from driftline.simulator import Event, PaymentsConfig
from driftline.simulator.events import KINDS, Side
from driftline.simulator.faults import FAULTS, delivered
from driftline.simulator.tables import table
from driftline.simulator.world import World

CONFIG = PaymentsConfig(rows_per_day=2000, events=())
WORLD = World.of(CONFIG)
TRUE = table(WORLD, 6, WORLD.facts(6), WORLD.population.usual_amount)


def after(*events: Event) -> pa.Table:
    """The day as it is delivered under these events."""
    return delivered(replace(CONFIG, events=events), 6, TRUE)


def test_every_fault_of_the_feed_is_there() -> None:
    """Kinds on the feed's side and faults are the same names."""
    assert set(FAULTS) == {kind.name for kind in KINDS.values() if kind.side is Side.FEED}


@pytest.mark.parametrize("kind", [name for name in FAULTS if name != "duplicated_batch"])
def test_only_the_named_columns_change(kind: str) -> None:
    """Columns outside the truth are the same to the last bit, and those in it are not; row for row."""
    rows = after(Event(kind=kind, from_day=6, to_day=6))
    changed = {name for name in TRUE.column_names if not rows[name].equals(TRUE[name])}
    assert changed == set(KINDS[kind].columns) - {"model_score", "model_pred"}
    assert rows.schema == TRUE.schema


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_over_when_it_is_over(kind: str) -> None:
    """Outside its days a fault changes nothing."""
    assert after(Event(kind=kind, from_day=2, to_day=5), Event(kind=kind, from_day=7)).equals(TRUE)


def test_cents_for_euros() -> None:
    """Web amounts and ratios are a hundred times as large; other channels' are not touched."""
    rows = after(Event(kind="unit_fault", from_day=0))
    factor = np.where(pc.equal(TRUE["channel"], "web").to_numpy(), 100.0, 1.0)
    for name in ("amount", "amount_ratio"):
        assert rows[name].to_numpy() == pytest.approx(TRUE[name].to_numpy() * factor)


@pytest.mark.parametrize(("kind", "column", "share"), [("null_burst", "distance_km", 0.3), ("stuck_value", "ip_risk", 0.6)])
def test_shares_of_rows_are_spoiled(kind: str, column: str, share: float) -> None:
    """So many rows as the size says are null, or stuck at 0.05."""
    rows = after(Event(kind=kind, from_day=0, size=share))
    spoiled = pc.is_null(rows[column]) if kind == "null_burst" else pc.equal(rows[column], 0.05)
    assert pc.mean(spoiled).as_py() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    ("kind", "old", "new", "share"), [("new_category", "digital", "gaming", 0.2), ("category_rename", "grocery", "groceries", 1.0)]
)
def test_categories_get_other_names(kind: str, old: str, new: str, share: float) -> None:
    """The new name stands where the old one stood, in its share of rows, and nowhere else."""
    rows = after(Event(kind=kind, from_day=0))
    was, now = (np.array(table["merchant_category"].to_pylist()) for table in (TRUE, rows))
    assert set(was[now == new]) == {old}
    assert (now == new).sum() / (was == old).sum() == pytest.approx(share, abs=0.08)
    assert (now[now != new] == was[now != new]).all()


def test_a_batch_comes_twice() -> None:
    """The rows of some consecutive hours are there a second time, behind the others, a quarter of the day's."""
    rows = after(Event(kind="duplicated_batch", from_day=0))
    again = rows.slice(TRUE.num_rows)
    assert rows.slice(0, TRUE.num_rows).equals(TRUE)
    assert again.num_rows == round(0.25 * TRUE.num_rows)
    begin = TRUE["transaction_id"].to_pylist().index(again["transaction_id"][0].as_py())
    assert again.equals(TRUE.slice(begin, again.num_rows))


def test_the_apps_clock_is_late() -> None:
    """App payments are two hours late, some of them on the next day; others keep their time."""
    rows = after(Event(kind="time_shift", from_day=0))
    late = rows["ts"].cast(pa.int64()).to_numpy() - TRUE["ts"].cast(pa.int64()).to_numpy()
    assert (late == np.where(pc.equal(TRUE["channel"], "app").to_numpy(), 7_200_000, 0)).all()
    assert {at.day for at in rows["ts"].to_pylist()} == {8, 9}


def test_faults_do_not_move_each_others_dice() -> None:
    """A second fault leaves the rows that a first one hit as they are."""
    burst = Event(kind="null_burst", from_day=0)
    alone = after(burst)["distance_km"]
    assert after(burst, Event(kind="stuck_value", from_day=0))["distance_km"].equals(alone)


def test_a_growing_fault_hits_few_at_first() -> None:
    """On its first day of four a burst has a quarter of its size."""
    rows = after(Event(kind="null_burst", from_day=6, grows_days=3, size=0.8))
    assert rows["distance_km"].null_count / rows.num_rows == pytest.approx(0.2, abs=0.05)
