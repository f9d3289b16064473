"""Metrics of yes and no: shares and means read from the confusion matrix, of a binary model or of one class against the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.performance.interval import Value, bounded, correlation, share, through, unknown, weighted, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.performance.question import Question

PSEUDO = 2.0
"""So many rows, spread evenly over the table, are added where a variance is asked for: an empty cell is no proof of a share of 0."""

NO_ROWS = "no row has a label and a prediction"
ONE_CLASS = "all labels are of one class"


def accuracy(asked: Question) -> Value:
    """Share of rows whose prediction came true; for one label a row this is also micro precision, recall and F1."""
    table = asked.confusion() if asked.target is None else asked.two_by_two()
    return share(np.trace(table), table.sum(), asked.confidence, NO_ROWS)


def precision(asked: Question) -> Value:
    """Share of the rows predicted positive that are."""
    table = asked.two_by_two()
    return share(table[1, 1], table[1].sum(), asked.confidence, f"no row was predicted {asked.positive}")


def recall(asked: Question) -> Value:
    """Share of the positive rows that were predicted so."""
    table = asked.two_by_two()
    return share(table[1, 1], table[:, 1].sum(), asked.confidence, f"no row is labelled {asked.positive}")


def specificity(asked: Question) -> Value:
    """Share of the negative rows that were predicted so."""
    table = asked.two_by_two()
    return share(table[0, 0], table[:, 0].sum(), asked.confidence, f"every row is labelled {asked.positive}")


def false_positive_rate(asked: Question) -> Value:
    """Share of the negative rows that were predicted positive."""
    table = asked.two_by_two()
    return share(table[1, 0], table[:, 0].sum(), asked.confidence, f"every row is labelled {asked.positive}")


def f_beta(asked: Question) -> Value:
    """F-beta: (1 + β²) TP / ((1 + β²) TP + β² FN + FP) (van Rijsbergen 1979).

    F1 rises with TP / (TP + FP + FN), which is a share, and takes over its interval; for other β the delta method's variance.
    """
    table, beta = asked.two_by_two(), asked.parameter
    some = table.sum() - table[0, 0]
    if some <= 0:
        return unknown(f"no row was predicted or labelled {asked.positive}", round(table.sum()))
    if beta == 1:
        found = share(table[1, 1], some, asked.confidence)
        return through(found, lambda x: 2 * x / (1 + x), 2 / (1 + found.value) ** 2)
    smooth = table + PSEUDO / table.size

    def formula(cells: NDArray[np.complex128]) -> NDArray[np.complex128]:
        return f_of(cells, beta)

    value = float(f_of(table, beta))
    return bounded(value, float(f_of(smooth, beta)), delta_variance(formula, smooth), round(some), asked.confidence)


def balanced_accuracy(asked: Question) -> Value:
    """Mean of recall and specificity; their intervals are joined by Zou and Donner 2008."""
    both = [recall(asked), specificity(asked)]
    if not all(one.known for one in both):
        rows = sum(one.rows for one in both)
        return unknown(ONE_CLASS if rows else NO_ROWS, rows)
    return within(weighted(both, [0.5, 0.5]), 0.0, 1.0)


def matthews(asked: Question) -> Value:
    """Matthews 1975's correlation of predictions and labels, for many classes Gorodkin 2004's; Fisher's z for the interval."""
    table = asked.confusion() if asked.target is None else asked.two_by_two()
    rows = round(table.sum())
    if not rows:
        return unknown(NO_ROWS)
    said, came = (int((table.sum(axis=axis) > 0).sum()) for axis in (1, 0))
    if min(said, came) == 1:
        return unknown(ONE_CLASS if came == 1 else "all predictions are of one class", rows)
    value, _ = _matthews(table)
    center, variance = _matthews(table + PSEUDO / table.size)
    return correlation(value, center, variance, rows, asked.confidence)


def positive_rate(asked: Question) -> Value:
    """Share of the predicted rows, labelled or not, that were predicted positive."""
    table = asked.counted.table[:-1].sum(axis=1)
    return share(float(table[asked.place]), float(table.sum()), asked.confidence, "no row has a prediction")


def prevalence(asked: Question) -> Value:
    """Share of the labelled rows, predicted or not, that are positive."""
    table = asked.counted.table[:, :-1].sum(axis=0)
    return share(float(table[asked.place]), float(table.sum()), asked.confidence, "no row has a label")


def _matthews(table: NDArray[np.float64]) -> tuple[float, float]:
    """Matthews's correlation and its variance by the delta method for multinomial counts."""
    p = table / table.sum()
    said, came = p.sum(axis=1), p.sum(axis=0)
    one, other = 1 - said @ said, 1 - came @ came
    root = np.sqrt(one * other)
    value = (np.trace(p) - said @ came) / root
    slope = (np.eye(len(p)) - came[:, None] - said[None, :]) / root + value * (said[:, None] / one + came[None, :] / other)
    return float(value), float(((p * slope**2).sum() - (p * slope).sum() ** 2) / table.sum())


def f_of(table: NDArray[Any], beta: float) -> NDArray[Any]:
    """F-beta of any number of tables, said × came true. Shape: … × 2 × 2 gives …."""
    hits = (1 + beta**2) * table[..., 1, 1]
    return np.asarray(hits / (hits + beta**2 * table[..., 0, 1] + table[..., 1, 0]))


def delta_variance(formula: Callable[[NDArray[np.complex128]], NDArray[np.complex128]], cells: NDArray[np.float64]) -> float:
    """Variance, by the delta method, of a function of multinomial counts that does not change when all of them double.

    The slopes are those of a step into the imaginary (Squire and Trapp 1998), exact to the last digits for formulas made of
    sums, products, quotients and roots. `formula` takes … × the shape of `cells`, and gives ….
    """
    step = 1e-20j * cells.sum() * np.eye(cells.size).reshape(cells.size, *cells.shape)
    slope = formula(cells + step).imag / (1e-20 * cells.sum())
    return float((cells.ravel() * slope**2).sum())
