"""Numbers in another unit or with another sign, in all rows of a window or in some of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.case import FITS
from driftline.diagnosis.curve import PARTS, around, masses
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.mixture import mix, on_cuts
from driftline.diagnosis.rowwise import world_moved
from driftline.diagnosis.wording import figure, rows
from driftline.profile.bins import NumberBins
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.curve import Curve
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.mixture import Grid, Mixture

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

SLOPE = 0.03
"""By so much the slope of log quantiles may differ from 1 (methods 8.2)."""

MOST_FACTOR = 1e12
"""A greater factor is between nothing and something, not between units."""

NEARLY = 0.1
"""By so much, as a logarithm, the level of a column may have moved besides its unit: then the groups decide."""

LEAST_FACTOR = 1.5
"""A factor must be at least this, or at most its inverse: by less the world itself changes in a window."""

SMALL_FACTOR, DOUBTFUL = 3.0, 0.5
"""By less than such a factor dearer things differ too: where all that goes with them has moved as well, another unit is doubtful."""

APART = 0.8
"""Rows in another unit can be told from the others where at least this share of them would lie elsewhere."""

ENDS = 0.001
"""What lies beyond this share of the base on either side lies outside it (methods 8.2)."""

KNOTS = np.array([ENDS, 0.005, 0.01, 0.025, *(np.arange(1, PARTS) / PARTS), 0.975, 0.99, 0.995, 1 - ENDS])
"""Between these shares of its rows the base's density is taken for even."""

LEAST_OUTSIDE = 0.1
"""Of a unit in which fewer rows lie outside the base nothing could be said."""

KOLMOGOROV = 1.95
"""Kolmogorov's distance times the root of the rows exceeds this once in a thousand times."""

STRICT = 2.0
TRIED = 3
"""So many of the likeliest units are looked at more closely."""

LEANING = 3.0
"""By so much, as a log likelihood, values outside the base lean to another unit before being garbage: 20 to 1."""

NEARLY_ALL = 0.9
FEWEST = 5
"""Without so many sampled rows in another unit no factor is told."""

UNKNOWN = 0.7
"""How sure one may be of a factor that belongs to no unit, beside one that does."""


def unit_change(case: Case, look: Look) -> Fault | None:
    """Values times a factor, or degrees of another kind: all rows by their quantiles, some by where the others never lie."""
    found = _in_all(look, _candidates(look))
    if found is None or found[1].explained < FITS:
        found = _in_some(look, _units()) or found
    if found is None:
        return None
    unit, mixture, certainty = found
    small = max(abs(unit.factor), 1 / abs(unit.factor)) < SMALL_FACTOR
    if small and mixture.share >= 1 and world_moved(case.rows, look.place, case.ties[look.place]):
        certainty *= DOUBTFUL
    return _told(case, look, "unit_change", unit, mixture, certainty)


def sign_flip(case: Case, look: Look) -> Fault | None:
    """Values with the other sign, in all rows or in some."""
    found = _in_all(look, (FLIP,)) or _in_some(look, (FLIP,))
    return None if found is None else _told(case, look, "sign_flip", *found)


def _units() -> tuple[Unit, ...]:
    """All changes of unit in use, there and back."""
    there = [Unit(factor, 0.0, words) for factor, words in FACTORS.items()]
    there += [Unit(factor, offset, words) for (factor, offset), words in OFFSETS.items()]
    back = [Unit(1 / unit.factor, -unit.offset / unit.factor, _inverse(unit.words)) for unit in there]
    return (*there, *back)


def _inverse(words: str) -> str:
    return f"the reverse of {words}"


