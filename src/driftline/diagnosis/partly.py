"""Numbers in another unit in some rows: where the others never lie, or closer together than they do."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.case import SURELY
from driftline.diagnosis.curve import around
from driftline.diagnosis.mixture import mix
from driftline.diagnosis.units import COMMON, LEANING, MOST_FACTOR, Unit, grid
from driftline.diagnosis.within import ANYTHING, ENDS, density, group, likelihood

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.look import Look
    from driftline.diagnosis.mixture import Mixture

    Floats = NDArray[np.float64]

NEARLY = 0.1
"""So much of the values' law is left to the world's own changes."""

APART = 0.8
"""Rows in another unit can be told from the others where at least this share of them would lie elsewhere."""

LEAST_OUTSIDE = 0.1
"""Of a unit in which fewer rows lie outside the base nothing could be said."""

KOLMOGOROV = 1.95
"""Kolmogorov's distance times the root of the rows exceeds this once in a thousand times."""

STRICT = 2.0
"""What exceeds that counts so many times."""

TRIED = 3
"""So many of the likeliest units are looked at more closely."""

ANY_SIZE = 2 * math.log(MOST_FACTOR)
"""Garbage may be of any size between the smallest and the largest factor, as a logarithm."""

FEWEST = 5
"""Without so many sampled rows in another unit no factor is told."""


def in_some(look: Look, units: tuple[Unit, ...]) -> tuple[Unit, Mixture, float] | None:
    """The unit in which the rows that lie apart are most likely to be; the surer, the less likely all others are."""
    if _beyond(look) * look.now.sampled < FEWEST:
        return _among(look, units)
    likely = np.array([_likelihood(look, unit) + LEANING * (max(unit.factor, 1 / unit.factor) in COMMON) for unit in units])
    for best in np.argsort(-likely)[:TRIED].tolist():
        if (drawn := grid(look, units[best])) is None:
            return None
        both, expected = drawn
        mixture = mix(both, expected)
        sampled = float(both.now[mixture.region].sum()) * look.now.sampled
        if mixture.apart < APART * _movable(look, units[best]) or mixture.share <= 0 or sampled < FEWEST:
            continue
        fits = min(mixture.explained, _alike(look, units[best]))
        # Garbage is seldom all on the other side of zero.
        garbage = _scattered(look) - LEANING if units[best].factor > 0 else -math.inf
        if units[best].offset:
            # Where all values have grown by one factor, the largest lie beyond the base too.
            garbage = max(garbage, _grown(look))
        rivals = np.exp(np.minimum(np.append(likely, garbage) - likely[best], 700.0))
        # It is half of an answer that there is another unit, and the other half which.
        certainty = (1 / rivals.sum().clip(1.0) + 1 - rivals[-1] / rivals.sum()) / 2
        return units[best], replace(mixture, explained=fits), float(certainty)
    return _among(look, units)


def _among(look: Look, units: tuple[Unit, ...]) -> tuple[Unit, Mixture, float] | None:
    """The unit that rows are most likely to be in which lie among the others, closer together; the surer, the less likely all else."""
    if look.curves is None:
        return None
    base, values = look.curves[0], look.now.values[look.now.values != 0]
    if values.size < FEWEST:
        return None
    tried = []
    for unit in units:
        if not _denser(look, unit) or (drawn := grid(look, unit)) is None:
            continue
        mixture = mix(*drawn)
        telling = mixture.apart >= APART * _movable(look, unit) and mixture.p_value < SURELY
        if telling and mixture.share * look.now.sampled >= FEWEST:
            told = likelihood(base, values, unit.factor, unit.offset, mixture.share) + LEANING * (
                max(unit.factor, 1 / unit.factor) in COMMON
            )
            tried.append((told, unit, mixture))
    if not tried:
        return None
    told, unit, mixture = max(tried, key=lambda one: one[0])
    low, high = base.moved(unit.factor, unit.offset).quantile(np.array([0.01, 0.99])).tolist()
    rivals = [*(one[0] for one in tried), likelihood(base, values, 1.0, 0.0, 0.0), group(base, values, (low, high), mixture.share)]
    return unit, mixture, 1 / float(np.exp(np.minimum(np.array(rivals) - told, 700.0)).sum())


def _denser(look: Look, unit: Unit) -> bool:
    """Whether more rows than before lie where the base would mostly lie in another unit, and it lies elsewhere in its own."""
    if look.curves is None:
        return False
    base, now = look.curves
    ends = base.moved(unit.factor, unit.offset).quantile(np.array([0.05, 0.95]))
    was, has = (float(np.diff(drawn.at(ends))[0]) for drawn in (base, now))
    return was < 1 - APART and (has - was) * look.now.sampled >= FEWEST


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
    if not outside.size:
        # Some rows lie there, but none that was sampled: nothing is known of what they are like.
        return 0.0
    # What lies inside the base in either unit is not asked for: the law is that of values outside.
    moved = base.moved(unit.factor, unit.offset)
    inside = moved.at(ends)
    upto = moved.at(outside)
    lost = np.where(outside > ends[1], inside[1] - inside[0], 0.0)
    law = np.clip((upto - lost) / max(1 - (inside[1] - inside[0]), 1e-9), 0.0, 1.0)
    steps = np.arange(outside.size + 1) / outside.size
    distance = float(max((steps[1:] - law).max(), (law - steps[:-1]).max()))
    return 1 - STRICT * max(distance - max(KOLMOGOROV / math.sqrt(outside.size), NEARLY), 0.0)


def _grown(look: Look) -> float:
    """The same, if all values have grown by one factor, as prices do."""
    if look.curves is None:
        return -math.inf
    was, has = (float(drawn.quantile(np.array([0.5]))[0]) for drawn in look.curves)
    return _likelihood(look, Unit(has / was, 0.0, ""), least=ENDS) if was * has > 0 else -math.inf


def _likelihood(look: Look, unit: Unit, least: float = LEAST_OUTSIDE) -> float:
    """Log likelihood of the sampled values that lie outside the base, if they are the base in another unit, and only those lie there."""
    if look.curves is None:
        return -math.inf
    base, values = look.curves[0], _outside(look)
    if not values.size:
        return 0.0
    moved = base.moved(unit.factor, unit.offset)
    lies_outside = max(1 - float(np.diff(moved.at(base.quantile(np.array([ENDS, 1 - ENDS]))))[0]), least)
    anything = ANYTHING / max(float(np.ptp(values)), 1e-12)
    found = density(base, values, unit.factor, unit.offset) / lies_outside
    return float(np.log((1 - ANYTHING) * found + anything).sum())


def _outside(look: Look) -> Floats:
    """The sampled values outside the base's middle 99.8%; nothing is nothing in all units, and says nothing."""
    if look.curves is None:
        return np.empty(0)
    low, high = look.curves[0].quantile(np.array([ENDS, 1 - ENDS]))
    return np.asarray(look.now.values[((look.now.values < low) | (look.now.values > high)) & (look.now.values != 0)])


def _scattered(look: Look) -> float:
    """Log likelihood of the same values, if they are of no law: of any size within their range, all sizes and both signs alike."""
    values = _outside(look)
    if not values.size:
        return -math.inf
    sizes = np.log(np.abs(values))
    # Their range is learnt from them: each end of it is known to one part in their number of all that it might be.
    width = max(float(np.ptp(sizes)), 1e-9)
    learnt = 2 * math.log(values.size * max(ANY_SIZE / width, 1.0))
    signs = math.log(2) if values.min() < 0 < values.max() else 0.0
    return float(-sizes.sum() - values.size * (math.log(width) + signs)) - learnt
