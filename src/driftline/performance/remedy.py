"""Cheap remedies: mapping scores to what they have come to mean, or moving the decision threshold, and what either would gain.

A remedy is fitted on one random half of the rows and measured on the other, both ways and for several splits, so that the
gain is one that later rows may be expected to show; the remedy itself is then fitted on all rows. Half the rows fit a little
worse than all of them, so the gain is told a little too small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy
from scipy import special

from driftline.errors import ConfigError, near_miss
from driftline.performance.classification import delta_variance, f_of
from driftline.performance.interval import Value, critical, mean, skewness, unknown
from driftline.performance.probability import LEAST
from driftline.performance.question import Question
from driftline.performance.value import ValueMatrix
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.performance.question import Scored
    from driftline.profile.outcome import Outcome, OutcomeCounts

    Counts = NDArray[np.float64]
    Objective = Callable[[NDArray[Any]], NDArray[Any]]

SPLITS = 8
"""So many random halvings; each measures every row once."""

FEWEST = 20
"""With fewer rows than this no half of them can be fitted and the other measured."""

NO_ROWS = "no row has a label and a score"
FEW_ROWS = f"fewer than {FEWEST} rows have a label and a score"


@dataclass(frozen=True, slots=True, eq=False)
class Recalibration:
    """A map from a model's scores to better probabilities.

    Attributes:
        method: how it was fitted.
        edges: float64[bins − 1], the inner edges of the score bins.
        probabilities: float64[bins], what a score in each bin becomes.
        log_loss: by how much the log loss would fall; negative where it would rise.
        brier: by how much the Brier score would fall.
    """

    method: Literal["isotonic", "platt"]
    edges: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    log_loss: Value
    brier: Value

    def apply(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map scores."""
        return np.asarray(self.probabilities[np.searchsorted(self.edges, scores, side="right")])


@dataclass(frozen=True, slots=True)
class Threshold:
    """A decision threshold.

    Attributes:
        at: say yes from this score on; infinite where it is best never to.
        gain: by how much the objective would rise against what the model says now; negative where it would fall.
    """

    at: float
    gain: Value


def recalibrate(
    outcome: Outcome,
    counts: OutcomeCounts,
    rng: np.random.Generator,
    method: Literal["isotonic", "platt"] = "isotonic",
    splits: int = SPLITS,
    confidence: float = 0.95,
) -> Recalibration:
    """Learn what a binary model's scores have come to mean.

    Isotonic regression (Zadrozny and Elkan 2002) follows any rising curve, each step drawn towards the scores by one row;
    Platt 1999's map is a logistic curve in the scores' log odds, drawn towards leaving them as they are by one row.

    Args:
        outcome: how predictions and labels were counted.
        counts: the window's, or those of several windows together.
        rng: halves the rows.
        method: see above.
        splits: how often.
        confidence: of the gains' intervals.

    Raises:
        ConfigError: the model is not a binary one with scores.
    """
    scored = _scored(outcome, counts)
    edges = np.concatenate([[0.0], outcome.arrays[0], [1.0]])
    # A bin without rows stands for its middle.
    scores = np.where(scored.rows > 0, scored.means, (edges[:-1] + edges[1:]) / 2)
    fit = _isotonic if method == "isotonic" else _platt
    rows = round(scored.rows.sum())
    cells = np.stack([scored.negatives, scored.positives])
    told = np.stack([scored.negative_means, scored.positive_means])
    whole = fit(cells, scores)
    if rows < FEWEST:
        few = unknown(FEW_ROWS if rows else NO_ROWS, rows)
        return Recalibration(method, outcome.arrays[0], whole, few, few)
    gains: list[list[tuple[float, float, float]]] = [[], []]
    for _ in range(splits):
        half = rng.binomial(cells.astype(np.int64), 0.5).astype(np.float64)
        sides = [(half, cells - half), (cells - half, half)]
        maps = [np.broadcast_to(fit(learnt, scores), told.shape) for learnt, _ in sides]
        tried = np.concatenate([other.ravel() for _, other in sides])
        for kept, loss in zip(gains, (_log_loss, _brier), strict=True):
            kept.append(_moments(tried, np.concatenate([(loss(told) - loss(new)).ravel() for new in maps])))
    log_loss, brier = (_gain(kept, rows, confidence) for kept in gains)
    return Recalibration(method, outcome.arrays[0], whole, log_loss, brier)


