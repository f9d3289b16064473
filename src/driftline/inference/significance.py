"""Tail probabilities and intervals, vectorised, right from 30 rows to a million and far out in the tail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

POWER_Z = 0.8416
"""Standard normal quantile of 0.8: what is called detectable is found four times in five."""


def normal_quantile(tail: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """The z that a standard normal exceeds with probability `tail`."""
    return np.asarray(-special.ndtri(tail))


def tail_factor(df: NDArray[np.float64], tail: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """By how much a variance known from `df` degrees of freedom must be enlarged for a normal tail to be right.

    The squared ratio of Student's to the normal quantile at `tail`: with it, every later test may use
    the normal, binomial or chi-square law and still pays for the variance having been estimated.
    """
    z = normal_quantile(tail)
    with np.errstate(invalid="ignore"):
        ratio = -special.stdtrit(np.maximum(df, 1.0), tail) / z
    return np.asarray(np.where(np.isinf(df), 1.0, ratio**2))


def mean_p(z: NDArray[np.float64], skew: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p-value of a standardised mean whose law has the given skewness (Pearson type III tails).

    A shifted gamma law matches mean, variance and skewness, which is exact for sums of exponentials
    and close for counts; with no skewness it is the normal law. The smaller tail is doubled.
    """
    z, skew = np.broadcast_arrays(z, skew)
    one = np.asarray(special.ndtr(-np.abs(z)))
    # The gamma function loses digits for next to no skewness, where its law is the normal one.
    skewed = np.isfinite(z) & (np.abs(skew) >= 0.02)  # noqa: PLR2004  see above
    g, signed = np.abs(skew[skewed]), np.where(skew < 0, -z, z)[skewed]
    k = 4.0 / g**2
    x = np.maximum(k + signed * np.sqrt(k), 0.0)
    tail = np.where(signed > 0, special.gammaincc(k, x), special.gammainc(k, x))
    # The short tail of a gamma ends; a real one does not quite: never claim more than the normal law by much.
    one[skewed] = np.maximum(tail, one[skewed] * 1e-3)
    return np.asarray(np.minimum(2 * one, 1.0))


def share_p(
    hits: NDArray[np.float64],
    rows: NDArray[np.float64],
    ref_hits: NDArray[np.float64],
    ref_rows: NDArray[np.float64],
    design: NDArray[np.float64] | float = 1.0,
) -> NDArray[np.float64]:
    """Two-sided p-value for two shares being equal, by the conditional binomial law.

    Given all hits together, those in the current sample are binomial with probability m / (n + m) if
    hits are rare (Przyborowski and Wilenski 1940); it is exact for Poisson counts. For common hits the
    counts are divided by (1 - share), which gives them the binomial variance. `design` divides the
    counts likewise where rows are not independent. Non-integer counts go through the beta function.

    Hits that come in clusters have a longer tail than divided Poisson counts: there the negative binomial
    law of the same variance is asked too, and the larger p-value counts.
    """
    hits, rows, ref_hits, ref_rows, design = np.broadcast_arrays(hits, rows, ref_hits, ref_rows, np.asarray(design, dtype=np.float64))
    # Where neither side has a hit there is nothing to ask, and most shares never have one.
    asked = (hits + ref_hits > 0) & (rows > 0) & (ref_rows > 0)
    p_value = np.where((rows > 0) & (ref_rows > 0), 1.0, np.nan)
    p_value[asked] = _share_p(hits[asked], rows[asked], ref_hits[asked], ref_rows[asked], design[asked])
    return p_value


