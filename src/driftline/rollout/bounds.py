"""Group-sequential bounds: how large a standardised harm must be at each look, so that all looks together err seldom.

Information fractions say how much of the planned information each look has. The chance of not having crossed yet is
carried from look to look by numerical integration of the score process, which has independent normal increments
(Armitage, McPherson and Rowe 1969; Jennison and Turnbull 2000, chapter 19).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.errors import ConfigError
from driftline.inference.significance import normal_quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

REACH = 8.5
"""Scores are followed so many standard errors to either side; what is beyond has a chance below 1e-16."""

NODES, MOST_NODES = 96, 1024
"""Points of the integration, more of them where looks are close."""

CLOSEST = 1e-3
"""Looks with less information between them, as a part of what there is, are one look."""

KEPT = 0.1
"""Part of the error that is kept for looks beyond the planned information, so that watching never ends."""


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """Where the process may be after a look that it has not crossed: density at nodes, with their weights.

    Scores are in units of the standard error at full information: z √t.
    """

    fraction: float
    nodes: NDArray[np.float64]
    mass: NDArray[np.float64]
    bounds: tuple[float, ...]
    crossed: float


def obrien_fleming(fraction: float, level: float) -> float:
    """How much of a one-sided error may be spent by so much information: 2 − 2Φ(z(α/2) / √t) (Lan and DeMets 1983).

    >>> round(obrien_fleming(0.5, 0.025), 5), obrien_fleming(1.0, 0.025)
    (0.00153, 0.025)
    """
    if fraction <= 0:
        return 0.0
    return level if fraction >= 1 else 2 * float(special.ndtr(-float(normal_quantile(level / 2)) / math.sqrt(fraction)))


def pocock(fraction: float, level: float) -> float:
    """Pocock's way of spending: α log(1 + (e − 1) t) (Lan and DeMets 1983)."""
    return level * math.log1p((math.e - 1) * min(max(fraction, 0.0), 1.0))


def endless(fraction: float, level: float) -> float:
    """O'Brien-Fleming's way for 90% of the error; the rest is spent as information grows beyond what was planned."""
    late = KEPT * level * (1 - 1 / fraction) if fraction > 1 else 0.0
    return obrien_fleming(fraction, level * (1 - KEPT)) + late


def bounds(fractions: tuple[float, ...], level: float, spending: Callable[[float, float], float] = obrien_fleming) -> tuple[float, ...]:
    """Upper bounds for the standardised statistic at each look, by error spending; looks need not have been planned.

    A bound depends on the looks until then only, so looks that come later never change it. For two sides with error 5%
    ask for 2.5% on each.

    Args:
        fractions: information at each look as a part of the planned, rising; may exceed 1.
        level: one-sided error of all looks together.
        spending: how much may be spent by which fraction.

    Raises:
        ConfigError: the fractions do not rise from above 0, or the level is not between 0 and 0.5.

    >>> [round(z, 3) for z in bounds((0.2, 0.4, 0.6, 0.8, 1.0), 0.025)]
    [4.877, 3.357, 2.680, 2.290, 2.031]
    """
    _check(fractions, level)
    return _spent_path(fractions, level, spending).bounds if fractions else ()


def constant(looks: int, level: float) -> float:
    """O'Brien and Fleming 1979's constant C for so many evenly spaced looks: the bounds are C √(looks / k). One-sided error.

    >>> round(constant(5, 0.025), 3)
    2.040
    """
    fractions = tuple((k + 1) / looks for k in range(looks))
    _check(fractions, level)
    low, high = float(normal_quantile(level)) - 0.01, float(normal_quantile(level / looks)) + 0.01
    for _ in range(40):
        middle = (low + high) / 2
        too_often = crossing(fractions, tuple(middle / math.sqrt(t) for t in fractions)) > level
        low, high = (middle, high) if too_often else (low, middle)
    return (low + high) / 2


