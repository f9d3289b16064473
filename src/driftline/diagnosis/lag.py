"""Times that moved against the row's own: what lies between the two is as before, some hours on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import gap
from driftline.diagnosis.clock import SURELY, differ
from driftline.diagnosis.curve import PARTS
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.mixture import Grid, mix
from driftline.diagnosis.rowwise import UNLIKE
from driftline.diagnosis.wording import figure, rows
from driftline.inference.significance import kolmogorov_p
from driftline.schema import Role

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.mixture import Mixture
    from driftline.profile.plan import Plan

    Floats = NDArray[np.float64]

HOUR = 3600.0

ZONES = np.array([*np.arange(1, 29) / 2, 5.75, 8.75, 12.75]) * HOUR
"""By so much zones lie apart: whole and half hours up to fourteen, and Nepal, Eucla and Chatham."""

FEWEST = 50
"""With fewer sampled rows that have both times nothing is said."""

LEAST_MOVED = 0.05
"""A smaller share of moved rows is not told: a sample cannot tell it from chance."""

MOST_PARTS = 0.9
"""From this share on it is all rows."""


def time_lag(case: Case, look: Look) -> Fault | None:
    """A time's distance from the row's own is the usual one, plus some hours, in all rows or in some (methods 8.2)."""
    own = own_time(case.plan)
    if own is None or own == look.place:
        return None
    base, now = (between(side.values, look.place, own) for side in (case.rows.reference, case.rows.now))
    if min(base.size, now.size) < FEWEST or not moved(base, now):
        return None
    lag, mixture = min(_tried(base, now), key=lambda one: one[2])[:2]
    if mixture.share < LEAST_MOVED or not _fits(base, now, lag, mixture):
        return None
    share = 1.0 if mixture.share >= MOST_PARTS else mixture.share
    if _longer(base, now, lag, share):
        return None
    hours, way = abs(lag) / HOUR, "later" if lag > 0 else "earlier"
    return Fault(
        signature="time_shift",
        columns=(look.name,),
        window=case.window,
        share=share,
        interval=(mixture.interval[0], 1.0 if share == 1 else mixture.interval[1]),
        evidence={"hours": lag / HOUR, "explained": mixture.explained},
        p_value=mixture.p_value,
        confidence=1.0,
        cause=f"against {case.plan.names[own]} it lies {figure(hours)} hour{'s' if hours != 1 else ''} {way} than before in {rows(share)}, "
        "and all else is as it was: a time zone or a clock changed",
        remedy="find whether times are local or UTC at each step; store UTC with its offset, and convert in one place",
    )


def own_time(plan: Plan) -> int | None:
    """Place of the time by which windows are cut; None where there is none."""
    return next((place for place, planned in enumerate(plan.columns) if planned.column.role is Role.TIMESTAMP), None)


def between(values: Floats, place: int, own: int) -> Floats:
    """How many seconds one time lies after the other, in rows that have both. In order."""
    found = values[:, place] - values[:, own]
    return np.sort(found[np.isfinite(found)])


def moved(base: Floats, now: Floats) -> bool:
    """Whether what lies between two times is surely not as it was (Kolmogorov and Smirnov)."""
    rows = np.array(float(now.size)), np.array(float(base.size))
    return bool(kolmogorov_p(np.array(_apart(now, (1.0, base))), *rows) < SURELY)


def _apart(now: Floats, *parts: tuple[float, Floats]) -> float:
    """Kolmogorov's distance of values from a mixture of others: shares and values, both in order."""
    every = np.concatenate([now, *(values for _, values in parts)])
    mixed = sum(share * np.searchsorted(values, every, side="right") / values.size for share, values in parts)
    return float(np.abs(np.searchsorted(now, every, side="right") / now.size - mixed).max())


def _tried(base: Floats, now: Floats) -> list[tuple[float, Mixture, float]]:
    """For every lag the mixture of usual and moved rows that is nearest to the window, and how far that is from it."""
    found = []
    for lag in (*ZONES, *-ZONES):
        both, expected = _grid(base, now, base + lag)
        mixture = mix(both, expected)
        found.append((float(lag), mixture, gap(both.now, mixture.mixed)))
    return found


def _grid(base: Floats, now: Floats, other: Floats) -> tuple[Grid, Floats]:
    """Base and window in groups of a twentieth of the base and of what it would have become, and the latter's shares."""
    shares = np.arange(1, PARTS) / PARTS
    cuts = np.unique(np.concatenate([np.quantile(base, shares), np.quantile(other, shares)]))
    was, has, expected = (_counted(values, cuts) for values in (base, now, other))
    both = Grid(was / base.size, has / now.size, float(base.size), float(now.size), was[None], np.zeros(cuts.size), float(now.size))
    return both, expected / other.size


def _counted(values: Floats, cuts: Floats) -> Floats:
    return np.bincount(np.searchsorted(cuts, values, side="right"), minlength=cuts.size + 1).astype(np.float64)


def _fits(base: Floats, now: Floats, lag: float, mixture: Mixture) -> bool:
    """Whether chance makes what the mixture leaves: clocks are exact, and work that is put off is not."""
    both, _ = _grid(base, now, base + lag)
    return differ(mixture.mixed * both.base_rows, both.now * both.rows) >= UNLIKE


def _longer(base: Floats, now: Floats, lag: float, share: float) -> bool:
    """Whether it is more like the window that everything takes so many times as long."""
    was, has = float(np.median(base)), float(np.median(now))
    if was * has <= 0:
        return False
    return _apart(now, (1.0, base * (has / was))) < _apart(now, (1 - share, base), (share, base + lag))
