"""Wealth that grows with evidence: e-processes, which may be looked at whenever one likes, for as long as one likes.

Each is a bet against "the challenger is no worse" that no strategy of looking can win: wherever that holds, the chance that
wealth ever reaches 1 / α is at most α (Ville 1939). Wealth is told as its logarithm. All of them are functions of sums, so
that counting twice as often changes nothing and a restart loses nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATIOS = (1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
"""Harm is bet on at these ratios of the challenger's share to the champion's, with like money."""

STAKES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Parts of the wealth that are bet on each paired difference, with like money."""

FAITH = 200.0
"""So many entities' worth of belief in the promised split; a larger number sees smaller mismatches, later."""


def beyond_limit(hits: float, rows: float, limit: float) -> float:
    """Log wealth against "hits have a share of at most `limit`".

    The likelihood of every share above the limit over that of the limit, averaged over Jeffreys' prior cut there.

    >>> beyond_limit(0, 100, 0.01) < 0 < beyond_limit(10, 100, 0.01)
    True
    """
    if limit >= 1 or rows <= 0:
        return 0.0
    if limit <= 0:
        return math.inf if hits > 0 else 0.0
    a, b = hits + 0.5, rows - hits + 0.5
    tail = _log_upper(a, b, limit) - _log_upper(0.5, 0.5, limit)
    return tail + float(special.betaln(a, b) - special.betaln(0.5, 0.5) - special.xlogy(hits, limit) - special.xlog1py(rows - hits, -limit))


def more_often(parts: Sequence[tuple[float, float, float]]) -> float:
    """Log wealth against "hits are no likelier with the challenger than with the champion".

    Given that a hit comes, it is the challenger's with probability w p′ / (w p′ + (1 − w) p): at most w if p′ ≤ p.

    Args:
        parts: for each step its challenger's hits, champion's hits, and the part of the rows that the challenger was given;
            a half where both were asked about the same rows.

    >>> more_often([(5, 5, 0.5)]) < 0 < more_often([(20, 2, 0.5)])
    True
    """
    bets = np.zeros(len(RATIOS))
    ratios = np.array(RATIOS)
    for challenger, champion, weight in parts:
        bets += challenger * np.log(ratios) - (challenger + champion) * np.log(weight * ratios + 1 - weight)
    return together(bets)


def paired(gains: NDArray[np.float64], margin: float = 0.0) -> NDArray[np.float64]:
    """Log wealth, at each stake, against "the mean gain is at most −margin"; add over rows, then ask `together`.

    A bet of a part λ of the wealth on each difference multiplies it by 1 + λ (gain + margin) / (1 + margin), which is fair
    at best where the mean gain is at most −margin (Waudby-Smith and Ramdas 2024). Turn the signs to bet on harm.

    Args:
        gains: float64[n], within [−1, 1].
        margin: by how much the challenger may be worse.
    """
    drawn = (np.asarray(gains)[:, None] + margin) / (1 + margin)
    return np.asarray(np.log1p(np.array(STAKES) * drawn).sum(axis=0))


def together(bets: NDArray[np.float64]) -> float:
    """Log of the mean wealth over bets that started with like money."""
    most = float(bets.max())
    return most + math.log(float(np.exp(bets - most).mean()))


def mixture(gain: float, information: float, expected: float) -> float:
    """Log wealth against "the true gain is at most 0", from an estimate that is about normal.

    Robbins 1970's mixture over gains of either size, here over the better half only: with variance v = 1 / information and
    τ = `expected`, Λ = 2 √(v / (v + τ²)) exp(g² τ² / (2 v (v + τ²))) Φ(g τ / √(v (v + τ²))). It holds as far as the
    estimate is normal from the first look on: ask it after some tens of rows.

    Args:
        gain: the estimate; give its negative to bet on harm, and add a margin to bet on "no worse than by the margin".
        information: 1 / variance of the estimate.
        expected: gains of about this size are found soonest.

    >>> mixture(0.0, 1e4, 0.01) < 0 < mixture(0.05, 1e4, 0.01)
    True
    """
    if information <= 0:
        return 0.0
    v, tau = 1 / information, expected
    scale = v * (v + tau**2)
    grown = gain**2 * tau**2 / (2 * scale) + float(special.log_ndtr(gain * tau / math.sqrt(scale)))
    return math.log(2) + math.log(v / (v + tau**2)) / 2 + grown


def split_mismatch(challenger: float, champion: float, weight: float) -> float:
    """Log wealth against "a part `weight` of the entities was given to the challenger" (Lindon and Malek 2022).

    The likelihood of every split over that of the promised one, averaged over a beta law about the promised.
    """
    if not 0 < weight < 1:
        return 0.0
    a, b = FAITH * weight, FAITH * (1 - weight)
    grown = special.betaln(challenger + a, champion + b) - special.betaln(a, b)
    return float(grown - challenger * math.log(weight) - champion * math.log1p(-weight))


def split_p(challenger: int, champion: int, weight: float) -> float:
    """P-value of one look at the split: chi-square's, or the exact binomial's where fewer than ten are expected.

    Sample-ratio mismatch is called below 0.0005 (Fabijan et al. 2019): then nothing else that was measured means anything.

    >>> split_p(500, 9500, 0.05), round(split_p(600, 9400, 0.05), 7)
    (1.0, 0.0000045)
    """
    total = challenger + champion
    if total == 0 or not 0 < weight < 1:
        return 1.0
    expected = total * weight
    if min(expected, total - expected) < 10:  # noqa: PLR2004  chi-square's law is not yet there
        below, above = special.bdtr(challenger, total, weight), special.bdtrc(challenger - 1, total, weight)
        return float(min(2 * min(below, above), 1.0))
    return float(special.chdtrc(1, (challenger - expected) ** 2 / (expected * (1 - weight))))


def _log_upper(a: float, b: float, limit: float) -> float:
    """Log of a beta law's chance to be above the limit; far out, by its leading term."""
    upper = float(special.betaincc(a, b, limit))
    if upper > 1e-290:  # noqa: PLR2004  near the smallest number there is
        return math.log(upper)
    # ∫ from the limit on, of x^(a-1) (1-x)^(b-1): the integrand falls from there like a geometric series.
    slope = max((b - 1) / (1 - limit) - (a - 1) / limit, 1e-9)
    return float(special.xlogy(a - 1, limit) + special.xlog1py(b - 1, -limit) - math.log(slope) - special.betaln(a, b))
