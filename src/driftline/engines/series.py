"""Reading a business figure: a column of times and one of values, whatever their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from driftline.engines.cells import cells, find, seconds
from driftline.errors import DataError, near_miss
from driftline.performance.kpi import Series
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa
    from numpy.typing import NDArray


def read_series(name: str, batches: Iterable[pa.RecordBatch], time: str, value: str, of: Literal["mean", "sum"]) -> Series:
    """Read a series; a time without a zone is UTC, and rows whose time or value cannot be read do not count.

    Args:
        name: what it is called.
        batches: its rows, in any order.
        time: the column of times.
        value: the column of values.
        of: what a window's figure is.

    Raises:
        DataError: there is no such column, or no row can be read.
    """
    times: list[NDArray[np.float64]] = []
    values: list[NDArray[np.float64]] = []
    for batch in batches:
        for column in (time, value):
            if find(batch, column) is None:
                raise DataError(f"the series {name!r} has no column {column!r}", hint=near_miss(column, batch.schema.names))
        found = cells(Planned(Column(name=value, kind=Kind.NUMBER), None), batch[value])
        times.append(seconds(batch[time]))
        values.append(np.where(found.null | found.wrong, np.nan, found.numbers))
    at, worth = (np.concatenate([np.empty(0), *parts]) for parts in (times, values))
    if not (np.isfinite(at) & np.isfinite(worth)).any():
        raise DataError(f"no row of the series {name!r} has a time and a value", hint=f"look at {time!r} and {value!r}")
    return Series(name, at, worth, of)
