"""Business figures beside the model: what a series says in each window, and whether it goes with the model's performance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from driftline.performance.interval import Value, critical, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST = 8
"""With fewer windows in common any two series go together."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """A business figure over time.

    Attributes:
        name: what it is called.
        times: float64[n], seconds since 1970, in any order; NaN where unknown.
        values: float64[n].
        of: what a window's figure is: the mean or the sum of its values.
    """

    name: str
    times: NDArray[np.float64]
    values: NDArray[np.float64]
    of: Literal["mean", "sum"] = "mean"


def laid_beside(series: Series, bounds: Sequence[tuple[float, float]]) -> tuple[float | None, ...]:
    """The figure of each window, from its first second to before its end; None where the series says nothing of it."""
    known = np.isfinite(series.times) & np.isfinite(series.values)
    order = np.argsort(series.times[known], kind="stable")
    times, values = series.times[known][order], series.values[known][order]
    found: list[float | None] = []
    for start, end in bounds:
        part = values[slice(*np.searchsorted(times, [start, end]))]
        worth = math.fsum(part) / (part.size if series.of == "mean" else 1) if part.size else None
        found.append(worth)
    return tuple(found)


def correlated(left: Sequence[float | None], right: Sequence[float | None], confidence: float = 0.95) -> Value:
    """Pearson's correlation of two series over the windows that both know, with Fisher's interval.

    Series that hang together over time say less than their length: the windows count as n (1 − ab) / (1 + ab), a and b
    being the correlations of neighbours in either (Bartlett 1935).

    >>> correlated([1, 2, 3], [1, 2, 3]).why
    'only 3 windows know both, and at least 8 are needed'
    """
    pairs = np.array([(x, y) for x, y in zip(left, right, strict=True) if x is not None and y is not None], dtype=np.float64)
    n = len(pairs)
    if n < FEWEST:
        return unknown(f"only {n} windows know both, and at least {FEWEST} are needed", n)
    centred = pairs - pairs.mean(0)
    spread = np.sqrt((centred**2).sum(0))
    if (spread <= 1e-12 * np.abs(pairs).max(0)).any():
        return unknown("one of them never moves", n)
    x, y = (centred / spread).T
    value = float(np.clip(x @ y, -1.0, 1.0))
    together = max(float(x[1:] @ x[:-1]) * float(y[1:] @ y[:-1]), 0.0)
    effective = n * (1 - together) / (1 + together)
    # Fisher's transformation has a variance of 1 / (n − 3); a handful of windows says next to nothing.
    error = 1 / math.sqrt(max(effective - 3, 0.5))
    middle, far = math.atanh(min(max(value, -1 + 1e-12), 1 - 1e-12)), critical(confidence) * error
    return Value(value, error * (1 - value**2), math.tanh(middle - far), math.tanh(middle + far), n)
