"""Labels: the truth about each payment, which comes days late, and for some never."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.simulator.dice import Purpose, dice
from driftline.simulator.tables import INSTANT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.simulator.settings import PaymentsConfig

SOONEST_DAYS, LATEST_DAYS = 1, 14
LABEL_COLUMNS = ("is_fraud", "label_ts")
"""What is not known when a payment is made."""
DAY_MS, MINUTE_MS = 86_400_000, 60_000


def arrivals(config: PaymentsConfig, day: int, rows: pa.Table, fraud: NDArray[np.bool_]) -> pa.Table:
    """Each row's `transaction_id`, `is_fraud` and `label_ts`, the minute at which that is known; both null where it never is.

    How late a label is does not depend on what it says: half are there after 4 days, nine in ten after 8.
    """
    rng = dice(config.seed, Purpose.LABELS, day)
    count = rows.num_rows
    late = SOONEST_DAYS + (LATEST_DAYS - SOONEST_DAYS) * rng.beta(1.3, 3.6, count)
    never = rng.random(count) < config.labels_lost
    paid = rows["ts"].cast(pa.int64()).to_numpy()
    known = np.ceil((paid + late * DAY_MS) / MINUTE_MS).astype(np.int64) * MINUTE_MS
    known = np.minimum(known, paid + LATEST_DAYS * DAY_MS)
    return pa.table(
        {
            "transaction_id": rows["transaction_id"],
            "is_fraud": pa.array(fraud.astype(np.int8), mask=never),
            "label_ts": pa.array(known, mask=never).cast(INSTANT),
        }
    )
