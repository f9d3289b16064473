"""Classification metrics as functions of each row's chance of every class, with their slopes: labels are chances of 0 and 1.

With n rows and K classes, `chances` is float64[n, K]. A metric's slope at a row and a class is what one row's chance of that
class adds to the metric, times the number of rows: what standard errors and first-order corrections are made of (the
influence function; Hampel 1974). Tables of what was said × what came true give most metrics, ranks the others.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError, near_miss

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.performance.rows import Rows

    Table = NDArray[np.complex128]

LEAST = float(np.finfo(np.float64).eps)
"""Probabilities are kept so far from 0 before their logarithm is taken, as scikit-learn keeps them."""

TINY = 1e-30
"""The imaginary step of the derivative (Squire and Trapp 1998): exact to the last digit."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A metric of one's own that is a mean over rows.

    Attributes:
        name: what it is called.
        of: from labels, scores and predicted classes (all with n rows, as in `Rows`) to float64[n].
    """

    name: str
    of: Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True, eq=False)
class Plugged:
    """A metric with chances put in for labels.

    Attributes:
        value: the metric; NaN where it does not exist.
        slopes: float64[n, K], at the window's rows.
        elsewhere: float64[m, K], at other rows: what they would add if they were in the window.
    """

    value: float
    slopes: NDArray[np.float64]
    elsewhere: NDArray[np.float64]


def table(said: NDArray[np.intp], chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Expected rows by what was said × what came true. Shape: K × K."""
    return np.stack([np.bincount(said, weights=column, minlength=chances.shape[1]) for column in chances.T], axis=1)


