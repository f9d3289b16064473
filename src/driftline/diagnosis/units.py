"""Changes of unit: the factors in use, and what a column would look like in another unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.curve import PARTS, masses
from driftline.diagnosis.mixture import on_cuts
from driftline.profile.bins import NumberBins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.look import Look
    from driftline.diagnosis.mixture import Grid

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unit:
    """A change of unit: new value = factor · old value + offset, and what makes it. `known` where it is one in use."""

    factor: float
    offset: float
    words: str
    known: bool = True


FACTORS = {
    10.0: "a decimal point one place further, or millimetres for centimetres",
    100.0: "cents for whole units, per cent for shares, or centimetres for metres",
    1000.0: "milliseconds for seconds, metres for kilometres, or grams for kilograms",
    1e6: "microseconds for seconds, or units for millions",
    2.54: "centimetres for inches",
    25.4: "millimetres for inches",
    1 / 0.3048: "feet for metres",
    1 / 0.45359237: "pounds for kilograms",
    28.349523125: "grams for ounces",
    1.609344: "kilometres for miles",
    1.852: "kilometres for nautical miles",
    3.6: "kilometres an hour for metres a second",
    3.785411784: "litres for gallons",
    4.184: "joules for calories",
    7.0: "days for weeks",
    12.0: "months for years, or inches for feet",
    24.0: "hours for days",
    60.0: "minutes for hours, or seconds for minutes",
    365.25: "days for years",
    1024.0: "bytes for kibibytes",
    1024.0**2: "bytes for mebibytes",
    3600.0: "seconds for hours",
    86400.0: "seconds for days",
    180 / math.pi: "degrees for radians",
}
"""Factors between units in use: those of methods 8.2, and the usual tables of units. Their inverses count too."""

COMMON = frozenset({10.0, 100.0, 1000.0, 1e6, 60.0})
"""Of two factors too near to each other to be told apart, one of these is meant."""

OFFSETS = {(1.8, 32.0): "degrees Fahrenheit for Celsius", (1.0, 273.15): "kelvins for degrees Celsius"}
"""Changes of unit that move the zero. Their inverses count too."""

FLIP = Unit(-1.0, 0.0, "the sign lost or turned: debits as credits, or a difference taken the other way round")

MOST_FACTOR = 1e12
"""A greater factor is between nothing and something, not between units."""

LEANING = 3.0
"""By so much, as a log likelihood, values lean to another unit before being garbage: 20 to 1."""


def in_use() -> tuple[Unit, ...]:
    """All changes of unit in use, there and back."""
    there = [Unit(factor, 0.0, words) for factor, words in FACTORS.items()]
    there += [Unit(factor, offset, words) for (factor, offset), words in OFFSETS.items()]
    back = [Unit(1 / unit.factor, -unit.offset / unit.factor, inverse(unit.words)) for unit in there]
    return (*there, *back)


def inverse(words: str) -> str:
    """What makes the change back."""
    return f"the reverse of {words}"


def grid(look: Look, unit: Unit) -> tuple[Grid, Floats] | None:
    """Base and window in the groups of the base and of the base in another unit, and what that would look like."""
    bins = look.planned.bins
    if look.curves is None or not isinstance(bins, NumberBins):
        return None
    base, now = look.curves
    moved = base.moved(unit.factor, unit.offset)
    wanted = np.concatenate([drawn.quantile(np.arange(1, PARTS) / PARTS) for drawn in (base, moved)])
    cuts = now.snapped(wanted, bins.array)
    return on_cuts(look, cuts, base, now), masses(moved, cuts)
