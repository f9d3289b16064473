"""What a model said against what came true, as curves and tables to look at: made from the counts of one window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.significance import normal_quantile, wilson
from driftline.profile.outcome import SUM_STEP, Said
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome, OutcomeCounts

POINTS = 64
"""A curve has at most so many points beside its ends."""

GROUPS = 10
"""Scores, and predictions, are looked at in so many groups of about the same weight."""

CLASSES_SHOWN = 12
"""So many classes have a row of the confusion matrix; the rarer ones share the last."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""What is shown of the residuals in each group of predictions."""

Z95 = 0.025


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Rows by what came true (first axis) and what was said (second axis); int64[classes, classes]."""

    classes: tuple[str, ...]
    table: NDArray[np.int64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Each cell as a share of what came true; NaN where a class never came."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.table / self.table.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points of a curve from left to right."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Rows in groups of like scores: the mean score, the share that came true with its 95% interval, the rows."""

    score: NDArray[np.float64]
    share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Residuals in groups of like predictions: each group's middle prediction, float64[groups, QUANTILES], the rows."""

    prediction: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    rows: NDArray[np.int64]


def confusion(outcome: Outcome, counts: OutcomeCounts) -> Confusion | None:
    """Tabulate what came true against what was said; None where that is not known of any row."""
    if outcome.task in {Task.REGRESSION, Task.RANKING}:
        return None
    table = counts.table[:-1, :-1].T
    if not table.sum():
        return None
    # The order of classes is the plan's, so that windows can be compared; what is shown depends on the reference alone.
    names, most = outcome.classes, CLASSES_SHOWN - 1
    if len(names) <= CLASSES_SHOWN:
        return Confusion(names, table)
    folded = np.zeros((CLASSES_SHOWN, CLASSES_SHOWN), dtype=np.int64)
    place = np.minimum(np.arange(len(names)), most)
    np.add.at(folded, (place[:, None], place[None, :]), table)
    return Confusion((*names[:most], f"{len(names) - most} others"), folded)


def roc(outcome: Outcome, counts: OutcomeCounts) -> Curve | None:
    """False positives against true positives, from the highest score down; None where one class has no scored row."""
    steps = _steps(outcome, counts)
    if steps is None:
        return None
    negatives, positives = steps
    return _thinned(Curve(negatives / negatives[-1], positives / positives[-1]))


def precision_recall(outcome: Outcome, counts: OutcomeCounts) -> Curve | None:
    """Recall against precision, from the highest score down; None where one class has no scored row."""
    steps = _steps(outcome, counts)
    if steps is None:
        return None
    negatives, positives = steps
    said = negatives + positives
    known = said > 0
    return _thinned(Curve(positives[known] / positives[-1], positives[known] / said[known]))


def reliability(outcome: Outcome, counts: OutcomeCounts) -> Reliability | None:
    """Group rows by score, all classes together where there are more than two; None without scores or labels."""
    if outcome.task in {Task.REGRESSION, Task.RANKING} or not outcome.scores:
        return None
    parts = [_scored(outcome, counts, column) for column in range(len(outcome.scores))]
    sums = [counts.sums[column][:-1, :2].sum(axis=1) * SUM_STEP for column in range(len(outcome.scores))]
    labels = np.concatenate([part.sum(axis=1) for part in parts])
    hits, total = np.concatenate([part[:, Said.POSITIVE] for part in parts]), np.concatenate(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        order = np.argsort(np.where(labels > 0, total / labels, 2.0), kind="stable")
    labels, hits, total = labels[order], hits[order], total[order]
    if not labels.sum():
        return None
    # Where what is looked for is rare, groups of as many rows each would all lie near 0: half of the weight is the scores' own.
    weight = labels / labels.sum() + total / (total.sum() or 1.0)
    group = _groups(weight, GROUPS)
    rows, hit, score = (np.bincount(group, values, minlength=GROUPS).astype(np.float64) for values in (labels, hits, total))
    some = rows > 0
    rows, hit, score = rows[some], hit[some], score[some]
    low, high = wilson(hit, rows, normal_quantile(Z95))
    share = hit / rows
    # At none and at all of them, rounding may put an end of the interval beyond the share.
    return Reliability(score / rows, share, np.minimum(low, share), np.maximum(high, share), rows.astype(np.int64))


def residuals(outcome: Outcome, counts: OutcomeCounts) -> Residuals | None:
    """Group rows by prediction and take quantiles of their residuals, prediction − label; None without labels."""
    if outcome.task is not Task.REGRESSION:
        return None
    table = counts.table[:-1, :-1]
    if not table.sum():
        return None
    predictions, errors = outcome.arrays
    rows = table.sum(axis=1)
    group = _groups(rows, GROUPS)
    grouped = np.zeros((GROUPS, table.shape[1]), dtype=np.int64)
    np.add.at(grouped, group, table)
    some = grouped.sum(axis=1) > 0
    middles = [_quantile(predictions, np.where(group == g, rows, 0), 0.5) for g in np.flatnonzero(some)]
    found = [[_quantile(errors, row, q) for q in QUANTILES] for row in grouped[some]]
    return Residuals(np.array(middles), np.array(found), grouped[some].sum(axis=1))


def _scored(outcome: Outcome, counts: OutcomeCounts, column: int) -> NDArray[np.int64]:
    """Rows by score bin and whether the class came true: int64[bins, 2]; rows without a score or label are left out."""
    table = counts.scores[column][:-1]
    return np.asarray((table.sum(axis=1) if outcome.task is Task.BINARY else table)[:, :2])


def _steps(outcome: Outcome, counts: OutcomeCounts) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Negatives and positives above each score, from none to all of them."""
    if outcome.task is not Task.BINARY or not outcome.scores:
        return None
    above = np.concatenate([np.zeros((1, 2), dtype=np.int64), np.cumsum(_scored(outcome, counts, 0)[::-1], axis=0)])
    return (above[:, Said.NEGATIVE], above[:, Said.POSITIVE]) if above[-1].all() else None


def _thinned(curve: Curve) -> Curve:
    """Keep points about evenly spaced along the curve, and both ends."""
    moved = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y)))])
    at = np.searchsorted(moved, np.linspace(0, moved[-1], POINTS))
    kept = np.unique(np.concatenate([[0], np.minimum(at, moved.size - 1), [moved.size - 1]]))
    return Curve(curve.x[kept], curve.y[kept])


def _groups(weight: NDArray[np.int64] | NDArray[np.float64], groups: int) -> NDArray[np.int64]:
    """Cut a row of bins into so many groups of about the same weight."""
    middle = np.cumsum(weight) - weight / 2
    return np.asarray(np.minimum(middle / weight.sum() * groups, groups - 1).astype(np.int64))


def _quantile(edges: NDArray[np.float64], rows: NDArray[np.int64], q: float) -> float:
    """A quantile from counts in bins, along which rows are spread evenly; the open bins at the ends have no width."""
    bounds = np.concatenate([edges[:1], edges, edges[-1:]])
    heads = np.concatenate([[0], np.cumsum(rows)])
    at = int(np.clip(np.searchsorted(heads, q * heads[-1], side="left") - 1, 0, rows.size - 1))
    inside = (q * heads[-1] - heads[at]) / rows[at] if rows[at] else 0.0
    return float(bounds[at] + inside * (bounds[at + 1] - bounds[at]))