def crossing(fractions: tuple[float, ...], uppers: tuple[float, ...], drift: float = 0.0) -> float:
    """Chance that the statistic is above its bound at any look.

    Args:
        fractions: information at each look, rising.
        uppers: the bound at each look; infinite where none is taken.
        drift: expected value of the statistic at full information; 0 where nothing is wrong.
    """
    path = _start()
    for fraction, upper in zip(fractions, uppers, strict=True):
        path = _cut(path, fraction, upper, drift)
    return path.crossed


def drift_for(fractions: tuple[float, ...], uppers: tuple[float, ...], power: float) -> float:
    """The expected value at full information that is found with so much power."""
    low, high = 0.0, REACH
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if crossing(fractions, uppers, middle) < power else (low, middle)
    return (low + high) / 2


def _check(fractions: tuple[float, ...], level: float) -> None:
    rising = all(after > before for before, after in zip((0.0, *fractions), fractions, strict=False))
    if not rising or not all(map(math.isfinite, fractions)):
        raise ConfigError(f"information fractions {fractions} do not rise", hint="give one for each look, each above the one before")
    if not 0 < level < 0.5:  # noqa: PLR2004  beyond a half no bound is above 0
        raise ConfigError(f"an error of {level} is not between 0 and 0.5", hint="0.05 is usual")


@lru_cache(maxsize=4096)
def _spent_path(fractions: tuple[float, ...], level: float, spending: Callable[[float, float], float]) -> _Path:
    """The path after these looks. What was known after the looks before is kept, so a new look costs one step."""
    if not fractions:
        return _start()
    before, now = _spent_path(fractions[:-1], level, spending), fractions[-1]
    allowed = spending(now, level)
    too_close = before.fraction > 0 and now - before.fraction < CLOSEST * now
    upper = math.inf if too_close else _bound(before, now, allowed - before.crossed)
    return _cut(before, now, upper, 0.0)


def _start() -> _Path:
    return _Path(0.0, np.zeros(1), np.ones(1), (), 0.0)


def _bound(path: _Path, fraction: float, spend: float) -> float:
    """The z above which just so much more of the paths is at the next look; infinite where nothing is left to spend."""
    if spend <= 1e-15:  # noqa: PLR2004  rounding
        return math.inf
    step = math.sqrt(fraction - path.fraction)
    low, high = -REACH, REACH
    for _ in range(60):
        middle = (low + high) / 2
        beyond = float(path.mass @ special.ndtr((path.nodes - middle * math.sqrt(fraction)) / step))
        low, high = (middle, high) if beyond > spend else (low, middle)
    return (low + high) / 2


def _cut(path: _Path, fraction: float, upper: float, drift: float) -> _Path:
    """Go on to the next look and leave out what crossed there."""
    step, root = math.sqrt(fraction - path.fraction), math.sqrt(fraction)
    moved = path.nodes + drift * (fraction - path.fraction)
    crossed = path.crossed + float(path.mass @ special.ndtr((moved - upper * root) / step))
    bottom, top = drift * fraction - REACH * root, min(upper * root, drift * fraction + REACH * root)
    if top <= bottom:
        return _Path(fraction, np.zeros(1), np.zeros(1), (*path.bounds, upper), crossed)
    wanted = int(np.clip(math.ceil(3 * (top - bottom) / step), NODES, MOST_NODES))
    nodes, weights = _legendre(32 * math.ceil(wanted / 32))
    places = (top + bottom) / 2 + (top - bottom) / 2 * nodes
    kernel = np.exp(-(((places[:, None] - moved[None, :]) / step) ** 2) / 2) / (step * math.sqrt(2 * math.pi))
    mass = (kernel @ path.mass) * weights * (top - bottom) / 2
    return _Path(fraction, places, mass, (*path.bounds, upper), crossed)


@lru_cache(maxsize=64)
def _legendre(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = special.roots_legendre(count)
    return np.asarray(nodes), np.asarray(weights)
