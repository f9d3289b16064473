"""Fitting a plan to the reference: one pass in bounded memory, and the bins of every later window are fixed."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.engines.cells import cells, stored
from driftline.engines.count import even
from driftline.engines.gather import Ordered, Rows, gatherer
from driftline.engines.infer import EPOCH_FROM, is_time_name, natural_kind, plan_columns, value_type
from driftline.engines.outcome_plan import plan_outcome
from driftline.errors import DataError
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.engines.gather import Gathered
    from driftline.monitor import Monitor
    from driftline.ports import Progress, Source

SAMPLED_VALUES = 20_000_000
"""At most this many numbers are sampled in all columns together: 160 MB, and twice that on the way."""

KEPT_ROWS, FEWEST_KEPT, KEPT_VALUES = 500, 50, 50_000
"""A profile keeps 500 rows, fewer where there are more than a hundred columns."""

OUTCOME_ROLES = frozenset({Role.LABEL, Role.PREDICTION, Role.SCORE})
"""Columns whose sampled values say how outcomes are counted."""

MORE = 4
"""Where performance is estimated, so many times as many rows are kept."""

READABLE = 0.95
"""A column called a time is one if this share of its first values reads as times."""


def fit(source: Source, monitor: Monitor, *, progress: Progress | None = None, sample_rows: int = 100_000) -> Plan:
    """Fix the columns and their bins on the reference.

    Args:
        source: the reference.
        monitor: what is known about its columns; the rest is inferred.
        progress: told how many rows are done.
        sample_rows: rows to fit number bins to; extremes and levels are of all rows.

    Raises:
        DataError: there are no rows.
        SchemaMismatch: something is said of a column that is not there.
    """
    plan = _fitted(source, monitor, progress, sample_rows)
    # As after counting: what the reader and the sample held would else lie idle.
    pa.default_memory_pool().release_unused()
    return plan


def _fitted(source: Source, monitor: Monitor, progress: Progress | None, sample_rows: int) -> Plan:
    columns = plan_columns(source.schema(), monitor)
    names = [column.name for column in columns if column.role is not Role.IGNORED]
    batches = even(source.batches(names))
    head = next(batches, None)
    if head is None:
        raise DataError(f"the reference {source.name} has no rows", hint="give the data the model was trained on, or a sample of it")
    settled = [settle_time(column, head, monitor) for column in columns if column.role is not Role.IGNORED]
    gathered = [gatherer(column, hinted=column.name in monitor.hints.kinds) for column in settled]
    many = sum(column.kind in {Kind.NUMBER, Kind.TIMESTAMP} for column in settled)
    rows = Rows(min(sample_rows, SAMPLED_VALUES // max(many, 1)))
    done, total = 0, source.rows()
    for batch in chain([head], batches):
        chosen = rows.choose(batch.num_rows)
        for column, keeper in zip(settled, gathered, strict=True):
            keeper.add(_column(batch, column.name), chosen)
        _narrow(gathered, rows.narrow())
        done += batch.num_rows
        if progress is not None:
            progress(f"fitting bins to {source.name}", done, total)
    _narrow(gathered, rows.narrow(last=True))
    planned = tuple(keeper.planned() for keeper in gathered)
    told = ((one, keeper) for one, keeper in zip(planned, gathered, strict=True) if one.column.role in OUTCOME_ROLES)
    samples = {one.name: keeper.sample() for one, keeper in told if isinstance(keeper, Ordered)}
    outcome = plan_outcome(planned, samples, monitor)
    return Plan(planned, sample=kept_rows(len(gathered), with_outcome=outcome is not None), outcome=outcome)


def _narrow(gathered: list[Gathered], kept: NDArray[np.bool_] | None) -> None:
    if kept is not None:
        for keeper in gathered:
            keeper.keep(kept)


def kept_rows(columns: int, *, with_outcome: bool = False) -> int:
    """How many rows a profile of so many columns keeps.

    >>> kept_rows(50), kept_rows(1000), kept_rows(20, with_outcome=True)
    (500, 50, 2000)
    """
    return min(KEPT_ROWS, max(FEWEST_KEPT, KEPT_VALUES // max(columns, 1))) * (MORE if with_outcome else 1)


def settle_time(column: Column, head: pa.RecordBatch, monitor: Monitor) -> Column:
    """Take back what was inferred from a name alone, if the first values are no times."""
    told = column.name in monitor.hints.roles or column.name in monitor.hints.kinds
    if column.role is not Role.TIMESTAMP or told or not is_time_name(column.name):
        return column
    array = stored(_column(head, column.name))
    kind = value_type(array.type)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return column
    read = cells(Planned(column, None), array)
    held = ~read.null
    good = held & ~read.wrong
    readable = bool(held.any()) and good.sum() >= READABLE * held.sum()
    if readable and (not pa.types.is_integer(kind) or float(np.min(read.numbers[good])) >= EPOCH_FROM):
        return column
    return replace(column, role=Role.FEATURE, kind=natural_kind(kind))


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    places = batch.schema.get_all_field_indices(name)
    return batch.column(places[0]) if places else pa.nulls(batch.num_rows)
