"""Counting in SQL: bins by one grouping, sums and extremes by another; byte for byte what the local engine counts of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from driftline.engines.clock import NO_TIME
from driftline.engines.count import settle, time_column
from driftline.engines.split import natural
from driftline.errors import ConfigError
from driftline.monitor import ColumnHints
from driftline.profile.bins import NumberBins
from driftline.schema import Kind
from driftline.verdicts.report import Finding
from driftline.warehouse.cells import Form, cell, finite, grid_for, levels
from driftline.warehouse.source import WarehouseSource
from driftline.warehouse.tally import Tally
from driftline.warehouse.windows import Groups, segment_code, window_code
from driftline.window import Cadence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from driftline.engines.count import Counted
    from driftline.engines.split import Key
    from driftline.ports import Progress, Source
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.warehouse.cells import Cell
    from driftline.warehouse.lanes import Lanes
    from driftline.window import Windowing

T = TypeVar("T")

MOST_UNSEEN = 10_000
"""More values outside a column's levels than this are counted and not fetched: they may be one for each row."""

MOST_SETS = 20
"""Columns counted by one statement."""


def count_rows(source: Source) -> int:
    """How many rows there are; the warehouse counts them."""
    inner = _own(source)
    with inner.lanes() as lanes:
        ((rows,),) = lanes.ask(f"SELECT COUNT(*) FROM ({inner.query}) AS q")[0]  # noqa: S608  the query is the operator's own
    return int(rows)


def count(
    plan: Plan, source: Source, windowing: Windowing, hints: ColumnHints | None = None, *, progress: Progress | None = None
) -> Counted:
    """Count what a query selects, by segment and window, inside the warehouse; only groups come back.

    Rows of samples, the registers that estimate distinct values, and outcomes are not counted: they are left empty, and a
    finding says so. All else is the same to the last byte.

    Raises:
        SchemaMismatch: windows or segments need a column that is not there.
        ConfigError: segments are conditions, or their levels are not known; or the warehouse refuses a statement.
    """
    hints, inner = hints or ColumnHints(), _own(source)
    if hints.conditions:
        fact = f"the segment {next(iter(hints.conditions))!r} is a condition, which is not counted in SQL"
        raise ConfigError(fact, hint="make it a column of the query, and name that under segments")
    time, schema, dialect = time_column(plan, windowing, hints, inner), inner.schema(), inner.dialect
    cells = [cell(planned, place, schema, dialect) for place, planned in enumerate(plan.columns)]
    tally, told = Tally(plan), list(left_out(inner.name, plan, cells))
    segments: list[tuple[str | None, list[str]]] = [(None, [])]
    segments += [segment_code(name, plan, schema, dialect) for name in hints.segments]
    with inner.lanes() as lanes:
        window, windows = window_code(windowing, time, inner, lanes)
        for done, (segment, names) in enumerate(segments):
            if progress is not None:
                progress(f"counting {inner.name} in SQL", done, len(segments))
            told += Reading(inner, Groups(window, segment, windows, names), lanes, tally).run(cells)
    if progress is not None:
        progress(f"counting {inner.name} in SQL", len(segments), len(segments))
    return _settled(tally.profiles(), windowing, told, inner.name)


def left_out(name: str, plan: Plan, cells: Sequence[Cell]) -> Iterator[Finding]:
    """Say what is not counted in SQL."""
    what = "counted in SQL: no row left the warehouse, so there is no sample of rows, and no estimate of distinct values"
    yield Finding(where=name, what=what, hint="what needs rows is inconclusive; leave --engine sql out for it")
    if plan.outcome is not None:
        yield Finding(where=name, what="predictions are not counted beside labels in SQL", hint="leave --engine sql out for performance")
    for one in cells:
        if one.form is Form.WRONG:
            what = f"values are of a type that SQL does not read as a {one.planned.column.kind.value}: they count as of the wrong type"
            yield Finding(where=one.planned.name, what=what, hint="cast the column in the query")


def _own(source: Source) -> WarehouseSource:
    if not isinstance(source, WarehouseSource):
        raise TypeError(f"{source.name} does not lie in a warehouse")
    return source


