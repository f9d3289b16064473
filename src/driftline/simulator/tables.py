"""Facts as the table a model and a monitor see: names instead of codes, instants, amounts in euros."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.simulator.catalogue import CATEGORIES, CHANNELS, COUNTRIES, DEVICES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.simulator.facts import Facts
    from driftline.simulator.world import World

INSTANT = pa.timestamp("ms", tz="UTC")


def table(world: World, day: int, facts: Facts, usual: NDArray[np.float64]) -> pa.Table:
    """Write a day's facts as a table; `usual` is each customer's average amount of the last 30 days."""
    config, people, who = world.config, world.population, facts.customer
    midnight = int(config.midnight(day).timestamp())
    amount = facts.cents / 100.0
    average = np.round(usual[who], 2)
    numbers = np.char.zfill(np.arange(facts.size).astype(str), 6)
    return pa.table(
        {
            "transaction_id": pa.array(np.char.add(f"{config.date_of(day)}-", numbers)),
            "ts": pa.array((midnight + facts.second) * 1000).cast(INSTANT),
            "customer_id": people.ids(day)[who],
            "merchant_category": named(CATEGORIES, facts.category),
            "country": named(COUNTRIES, facts.country),
            "channel": named(CHANNELS, facts.channel),
            "device": named(DEVICES, facts.device),
            "amount": amount,
            "avg_amount_30d": average,
            "amount_ratio": np.round(amount / average, 3),
            "account_age_days": people.account_age(day)[who].astype(np.int32),
            "tx_count_24h": facts.count_24h.astype(np.int32),
            "distance_km": np.round(facts.distance_km, 1),
            "is_new_device": facts.new_device,
            "ip_risk": np.round(facts.ip_risk, 3),
        }
    )


def named(levels: Sequence[str], codes: NDArray[np.int64]) -> pa.Array:
    """Codes as the texts they stand for."""
    return pa.DictionaryArray.from_arrays(codes.astype(np.int8), pa.array(levels)).cast(pa.string())


def replaced(rows: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table with other values in one column, which keeps its place and its type."""
    place = rows.schema.get_field_index(column)
    return rows.set_column(place, rows.schema.field(place), values.cast(rows.schema.field(place).type))
