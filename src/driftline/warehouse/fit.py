"""Fitting bins in SQL: order statistics and the most frequent values of all rows; no row leaves the warehouse."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from driftline.engines.gather import TEXT_ROWS, TEXT_SHARE, Presence
from driftline.engines.infer import natural_kind, plan_columns
from driftline.errors import DataError
from driftline.profile.bins import (
    ATOM_SHARE,
    FINE,
    GRID_AT,
    MAX_LEVELS,
    LevelBins,
    NumberBins,
    fit_number_bins,
    grid_of,
    place_log_bins,
    place_number_bins,
)
from driftline.profile.plan import Plan, Planned
from driftline.schema import NAMING_ROLES, NUMERIC_KINDS, Column, Kind, Role
from driftline.warehouse.cells import as_instant, as_number, as_text, finite
from driftline.warehouse.source import WarehouseSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from driftline.monitor import Monitor
    from driftline.ports import Progress, Source
    from driftline.warehouse.lanes import Lanes

FEW = 32
"""So few different values are levels, each its own bin, as `profile.bins` has it."""


def fit(source: Source, monitor: Monitor, *, progress: Progress | None = None) -> Plan:
    """Fix the columns and their bins on the reference, inside the warehouse.

    The same bins as the local engine's where that fits them to all rows (100,000); where it takes a sample of more, these are
    of all. Profiles keep no rows, and outcomes are not counted.

    Raises:
        DataError: there are no rows.
        SchemaMismatch: something is said of a column that is not there.
    """
    if not isinstance(source, WarehouseSource):
        raise TypeError(f"{source.name} does not lie in a warehouse")
    schema = source.schema()
    columns = [_settled(one, schema, monitor) for one in plan_columns(schema, monitor) if one.role is not Role.IGNORED]
    planned = []
    with source.lanes() as lanes:
        ((rows,),) = lanes.ask(f"SELECT COUNT(*) FROM ({source.query}) AS q")[0]  # noqa: S608  the query is the operator's own
        if not rows:
            raise DataError(f"the reference {source.name} has no rows", hint="give the data the model was trained on, or a sample of it")
        for done, column in enumerate(columns):
            if progress is not None:
                progress(f"fitting bins to {source.name} in SQL", done, len(columns))
            planned.append(_planned(column, source, lanes, hinted=column.name in monitor.hints.kinds))
    return Plan(tuple(planned), sample=0)


def _settled(column: Column, schema: pa.Schema, monitor: Monitor) -> Column:
    """Take back a time that was inferred from a name alone."""
    kind = schema.field(column.name).type
    told = column.name in monitor.hints.roles or column.name in monitor.hints.kinds
    if column.role is not Role.TIMESTAMP or told or pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return column
    return replace(column, role=Role.FEATURE, kind=natural_kind(kind))


def _planned(column: Column, source: WarehouseSource, lanes: Lanes, *, hinted: bool) -> Planned:
    name, kind, dialect = f"q.{source.dialect.quoted(column.name)}", source.schema().field(column.name).type, source.dialect
    if column.role in NAMING_ROLES or column.kind not in NUMERIC_KINDS | {Kind.CATEGORY}:
        return Presence(column).planned()
    if column.kind is Kind.CATEGORY:
        text = as_text(name, kind, dialect)
        return _levels(column, Values(source, lanes, text), hinted=hinted) if text else Planned(column, LevelBins(()))
    value = as_instant(name, kind, dialect) if column.kind is Kind.TIMESTAMP else as_number(name, kind, dialect)
    if value is None:
        return Planned(column, fit_number_bins(np.empty(0)))
    within = finite(value, dialect)
    if column.role is Role.LATENCY:
        return Planned(column, _log_bins(Values(source, lanes, f"CASE WHEN {value} > 0 THEN {within} END")))
    return Planned(column, _number_bins(Values(source, lanes, within)))


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one column that are not null, in the warehouse."""

    source: WarehouseSource
    lanes: Lanes
    value: str

    def ends(self) -> tuple[int, Any, Any]:
        """How many there are, the least and the greatest."""
        ((rows, least, greatest),) = self._ask("COUNT(v), MIN(v), MAX(v)")
        return int(rows), least, greatest

    def frequent(self, where: str, order: str, limit: int) -> list[tuple[Any, int, int]]:
        """Values, how often each stands, and how many different ones there are."""
        inner = f"SELECT v, COUNT(*) AS c, COUNT(*) OVER () AS d FROM ({self._inner}) AS r WHERE v IS NOT NULL GROUP BY v"  # noqa: S608  the query is the operator's own
        asked = f"SELECT v, c, d FROM ({inner}) AS f WHERE {where} ORDER BY c DESC, {order} LIMIT {limit}"  # noqa: S608  as above
        return [(value, int(times), int(different)) for value, times, different in self.lanes.ask(asked)[0]]

    def at(self, places: Iterable[int], without: Iterable[float] = ()) -> dict[int, float]:
        """The values at some places, from 0, in order; some values may be left out before."""
        left = ", ".join(map(self.source.dialect.real, without))
        kept = f"v IS NOT NULL AND v NOT IN ({left})" if left else "v IS NOT NULL"
        ranked = f"SELECT v, ROW_NUMBER() OVER (ORDER BY v) - 1 AS n FROM ({self._inner}) AS r WHERE {kept}"  # noqa: S608  as above
        wanted = ", ".join(map(str, sorted(set(places))))
        return {int(n): float(v) for v, n in self.lanes.ask(f"SELECT v, n FROM ({ranked}) AS f WHERE n IN ({wanted})")[0]}  # noqa: S608  as above

    @property
    def _inner(self) -> str:
        return f"SELECT {self.value} AS v FROM ({self.source.query}) AS q"  # noqa: S608  as above

    def _ask(self, what: str) -> list[tuple[Any, ...]]:
        return self.lanes.ask(f"SELECT {what} FROM ({self._inner}) AS r")[0]  # noqa: S608  as above