def _share_p(
    hits: NDArray[np.float64],
    rows: NDArray[np.float64],
    ref_hits: NDArray[np.float64],
    ref_rows: NDArray[np.float64],
    design: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The same where there is something to ask; arrays of one dimension."""
    share = (hits + ref_hits) / (rows + ref_rows)
    # The law is one of rare events: of two outcomes the rarer is counted.
    common = share > 0.5  # noqa: PLR2004  the half
    hits, ref_hits = np.where(common, rows - hits, hits), np.where(common, ref_rows - ref_hits, ref_hits)
    factor = design * np.maximum(np.maximum(share, 1.0 - share), 1e-9)
    x, y = hits / factor, ref_hits / factor
    theta = rows / (rows + ref_rows)
    # The tail that hits lie in is the smaller one, and the only one worth its beta function.
    more = x * (1 - theta) > y * theta
    ours, theirs, odds = np.where(more, x, y), np.where(more, y, x), np.where(more, theta, 1 - theta)
    tail = np.where(ours > 0, special.betainc(np.maximum(ours, 1e-300), theirs + 1, odds), 1.0)
    clustered = more & (factor > 1.02)  # noqa: PLR2004  below that hits are nearly independent
    expected = rows * (ref_hits + 0.5) / ref_rows
    tail[clustered] = np.maximum(tail[clustered], _clustered(hits[clustered], expected[clustered], factor[clustered]))
    return np.asarray(np.minimum(2 * tail, 1.0))


def _clustered(hits: NDArray[np.float64], mean: NDArray[np.float64], factor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper tail of a negative binomial law with variance `factor` (above 1) times its mean."""
    extra = factor - 1.0
    return np.asarray(special.betainc(hits, np.maximum(mean / extra, 1e-9), extra / factor))


def share_interval(
    hits: NDArray[np.float64],
    rows: NDArray[np.float64],
    ref_hits: NDArray[np.float64],
    ref_rows: NDArray[np.float64],
    z: NDArray[np.float64] | float,
    design: NDArray[np.float64] | float = 1.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interval for the difference of two shares (current less reference), Newcombe 1998's hybrid score method."""
    low_q, high_q = wilson(hits / design, rows / design, z)
    low_p, high_p = wilson(ref_hits / design, ref_rows / design, z)
    with np.errstate(invalid="ignore", divide="ignore"):
        q, p = hits / rows, ref_hits / ref_rows
    low = q - p - np.sqrt((q - low_q) ** 2 + (high_p - p) ** 2)
    high = q - p + np.sqrt((high_q - q) ** 2 + (p - low_p) ** 2)
    return low, high


def wilson(
    hits: NDArray[np.float64] | np.float64, rows: NDArray[np.float64] | np.float64, z: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Wilson 1927's interval for a share."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = hits / rows
        middle = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
        half = z / (1 + z**2 / rows) * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def noncentrality_interval(
    x: NDArray[np.float64], df: NDArray[np.float64], z: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Interval for the noncentrality behind a chi-square value, in closed form.

    Inverts the two-term Cornish-Fisher quantile of the noncentral chi-square, x = ν + δ ± z √(2ν + 4δ)
    + ⅓ (z² - 1)(2ν + 6δ)/(ν + 2δ), for δ. Its ends are within 0.3 + 3% of the exact inversion for ν >= 3.
    """
    bounds = []
    for sign in (1.0, -1.0):
        delta = np.maximum(x - df, 0.0)
        for _ in range(3):
            skew = (z**2 - 1) / 3 * (2 * df + 6 * delta) / np.maximum(df + 2 * delta, 1e-12)
            # Solve (x - skew - ν - δ)² = z² (2ν + 4δ) for δ on the wanted side.
            gap = x - skew - df
            root = np.sqrt(np.maximum(4 * z**4 + 4 * z**2 * gap + 2 * z**2 * df, 0.0))
            delta = np.maximum(gap + 2 * z**2 - sign * root, 0.0)
        bounds.append(delta)
    return bounds[0], bounds[1]


def chi_square_p(x: NDArray[np.float64], df: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper tail of the chi-square law; `df` need not be whole."""
    with np.errstate(invalid="ignore"):
        return np.asarray(special.gammaincc(np.maximum(df, 1e-9) / 2, np.maximum(x, 0.0) / 2))


def chi_square_quantile(tail: float, df: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value a chi-square exceeds with probability `tail`."""
    return np.asarray(2 * special.gammainccinv(np.maximum(df, 1e-9) / 2, tail))


def kolmogorov_p(distance: NDArray[np.float64], rows: NDArray[np.float64], ref_rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sample Kolmogorov-Smirnov p-value, Kolmogorov's limit with Stephens 1970's small-sample term."""
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(rows * ref_rows / (rows + ref_rows))
        return np.asarray(special.kolmogorov((root + 0.12 + 0.11 / root) * distance))


def cramer_von_mises_p(statistic: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tail of the limiting Cramér-von Mises law, by its leading Bessel terms (Anderson and Darling 1952)."""
    t = np.maximum(statistic, 1e-3)
    total = np.zeros_like(t)
    for k in range(8):
        u = np.exp(special.gammaln(k + 0.5) - special.gammaln(k + 1)) / np.pi**1.5
        y = 4 * k + 1
        q = y**2 / (16 * t)
        total += u / np.sqrt(t) * np.sqrt(y) * np.exp(-q) * special.kv(0.25, q)
    return np.clip(1.0 - total, 0.0, 1.0)
