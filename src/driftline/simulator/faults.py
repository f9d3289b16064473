"""Faults on the way of the data: what upstream systems do to rows between the payment and the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from driftline.simulator.dice import Purpose, dice
from driftline.simulator.events import Side
from driftline.simulator.tables import replaced

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from driftline.simulator.settings import PaymentsConfig

    Fault = Callable[[pa.Table, float, np.random.Generator], pa.Table]

STUCK_RISK = 0.05
BATCH_BEGINS = 0.4


def delivered(config: PaymentsConfig, day: int, rows: pa.Table) -> pa.Table:
    """A day's rows as they arrive, after all faults of that day.

    Every event throws its own dice: a fault changes the columns it says, and no other value.
    """
    for number, event in enumerate(config.events):
        size = event.size_on(day)
        if size and event.about.side is Side.FEED:
            rows = FAULTS[event.kind](rows, size, dice(config.seed, Purpose.FAULT, day, number))
    return rows


def unit_fault(rows: pa.Table, size: float, _: np.random.Generator) -> pa.Table:
    """Amounts from the web are `size` times too large, and so is what is computed from them."""
    web = pc.equal(rows["channel"], "web")
    for column in ("amount", "amount_ratio"):
        rows = replaced(rows, column, pc.if_else(web, pc.multiply(rows[column], size), rows[column]))
    return rows


def null_burst(rows: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
    """A share of distances is missing."""
    lost = pa.array(rng.random(rows.num_rows) < size)
    return replaced(rows, "distance_km", pc.if_else(lost, pa.scalar(None, pa.float64()), rows["distance_km"]))


def new_category(rows: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
    """A share of digital purchases arrives as gaming."""
    renamed = pc.and_(pc.equal(rows["merchant_category"], "digital"), pa.array(rng.random(rows.num_rows) < size))
    return replaced(rows, "merchant_category", pc.if_else(renamed, "gaming", rows["merchant_category"]))


def category_rename(rows: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
    """Groceries have another name."""
    renamed = pc.and_(pc.equal(rows["merchant_category"], "grocery"), pa.array(rng.random(rows.num_rows) < size))
    return replaced(rows, "merchant_category", pc.if_else(renamed, "groceries", rows["merchant_category"]))


def stuck_value(rows: pa.Table, size: float, rng: np.random.Generator) -> pa.Table:
    """The address risk is always the same."""
    stuck = pa.array(rng.random(rows.num_rows) < size)
    return replaced(rows, "ip_risk", pc.if_else(stuck, STUCK_RISK, rows["ip_risk"]))


def duplicated_batch(rows: pa.Table, size: float, _: np.random.Generator) -> pa.Table:
    """The rows of some hours in the middle of the day come once more, behind the others."""
    begin = int(BATCH_BEGINS * rows.num_rows * (1.0 - size))
    return pa.concat_tables([rows, rows.slice(begin, round(size * rows.num_rows))]).combine_chunks()


def time_shift(rows: pa.Table, size: float, _: np.random.Generator) -> pa.Table:
    """Payments by app are dated some hours late; the evening's slip into the next day."""
    late = pa.scalar(int(3_600_000 * size), pa.duration("ms"))
    return replaced(rows, "ts", pc.if_else(pc.equal(rows["channel"], "app"), pc.add(rows["ts"], late), rows["ts"]))


FAULTS: dict[str, Fault] = {
    "unit_fault": unit_fault,
    "null_burst": null_burst,
    "new_category": new_category,
    "category_rename": category_rename,
    "stuck_value": stuck_value,
    "duplicated_batch": duplicated_batch,
    "time_shift": time_shift,
}
"""What each fault does to a day's rows."""
