"""Windows and segments in SQL: what each row is grouped by, and what the groups are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.engines.clock import EARLIEST, LATEST, NO_TIME, QUARTER, Clock
from driftline.engines.split import MOST_SEGMENTS
from driftline.errors import ConfigError, SchemaMismatch, near_miss
from driftline.warehouse.cells import as_instant, as_text
from driftline.window import WHOLE, Cadence, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from driftline.engines.split import Key
    from driftline.profile.plan import Plan
    from driftline.warehouse.dialect import Dialect
    from driftline.warehouse.lanes import Lanes
    from driftline.warehouse.source import WarehouseSource
    from driftline.window import Windowing

DAY = 86_400
CAST = "cast the column in the query"


@dataclass(frozen=True, slots=True)
class Groups:
    """What rows are grouped by beside their bins.

    Attributes:
        window: the window's code in SQL; None where all rows are one window.
        segment: the segment's code in SQL; None for all rows.
        windows: the windows by code; by value where there are none.
        segments: the segments' names by code.
    """

    window: str | None
    segment: str | None
    windows: Sequence[Window] | None
    segments: Sequence[str]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What is selected, and what it is called."""
        return [(said, name) for said, name in ((self.window, "w"), (self.segment, "s")) if said is not None]

    def key(self, row: Sequence[Any]) -> tuple[Key, Sequence[Any]]:
        """Whose a group's row is, and the rest of the row."""
        window, segment, rest = WHOLE, None, list(row)
        if self.window is not None:
            code = rest.pop(0)
            if self.windows is None:
                window = NO_TIME if code is None else Window(0, str(code))
            else:
                window = NO_TIME if code is None else self.windows[int(code)]
        if self.segment is not None:
            segment = self.segments[int(rest.pop(0))]
        return (segment, window), rest


def window_code(windowing: Windowing, time: str | None, source: WarehouseSource, lanes: Lanes) -> tuple[str | None, list[Window] | None]:
    """A row's window as a code in SQL, and the windows by code.

    Raises:
        SchemaMismatch: the time, or what names windows, is of a type that cannot be read in SQL.
    """
    match windowing.cadence:
        case Cadence.WHOLE:
            return None, None
        case Cadence.COLUMN:
            name = windowing.column or ""
            said = as_text(f"q.{source.dialect.quoted(name)}", source.schema().field(name).type, source.dialect)
            if said is None:
                raise SchemaMismatch(f"the values of {name!r}, which name windows, are not texts or whole numbers", hint=CAST)
            return said, None
        case Cadence.ROWS:
            return _rows(windowing.rows or 1, source, lanes)
        case _:
            return _calendar(windowing, time or "", source, lanes)


def _rows(size: int, source: WarehouseSource, lanes: Lanes) -> tuple[str, list[Window]]:
    """Windows of n rows, in whatever order the warehouse gives rows."""
    ((rows,),) = lanes.ask(f"SELECT COUNT(*) FROM ({source.query}) AS q")[0]  # noqa: S608  the query is the operator's own
    ends = [(start, min(start + size, int(rows))) for start in range(0, int(rows), size)]
    windows = [Window(index, f"rows {start}-{end - 1}", start, end) for index, (start, end) in enumerate(ends)]
    number = f"(ROW_NUMBER() OVER () - 1) / {source.dialect.real(float(size))}"
    return f"CAST(FLOOR({number}) AS {source.dialect.whole})", windows


def _calendar(windowing: Windowing, time: str, source: WarehouseSource, lanes: Lanes) -> tuple[str, list[Window]]:
    """Calendar windows: the days that rows fall on are asked for, and the windows of those days are edges that times lie between."""
    dialect = source.dialect
    seconds = as_instant(f"q.{dialect.quoted(time)}", source.schema().field(time).type, dialect)
    if seconds is None:
        raise SchemaMismatch(f"the time {time!r} is no timestamp, date or number", hint=CAST)
    day = f"FLOOR({seconds} / {dialect.real(DAY)})"
    inside = f"{seconds} >= {dialect.real(EARLIEST)} AND {seconds} < {dialect.real(LATEST + 1)}"
    found = lanes.ask(f"SELECT DISTINCT {day} FROM ({source.query}) AS q WHERE {inside}")[0]  # noqa: S608  as above
    edges: list[float] = []
    windows = [NO_TIME]
    clock, quarters = Clock(windowing), np.arange(0, DAY, QUARTER)
    for number in sorted(int(value) for (value,) in found):
        begin = number * DAY
        codes, held = clock.windows(begin + quarters)
        if edges and edges[-1] == begin:
            edges.pop()
            windows.pop()
        for at, code in zip((begin + quarters).tolist(), codes.tolist(), strict=True):
            if windows[-1] != held[code]:
                edges.append(float(at))
                windows.append(held[code])
        # The next day may not be there; what lies between is in no window.
        edges.append(float(begin + DAY))
        windows.append(NO_TIME)
    return dialect.bucket(seconds, edges), [*windows, NO_TIME]


def segment_code(name: str, plan: Plan, schema: pa.Schema, dialect: Dialect) -> tuple[str, list[str]]:
    """A row's segment as a code in SQL, and the segments' names.

    Raises:
        ConfigError: the reference knows no levels of the column, so that which values come first would decide.
        SchemaMismatch: the column is missing, or its values are no texts.
    """
    known = next((getattr(planned.bins, "levels", ()) for planned in plan.columns if planned.name == name), ())[:MOST_SEGMENTS]
    if not known:
        raise ConfigError(f"the reference has no levels of {name!r}, which is cut into segments", hint="leave --engine sql out")
    if name not in schema.names:
        raise SchemaMismatch(f"there is no column {name!r}, which is cut into segments", hint=near_miss(name, schema.names))
    text = as_text(f"q.{dialect.quoted(name)}", schema.field(name).type, dialect)
    if text is None:
        raise SchemaMismatch(f"the values of {name!r}, which is cut into segments, are no texts or whole numbers", hint=CAST)
    cases = " ".join(f"WHEN {text} = {dialect.said(level)} THEN {code}" for code, level in enumerate(known))
    return f"CASE WHEN {text} IS NULL THEN {len(known) + 1} {cases} ELSE {len(known)} END", [
        f"{name}={level}" for level in [*known, "other", "null"]
    ]
