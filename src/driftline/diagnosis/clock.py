"""Clocks that went wrong: the hours of the day are those of the base, some hours later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.diagnosis.chance import gap, noise
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.mixture import Grid, mix
from driftline.diagnosis.rowwise import UNLIKE
from driftline.inference.significance import chi_square_p
from driftline.profile.bins import NumberBins
from driftline.schema import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look

    Floats = NDArray[np.float64]

CYCLES = (24, 60, 12, 7)
"""How many whole values a column of a clock has: hours, minutes, months, days of the week."""

GAIN = 3.0
"""The best lag must bring the hours so many times nearer than they are, chance taken off: habits that move do not keep their course."""

CLEAR = 2.0
"""The hours must be so many times further off than chance makes them, or any lag might fit."""

SURELY = 1e-6
"""Hours are others where chance would make as much of a difference this rarely."""

HOUR, DAY = 3600.0, 24


def time_shift(case: Case, look: Look) -> Fault | None:
    """A cycle's counts moved round by some steps: cross-correlation of hourly counts (methods 8.2)."""
    drawn = _hours(look) if look.planned.column.kind is Kind.TIMESTAMP else _cycle(look)
    if drawn is None:
        return None
    base, now, blocks, start = drawn
    length = base.size
    both = Grid(base / base.sum(), now / now.sum(), base.sum(), now.sum(), blocks, np.zeros(length - 1))
    likely = _likelihoods(base, now)
    lag = int(np.argmax(likely))
    if not lag:
        return None
    # The mean likelihood ratio of all lags exceeds 1 / p so often at most, whatever the hours (Ville 1939).
    p_value = float(np.exp(min(likely[0] - special.logsumexp(likely[1:]) + math.log(length - 1), 0.0)))
    expected = np.roll(both.base, lag)
    chance, whole = noise(both.now, both.base, both.rows, both.base_rows), gap(both.now, both.base)
    nearer = whole >= CLEAR * chance and GAIN * (gap(both.now, expected) - chance) <= whole - chance
    # In a small window chance is large: there the lag must leave nothing that chance would not make.
    if not nearer and not (p_value < SURELY and differ(np.roll(base, lag), now) >= UNLIKE):
        return None
    mixture = mix(both, expected)
    steps = lag if lag <= length / 2 else lag - length
    unit = {24: "hour", 60: "minute", 12: "month", 7: "day"}[length]
    way = "later" if steps > 0 else "earlier"
    return Fault(
        signature="time_shift",
        columns=(look.name,),
        window=case.window,
        share=1.0,
        interval=(mixture.interval[0], 1.0),
        evidence={"steps": float(steps), "cycle": float(length), "start": start, "explained": both.explained(expected)},
        p_value=p_value,
        confidence=1.0,
        cause=f"the day's course is as before, {abs(steps)} {unit}{'s' if abs(steps) > 1 else ''} {way}: a time zone or a clock changed",
        remedy="find whether times are local or UTC at each step; store UTC with its offset, and convert in one place",
    )


def _likelihoods(base: Floats, now: Floats) -> Floats:
    """Log likelihood of the window's hours for each lag of the base's, of as many fewer rows as the base's own chance takes."""
    shares = (base + 0.5) / (base + 0.5).sum()
    found = np.array([now @ np.log(np.roll(shares, lag)) for lag in range(base.size)])
    return np.asarray(found * base.sum() / (base.sum() + now.sum()))


def _cycle(look: Look) -> tuple[Floats, Floats, Floats, float] | None:
    """Counts of whole numbers that go round, such as an hour or a weekday; None where the column is no such thing."""
    bins = look.planned.bins
    if not isinstance(bins, NumberBins) or not look.base.held or not look.now.held:
        return None
    low, high = look.base.extremes
    length = high - low + 1
    if length not in CYCLES or low not in {0.0, 1.0} or not (low <= look.now.extremes[0] and look.now.extremes[1] <= high):
        return None
    places = np.searchsorted(bins.array, np.arange(low, high + 1), side="right")
    base, now, blocks = look.base.counts[places], look.now.counts[places], look.blocks[:, places]
    # Every value is a whole one with a bin of its own, or the column is no clock.
    return (
        (base, now, blocks, low)
        if np.unique(places).size == length and base.sum() == look.base.held and now.sum() == look.now.held
        else None
    )


def _hours(look: Look) -> tuple[Floats, Floats, Floats, float] | None:
    """Hours of the day of sampled times, in UTC."""
    base, now = hours_of(look.base.values), hours_of(look.now.values)
    return (base, now, np.empty((0, DAY)), 0.0) if base.sum() and now.sum() else None


def hours_of(times: Floats) -> Floats:
    """How many instants lie in each hour of the day, in UTC."""
    return np.bincount((times // HOUR % DAY).astype(np.intp), minlength=DAY).astype(np.float64)


def differ(base: Floats, now: Floats) -> float:
    """P-value of the window's hours being the base's, the lag having been chosen among all (chi-square)."""
    freedom = float((base + now > 0).sum()) - 1.0
    return min(float(chi_square_p(np.array(apart(base, now)), np.array(freedom))) * base.size, 1.0)


def apart(base: Floats, now: Floats) -> float:
    """Chi-square of the window's hours against the base's."""
    n, m = base.sum(), now.sum()
    both = base + now
    held = both > 0
    return float(((now * np.sqrt(n / m) - base * np.sqrt(m / n))[held] ** 2 / both[held]).sum())