def _number_bins(values: Values) -> NumberBins:
    rows, least, greatest = values.ends()
    if not rows:
        return fit_number_bins(np.empty(0))
    often = f"d <= {FEW} OR (c > 1 AND c >= {values.source.dialect.real(ATOM_SHARE * rows)})"
    found = values.frequent(often, "v", FINE // 4)
    atoms = [float(value) for value, _, _ in found]
    rest = rows - sum(times for _, times, _ in found)

    def at(places: np.ndarray[Any, np.dtype[np.intp]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        known = values.at(places.tolist(), atoms)
        return np.array([known[place] for place in places.tolist()])

    ends = float(least), float(greatest)
    return place_number_bins(ends, atoms, rest, at, _grid(values, rows, ends))


def _log_bins(values: Values) -> NumberBins:
    rows, least, greatest = values.ends()
    if not rows:
        return place_log_bins((8e-3, 10.0), (0.0, 1.0))
    ends = float(least), float(greatest)
    return place_log_bins(ends, _grid(values, rows, ends))


def _grid(values: Values, rows: int, ends: tuple[float, float]) -> tuple[float, float]:
    places = [int(np.floor((rows - 1) * share)) for share in GRID_AT]
    known = values.at(places)
    low, center, high = (known[place] for place in places)
    return grid_of(low, center, high, ends)


def _levels(column: Column, values: Values, *, hinted: bool) -> Planned:
    found = values.frequent("1 = 1", values.source.dialect.by_bytes.format("v"), MAX_LEVELS)
    different = found[0][2] if found else 0
    many = different > MAX_LEVELS
    if many and not hinted and column.role is not Role.SEGMENT:
        rows, _, _ = values.ends()
        if rows > TEXT_ROWS and different > TEXT_SHARE * rows:
            return Planned(replace(column, kind=Kind.TEXT), None)
    ranked = sorted(((-times, str(text)) for text, times, _ in found))
    return Planned(column, LevelBins(tuple(text for _, text in ranked), open=many))
