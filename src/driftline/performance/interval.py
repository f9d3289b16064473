"""What was measured and how sure it is: a value, its standard error and an interval, or the reason why there is none.

Every interval takes rows as independent. `bench/bench_intervals.py` measures how often each contains the truth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.significance import normal_quantile, wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

MANY = 1e150
"""The square of so many rows is no number any more."""

STRAIGHT = 1e-3
"""With less skewness than this a mean's interval is Student's."""


@dataclass(frozen=True, slots=True)
class Value:
    """What was measured.

    Attributes:
        value: the number itself, as counted; NaN where there is none.
        error: its standard error.
        low: lower end of the interval.
        high: upper end.
        rows: how many rows (for ranking: queries) it is a mean, a share or a sum over.
        why: empty, or the reason why nothing can be concluded from it.
    """

    value: float
    error: float
    low: float
    high: float
    rows: int
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether something can be concluded."""
        return not self.why


def unknown(why: str, rows: int = 0, value: float = math.nan) -> Value:
    """Nothing can be concluded, and why."""
    return Value(value, math.nan, math.nan, math.nan, rows, why)


def critical(confidence: float, df: float = math.inf) -> float:
    """What Student's t (the normal law for infinite `df`) exceeds on either side with what is left of `confidence`.

    >>> round(critical(0.95), 2), round(critical(0.95, 9), 2)
    (1.96, 2.26)
    """
    return _normal(confidence) if math.isinf(df) else float(-special.stdtrit(df, (1 - confidence) / 2))


@cache
def _normal(confidence: float) -> float:
    return float(normal_quantile((1 - confidence) / 2))


def share(hits: float, rows: float, confidence: float, nothing: str = "there are no rows") -> Value:
    """A share of rows, with Wilson 1927's interval; `nothing` is the reason where there are no rows.

    >>> found = share(8, 10, 0.95)
    >>> found.value, round(found.low, 2), round(found.high, 2)
    (0.8, 0.49, 0.94)
    """
    if rows <= 0:
        return unknown(nothing)
    rows = float(rows)
    hits = min(float(hits), rows)
    return _by_wilson(hits / rows, rows, critical(confidence), critical(confidence), round(rows))


def bounded(value: float, center: float, variance: float, rows: int, confidence: float, df: float = math.inf) -> Value:
    """A number in [0, 1] that is no plain share: Wilson's interval for as many rows as would give a share its variance.

    Args:
        value: the number.
        center: the number within (0, 1) to which `variance` belongs: the value, or a smoothed one where that is 0 or 1.
        variance: the variance of `center`.
        rows: the rows behind it.
        confidence: of the interval.
        df: degrees of freedom behind the variance.
    """
    effective = center * (1 - center) / variance
    return _by_wilson(value, effective, critical(confidence, df), critical(confidence), rows)


def _by_wilson(value: float, effective: float, wide: float, normal: float, rows: int) -> Value:
    low, high = _wilson(value * effective, effective, wide)
    # The error is the interval's own, for it is never 0 and a share's formula is.
    return Value(value, (high - low) / (2 * normal), min(low, value), max(high, value), rows)


def _wilson(hits: float, rows: float, z: float) -> tuple[float, float]:
    """What `wilson` gives of one share, sooner: NumPy takes ten times as long for single numbers."""
    if not 0 < rows < MANY:
        low, high = wilson(np.float64(hits), np.float64(rows), z)
        return float(low), float(high)
    share = hits / rows
    middle = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * math.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def logit(value: float, center: float, variance: float, rows: int, confidence: float, df: float = math.inf) -> Value:
    """A number in [0, 1], its interval symmetric in log odds. Arguments as in `bounded`."""
    middle, error = float(special.logit(center)), math.sqrt(variance)
    half = critical(confidence, df) * error / (center * (1 - center))
    low, high = float(special.expit(middle - half)), float(special.expit(middle + half))
    return Value(value, error, 0.0 if value <= 0 else min(low, value), 1.0 if value >= 1 else max(high, value), rows)


def correlation(value: float, center: float, variance: float, rows: int, confidence: float) -> Value:
    """A number in [-1, 1], its interval symmetric in Fisher 1915's z. Arguments as in `bounded`."""
    middle, error = math.atanh(center), math.sqrt(variance)
    half = critical(confidence) * error / (1 - center**2)
    low, high = math.tanh(middle - half), math.tanh(middle + half)
    return Value(value, error, -1.0 if value <= -1 else min(low, value), 1.0 if value >= 1 else max(high, value), rows)


def mean(value: float, variance: float, skew: float, rows: int, confidence: float) -> Value:
    """A mean over rows, with Hall 1992's interval, which makes up for the skewness of what is averaged.

    With T = √n (mean − truth) / s and skewness γ, Hall's T + γT²/(3√n) + γ²T³/(27n) + γ/(6√n) is held against Student's t;
    it rises with T, so its ends have a closed form. Without skewness that is Student's interval.

    Args:
        value: the mean.
        variance: of one row, divisor n.
        skew: of one row; what is known of it suffices.
        rows: how many.
        confidence: of the interval.
    """
    if rows <= 0:
        return unknown("there are no rows")
    if rows == 1:
        return unknown("one row says nothing about how much rows differ", 1, value)
    root = math.sqrt(rows)
    error = math.sqrt(variance * rows / (rows - 1)) / root
    ends = [value - _hall(skew, root, sign * critical(confidence, rows - 1)) * error for sign in (1.0, -1.0)]
    return Value(value, error, min(ends), max(ends), rows)


def _hall(skew: float, root: float, t: float) -> float:
    """The T whose transform is t."""
    if abs(skew) < STRAIGHT:
        return t
    return 3 * root / skew * (float(np.cbrt(1 + skew * (t - skew / (6 * root)) / root)) - 1)


def skewness(counts: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Skewness of values that occur so often; 0 where they do not differ."""
    rows = counts.sum()
    if rows <= 0:
        return 0.0
    centred = values - (counts * values).sum() / rows
    # Products: powers above the second take many times as long.
    squared = counts * centred * centred
    second = float(squared.sum() / rows)
    return float((squared @ centred) / rows / second**1.5) if second > 0 else 0.0


def weighted(values: Sequence[Value], weights: Sequence[float]) -> Value:
    """A weighted sum of independent values, its interval from theirs by Zou and Donner 2008 (MOVER)."""
    missing = next((one for one in values if not one.known), None)
    rows = sum(one.rows for one in values)
    if missing is not None:
        return unknown(missing.why, rows)
    total = sum(weight * one.value for weight, one in zip(weights, values, strict=True))
    error = math.hypot(*(weight * one.error for weight, one in zip(weights, values, strict=True)))
    down = math.hypot(*(w * (one.value - (one.low if w > 0 else one.high)) for w, one in zip(weights, values, strict=True)))
    up = math.hypot(*(w * ((one.high if w > 0 else one.low) - one.value) for w, one in zip(weights, values, strict=True)))
    return Value(total, error, total - down, total + up, rows)


def difference(left: Value, right: Value) -> Value:
    """Left less right, both independent, by Newcombe 1998's method 10, which is `weighted` of two."""
    return weighted([left, right], [1.0, -1.0])


def through(value: Value, rising: Callable[[float], float], slope: float) -> Value:
    """A value seen through a rising function, the slope of which at the value carries the error over."""
    return Value(rising(value.value), value.error * slope, rising(value.low), rising(value.high), value.rows, value.why)


def within(value: Value, least: float, most: float) -> Value:
    """The same with its interval cut to what is possible."""
    return Value(value.value, value.error, max(value.low, least), min(value.high, most), value.rows, value.why)
