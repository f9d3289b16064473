"""Few labels used well: a window's mean loss from the rows that have labels, sharpened by what is expected of all rows.

Prediction-powered inference (Angelopoulos et al. 2023; tuned, PPI++: Angelopoulos, Duchi and Zrnic 2023). Expectations may
be as wrong as they like: they only make the interval narrower or leave it as it is. Labels are taken to have come at random;
`driftline.performance.skew` says whether they look like it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.interval import critical
from driftline.performance.plugin import MEANS, Loss, losses
from driftline.performance.residual import means_of
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.fitted import Beside

    Column = NDArray[np.float64]

FEWEST = 30
"""With fewer labels the normal law is not to be had."""


@dataclass(frozen=True, slots=True)
class Powered:
    """A mean from few labels.

    Attributes:
        value: the mean loss; NaN where there is none.
        error: its standard error.
        low: lower end of its interval.
        high: upper end.
        weight: how much expectations counted: 0 is the plain mean of the labelled rows, 1 trusts them fully.
        labels: how many labels there were.
        saved: how many labels the expectations were worth: so many more the plain mean would have needed.
        why: empty, or why there is no value.
    """

    value: float
    error: float
    low: float
    high: float
    weight: float
    labels: int
    saved: float = 0.0
    why: str = ""


def powered_mean(
    loss: NDArray[np.float64],
    expected: NDArray[np.float64],
    expected_rest: NDArray[np.float64],
    *,
    confidence: float = 0.95,
    weight: float | None = None,
) -> Powered:
    """The mean loss over all rows of a window.

    Args:
        loss: float64[n], of the labelled rows.
        expected: float64[n], what was expected of them without their labels.
        expected_rest: float64[N], what is expected of the rows without a label.
        confidence: of the interval.
        weight: how much expectations count; None for what makes the interval narrowest.

    Returns:
        Mean and interval; a reason instead where there are fewer than 30 labels.
    """
    n, rest = loss.size, expected_rest.size
    if n < FEWEST:
        return Powered(np.nan, np.nan, np.nan, np.nan, 0.0, n, why=f"there are {n} labels, and at least {FEWEST} are needed")
    plain = loss.var(ddof=1) / n
    if weight is None:
        spread = expected.var(ddof=1)
        best = np.cov(loss, expected)[0, 1] / (spread * (1 + n / rest)) if rest and spread > 0 else 0.0
        weight = float(np.clip(best, 0.0, 1.0))
    value, variance = loss.mean(), plain
    if rest and weight:
        value = loss.mean() + weight * (expected_rest.mean() - expected.mean())
        variance = (loss - weight * expected).var(ddof=1) / n + weight**2 * expected_rest.var() / rest
    error = float(np.sqrt(variance))
    half = critical(confidence, n - 1.0) * error
    saved = n * (plain / variance - 1) if variance > 0 else 0.0
    return Powered(float(value), error, float(value) - half, float(value) + half, weight, n, float(max(saved, 0.0)))


def powered(seen: Beside, place: int, confidence: float = 0.95) -> Powered | None:
    """`seen.fitted.metrics[place]` of a window of which some rows have a label; None for what is no mean of the rows' losses.

    It takes labels to have come at random, and nothing else: that what is expected of rows is right is not needed.
    """
    parts = _numbers(seen, place) if seen.rows.task is Task.REGRESSION else _classes(seen, place)
    if parts is None:
        return None
    expected, loss = parts
    known = seen.rows.labelled()
    return powered_mean(loss[known], expected[known], expected[~known], confidence=confidence)


def _classes(seen: Beside, place: int) -> tuple[Column, Column] | None:
    """What is expected of each row, and what its label says."""
    metric, rows, each = seen.fitted.metrics[place], seen.rows, np.arange(len(seen.rows))
    if metric == "accuracy":
        right = np.eye(rows.classes)[rows.said()]
    elif isinstance(metric, Loss) or metric in MEANS:
        right = losses(metric, rows)
    else:
        return None
    came = np.nan_to_num(rows.label).astype(np.intp)
    return (right * seen.expected).sum(1), right[each, came]


def _numbers(seen: Beside, place: int) -> tuple[Column, Column] | None:
    means = means_of(seen.fitted.metrics[place])
    # A metric of one loss is its mean if it is 2 where that is 2.
    if len(means.losses) > 1 or means.of(np.array([2.0])) != 2.0:  # noqa: PLR2004  any number but 0 and 1 tells
        return None
    return seen.expected[:, seen.columns(place)][:, 0], means.matrix(seen.rows)[:, 0]
