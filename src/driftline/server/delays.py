"""How late the labels of some windows came: what the service learns of delays, window by window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from driftline.engines.cells import seconds
from driftline.engines.late import sorted_labels
from driftline.performance.early import sorts
from driftline.performance.maturity import AGES, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan
    from driftline.store.joining import Found
    from driftline.store.rows import Parcel
    from driftline.window import Window

LATE = timedelta(days=1)
"""Predictions that came so long after they were made were brought later: when their labels were known, only labels with times tell."""


class Came:
    """Sees how late the labels of some windows came, while these are counted.

    Args:
        plan: the bins.
        outcome: how outcomes are counted.
        windows: with bounds in time.
        names: the columns that hold ids, times and labels.

    Attributes:
        found: for each window how many labels came how late, by sort: int64[2 · sorts, bins]; None where that tells nothing.
    """

    def __init__(self, plan: Plan, outcome: Outcome, windows: Sequence[Window], names: tuple[str, str, str]) -> None:
        self._plan, self._outcome = plan, outcome
        self._key, self._time, self._label = names
        self.found: dict[Window, NDArray[np.int64] | None] = {
            one: np.zeros((2 * sorts(outcome), AGES.size), dtype=np.int64) for one in windows
        }

    def __call__(self, parcel: Parcel, batch: pa.RecordBatch, labels: Found) -> None:
        """Take in a batch of predictions, and what their labels say."""
        if not {self._key, self._time} <= set(batch.schema.names):
            return
        arrived = np.inf if parcel.at is None else parcel.at.timestamp()
        come, made = labels.known.to_numpy(zero_copy_only=False), seconds(batch.column(self._time))
        known = np.where(come, seconds(labels.values[self._time]), np.nan)
        # A label whose prediction was brought much later than made is as old as its own time says, or nobody knows how old.
        dark = come & (arrived - made > LATE.total_seconds()) & (known >= arrived - LATE.total_seconds())
        own = self._label in batch.schema.names and batch.column(self._label).null_count < batch.num_rows
        sort = sorted_labels(self._plan, self._outcome, _with_label(batch, self._label, labels.values[self._label]))
        _put(self.found, made, known, sort, dark | own)


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