def _candidates(look: Look) -> tuple[Unit, ...]:
    """Changes of unit that could have moved the quantiles as they moved: regress their logarithms (methods 8.2)."""
    if look.curves is None:
        return ()
    base, now = look.curves
    moving = tuple(unit for unit in _units() if unit.offset)
    below, under = (float(drawn.at(np.array([0.0]))[0]) for drawn in (base, now))
    positive = below < 0.5  # noqa: PLR2004  the half on which most values lie
    was, became = (_logs(drawn, share, positive=positive) for drawn, share in ((base, below), (now, under)))
    return moving if was is None or became is None else (*moving, *_scaled(was, became, now.rows))


def _logs(drawn: Curve, below: float, *, positive: bool) -> Floats | None:
    """Logarithms of 19 quantiles of the values above zero, or below; None where there are none."""
    shares = np.arange(1, 20) / 20
    above = 1 - float(drawn.at(np.array([np.nextafter(0.0, 1.0)]))[0])
    found = drawn.quantile(1 - above * (1 - shares)) if positive else -drawn.quantile(below * (1 - shares))
    return np.log(found) if (found > 0).all() else None


def _scaled(was: Floats, became: Floats, count: float) -> tuple[Unit, ...]:
    """The factors that may lie between all quantiles, given their logarithms: the likeliest in use, and the one there is."""
    size = float(np.median(became - was))
    if not math.log(LEAST_FACTOR) <= abs(size) <= math.log(MOST_FACTOR) or not _parallel(was, became):
        return ()
    # The error of a median, as wide as the middle half of a normal law says (Kenney and Keeping 1962).
    error = 1.2533 * float(became[14] - became[4]) / 1.349 / math.sqrt(count)
    off = {factor: abs(abs(size) - math.log(factor)) for factor in FACTORS}
    nearest = min(FACTORS, key=lambda factor: (off[factor] / max(error, 1e-9)) ** 2 / 2 - LEANING * (factor in COMMON))
    known = Unit(nearest, 0.0, FACTORS[nearest]) if size > 0 else Unit(1 / nearest, 0.0, _inverse(FACTORS[nearest]))
    free = Unit(math.exp(size), 0.0, "another unit or currency, by a factor that is none of the usual ones", known=False)
    if off[nearest] <= max(SLOPE, 3 * error):
        return (known,)
    return (known, free) if off[nearest] <= NEARLY else (free,)


def _parallel(was: Floats, became: Floats) -> bool:
    """Whether the slope of one's quantiles on the other's is 1, but for its own error (methods 8.2).

    A quantile counts by how well it is known: its variance is p(1 - p) over the density's square (Mosteller 1946).
    """
    shares = np.arange(1, was.size + 1) / (was.size + 1)
    weight = 1 / np.maximum(shares * (1 - shares) * np.gradient(was, shares) ** 2, 1e-12)
    weight /= weight.sum()
    x, y = was - weight @ was, became - weight @ became
    spread = float(weight @ x**2)
    if spread <= 0:
        return True
    slope = float(weight @ (x * y)) / spread
    left = float(weight @ (y - slope * x) ** 2)
    return abs(slope - 1) <= max(SLOPE, 3 * math.sqrt(left / spread))


def _grid(look: Look, unit: Unit) -> tuple[Grid, Floats] | None:
    """Base and window in the groups of the base and of the base in another unit, and what that would look like."""
    bins = look.planned.bins
    if look.curves is None or not isinstance(bins, NumberBins):
        return None
    base, now = look.curves
    moved = base.moved(unit.factor, unit.offset)
    wanted = np.concatenate([drawn.quantile(np.arange(1, PARTS) / PARTS) for drawn in (base, moved)])
    cuts = now.snapped(wanted, bins.array)
    return on_cuts(look, cuts, base, now), masses(moved, cuts)


def _in_all(look: Look, units: tuple[Unit, ...]) -> tuple[Unit, Mixture, float] | None:
    """The unit in which nearly all rows are."""
    found = []
    for unit in units:
        if not _in_the_middle(look, unit) or (drawn := _grid(look, unit)) is None:
            continue
        both, expected = drawn
        mixture = mix(both, expected)
        if mixture.share >= NEARLY_ALL:
            whole = replace(mixture, share=1.0, interval=(mixture.interval[0], 1.0), explained=both.explained(expected))
            found.append((unit, whole, 1.0 if unit.known else UNKNOWN))
    return max(found, key=lambda one: one[1].explained, default=None)