def _settled(found: Mapping[Key, Profile], windowing: Windowing, told: Sequence[Finding], name: str) -> Counted:
    """Name windows that go by value in their natural order, and tell of rows that are in none."""
    profiles = {key: profile for key, profile in found.items() if key[1] != NO_TIME}
    untimed = {key[0]: profile for key, profile in found.items() if key[1] == NO_TIME}
    if windowing.cadence is Cadence.COLUMN:
        ranked = {label: index for index, label in enumerate(sorted({window.label for _, window in profiles}, key=natural))}
        profiles = {(side, replace(one, index=ranked[one.label])): profile for (side, one), profile in profiles.items()}
    return settle(profiles, untimed, dict.fromkeys(told), name)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one column beside its bins: its value, and its parts on the grid where it is a number."""

    cell: Cell
    value: str
    parts: tuple[str, ...] = ()

    @property
    def selected(self) -> list[tuple[str, str]]:
        """What each row is worth, and what that is called."""
        return [(self.value, f"v{self.cell.place}"), *((part, f"p{i}_{self.cell.place}") for i, part in enumerate(self.parts))]

    def ends(self) -> list[str]:
        """The least and the greatest of a group of rows; of other columns than numbers, how many rows hold something."""
        value = f"v{self.cell.place}"
        return [f"MIN({value})", f"MAX({value})"] if self.cell.form is Form.NUMBER else [f"COUNT({value})"]

    def sums(self, total: str) -> list[str]:
        """The sums of a group of rows: of its parts, and of their products."""
        parts = [name for _, name in self.selected[1:]]
        return [total.format(name) for name in [*parts, *(f"{one} * {other}" for i, one in enumerate(parts) for other in parts[i:])]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: of all rows, or by the segments of one column."""

    source: WarehouseSource
    groups: Groups
    lanes: Lanes
    tally: Tally

    def run(self, cells: Sequence[Cell]) -> list[Finding]:
        """Fill the tally: bins, then extremes, which say how large values are, sums, and values outside the levels."""
        self._each([one for one in cells if one.form is Form.NUMBER or levels(one)], self._bins, self._read_bins)
        asked = [self._asked(one) for one in cells if one.form is not Form.ABSENT]
        self._each(asked or [Asked(cells[0], "NULL")], self._ends, self._read_ends)
        self._each([self._on_grid(one) for one in asked if one.cell.form is Form.NUMBER], self._sums, self._read_sums)
        for one in cells:
            if one.form is Form.ABSENT:
                self.tally.absent(one)
        return [finding for one in cells if one.form is Form.TEXT for finding in self._unseen(one)]

    def _each(self, things: Sequence[T], written: Callable[[Sequence[T]], str], read: Callable[[Sequence[T], list[Any]], None]) -> None:
        """Ask in as many statements as there are lanes, or more where there are many columns."""
        parts = max(min(self.source.dialect.lanes, len(things)), -(-len(things) // MOST_SETS))
        split = [things[start::parts] for start in range(parts)]
        for part, rows in zip(split, self.lanes.ask(*map(written, split)), strict=True):
            read(part, rows)

    def _inner(self, selected: Sequence[tuple[str, str]], where: str = "") -> str:
        said = ", ".join(f"{what} AS {name}" for what, name in [*self.groups.keys, *selected])
        return f"SELECT {said} FROM ({self.source.query}) AS q{where}{self.source.dialect.fence}"  # noqa: S608  the query is the operator's own

    @property
    def _keys(self) -> list[str]:
        return [name for _, name in self.groups.keys]

    def _bins(self, cells: Sequence[Cell]) -> str:
        """Rows by bin, one grouping set a column."""
        selected, dialect = [], self.source.dialect
        for one in cells:
            if isinstance(one.planned.bins, NumberBins):
                selected.append((dialect.bucket(one.value, one.planned.bins.edges), f"k{one.place}"))
            else:
                selected.append((f"CASE WHEN {dialect.among(one.value, levels(one))} THEN {one.value} END", f"k{one.place}"))
        bins = [name for _, name in selected]
        sets = ", ".join(f"({', '.join([*self._keys, name])})" for name in bins)
        return f"SELECT {', '.join([*self._keys, *bins])}, COUNT(*) FROM ({self._inner(selected)}) AS r GROUP BY GROUPING SETS ({sets})"  # noqa: S608  as above

    def _read_bins(self, cells: Sequence[Cell], rows: list[Any]) -> None:
        for row in rows:
            key, rest = self.groups.key(row)
            # A row of nothing but nulls tells of some column's nulls, which the sums tell, too.
            for one, value in zip(cells, rest, strict=False):
                if value is not None:
                    self.tally.bin(key, one, value, int(rest[-1]))

    def _asked(self, one: Cell) -> Asked:
        if one.form is not Form.NUMBER:
            return Asked(one, one.value)
        held, nan = self.tally.held(one)
        return Asked(one, finite(one.value, self.source.dialect) if nan or held[0] or held[-1] else one.value)

    def _on_grid(self, one: Asked) -> Asked:
        """With the parts of its value: one where that is never large, else two."""
        bins = one.cell.planned.bins
        assert isinstance(bins, NumberBins)  # noqa: S101  what makes it a number
        grid = grid_for(bins, *self.tally.ends(one.cell))
        return replace(one, parts=grid.parts(one.value, self.source.dialect))

    def _grouped(self, selected: Sequence[tuple[str, str]], asked: Sequence[str]) -> str:
        grouped = f" GROUP BY {', '.join(self._keys)}" if self._keys else ""
        return f"SELECT {', '.join([*self._keys, *asked])} FROM ({self._inner(selected)}) AS r{grouped}"  # noqa: S608  as above

    def _ends(self, asked: Sequence[Asked]) -> str:
        """Rows, rows that hold something, and extremes of numbers."""
        return self._grouped([pair for one in asked for pair in one.selected], ["COUNT(*)", *(end for one in asked for end in one.ends())])

    def _read_ends(self, asked: Sequence[Asked], rows: list[Any]) -> None:
        for row in rows:
            key, (whole, *rest) = self.groups.key(row)
            if not whole:
                continue
            self.tally.rows(key, int(whole))
            for one in asked:
                if one.cell.form is Form.NUMBER:
                    self.tally.extremes(key, one.cell, rest.pop(0), rest.pop(0))
                else:
                    self.tally.present(key, one.cell, int(rest.pop(0)))

    def _sums(self, asked: Sequence[Asked]) -> str:
        """Sums of numbers on their grids, and of their squares."""
        total = self.source.dialect.total
        return self._grouped([pair for one in asked for pair in one.selected[1:]], [said for one in asked for said in one.sums(total)])

    def _read_sums(self, asked: Sequence[Asked], rows: list[Any]) -> None:
        for row in rows:
            key, told = self.groups.key(row)
            rest = list(told)
            for one in asked:
                taken = len(one.sums(""))
                if rest[0] is not None:
                    self.tally.sums(key, one.cell, rest[:taken])
                rest = rest[taken:]

    def _unseen(self, one: Cell) -> Iterator[Finding]:
        """Fetch values outside the levels, where there are few."""
        if one.planned.column.kind is Kind.BOOLEAN or not self.tally.held(one)[0][-1]:
            return
        where = f" WHERE {one.value} IS NOT NULL AND NOT {self.source.dialect.among(one.value, levels(one))}"
        keys = ", ".join([*self._keys, "v"])
        inner = self._inner([(one.value, "v")], where)
        rows = self.lanes.ask(f"SELECT {keys}, COUNT(*) FROM ({inner}) AS r GROUP BY {keys} LIMIT {MOST_UNSEEN + 1}")[0]  # noqa: S608  as above
        if len(rows) > MOST_UNSEEN:
            yield Finding(where=one.planned.name, what=f"more than {MOST_UNSEEN:,} values are outside its levels: counted, not listed")
            return
        for row in rows:
            key, (text, times) = self.groups.key(row)
            self.tally.note(key, one, str(text), int(times))
