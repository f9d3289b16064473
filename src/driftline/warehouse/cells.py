"""What a column's cell is in SQL: a number, a text, or only something that is there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import pyarrow as pa

from driftline.profile.bins import CLIP, FIXED_POINT_BITS, LARGEST, LevelBins, NumberBins
from driftline.schema import NAMING_ROLES, NUMERIC_KINDS, Kind

if TYPE_CHECKING:
    from driftline.profile.plan import Planned
    from driftline.warehouse.dialect import Dialect

HALF = 2.0**26
"""Whole numbers up to 2^52 are cut in two parts of so many, whose products fit in 64 bits."""

SMALL = 2.0**31
"""Squares of smaller whole numbers fit in 64 bits."""

EPOCHS = ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6))
"""As `engines.cells.EPOCH_UNITS`; beyond, nanoseconds."""


class Form(StrEnum):
    """How a column is counted."""

    NUMBER = "number"
    TEXT = "text"
    PRESENT = "present"
    WRONG = "wrong"
    """Values of a type that SQL does not turn into the column's kind as the local engine would."""
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of the plan in the warehouse.

    Attributes:
        planned: the column and its bins.
        place: its place in the plan.
        form: how it is counted.
        value: the double, or the text, in SQL; what is tested for null where neither is.
    """

    planned: Planned
    place: int
    form: Form
    value: str = ""


def cell(planned: Planned, place: int, schema: pa.Schema, dialect: Dialect) -> Cell:
    """Say how a column of the plan is counted where it has the type it has."""
    if planned.name not in schema.names:
        return Cell(planned, place, Form.ABSENT)
    kind, name = schema.field(planned.name).type, f"q.{dialect.quoted(planned.name)}"
    if planned.bins is None or planned.column.role in NAMING_ROLES:
        wrong = planned.bins is None and planned.column.kind in NUMERIC_KINDS and planned.column.role not in NAMING_ROLES
        return Cell(planned, place, Form.WRONG if wrong else Form.PRESENT, name)
    if isinstance(planned.bins, NumberBins):
        value = as_instant(name, kind, dialect) if planned.column.kind is Kind.TIMESTAMP else as_number(name, kind, dialect)
    else:
        value = as_truth(name, kind, dialect) if planned.column.kind is Kind.BOOLEAN else as_text(name, kind, dialect)
    if value is None:
        return Cell(planned, place, Form.WRONG, name)
    return Cell(planned, place, Form.NUMBER if isinstance(planned.bins, NumberBins) else Form.TEXT, value)


def as_number(name: str, kind: pa.DataType, dialect: Dialect) -> str | None:
    """A column as doubles; None where it holds no numbers."""
    if pa.types.is_boolean(kind):
        return f"CAST(CAST({name} AS INTEGER) AS {dialect.double})"
    if pa.types.is_float64(kind):
        return name
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return f"CAST({name} AS {dialect.double})"
    return None


def as_instant(name: str, kind: pa.DataType, dialect: Dialect) -> str | None:
    """Seconds since 1970, as doubles; None where a column holds no instants."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return dialect.since_1970.format(name)
    number = None if pa.types.is_boolean(kind) else as_number(name, kind, dialect)
    if number is None:
        return None
    units = " ".join(f"WHEN ABS({number}) < {dialect.real(limit)} THEN {number} / {dialect.real(unit)}" for limit, unit in EPOCHS)
    return f"CASE {units} ELSE {number} / {dialect.real(1e9)} END"


def as_text(name: str, kind: pa.DataType, dialect: Dialect) -> str | None:
    """A column as texts; None where numbers or times would be written in another way than here."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return f"CAST({name} AS {dialect.text})"
    if pa.types.is_boolean(kind):
        return f"CASE WHEN {name} THEN 'true' WHEN NOT {name} THEN 'false' END"
    return f"CAST({name} AS {dialect.text})" if pa.types.is_integer(kind) or pa.types.is_date(kind) else None


def as_truth(name: str, kind: pa.DataType, dialect: Dialect) -> str | None:
    """A column as 'true' and 'false'; other texts stay, and are of the wrong type."""
    text = as_text(name, kind, dialect)
    if text is None or pa.types.is_boolean(kind):
        return text
    word = f"LOWER(TRIM({text}))"
    return f"CASE WHEN {word} IN ('1', 'true') THEN 'true' WHEN {word} IN ('0', 'false') THEN 'false' ELSE {text} END"


def finite(value: str, dialect: Dialect) -> str:
    """The value where it is finite, else null."""
    return f"CASE WHEN {value} BETWEEN {dialect.real(-LARGEST)} AND {dialect.real(LARGEST)} THEN {value} END"


@dataclass(frozen=True, slots=True)
class Grid:
    """A column's fixed-point grid, in SQL (`profile.moments`).

    Attributes:
        bins: the column's bins, which carry the grid.
        small: no value is so large that its square on the grid needs more than 64 bits.
        inside: none is so large that it is clipped.
    """

    bins: NumberBins
    small: bool = False
    inside: bool = False

    @property
    def step(self) -> float:
        """By what a distance from the centre is multiplied."""
        return 2.0**FIXED_POINT_BITS / self.bins.scale

    def parts(self, value: str, dialect: Dialect) -> tuple[str, ...]:
        """The value on the grid, as one whole number, or as two of which the first counts 2^26."""
        reach = 2.0 * CLIP / self.step
        center, step = dialect.real(self.bins.center), dialect.real(self.step)
        inside = value if self.small or self.inside else _clamped(value, self.bins.center - reach, self.bins.center + reach, dialect)
        away = f"({inside} - {center})"
        if abs(self.bins.center) * 2.0**-54 * min(self.step, 1.0) < 2.0**-900:
            # Less than half a step is none; multiplied, it might be too small to be a double.
            scaled = f"CASE WHEN ABS{away} < {dialect.real(self.bins.scale * 2.0**-60)} THEN {away} * 0 ELSE {away} * {step} END"
        else:
            scaled = f"{away} * {step}"
        if self.small:
            return (f"CAST({dialect.rounding.format(scaled)} AS {dialect.whole})",)
        whole = dialect.rounding.format(scaled if self.inside else _clamped(scaled, -CLIP, CLIP, dialect))
        half = dialect.real(HALF)
        high = f"FLOOR({whole} / {half})"
        return f"CAST({high} AS {dialect.whole})", f"CAST({whole} - {high} * {half} AS {dialect.whole})"


def _clamped(value: str, low: float, high: float, dialect: Dialect) -> str:
    """The value, or the end it is beyond; LEAST and GREATEST would make something of null."""
    first, last = dialect.real(low), dialect.real(high)
    return f"CASE WHEN {value} < {first} THEN {first} WHEN {value} > {last} THEN {last} ELSE {value} END"


def grid_for(bins: NumberBins, least: float | None, greatest: float | None) -> Grid:
    """The grid for values between two: the farther they lie from its centre, the more it takes."""
    # Of doubles, so large that one more step would be infinite.
    far = max(
        (abs(end / 2 - bins.center / 2) * (2.0**FIXED_POINT_BITS / bins.scale) for end in (least, greatest) if end is not None), default=0.0
    )
    return Grid(bins, small=far < SMALL / 4, inside=far < CLIP / 4)


def levels(cell_: Cell) -> tuple[str, ...]:
    """The levels a column of texts is counted by."""
    return cell_.planned.bins.levels if isinstance(cell_.planned.bins, LevelBins) else ()
