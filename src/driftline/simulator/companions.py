"""Companions: columns beside those that the model reads, as wide tables have them, so that there is more to be wrong about."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.simulator.dice import Purpose, dice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.simulator.settings import PaymentsConfig

FAMILIES = 6
LEVELS = (3, 8, 30)
TRAIT_SCALE, NOISE = 30.0, 0.1


def accompanied(config: PaymentsConfig, day: int, rows: pa.Table) -> pa.Table:
    """The rows with `companions` more columns, `extra_00` and so on.

    Of each six, four are noise of some shape (log-normal, counts, levels, shares), one is a trait that a customer keeps, and one is
    computed from the amount as it arrived: it moves with it, and breaks with it. None but the last knows of any event.
    """
    for number in range(config.companions):
        rng = dice(config.seed, Purpose.COMPANIONS, day, number)
        rows = rows.append_column(f"extra_{number:02d}", _column(number, rng, rows))
    return rows


def _column(number: int, rng: np.random.Generator, rows: pa.Table) -> pa.Array:
    size = rows.num_rows
    match number % FAMILIES:
        case 0:
            return pa.array(np.round(rng.lognormal(2.0, 0.8, size), 2))
        case 1:
            return pa.array(rng.poisson(3.0 + number / FAMILIES, size).astype(np.int32))
        case 2:
            levels = LEVELS[number // FAMILIES % len(LEVELS)]
            weights = 1.0 / np.arange(1, levels + 1)
            codes = rng.choice(levels, size, p=weights / weights.sum())
            return pa.array([f"level {code}" for code in range(levels)]).take(pa.array(codes))
        case 3:
            return pa.array(np.round(-TRAIT_SCALE * np.log1p(-_trait(number, rows)), 2))
        case 4:
            return pa.array(np.round(rows["amount"].to_numpy() * np.exp(rng.normal(0.0, NOISE, size)), 2))
        case _:
            return pa.array(np.round(rng.beta(2.0, 5.0, size), 4))


def _trait(number: int, rows: pa.Table) -> NDArray[np.float64]:
    """A number in [0, 1) that each customer keeps for ever."""
    encoded = rows["customer_id"].combine_chunks().dictionary_encode()
    known = [zlib.crc32(f"{number} {one}".encode()) / 2**32 for one in encoded.dictionary.to_pylist()]
    return np.asarray(np.array(known)[encoded.indices.to_numpy()], dtype=np.float64)
