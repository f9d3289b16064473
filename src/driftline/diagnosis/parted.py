"""A part of the rows in another unit where the part has a law of its own: the dear things of one country, in cents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.mixture import Mixture
from driftline.diagnosis.rowwise import CODES, UNLIKE
from driftline.diagnosis.units import COMMON
from driftline.diagnosis.within import ENDS
from driftline.inference.significance import kolmogorov_p
from driftline.profile.bins import LevelBins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.units import Unit

    Floats = NDArray[np.float64]

NEARLY_ALL, MOST = 0.95, 0.8
"""Nearly all rows that lie outside are of one level, and most rows of that level lie outside."""

FEWEST = 20
"""With fewer sampled rows of the level on either side nothing is said."""

TIE = 0.1
"""Of two units that fit the common one is meant, if it is no further off than this."""

SURE = 0.9
"""A level has few rows: how sure one may be."""

BESIDES = 0.05
"""By so much, in Kolmogorov's distance, the level's own law may have moved besides."""


def in_a_level(case: Case, look: Look, units: tuple[Unit, ...]) -> tuple[Unit, Mixture, float] | None:
    """The unit that brings the rows of one level back to where that level's rows were; the surer, the fewer others do."""
    now, base = case.rows.now, case.rows.reference
    if look.curves is None:
        return None
    low, high = look.curves[0].quantile(np.array([ENDS, 1 - ENDS]))
    values = now.values[:, look.place]
    outside = (values < low) | (values > high)
    for place, planned in enumerate(case.plan.columns):
        if place == look.place or not isinstance(planned.bins, LevelBins) or outside.sum() < FEWEST:
            continue
        level = int(np.bincount(now.codes[outside, place], minlength=CODES).argmax())
        mine, theirs = now.codes[:, place] == level, base.codes[:, place] == level
        if (mine & outside).sum() < max(NEARLY_ALL * outside.sum(), MOST * mine.sum()):
            continue
        found = _best(_held(values[mine]), _held(base.values[theirs, look.place]), units)
        if found is not None:
            before = _held(base.values[:, look.place])
            beyond = float(((before < low) | (before > high)).sum())
            p_value, interval = two_shares(float(outside.sum()), float(outside.size), beyond, float(before.size))
            region = np.zeros(1, dtype=np.bool_)
            return found[0], Mixture(float(mine.mean()), interval, p_value, 1.0, 1.0, region, np.zeros(1)), found[1]
    return None


def _held(values: Floats) -> Floats:
    return np.sort(values[np.isfinite(values)])


def _best(now: Floats, base: Floats, units: tuple[Unit, ...]) -> tuple[Unit, float] | None:
    """The unit in which the base is nearest to the window, if chance makes what is left; of those near to each other a common one."""
    if min(now.size, base.size) < FEWEST:
        return None
    apart = [_apart(now, np.sort(base * unit.factor + unit.offset)) - TIE * (max(unit.factor, 1 / unit.factor) in COMMON) for unit in units]
    best = int(np.argmin(apart))
    left = max(_apart(now, np.sort(base * units[best].factor + units[best].offset)) - BESIDES, 0.0)
    if float(kolmogorov_p(np.array(left), np.array(float(now.size)), np.array(float(base.size)))) < UNLIKE:
        return None
    return units[best], SURE


def _apart(one: Floats, other: Floats) -> float:
    """Kolmogorov's distance."""
    every = np.concatenate([one, other])
    upto = [np.searchsorted(values, every, side="right") / values.size for values in (one, other)]
    return float(np.abs(upto[0] - upto[1]).max())
