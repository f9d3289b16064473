"""Metrics of many classes: what one class against the rest gives, averaged over classes."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.classification import NO_ROWS, ONE_CLASS, PSEUDO
from driftline.performance.classification import balanced_accuracy as of_two
from driftline.performance.curve import LEAST, flawless, placements
from driftline.performance.interval import Value, bounded, logit, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.performance.curve import Placements
    from driftline.performance.question import Question

    Parts = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

TWO = 2


def _precision(table: NDArray[np.float64]) -> Parts:
    """Each class's precision, and its slopes: along the row of what was said, along the column of what came true, at their crossing."""
    said = table.sum(axis=1)
    value, one = _over(np.diag(table), said), _over(np.ones(len(table)), said)
    return value, -value * one, np.zeros_like(value), one


def _recall(table: NDArray[np.float64]) -> Parts:
    value, down, along, crossing = _precision(table.T)
    return value, along, down, crossing


def _f1(table: NDArray[np.float64]) -> Parts:
    both = table.sum(axis=1) + table.sum(axis=0)
    value, one = _over(2 * np.diag(table), both), _over(np.ones(len(table)), both)
    return value, -value * one, -value * one, 2 * one


def _over(some: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(some, rows, out=np.zeros_like(rows), where=rows > 0)


def _averaged(
    asked: Question, of: Callable[[NDArray[np.float64]], Parts], weigh: Callable[[NDArray[np.float64]], NDArray[np.bool_]] | None
) -> Value:
    """An average over classes: plain over those that `weigh` chooses, or weighted by how often they came true where it is None."""
    table = asked.confusion()
    rows = round(table.sum())
    if not rows:
        return unknown(NO_ROWS)
    chosen = None if weigh is None else weigh(table)
    value, _ = _average(table, of, chosen)
    center, variance = _average(table + PSEUDO / table.size, of, chosen)
    # Each class's own share is learnt from its own rows and costs one of them.
    left = max(rows - int(_present(table).sum()), 1)
    return bounded(value, value if 0 < value < 1 else center, variance * rows / left, rows, asked.confidence, left)


def _average(
    table: NDArray[np.float64], of: Callable[[NDArray[np.float64]], Parts], chosen: NDArray[np.bool_] | None
) -> tuple[float, float]:
    """The average and its variance by the delta method for multinomial counts."""
    each, along, down, crossing = of(table)
    came = table.sum(axis=0)
    weight = came / came.sum() if chosen is None else chosen / chosen.sum()
    value = float(weight @ each)
    slope = (weight * along)[:, None] + (weight * down)[None, :] + np.diag(weight * crossing)
    if chosen is None:
        slope = slope + ((each - value) / came.sum())[None, :]
    return value, float((table * slope**2).sum())


def _present(table: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Classes that were said or came true: those over which scikit-learn averages."""
    return np.asarray(table.sum(axis=0) + table.sum(axis=1) > 0)


def precision_macro(asked: Question) -> Value:
    """Mean precision of the classes that occur; a class that was never predicted counts 0."""
    return _averaged(asked, _precision, _present)


def precision_weighted(asked: Question) -> Value:
    """Precision of the classes, each weighted by how often it came true."""
    return _averaged(asked, _precision, None)


def recall_macro(asked: Question) -> Value:
    """Mean recall of the classes that occur; a class that never came true counts 0."""
    return _averaged(asked, _recall, _present)


def f1_macro(asked: Question) -> Value:
    """Mean F1 of the classes that occur."""
    return _averaged(asked, _f1, _present)


def f1_weighted(asked: Question) -> Value:
    """F1 of the classes, each weighted by how often it came true."""
    return _averaged(asked, _f1, None)


def balanced_accuracy(asked: Question) -> Value:
    """Mean recall of the classes that came true (Brodersen et al. 2010)."""
    if asked.target is not None or len(asked.outcome.classes) == TWO:
        return of_two(asked)
    table = asked.confusion()
    came = table.sum(axis=0) > 0
    if came.sum() <= 1:
        return unknown(ONE_CLASS if came.any() else NO_ROWS, round(table.sum()))
    return _averaged(asked, _recall, lambda table: np.asarray(table.sum(axis=0) > 0))


def roc_auc(asked: Question, *, by_rows: bool) -> Value:
    """ROC AUC of each class against the rest, averaged: plainly, or `by_rows`, weighted by how often each came true.

    Each class's variance is DeLong's. Counts do not tell how AUCs of several classes go together: a row of class c that
    scores low as c scores high as some other class k. That pair is given the correlation √(πc / (1 − πk)) / √(K − 1), which
    is right where a row's lost score goes to any one of the other classes; negatives of several classes are taken as independent.
    """
    every = [asked.scored(place) for place in range(len(asked.outcome.classes))]
    rows = round(every[0].rows.sum())
    parts = [placements(scored) for scored in every if not scored.one_sided]
    if len(parts) <= 1:
        return asked.only_one_class(rows)
    came = np.array([part.positives for part in parts])
    each = np.array([part.value for part in parts])
    weight = came / came.sum() if by_rows else np.full(len(parts), 1 / len(parts))
    value = float(weight @ each)
    if min(value, 1 - value) < LEAST:
        return flawless(round(value), float(came.min()), rows, asked.confidence)
    variance = _joint(parts, weight, came / rows)
    if by_rows:
        variance += float(weight @ (each - value) ** 2) / rows
    df = variance**2 / float((weight**4 * np.array([part.variance**2 / part.df for part in parts])).sum())
    return logit(value, float(weight @ np.array([part.center for part in parts])), variance, rows, asked.confidence, df)


def _joint(parts: list[Placements], weight: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """Variance of a weighted sum of AUCs."""
    up = np.sqrt([part.of_positives for part in parts])
    down = np.sqrt([part.of_negatives for part in parts])
    alike = np.sqrt(shares[:, None] / (1 - shares[None, :])) / math.sqrt(max(len(parts) - 1, 1))
    cross = (weight * up)[:, None] * (weight * down)[None, :] * np.minimum(alike, 1.0)
    np.fill_diagonal(cross, 0.0)
    return float(weight**2 @ (up**2 + down**2) + 2 * cross.sum())


roc_auc_macro = partial(roc_auc, by_rows=False)
roc_auc_weighted = partial(roc_auc, by_rows=True)