def _in_the_middle(look: Look, unit: Unit) -> bool:
    """Whether the base's median, in another unit, is anywhere near the window's."""
    if look.curves is None:
        return False
    base, now = look.curves
    low, high = around(base.moved(unit.factor, unit.offset).quantile(np.array([0.4, 0.6])))
    below, above = now.at(np.array([low[0], high[1]]))
    return bool(below <= 0.6 and above >= 0.4)  # noqa: PLR2004  the middle fifth


def _in_some(look: Look, units: tuple[Unit, ...]) -> tuple[Unit, Mixture, float] | None:
    """The unit in which the rows that lie apart are most likely to be; the surer, the less likely all others are."""
    if _beyond(look) * look.now.sampled < FEWEST:
        return None
    likely = np.array([_likelihood(look, unit) + LEANING * (max(unit.factor, 1 / unit.factor) in COMMON) for unit in units])
    for best in np.argsort(-likely)[:TRIED].tolist():
        if (drawn := _grid(look, units[best])) is None:
            return None
        both, expected = drawn
        mixture = mix(both, expected)
        sampled = float(both.now[mixture.region].sum()) * look.now.sampled
        if mixture.apart < APART * _movable(look, units[best]) or mixture.share <= 0 or sampled < FEWEST:
            continue
        fits = min(mixture.explained, _alike(look, units[best]))
        # Garbage is seldom all on the other side of zero.
        garbage = _scattered(look) - LEANING if units[best].factor > 0 else -math.inf
        rivals = np.exp(np.minimum(np.append(likely, garbage) - likely[best], 700.0))
        # It is half of an answer that there is another unit, and the other half which.
        certainty = (1 / rivals.sum().clip(1.0) + 1 - rivals[-1] / rivals.sum()) / 2
        return units[best], replace(mixture, explained=fits), float(certainty)
    return None


def _movable(look: Look, unit: Unit) -> float:
    """Share of the base's rows that lie elsewhere in another unit: nothing is nothing in all that have one zero."""
    if look.curves is None or unit.offset:
        return 1.0
    low, high = around(np.zeros(1))
    return float(1 - (look.curves[0].at(high) - look.curves[0].at(low))[0])


def _beyond(look: Look) -> float:
    """By how much the share of rows outside the base's middle 99.8% has grown (methods 8.2)."""
    if look.curves is None:
        return 0.0
    base, now = look.curves
    ends = base.quantile(np.array([ENDS, 1 - ENDS]))
    ends[1] = np.nextafter(ends[1], np.inf)
    outside = [1 - float(np.diff(drawn.at(ends))[0]) for drawn in (now, base)]
    return outside[0] - outside[1]


def _alike(look: Look, unit: Unit) -> float:
    """How well the sampled values outside the base are the base in another unit: by Kolmogorov's distance beyond chance.

    A tenth is left to the world's own changes; from there on twice the distance counts, for it is a half at most by accident.
    """
    if look.curves is None:
        return 0.0
    base = look.curves[0]
    ends = base.quantile(np.array([ENDS, 1 - ENDS]))
    outside = np.sort(look.now.values[(look.now.values < ends[0]) | (look.now.values > ends[1])])
    # What lies inside the base in either unit is not asked for: the law is that of values outside.
    moved = base.moved(unit.factor, unit.offset)
    inside = moved.at(ends)
    upto = moved.at(outside)
    lost = np.where(outside > ends[1], inside[1] - inside[0], 0.0)
    law = np.clip((upto - lost) / max(1 - (inside[1] - inside[0]), 1e-9), 0.0, 1.0)
    steps = np.arange(outside.size + 1) / outside.size
    distance = float(max((steps[1:] - law).max(), (law - steps[:-1]).max()))
    return 1 - STRICT * max(distance - max(KOLMOGOROV / math.sqrt(outside.size), NEARLY), 0.0)


