"""Three parts of a change where reference and window overlap little: rows that became more frequent, a changed relation, rows never seen.

With r the ratio of densities, window over reference, both sides are weighted to what they have in common, density ∝ pq / (p + q):
rows of the reference by r / (1 + r), rows of the window by 1 / (1 + r). No weight is above 1, however far the sides are apart, so
that the middle part, which compares labels of rows that are alike, rests on nothing extrapolated (DISDE; Cai, Namkoong and
Yadlowsky 2023). What lies outside is told apart instead of being ascribed to either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.performance.plugin import MEANS, RANKED, Loss, auc, average_precision, losses, of_table, table
from driftline.performance.residual import means_of
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.fitted import Beside, Metric
    from driftline.performance.rows import Rows

GROUPS = 20
"""Rows are left out in so many groups, one after another, to see how far each part varies (the grouped jackknife)."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A change in three parts that add up to it, on rows with a label.

    Attributes:
        seen: from the reference to what both have in common, labels as in the reference: rows the reference knew became more frequent.
        relation: there, from the reference's labels to the window's: what comes true has changed for rows that are alike.
        relation_error: its standard error, weights taken as known.
        p_value: of so large a part, were the relation what it was.
        unseen: from there to the window: rows of which the reference has few or none.
        overlap: how much both have in common, from 0 to 1 where they are alike.
    """

    seen: float
    relation: float
    relation_error: float
    p_value: float
    unseen: float
    overlap: float


def three_parts(seen: Beside, place: int) -> Shared | None:
    """Split the change of `seen.fitted.metrics[place]` in three; None where the metric does not exist on a side.

    Args:
        seen: a window all of whose rows have a label, beside the reference.
        place: of the metric.
    """
    metric, there, here = seen.fitted.metrics[place], seen.fitted.rows, seen.rows
    past, now = special.expit(seen.ratio.log_reference), special.expit(-seen.ratio.log_window)
    with np.errstate(invalid="ignore", divide="ignore"):
        usual, found = (weighted(metric, rows, np.ones(len(rows))) for rows in (there, here))
        before, after = weighted(metric, there, past), weighted(metric, here, now)
        error = math.hypot(_error(metric, there, past), _error(metric, here, now))
    if not np.isfinite([usual, before, after, found, error]).all():
        return None
    relation = after - before
    p_value = float(2 * special.ndtr(-abs(relation) / error)) if error > 0 else float(relation == 0)
    return Shared(before - usual, relation, error, p_value, found - after, float(np.clip(2 * now.mean(), 0.0, 1.0)))


def weighted(metric: Metric, rows: Rows, weights: NDArray[np.float64]) -> float:
    """A metric of labelled rows that count as often as their weights say.

    Args:
        metric: by name, or a mean of one's own.
        rows: n rows with labels.
        weights: float64[n], at least 0.
    """
    if rows.task is Task.REGRESSION:
        means = means_of(metric)
        return means.of(np.asarray(np.average(means.matrix(rows), axis=0, weights=weights)))
    truth = rows.truth() * weights[:, None]
    if isinstance(metric, Loss) or metric in MEANS:
        return float((losses(metric, rows) * truth).sum() / weights.sum())
    if metric not in RANKED:
        return of_table(metric, table(rows.said(), truth) / weights.sum())
    if metric in {"roc_auc", "average_precision"}:
        return _ranked(metric, rows.score, truth[:, 1], weights)
    each = np.array([_ranked("roc_auc", scores, came, weights) for scores, came in zip(rows.scores().T, truth.T, strict=True)])
    return float(np.average(each, weights=truth.sum(0) if metric == "roc_auc_weighted" else None))


def _ranked(metric: str, score: NDArray[np.float64], came: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    at, place = np.unique(score, return_inverse=True)
    positives, negatives = (np.bincount(place, of, at.size).astype(np.float64) for of in (came, weights - came))
    return (auc if metric == "roc_auc" else average_precision)(positives, negatives)[0]


def _error(metric: Metric, rows: Rows, weights: NDArray[np.float64]) -> float:
    """The grouped jackknife's standard error (Quenouille 1956)."""
    group = np.arange(len(rows)) % GROUPS
    without = np.array([weighted(metric, rows.take(group != k), weights[group != k]) for k in range(GROUPS)])
    return float(np.sqrt((GROUPS - 1) / GROUPS * ((without - without.mean()) ** 2).sum()))
