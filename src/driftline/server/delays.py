"""How late the labels of some windows came: what the service learns of delays, window by window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.engines.cells import seconds
from driftline.engines.late import sorted_labels
from driftline.performance.early import sorts
from driftline.performance.maturity import AGES, places
from driftline.store.rows import known_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan
    from driftline.store.rows import Parcel, Rows
    from driftline.window import Window

LATE = timedelta(days=1)
"""Predictions that came so long after they were made were brought later: when their labels were known, only labels with times tell."""


def came_late(
    plan: Plan,
    outcome: Outcome,
    rows: Rows,
    windows: Sequence[Window],
    parcels: Iterable[Parcel],
    labels: Iterable[Parcel],
    names: tuple[str, str, str],
) -> Mapping[Window, NDArray[np.int64] | None]:
    """For each window how many labels came how late, by sort: int64[2 · sorts, bins]; None where that tells nothing.

    Args:
        plan: the bins.
        outcome: how outcomes are counted.
        rows: where parcels lie.
        windows: with bounds in time.
        parcels: predictions.
        labels: of them.
        names: the columns that hold ids, times and labels.
    """
    key, time, label = names
    table = rows.table(labels, names)
    if not {key, time, label} <= set(table.schema.names):
        return {}
    ids, values = known_labels(table, key, label)
    since = seconds(known_labels(table, key, time)[1])
    found: dict[Window, NDArray[np.int64] | None] = {one: np.zeros((2 * sorts(outcome), AGES.size), dtype=np.int64) for one in windows}
    wanted = [name for name in (key, time, label, outcome.prediction, *outcome.scores) if name is not None]
    for parcel in parcels:
        arrived = np.inf if parcel.at is None else parcel.at.timestamp()
        for batch in rows.batches(parcel, wanted):
            if not {key, time} <= set(batch.schema.names):
                continue
            at = pc.index_in(batch.column(key).cast(pa.string()), value_set=ids)
            come, made = at.is_valid().to_numpy(zero_copy_only=False), seconds(batch.column(time))
            known = np.where(come, since[pc.fill_null(at, 0).to_numpy()], np.nan) if len(ids) else np.full(len(made), np.nan)
            # A label whose prediction was brought much later than made is as old as its own time says, or nobody knows how old.
            dark = come & (arrived - made > LATE.total_seconds()) & (known >= arrived - LATE.total_seconds())
            own = label in batch.schema.names and batch.column(label).null_count < batch.num_rows
            sort = sorted_labels(plan, outcome, _with_label(batch, label, values.take(at)))
            _put(found, made, known, sort, dark | own)
    return found


def _put(
    found: dict[Window, NDArray[np.int64] | None],
    made: NDArray[np.float64],
    known: NDArray[np.float64],
    sort: NDArray[np.int64],
    dark: NDArray[np.bool_],
) -> None:
    for window, counts in found.items():
        if counts is None or not isinstance(window.start, datetime) or not isinstance(window.end, datetime):
            continue
        here = (made >= _at(window.start)) & (made < _at(window.end))
        if (here & dark).any():
            found[window] = None
            continue
        told = here & (sort >= 0) & np.isfinite(known)
        np.add.at(counts, (sort[told], places(np.maximum(known[told] - made[told], 0.0))), 1)


def _at(instant: datetime) -> float:
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _with_label(batch: pa.RecordBatch, label: str, values: pa.Array) -> pa.RecordBatch:
    at = batch.schema.get_field_index(label)
    return batch.append_column(label, values) if at < 0 else batch.set_column(at, label, values)
