"""Learning from a reference, wherever its rows lie: bins are fixed on it, and it is kept as consecutive blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.engines import count as counting
from driftline.engines import fit as fitting
from driftline.errors import SchemaMismatch, near_miss
from driftline.inference.variation import FEWEST_BLOCKS
from driftline.services.check import Counted, blocks_enough
from driftline.sources.remembered import Remembered
from driftline.spark import count as spark_counting
from driftline.spark.count import count_rows as spark_rows
from driftline.spark.count import on_spark
from driftline.store.shelf import Shelf
from driftline.warehouse.count import count as count_in_sql
from driftline.warehouse.count import count_rows as warehouse_rows
from driftline.warehouse.fit import fit as fit_in_sql
from driftline.warehouse.source import WarehouseSource
from driftline.window import CALENDAR, Cadence, Windowing

if TYPE_CHECKING:
    from driftline.monitor import ColumnHints, Monitor
    from driftline.ports import Progress, Source
    from driftline.profile.plan import Plan

BLOCKS = 64
"""Into so many runs of rows a reference is cut where the windows do not cut it."""

MOST_BLOCKS = 500
FEWEST_ROWS = 10
"""A block of fewer rows says nothing about how blocks vary."""


def learn(reference: Source | Shelf, monitor: Monitor, *, progress: Progress | None = None) -> tuple[Plan, Counted]:
    """Fix the bins on the reference and keep it as consecutive blocks.

    The blocks are cut like the windows where that gives enough of them to learn how windows vary, else by rows.

    Raises:
        SchemaMismatch: something is said of a column that is not there.
    """
    if isinstance(reference, Shelf):
        _check_named(reference.plan, monitor)
        like = reference.about.get("like_windows") == cut(monitor.windowing)
        return reference.plan, Counted({(s, w): p for s, w, p in reference.entries}, like_windows=like)
    source = reference if elsewhere(reference) else Remembered(reference)
    plan = fit(source, monitor, progress)
    _check_named(plan, monitor)
    windowing, like = monitor.windowing, False
    if windowing.cadence in CALENDAR or windowing.cadence is Cadence.COLUMN:
        found = _count_like_windows(plan, source, monitor, progress)
        if found is not None and blocks_enough(len({window for _, window in found.profiles})):
            return plan, Counted(found.profiles, (*found.findings, *source.findings()), like_windows=True)
    # Fitting has read all rows, so that their number is known.
    size = block_rows(_rows(source), windowing)
    found = count(plan, source, Windowing(Cadence.ROWS, rows=size), monitor.hints, progress=progress)
    return plan, Counted(found.profiles, (*found.findings, *source.findings()), like_windows=like)


def fit(source: Source, monitor: Monitor, progress: Progress | None) -> Plan:
    """Fix the bins where the rows lie."""
    if isinstance(source, WarehouseSource):
        return fit_in_sql(source, monitor, progress=progress)
    way = spark_counting.fit if on_spark(source) else fitting.fit
    return way(source, monitor, progress=progress)


def count(plan: Plan, source: Source, windowing: Windowing, hints: ColumnHints, *, progress: Progress | None) -> counting.Counted:
    """Count where the rows lie."""
    if isinstance(source, WarehouseSource):
        return count_in_sql(plan, source, windowing, hints, progress=progress)
    way = spark_counting.count if on_spark(source) else counting.count
    return way(plan, source, windowing, hints, progress=progress)


def elsewhere(source: Source) -> bool:
    """Whether rows are counted where they lie, and not read."""
    return on_spark(source) or isinstance(source, WarehouseSource)


def block_rows(rows: int, windowing: Windowing) -> int:
    """How many rows a block of the reference has: a window's, where the reference holds enough of those."""
    if windowing.cadence is Cadence.ROWS and windowing.rows:
        windows = rows // windowing.rows
        if windows >= FEWEST_BLOCKS:
            return windowing.rows * max(1, -(-windows // MOST_BLOCKS))
    blocks = min(BLOCKS, rows // FEWEST_ROWS)
    return max(rows, 1) if blocks < FEWEST_BLOCKS else -(-rows // blocks)


def cut(windowing: Windowing) -> str:
    """How windows are cut, as one word to compare by."""
    return f"{windowing.cadence.value} {windowing.column or windowing.timezone}"


def _rows(source: Source) -> int:
    if isinstance(source, WarehouseSource):
        return warehouse_rows(source)
    return (spark_rows(source) if on_spark(source) else source.rows()) or 0


def _check_named(plan: Plan, monitor: Monitor) -> None:
    """A threshold or a floor for a column that is not watched would never be heard of again."""
    told = [(item.column, "has a threshold") for item in monitor.policy.hand_set if item.column != "*"]
    told += [(column, "has a floor") for column in monitor.policy.column_floors]
    for name, what in told:
        if name not in plan.names:
            raise SchemaMismatch(f"the reference has no column {name!r} that is watched, which {what}", hint=near_miss(name, plan.names))


def _count_like_windows(plan: Plan, reference: Source, monitor: Monitor, progress: Progress | None) -> counting.Counted | None:
    """The reference cut by the monitor's windowing; None where it has no column to cut by."""
    try:
        found = count(plan, reference, monitor.windowing, monitor.hints, progress=progress)
    except SchemaMismatch:
        return None
    return replace(found, profiles={key: profile for key, profile in found.profiles.items() if profile.rows})