def _likelihood(look: Look, unit: Unit) -> float:
    """Log likelihood of the sampled values that lie outside the base, if they are the base in another unit, and only those lie there."""
    if look.curves is None:
        return -math.inf
    base = look.curves[0]
    knots = np.unique(base.quantile(KNOTS))
    values = _outside(look)
    if not values.size or knots.size <= 1:
        return 0.0
    moved = base.moved(unit.factor, unit.offset)
    lies_outside = max(1 - float(np.diff(moved.at(base.quantile(np.array([ENDS, 1 - ENDS]))))[0]), LEAST_OUTSIDE)
    back = (values - unit.offset) / unit.factor
    place = np.searchsorted(knots, back, side="right") - 1
    # Subnormal steps between knots would make a density of infinity.
    density = np.diff(base.at(knots)) / np.maximum(np.diff(knots), 1e-290) / abs(unit.factor) / lies_outside
    inside = (place >= 0) & (place < density.size)
    # One value in a hundred may be anything.
    anything = 0.01 / max(float(np.ptp(values)), 1e-12)
    return float(np.log(np.where(inside, 0.99 * density[np.clip(place, 0, density.size - 1)], 0.0) + anything).sum())


def _outside(look: Look) -> Floats:
    """The sampled values outside the base's middle 99.8%."""
    if look.curves is None:
        return np.empty(0)
    low, high = look.curves[0].quantile(np.array([ENDS, 1 - ENDS]))
    return np.asarray(look.now.values[(look.now.values < low) | (look.now.values > high)])


def _scattered(look: Look) -> float:
    """Log likelihood of the same values, if they are of no law: of any size within their range, all sizes alike."""
    sizes = np.log(np.maximum(np.abs(_outside(look)), 1e-300))
    if not sizes.size:
        return -math.inf
    # Their range is learnt from them: each end of it is known to one part in their number, and costs as much.
    learnt = 2 * math.log(sizes.size)
    return float(-sizes.sum() - sizes.size * math.log(max(float(np.ptp(sizes)), 1e-9))) - learnt


def _told(case: Case, look: Look, signature: str, unit: Unit, mixture: Mixture, certainty: float) -> Fault:
    factor = f"about {figure(unit.factor)} times as large" if unit.factor > 0 else "of the other sign"
    offset = f" plus {figure(unit.offset)}" if unit.offset else ""
    return Fault(
        signature=signature,
        columns=(look.name,),
        window=case.window,
        share=mixture.share,
        interval=mixture.interval,
        evidence={"factor": unit.factor, "offset": unit.offset, "explained": mixture.explained, "apart": mixture.apart},
        p_value=mixture.p_value,
        confidence=certainty,
        cause=f"values are {factor}{offset} in {rows(mixture.share)}: {unit.words}",
        remedy=f"undo it where the column is made: divide by {figure(unit.factor)}"
        + (f" after taking off {figure(unit.offset)}" if offset else ""),
        mark=_mark(look, unit) if mixture.share < 1 else None,
    )


def _mark(look: Look, unit: Unit) -> Mark | None:
    """Rows in another unit, by the side of the base's range on which they lie."""
    if look.curves is None:
        return None
    low, high = look.curves[0].quantile(np.array([ENDS, 1 - ENDS])).tolist()
    moved = look.curves[0].moved(unit.factor, unit.offset).quantile(np.array([0.5]))[0]
    beyond = np.nextafter(high, np.inf), np.nextafter(low, -np.inf)
    return Mark(look.place, float(beyond[0]), np.inf) if moved > high else Mark(look.place, -np.inf, float(beyond[1]))
