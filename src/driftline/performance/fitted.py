"""What depends on the reference alone, learnt once, and a window seen beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import DataError
from driftline.performance import plugin, robust
from driftline.performance.additive import gram
from driftline.performance.assumption import FEWEST_ROWS
from driftline.performance.basis import learn_basis
from driftline.performance.calibrate import Curve, if_needed, isotonic
from driftline.performance.density import Background, Ratio, compare, even
from driftline.performance.outcome_model import OutcomeModel, learn_chances, learn_losses
from driftline.performance.plugin import Loss
from driftline.performance.residual import means_of
from driftline.performance.rows import Rows, folds
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.performance.robust import Linear

Metric = str | Loss

MOST_COLUMNS, ENOUGH = 40, 5_000
"""So many columns are looked at: those that tell most of what comes true beyond the scores. More would cost much and add noise.
Some thousand rows are enough to choose them."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A reference that has been learnt from.

    Attributes:
        rows: its usable rows with a label.
        metrics: what will be asked.
        background: its rows in bins, and their folds.
        outcome: what is to be expected of a row: chances of classes, or the losses behind all `metrics`, one after another.
        curves: for each class (binary: for the positive one) the calibration without weights; none for numbers.
        kept: int[≤ 40 + scores], the columns that are looked at.
        why: empty, or why nothing can be learnt from it.
    """

    rows: Rows
    metrics: tuple[Metric, ...]
    background: Background | None
    outcome: OutcomeModel | None
    curves: tuple[Curve, ...]
    kept: NDArray[np.intp]
    why: str = ""

    @property
    def fewest(self) -> int:
        """Labels of the rarest class; of numbers, all."""
        return int(self.rows.truth().sum(0).min()) if self.rows.classes else len(self.rows)


def fit(reference: Rows, metrics: Sequence[Metric], rng: np.random.Generator, *, plain: bool = True) -> Fitted:
    """Learn from a reference with labels, once for all windows.

    Args:
        reference: rows; those without a label, a score or a prediction do not count.
        metrics: names, or means of one's own, that will be asked.
        rng: deals rows into folds.
        plain: see whether calibration is needed, as CBPE does; it costs ten times the calibration.

    Raises:
        ConfigError: a metric cannot be estimated for what the model predicts.
    """
    rows = reference.take(reference.labelled())
    for metric in metrics:
        if rows.task is Task.REGRESSION:
            means_of(metric)
        else:
            plugin.check(metric, rows.classes)
    if why := _too_little(rows):
        return _nothing(rows, metrics, why)
    columns, categorical = rows.columns()
    kept = telling(rows)
    basis = learn_basis(columns[:, kept], tuple(categorical[place] for place in kept))
    coded = basis.code(columns[:, kept])
    background = Background(basis, coded, gram(coded.design), folds(len(rows), rng))
    if rows.task is Task.REGRESSION:
        losses = np.concatenate([means_of(metric).matrix(rows) for metric in metrics], axis=1)
        if not np.isfinite(losses).all():
            return _nothing(rows, metrics, "a loss of some of the reference's rows is not a number")
        return Fitted(rows, tuple(metrics), background, learn_losses(background, losses), (), kept)
    truth, scores = rows.truth(), rows.scores()
    calibrate = if_needed if plain else isotonic
    curves = tuple(calibrate(scores[:, k], truth[:, k]) for k in _told_apart(rows))
    return Fitted(rows, tuple(metrics), background, learn_chances(background, truth), curves, kept)


def _nothing(rows: Rows, metrics: Sequence[Metric], why: str) -> Fitted:
    return Fitted(rows, tuple(metrics), None, None, (), np.zeros(0, dtype=np.intp), why)


def telling(rows: Rows) -> NDArray[np.intp]:
    """The places of the scores and of the features that tell most of what scores do not: the largest chi-square of surprises in bins."""
    columns, categorical = rows.columns()
    features = rows.features.shape[1]
    if features <= MOST_COLUMNS:
        return np.arange(columns.shape[1])
    rows = rows.take(np.arange(0, len(rows), max(1, len(rows) // ENOUGH)))
    columns, surprises = rows.columns()[0], _surprises(rows)
    gain = np.zeros(features)
    for place in range(features):
        (bins,) = learn_basis(columns[:, [place]], (categorical[place],)).bins
        codes = bins.codes(columns[:, place])
        for surprise in surprises:
            sums, squares = (np.bincount(codes, weights=of) for of in (surprise, surprise**2))
            gain[place] += (sums[squares > 0] ** 2 / squares[squares > 0]).sum() - (squares > 0).sum()
    best = np.sort(np.argsort(-gain, kind="stable")[:MOST_COLUMNS])
    return np.append(best, np.arange(features, columns.shape[1]))


def _too_little(rows: Rows) -> str:
    """Why nothing can be learnt; empty if it can."""
    if len(rows) < FEWEST_ROWS:
        return f"the reference has {len(rows)} rows with a label, and at least {FEWEST_ROWS} are needed"
    if rows.classes and (missing := np.flatnonzero(rows.truth().sum(0) == 0)).size:
        return f"the reference has no label of class {missing[0]}"
    return ""


def _surprises(rows: Rows) -> list[NDArray[np.float64]]:
    """What scores do not tell: of each class that is told apart, label less calibrated score; of numbers, squared errors."""
    if rows.task is Task.REGRESSION:
        squared = (rows.label - rows.score) ** 2
        return [squared - squared.mean()]
    scores, truth = rows.scores(), rows.truth()
    return [truth[:, k] - isotonic(scores[:, k], truth[:, k])(scores[:, k]) for k in _told_apart(rows)]


def _told_apart(rows: Rows) -> Sequence[int]:
    """The classes that get a curve of their own: of two, the second."""
    return range(1, 2) if rows.classes == 2 else range(rows.classes)  # noqa: PLR2004  of two; of none where a number is predicted


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """A window beside the reference.

    Attributes:
        fitted: the reference.
        rows: the window's usable rows.
        ratio: how likely rows are in it, against the reference.
        expected: what is to be expected of its rows; float64[m, K] as `Fitted.outcome` has it.
        weighted: the ratio was learnt; otherwise every row counts once.
        weighted_curves: calibration as it is under the window's inputs (PAPE): isotonic curves of the weighted reference.
    """

    fitted: Fitted
    rows: Rows
    ratio: Ratio
    expected: NDArray[np.float64]
    weighted: bool
    weighted_curves: tuple[Curve, ...]

    def robust(self, place: int, *, corrected: bool = True) -> Linear:
        """The doubly robust estimate of `metrics[place]`; uncorrected, for numbers, direct loss estimation."""
        metric, rows, weights = self.fitted.metrics[place], self.fitted.rows, self.ratio.weights
        if rows.task is not Task.REGRESSION:
            return robust.one_step(metric, (rows, self._told), (self.rows, self.expected), weights)
        means, columns = means_of(metric), self.columns(place)
        weights = weights if corrected else np.ones_like(weights)
        parts = means.matrix(rows), self._told[:, columns], self.expected[:, columns]
        return robust.of_means(means, *parts, weights, corrected=corrected)

    def plugged(self, place: int, curves: Sequence[Curve]) -> Linear:
        """`metrics[place]` with calibrated chances put in for labels."""
        rows = self.fitted.rows
        chances = [calibrated(curves, some) for some in (rows, self.rows)]
        return robust.plugged_in(self.fitted.metrics[place], (rows, chances[0]), (self.rows, chances[1]), self.ratio.weights)

    def unweighted(self, place: int) -> float:
        """`metrics[place]` as it would be without weights: from scores and what is expected of rows alone."""
        if self.rows.task is Task.REGRESSION:
            return self.robust(place, corrected=False).value
        return plugin.plug(self.fitted.metrics[place], self.rows, calibrated(self.fitted.curves, self.rows), self.fitted.rows).value

    def columns(self, place: int) -> slice:
        """Where the losses behind `metrics[place]` stand among all."""
        widths = [len(means_of(metric).losses) for metric in self.fitted.metrics]
        return slice(sum(widths[:place]), sum(widths[: place + 1]))

    @property
    def _told(self) -> NDArray[np.float64]:
        return np.zeros((0, 0)) if self.fitted.outcome is None else self.fitted.outcome.fitted


def beside(fitted: Fitted, window: Rows, rng: np.random.Generator, *, weighted: bool = True) -> Beside:
    """See a window beside a reference from which something could be learnt.

    Args:
        fitted: the reference.
        window: rows; those without a score or a prediction do not count.
        rng: deals rows into folds.
        weighted: learn how likely rows are; otherwise every row counts once.

    Raises:
        DataError: the window's columns, classes or task are not the reference's.
    """
    if (window.task, window.classes, window.categorical) != (fitted.rows.task, fitted.rows.classes, fitted.rows.categorical):
        raise DataError(
            f"the window has {window.features.shape[1]} features and {window.classes} classes, and the reference "
            f"{fitted.rows.features.shape[1]} and {fitted.rows.classes}, or they are of other kinds",
            hint="give the same columns, in the same order, for both",
        )
    if fitted.background is None or fitted.outcome is None:
        raise DataError(fitted.why, hint="look at `why` first")
    rows = window.take(window.usable())
    columns, _ = rows.columns()
    coded = fitted.background.basis.code(columns[:, fitted.kept])
    ratio = even(len(fitted.rows), len(rows))
    if weighted:
        ratio = compare(fitted.background, coded, folds(len(rows), rng), rng)
    scores, truth = fitted.rows.scores(), fitted.rows.truth()
    curves = tuple(isotonic(scores[:, k], truth[:, k], ratio.weights) for k in _told_apart(fitted.rows)) if weighted else ()
    return Beside(fitted, rows, ratio, fitted.outcome.expect(coded), weighted, curves)


def calibrated(curves: Sequence[Curve], rows: Rows) -> NDArray[np.float64]:
    """Each class's calibrated chance: of two classes from one curve, of more one against the rest and scaled to 1. Shape: n × K."""
    scores = rows.scores()
    if rows.classes == 2:  # noqa: PLR2004  of two
        share = curves[0](scores[:, 1])
        return np.stack([1 - share, share], axis=1)
    each = np.stack([curve(scores[:, k]) for k, curve in enumerate(curves)], axis=1)
    total = each.sum(1, keepdims=True)
    return np.asarray(np.divide(each, total, out=np.full_like(each, 1 / rows.classes), where=total != 0))