def _over(some: Table, rows: Table) -> Table:
    """A share; NaN of nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(rows.real > 0, some / np.where(rows.real > 0, rows, 1), np.nan), dtype=np.complex128)


def _parts(cells: Table) -> tuple[Table, Table, Table]:
    """Right predictions, predictions, and rows of each class."""
    return np.diagonal(cells), cells.sum(1), cells.sum(0)


def _f(cells: Table, beta: float) -> Table:
    right, said, came = _parts(cells)
    return _over((1 + beta**2) * right, said + beta**2 * came)


def _precision(cells: Table) -> Table:
    right, said, _ = _parts(cells)
    return _over(right, said)


def _recall(cells: Table) -> Table:
    right, _, came = _parts(cells)
    return _over(right, came)


def _specificity(cells: Table) -> Table:
    right, said, came = _parts(cells)
    return _over(cells.sum() - said - came + right, cells.sum() - came)


def _matthews(cells: Table) -> Table:
    right, said, came = _parts(cells)
    n = cells.sum()
    return _over(right.sum() * n - said @ came, np.sqrt((n**2 - said @ said) * (n**2 - came @ came)))


def _weighted(of: Callable[[Table], Table]) -> Callable[[Table], Table]:
    """The mean over classes, weighted by their rows."""
    return lambda cells: np.asarray((np.nan_to_num(of(cells)) * cells.sum(0)).sum() / cells.sum())


FORMULAS: dict[str, Callable[[Table], Table]] = {
    "accuracy": lambda cells: _over(np.trace(cells), cells.sum()),
    "precision": lambda cells: _precision(cells)[1],
    "recall": lambda cells: _recall(cells)[1],
    "specificity": lambda cells: _recall(cells)[0],
    "f1": lambda cells: _f(cells, 1.0)[1],
    "balanced_accuracy": lambda cells: _recall(cells).mean(),
    "mcc": _matthews,
    "positive_rate": lambda cells: _over(cells[1].sum(), cells.sum()),
    "prevalence": lambda cells: _over(cells[:, 1].sum(), cells.sum()),
    "precision_macro": lambda cells: _precision(cells).mean(),
    "recall_macro": lambda cells: _recall(cells).mean(),
    "specificity_macro": lambda cells: _specificity(cells).mean(),
    "f1_macro": lambda cells: _f(cells, 1.0).mean(),
    "precision_weighted": _weighted(_precision),
    "recall_weighted": _weighted(_recall),
    "f1_weighted": _weighted(lambda cells: _f(cells, 1.0)),
}
"""Metrics of the table said × true; those without a suffix are of class 1."""

RANKED = ("roc_auc", "average_precision", "roc_auc_macro", "roc_auc_weighted")
"""Metrics of the order of scores."""

MEANS = ("log_loss", "brier")
"""Metrics that are means of a loss of the scores."""

_OF_CELLS = ("precision", "recall", "specificity", "f1", "positive_rate", "prevalence", "roc_auc", "average_precision")
"""Metrics of class 1 against class 0."""


def check(metric: str | Loss, classes: int) -> None:
    """Raise ConfigError where a metric cannot be computed for so many classes."""
    if isinstance(metric, Loss):
        return
    known = [*FORMULAS, *RANKED, *MEANS]
    if metric not in known and not re.fullmatch(r"f\d+(\.\d+)?", metric):
        raise ConfigError(f"the metric {metric!r} cannot be estimated", hint=near_miss(metric, known))
    if classes != 2 and (metric in _OF_CELLS or re.fullmatch(r"f[\d.]+", metric)):  # noqa: PLR2004  binary
        raise ConfigError(f"{metric!r} is a metric of two classes, and there are {classes}", hint=f"ask for {metric}_macro")


def plug(
    metric: str | Loss,
    window: Rows,
    chances: NDArray[np.float64],
    elsewhere: Rows,
    missed: NDArray[np.float64] | None = None,
) -> Plugged:
    """Compute a metric of a window from its chances.

    Args:
        metric: by name, or a mean of one's own.
        window: its rows.
        chances: float64[n, K], of each class for each row.
        elsewhere: rows at which the slopes are wanted, too; often the reference's.
        missed: float64[K, K], a correction of the table said × true, in shares; for metrics of that table.
    """
    if isinstance(metric, Loss) or metric in MEANS:
        here, there = losses(metric, window), losses(metric, elsewhere)
        return Plugged(float((here * chances).sum(1).mean()), here, there)
    if metric in RANKED:
        return _ranked(metric, window, chances, elsewhere)
    shares = table(window.said(), chances) / len(window)
    if missed is not None:
        shares = _corrected(shares, missed)
    value, slopes = _sloped(formula(metric), shares)
    return Plugged(value, slopes[window.said()], slopes[elsewhere.said()])


def _corrected(shares: NDArray[np.float64], missed: NDArray[np.float64]) -> NDArray[np.float64]:
    """The table put right: how often each class was said is known, and stays."""
    moved = np.maximum(shares + missed, 0.0)
    before, after = shares.sum(1, keepdims=True), moved.sum(1, keepdims=True)
    return np.asarray(np.where(after > 0, moved * before / np.where(after > 0, after, 1), shares))


def formula(metric: str) -> Callable[[Table], Table]:
    """A metric of the table by its name; the number in f0.5 or f2 is its beta."""
    if metric in FORMULAS:
        return FORMULAS[metric]
    beta = float(metric.removeprefix("f"))
    return lambda cells: _f(cells, beta)[1]


def of_table(metric: str, cells: NDArray[np.float64]) -> float:
    """A metric of the table said × true. `cells`: float64[K, K].

    >>> of_table("recall", np.array([[5.0, 1.0], [2.0, 3.0]]))
    0.75
    """
    return float(formula(metric)(cells.astype(np.complex128)).real)


def _sloped(of: Callable[[Table], Table], cells: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """A formula and its derivative by every cell."""
    slopes = np.empty_like(cells)
    for place in np.ndindex(cells.shape):
        step = cells.astype(np.complex128)
        step[place] += 1j * TINY
        slopes[place] = of(step).imag / TINY
    return float(of(cells.astype(np.complex128)).real), slopes


def losses(metric: str | Loss, rows: Rows) -> NDArray[np.float64]:
    """A loss for each class that may come true. Shape: n × K."""
    if isinstance(metric, Loss):
        return np.stack([metric.of(np.full(len(rows), float(k)), rows.score, rows.said()) for k in range(rows.classes)], axis=1)
    scores = rows.scores()
    if metric == "log_loss":
        return np.asarray(-np.log(np.clip(scores, LEAST, 1.0)))
    if rows.classes == 2:  # noqa: PLR2004  the Brier score of one of two classes
        return np.asarray((1 - scores) ** 2)
    return np.asarray((scores**2).sum(1, keepdims=True) - scores**2 + (1 - scores) ** 2)


def _ranked(metric: str, window: Rows, chances: NDArray[np.float64], elsewhere: Rows) -> Plugged:
    if metric in {"roc_auc", "average_precision"}:
        found = _one_against_rest(metric, window.score, chances[:, 1], elsewhere.score)
        return Plugged(found.value, found.slopes[:, ::-1], found.elsewhere[:, ::-1])
    classes, scores, others = range(chances.shape[1]), window.scores(), elsewhere.scores()
    each = [_one_against_rest("roc_auc", scores[:, k], chances[:, k], others[:, k]) for k in classes]
    shares = chances.mean(0)
    weights = shares if metric == "roc_auc_weighted" else np.full(len(each), 1 / len(each))
    values = np.array([one.value for one in each])
    here, there = (_every_class([getattr(one, name) * weights[k] for k, one in enumerate(each)]) for name in ("slopes", "elsewhere"))
    if metric == "roc_auc_weighted":
        here, there = here + values, there + values
    return Plugged(float((weights * values).sum()), here, there)


def _every_class(each: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The sum of slopes of one class and of the rest, one pair a class, as slopes of every class. Shape: n × K."""
    rest = sum((slopes[:, 1] for slopes in each), np.zeros(len(each[0])))
    return np.stack([rest - slopes[:, 1] + slopes[:, 0] for slopes in each], axis=1)