def _scored(outcome: Outcome, counts: OutcomeCounts) -> Scored:
    if outcome.task is not Task.BINARY or not outcome.scores:
        fact = f"scores of a {outcome.task.value} model are not remedied" if outcome.scores else "without scores nothing can be remedied"
        raise ConfigError(fact, hint="name the column that holds a binary model's score")
    return Question(outcome, counts).scored()


def _isotonic(cells: Counts, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rising steps that fit best, for each bin; bins without rows go with their neighbours."""
    rows = cells.sum(axis=0)
    held = np.flatnonzero(rows > 0)
    if not held.size:
        return scores
    steps = scipy.optimize.isotonic_regression(cells[1, held] / rows[held], weights=rows[held])
    block = np.repeat(np.arange(len(steps.blocks) - 1), np.diff(steps.blocks))
    many = np.bincount(block, rows[held])
    positives, own = np.bincount(block, cells[1, held]), np.bincount(block, rows[held] * scores[held]) / many
    smooth = scipy.optimize.isotonic_regression((positives + own) / (many + 1), weights=many + 1).x
    return np.asarray(np.interp(np.arange(rows.size), held, smooth[block]))


def _platt(cells: Counts, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logistic curve that fits best, for each bin."""
    rows = cells.sum(axis=0)
    x = special.logit(np.clip(scores, 1e-6, 1 - 1e-6))
    inputs, wanted = np.stack([np.ones_like(x), x]), np.array([0.0, 1.0])
    weights = wanted.copy()
    for _ in range(50):
        p = special.expit(weights @ inputs)
        slope = inputs @ (cells[1] - rows * p) - (weights - wanted)
        bend = (inputs * (rows * p * (1 - p))) @ inputs.T + np.eye(2)
        step = np.linalg.solve(bend, slope)
        # Newton's step, cut short where the curve is steep.
        weights = weights + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004  converged
            break
    return np.asarray(special.expit(weights @ inputs))


def _log_loss(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Losses of a negative and of a positive row given these probabilities of being positive, first axis."""
    kept = np.clip(probabilities, LEAST, 1 - LEAST)
    return np.asarray(-np.log(np.stack([1 - kept[0], kept[1]])))


def _brier(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([probabilities[0] ** 2, (1 - probabilities[1]) ** 2])


def _moments(counts: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean, variance and skewness of values that occur so often."""
    middle = float(counts @ values / counts.sum())
    return middle, float(counts @ (values - middle) ** 2 / counts.sum()), skewness(counts, values)


def _gain(found: list[tuple[float, float, float]], rows: int, confidence: float) -> Value:
    value, variance, skew = (float(np.mean(part)) for part in zip(*found, strict=True))
    return mean(value, variance, skew, rows, confidence)


def _accuracy(table: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((table[..., 0, 0] + table[..., 1, 1]) / table.sum(axis=(-2, -1)))


def _balanced(table: NDArray[Any]) -> NDArray[Any]:
    negatives, positives = table[..., 0].sum(axis=-1), table[..., 1].sum(axis=-1)
    return np.asarray((_part(table[..., 0, 0], negatives) + _part(table[..., 1, 1], positives)) / 2)


def _matthews(table: NDArray[Any]) -> NDArray[Any]:
    sides = [table[..., 0].sum(axis=-1), table[..., 1].sum(axis=-1), table[..., 0, :].sum(axis=-1), table[..., 1, :].sum(axis=-1)]
    crossed = table[..., 0, 0] * table[..., 1, 1] - table[..., 0, 1] * table[..., 1, 0]
    return _part(crossed, np.sqrt(sides[0] * sides[1] * sides[2] * sides[3]))


def _part(some: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """A quotient; 0 where the whole is."""
    return np.asarray(np.divide(some, whole, out=np.zeros_like(whole), where=whole.real > 0))


def _worth(amounts: NDArray[np.float64], table: NDArray[Any]) -> NDArray[Any]:
    return np.asarray((table * amounts).sum(axis=(-2, -1)) / table.sum(axis=(-2, -1)))


OBJECTIVES: dict[str, Objective] = {"accuracy": _accuracy, "balanced_accuracy": _balanced, "mcc": _matthews}
"""What a threshold may be chosen for by name, beside F-beta; each takes … × 2 × 2 tables, said × came true."""


def best_threshold(
    objective: str | ValueMatrix,
    outcome: Outcome,
    counts: OutcomeCounts,
    rng: np.random.Generator,
    splits: int = SPLITS,
    confidence: float = 0.95,
) -> Threshold:
    """The edge between score bins from which on a binary model should say yes.

    Args:
        objective: accuracy, balanced_accuracy, mcc, f1 (or another F-beta), or what decisions are worth.
        outcome: how predictions and labels were counted.
        counts: the window's, or those of several windows together.
        rng: halves the rows.
        splits: how often.
        confidence: of the gain's interval.

    Raises:
        ConfigError: the model is not a binary one with scores, or a threshold is not chosen for that objective.
    """
    formula = _formula(objective)
    _scored(outcome, counts)
    cells = counts.scores[0][:-1, :2, :2].astype(np.float64)
    rows = round(cells.sum())
    edges = np.concatenate([[0.0], outcome.arrays[0], [math.inf]])
    now = int(np.searchsorted(edges, outcome.threshold))
    cut = _best_cut(formula, cells, now)
    if rows < FEWEST:
        return Threshold(float(edges[cut]), unknown(FEW_ROWS if rows else NO_ROWS, rows))
    gains, variances = [], []
    for _ in range(splits):
        half = rng.binomial(cells.astype(np.int64), 0.5).astype(np.float64)
        sides = [(half, cells - half), (cells - half, half)]
        tried = [_tried(formula, other, _best_cut(formula, learnt, now)) for learnt, other in sides]
        gains.append(sum(gain for gain, _ in tried) / 2)
        variances.append(sum(variance for _, variance in tried) / 4)
    value, error = float(np.mean(gains)), math.sqrt(float(np.mean(variances)))
    far = critical(confidence, rows - 1) * error
    return Threshold(float(edges[cut]), Value(value, error, value - far, value + far, rows))


def _formula(objective: str | ValueMatrix) -> Objective:
    if isinstance(objective, ValueMatrix):
        return partial(_worth, objective.amounts)
    if objective in OBJECTIVES:
        return OBJECTIVES[objective]
    beta = objective.removeprefix("f")
    if objective.startswith("f") and beta.replace(".", "", 1).isdecimal() and float(beta) > 0:
        return partial(_f_or_zero, float(beta))
    raise ConfigError(f"a threshold is not chosen for {objective!r}", hint=near_miss(objective, [*OBJECTIVES, "f1"]))


def _f_or_zero(beta: float, table: NDArray[Any]) -> NDArray[Any]:
    """F-beta; a hair of a row keeps it 0 where nothing is positive."""
    return f_of(table + 1e-12 * np.array([[0.0, 1.0], [1.0, 0.0]]), beta)


def _best_cut(formula: Objective, cells: Counts, now: int) -> int:
    """The bin from which on to say yes; of equally good ones that nearest to where it is now. Cells: bins × said × came true."""
    came = cells.sum(axis=1)
    yes = np.concatenate([np.cumsum(came[::-1], axis=0)[::-1], np.zeros((1, 2))])
    tables = np.stack([came.sum(axis=0) - yes, yes], axis=1)
    worth = formula(tables) if came.sum() > 0 else np.zeros(len(tables))
    best = np.flatnonzero(worth >= worth.max() - 1e-12 * max(1.0, float(np.abs(worth).max())))
    return int(best[np.abs(best - now).argmin()])


def _tried(formula: Objective, cells: Counts, cut: int) -> tuple[float, float]:
    """What saying yes from a bin on gains on these rows over what was said, and its variance by the delta method."""
    crossed = np.stack([cells[:cut].sum(axis=0), cells[cut:].sum(axis=0)])

    def gain(table: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(formula(table.sum(axis=-2)) - formula(table.sum(axis=-3)))

    return float(gain(crossed)), delta_variance(gain, crossed)
