"""Numbers in another unit or with another sign, in all rows of a window or in some of them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.case import FITS
from driftline.diagnosis.curve import around
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.mixture import mix
from driftline.diagnosis.parted import in_a_level
from driftline.diagnosis.partly import in_some
from driftline.diagnosis.rowwise import SMALL, world_moved
from driftline.diagnosis.units import COMMON, FACTORS, FLIP, LEANING, MOST_FACTOR, Unit, grid, in_use, inverse
from driftline.diagnosis.within import ENDS, likelihood
from driftline.diagnosis.wording import figure, rows
from driftline.diagnosis.written import multiplied
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.curve import Curve
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.mixture import Mixture

    Floats = NDArray[np.float64]

SLOPE = 0.03
"""By so much the slope of log quantiles may differ from 1 (methods 8.2)."""

NEARLY = 0.1
"""By so much, as a logarithm, the level of a column may have moved besides its unit: then the groups decide."""

LEAST_FACTOR = 1.5
"""A factor must be at least this, or at most its inverse: by less the world itself changes in a window."""

SMALL_FACTOR, DOUBTFUL = 3.0, 0.5
"""By less than such a factor dearer things differ too: where all that goes with them has moved as well, another unit is doubtful.

So it is, whatever the factor, where values have crept there."""

NEARLY_ALL = 0.9
"""From this share on it is all rows."""

LEAST = 0.5
"""What is less credible would not be told."""

UNKNOWN = 0.7
"""How sure one may be of a factor that belongs to no unit, beside one that does."""


def unit_change(case: Case, look: Look) -> Fault | None:
    """Values times a factor, or degrees of another kind: all rows by their quantiles, some by where the others never lie."""
    found = _in_all(look, _candidates(look))
    if found is None or found[1].explained < FITS:
        found = in_some(look, in_use()) or found
    if found is None or found[1].explained * found[2] < LEAST:
        found = in_a_level(case, look, in_use()) or found
    if found is None:
        return None
    unit, mixture, certainty = found
    if mixture.share >= 1 and (_crept(case, look) or _dearer(case, look, unit)):
        certainty *= DOUBTFUL
    return _told(case, look, "unit_change", unit, mixture, certainty)


def _dearer(case: Case, look: Look, unit: Unit) -> bool:
    """Whether by so small a factor things may as well have become dearer, or larger.

    Not where values were multiplied after they were written down. It may be where all that goes with them has moved as well; and,
    where they are written as finely as ever, if the factor is of no unit in use, or nothing goes with them that could have moved.
    """
    if max(abs(unit.factor), 1 / abs(unit.factor)) >= SMALL_FACTOR:
        return False
    proof, ties = multiplied(look, unit), case.ties[look.place]
    if proof:
        return False
    alone = not (np.delete(ties, look.place) >= SMALL).any()
    return world_moved(case.rows, look.place, ties) or (proof is False and (alone or not unit.known))


def _crept(case: Case, look: Look) -> bool:
    """Whether values came window by window to where they are, no step making half of the way: another unit comes at once."""
    windows = [profile.sample.values[:, look.place] for profile in case.earlier.profiles]
    known = [values[np.isfinite(values)] for values in (look.base.values, *windows, look.now.values)]
    path = np.array([np.median(values) for values in known if values.size])
    steps = abs(np.diff(path))
    return bool(steps.size > 1 and steps.max() < abs(path[-1] - path[0]) / 2)


def sign_flip(case: Case, look: Look) -> Fault | None:
    """Values with the other sign, in all rows or in some."""
    found = _in_all(look, (FLIP,)) or in_some(look, (FLIP,))
    return None if found is None else _told(case, look, "sign_flip", *found)


def _candidates(look: Look) -> tuple[Unit, ...]:
    """Changes of unit that could have moved the quantiles as they moved: regress their logarithms (methods 8.2)."""
    if look.curves is None:
        return ()
    base, now = look.curves
    moving = tuple(unit for unit in in_use() if unit.offset)
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
    known = Unit(nearest, 0.0, FACTORS[nearest]) if size > 0 else Unit(1 / nearest, 0.0, inverse(FACTORS[nearest]))
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


def _in_all(look: Look, units: tuple[Unit, ...]) -> tuple[Unit, Mixture, float] | None:
    """The unit in which nearly all rows are."""
    found = []
    for unit in units:
        if not _in_the_middle(look, unit) or (drawn := grid(look, unit)) is None:
            continue
        both, expected = drawn
        mixture = mix(both, expected)
        if mixture.share >= NEARLY_ALL and not _only_larger(look, unit):
            whole = replace(mixture, share=1.0, interval=(mixture.interval[0], 1.0), explained=both.explained(expected))
            found.append((unit, whole, 1.0 if unit.known else UNKNOWN))
    return max(found, key=lambda one: one[1].explained, default=None)


def _only_larger(look: Look, unit: Unit) -> bool:
    """Whether a unit with another zero fits hardly better than values that have all grown by one factor, as prices do."""
    if look.curves is None or not unit.offset:
        return False
    was, has = (float(drawn.quantile(np.array([0.5]))[0]) for drawn in look.curves)
    if was * has <= 0:
        return False
    told = [
        likelihood(look.curves[0], look.now.values, factor, zero, 1.0) for factor, zero in ((unit.factor, unit.offset), (has / was, 0.0))
    ]
    return told[0] - told[1] < LEANING


def _in_the_middle(look: Look, unit: Unit) -> bool:
    """Whether the base's median, in another unit, is anywhere near the window's."""
    if look.curves is None:
        return False
    base, now = look.curves
    low, high = around(base.moved(unit.factor, unit.offset).quantile(np.array([0.4, 0.6])))
    below, above = now.at(np.array([low[0], high[1]]))
    return bool(below <= 0.6 and above >= 0.4)  # noqa: PLR2004  the middle fifth


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