def _one_against_rest(metric: str, score: NDArray[np.float64], chance: NDArray[np.float64], others: NDArray[np.float64]) -> Plugged:
    """A metric of ranks; its slopes are for positives and, beside them, for the rest. Scores need not be different."""
    at, place = np.unique(score, return_inverse=True)
    positives = np.bincount(place, weights=chance) / score.size
    negatives = np.bincount(place, weights=1 - chance) / score.size
    value, slopes = (auc if metric == "roc_auc" else average_precision)(positives, negatives)
    beside = np.stack([np.interp(others, at, one) for one in slopes.T], axis=1)
    return Plugged(value, slopes[place], beside)


def auc(positives: NDArray[np.float64], negatives: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """ROC AUC of masses by score, from the lowest on, and its slopes by both. Shapes: n, n → n × 2; ties count half.

    >>> auc(np.array([0.0, 0.5]), np.array([0.5, 0.0]))[0]
    1.0
    """
    p, n = positives.sum(), negatives.sum()
    if p <= 0 or n <= 0:
        return math.nan, np.full((positives.size, 2), np.nan)
    below = np.cumsum(negatives) - negatives / 2
    above = p - np.cumsum(positives) + positives / 2
    value = positives @ below / (p * n)
    return float(value), np.stack([below / (p * n) - value / p, above / (p * n) - value / n], axis=1)


def average_precision(positives: NDArray[np.float64], negatives: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Average precision of masses by score, from the lowest on, and its slopes by both. Shapes: n, n → n × 2."""
    p = positives.sum()
    if p <= 0:
        return math.nan, np.full((positives.size, 2), np.nan)
    found = np.cumsum(positives[::-1])[::-1]
    seen = np.maximum(found + np.cumsum(negatives[::-1])[::-1], LEAST)
    value = (positives * found / seen).sum() / p
    # A row of some score is among those seen at every lower one.
    by_row = -np.cumsum(positives * found / seen**2)
    by_positive = found / seen + np.cumsum(positives / seen) + by_row
    return float(value), np.stack([by_positive / p - value / p, by_row / p], axis=1)
