"""Slow drift: a Shiryaev-Roberts e-detector over windows, whose promise is stated.

For each stream of standardised deviations z and each bet λ the wealth follows M ← (M + 1) · exp(λz - K(λ)), where
K is the log moment generating function of z's law: the normal's λ²/2, or a gamma law's where z is skewed.
If nothing changed, the expected growth of the mean wealth is at most 1 per window, so the expected number of
alarms in T windows is at most T / A for the threshold A, whatever T is (Shin, Ramdas and Rinaldo 2023). The
reference's own error is granted to the null hypothesis: each deviation is first drawn in by its 97.5% bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BETS = np.array([0.25, 0.5, 1.0, 2.0, 3.0])
LARGEST = 4.0
"""Deviations count as at most this large: a single wild window is the instant tests' business."""

GRANTED = 1.96
"""Standard errors of the reference's own mean that the null hypothesis is granted (97.5%)."""

RETURNED = np.log(20.0)
"""A run of drift ends when its being over is this much likelier (20 to 1, in logs) than its going on."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What the detector says of J streams after each of W windows.

    Attributes:
        active: bool[W, J], a change has been shown and has not gone away.
        since: int[W, J], the window in which it seems to have begun; -1 where not active.
        wealth: float64[W, J], mean wealth over the bets, before a reset.
    """

    active: NDArray[np.bool_]
    since: NDArray[np.intp]
    wealth: NDArray[np.float64]


def rehearsed_limit(deviation: NDArray[np.float64], skew: NDArray[np.float64], limit: float) -> NDArray[np.float64]:
    """Raise the threshold of streams whose wealth comes near it on the reference itself, where nothing changed.

    Seasons longer than a window make deviations hang together in ways that no variance tells.

    Args:
        deviation: float64[K, J], deviations of the reference's own blocks.
        skew: float64[W, J], skewness of the windows' deviations.
        limit: the threshold A that independent windows would need.

    Returns:
        float64[J], at least `limit`, and at least ten times the highest wealth of the rehearsal.
    """
    usual = np.broadcast_to(np.median(np.nan_to_num(skew), axis=0), deviation.shape)
    rehearsal = detect(deviation, np.zeros_like(deviation), usual, np.full(deviation.shape[1], np.inf))
    return np.asarray(np.maximum(limit, 10 * rehearsal.wealth.max(0, initial=0.0)))


def detect(
    deviation: NDArray[np.float64], bias: NDArray[np.float64], skew: NDArray[np.float64], limit: NDArray[np.float64] | float
) -> Detection:
    """Follow one-sided streams of standardised deviations.

    Args:
        deviation: float64[W, J], positive where worse; NaN where a window says nothing.
        bias: float64[W, J], standard error of the reference's part, in units of the window's.
        skew: float64[W, J], skewness of each window's deviation.
        limit: the threshold A; the expected number of false alarms per stream in T windows is at most T / A.
    """
    windows, streams = deviation.shape
    active = np.zeros((windows, streams), dtype=bool)
    since = np.full((windows, streams), -1, dtype=np.intp)
    wealth = np.zeros((windows, streams))
    bets = np.zeros((streams, BETS.size))
    on, begun, back = np.zeros(streams, dtype=bool), np.full(streams, -1, dtype=np.intp), np.zeros(streams)
    usual = np.ones(streams)
    upto = np.vstack([np.zeros(streams), np.cumsum(np.nan_to_num(deviation), axis=0)])
    for w in range(windows):
        known = np.isfinite(deviation[w])
        z = np.where(known, deviation[w], 0.0)
        drawn = np.minimum(z - GRANTED * np.where(known, bias[w], 0.0), LARGEST)
        gain = np.where(known[:, None], BETS * drawn[:, None] - _log_moment(np.where(known, skew[w], 0.0)), 0.0)
        bets = (bets + known[:, None]) * np.exp(gain)
        wealth[w] = bets.mean(1)
        alarm = wealth[w] >= limit
        fresh = alarm & ~on
        begun[fresh] = _beginning(upto[: w + 2, fresh])
        # What is usual in a run is what raised the alarm: the mean deviation from its beginning to the alarm.
        raised = (upto[w + 1] - np.take_along_axis(upto, np.maximum(begun, 0)[None], 0)[0]) / (w + 1 - np.maximum(begun, 0))
        usual = np.where(fresh, np.clip(raised, 1.0, LARGEST), usual)
        back = np.where(on, np.maximum(back + (usual**2 / 2 - usual * z) * known, 0.0), 0.0)
        on = (on & (back < RETURNED)) | alarm
        bets = np.where(alarm[:, None], 0.0, bets)
        active[w], since[w] = on, np.where(on, begun, -1)
    return Detection(active, since, wealth)


def _beginning(upto: NDArray[np.float64]) -> NDArray[np.intp]:
    """The likeliest beginning of a change that is seen now: the one that makes sum² / length largest. Shape: J.

    Args:
        upto: float64[w + 2, J], sums of the deviations before each window, and with the newest.
    """
    sums = upto[-1] - upto[:-1]
    lengths = np.arange(len(sums), 0, -1)[:, None]
    return np.asarray(np.where(sums > 0, sums**2 / lengths, -1.0).argmax(0))


def _log_moment(skew: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log moment generating function at every bet of a standardised gamma law with that skewness. Shape: J × bets.

    A law skewed to the left is taken as normal, which bounds it; a bet beyond the law's reach earns nothing.
    """
    g = np.maximum(skew, 1e-3)[:, None]
    reach = BETS * g / 2
    inside = np.minimum(reach, 0.9)
    law = -4 / g**2 * (np.log1p(-inside) + inside)
    return np.where(reach < 0.9, law, np.inf)  # noqa: PLR2004  near the law's end the moment is all tail
