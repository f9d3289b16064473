"""Rows read once and looked at many times: any span of time, as it was known at some later time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.sources.frames import FrameSource
from driftline.sources.known import KnownAt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from driftline.ports import Source


class Hindsight:
    """Rows in the order of their time, in memory.

    Args:
        name: what the rows are called.
        table: the rows.
        made: float64[rows], when each was made, in seconds since 1970; NaN where nobody knows.
        known: likewise when each label was known; None where labels have no time.
        label: the column of labels.
        label_time: the column that says since when they are known.
    """

    def __init__(
        self,
        name: str,
        table: pa.Table,
        made: NDArray[np.float64],
        known: NDArray[np.float64] | None = None,
        label: str | None = None,
        label_time: str | None = None,
    ) -> None:
        order = np.argsort(made, kind="stable")
        self._name, self._label, self._label_time = name, label, label_time
        self._table: pa.Table = table.take(pa.array(order))
        self._made, self._order = made[order], pa.array(order)
        self._known = np.full(len(order), -np.inf) if known is None else np.where(np.isnan(known[order]), -np.inf, known[order])

    def between(self, start: datetime, end: datetime, at: datetime) -> Source:
        """The rows made from `start` to before `end`, with the labels that were known at `at`."""
        first, last = np.searchsorted(self._made, [start.timestamp(), end.timestamp()])
        rows = FrameSource(self._name, self._table.slice(first, last - first))
        if self._label is None or self._label_time is None:
            return rows
        return KnownAt(rows, self._label, self._label_time, at)

    def rewrite(self, since: datetime, columns: Mapping[str, pa.Array]) -> None:
        """Give rows made since some time other values in some columns.

        Args:
            since: rows made before it, and those whose time nobody knows, stay as they are.
            columns: by name, a value for each row, in the order in which rows were given; a column that is not there is left out.
        """
        first, last = np.searchsorted(self._made, [since.timestamp(), np.inf])
        for name, values in columns.items():
            place = self._table.schema.get_field_index(name)
            if place >= 0:
                old, new = self._table.column(place), values.take(self._order.slice(first, last - first))
                parts = [*old.slice(0, first).chunks, new.cast(old.type), *old.slice(last).chunks]
                self._table = self._table.set_column(place, self._table.field(place), pa.chunked_array(parts, old.type))

    def settled(self, start: datetime, end: datetime) -> float:
        """When the last label of the rows from `start` to before `end` became known, in seconds since 1970; −∞ where there is none."""
        first, last = np.searchsorted(self._made, [start.timestamp(), end.timestamp()])
        return float(self._known[first:last].max(initial=-np.inf))

    def batches(self, many: int) -> list[pa.RecordBatch]:
        """The first rows, in the order of their time, with all labels that ever came."""
        found: list[pa.RecordBatch] = self._table.slice(0, many).to_batches()
        return found

    def times(self, at: datetime) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """When the rows made before `at` were made, and when their labels became known; NaN for those that were not known yet."""
        last = int(np.searchsorted(self._made, at.timestamp()))
        known = self._known[:last]
        return self._made[:last], np.where((known > at.timestamp()) | np.isinf(known), np.nan, known)
