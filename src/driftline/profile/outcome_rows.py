"""From rows to counts of outcomes: what each row said and what came true, as codes, and the codes counted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile import moments
from driftline.profile.bins import CLIP, FIXED_POINT_BITS
from driftline.profile.outcome import SUM_STEP, OutcomeCounts, Said
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome

    Find = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int64]]
    """From values and increasing edges to bins."""

TRUTHS = {"true": "1", "t": "1", "yes": "1", "y": "1", "false": "0", "f": "0", "no": "0", "n": "0"}
"""Words for a truth that stand for the same class as the number where the classes are written as numbers, or the other way round."""

EPSILON = float(np.finfo(np.float64).eps)
"""Probabilities are kept so far from 0 and 1 before their logarithm is taken."""


@dataclass(frozen=True, slots=True)
class OutcomeRows:
    """What the model said of each row and what came true.

    Attributes:
        said: classification: int64, place of the class in `Outcome.classes`, or one beyond the last where unknown;
            regression: float64, the prediction, NaN where unknown.
        came: likewise what came true.
        scores: per score column, float64; NaN where it is missing or outside [0, 1].
    """

    said: NDArray[np.int64] | NDArray[np.float64]
    came: NDArray[np.int64] | NDArray[np.float64]
    scores: tuple[NDArray[np.float64], ...] = ()


@dataclass(frozen=True, slots=True)
class Codes:
    """Rows as codes that can be counted by any stretch of them.

    Attributes:
        table: int64, each row's cell in `OutcomeCounts.table`, flattened.
        scores: per score column, each row's cell in that column's counts, flattened.
        sums: per score column, each row's cell in its sums, flattened, and the score in steps (0 where unknown).
        measures: each row-wise loss on its grid, and which rows have one.
    """

    table: NDArray[np.int64]
    scores: tuple[NDArray[np.int64], ...]
    sums: tuple[tuple[NDArray[np.int64], NDArray[np.float64]], ...]
    measures: tuple[tuple[NDArray[np.int64], NDArray[np.bool_]], ...]


def class_codes(texts: Sequence[str | None], classes: Sequence[str]) -> NDArray[np.int64]:
    """The class each text names, or one beyond the last: exactly, else as the same number, else as the same truth.

    >>> class_codes(["1.0", "0", "True", None, "maybe"], ["0", "1"])
    array([1, 0, 1, 2, 2])
    """
    exact = {text: code for code, text in enumerate(classes)}
    loose: dict[str, int] = {}
    for code, text in enumerate(classes):
        loose.setdefault(_loosely(text), code)
    unknown = len(classes)
    found = [unknown if text is None else exact.get(text, -1) for text in texts]
    again = [loose.get(_loosely(text or ""), unknown) if code < 0 else code for text, code in zip(texts, found, strict=True)]
    return np.array(again, dtype=np.int64)


def _loosely(text: str) -> str:
    word = text.strip().lower()
    word = TRUTHS.get(word, word)
    try:
        return repr(float(word))
    except ValueError:
        return word


def relevance_of(text: str | None) -> float:
    """How relevant a text says that something is: a number, or a truth as 1 or 0; NaN for other words.

    >>> relevance_of("2"), relevance_of("False"), relevance_of("maybe")
    (2.0, 0.0, nan)
    """
    word = (text or "").strip().lower()
    try:
        found = float(TRUTHS.get(word, word))
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan


def usable_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores that are probabilities; NaN for the others."""
    with np.errstate(invalid="ignore"):
        return np.where((scores >= 0) & (scores <= 1), scores, np.nan)


def said_by(outcome: Outcome, scores: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """What a model says by its scores alone: yes from the threshold on, or the class with the greatest score."""
    if outcome.task is Task.BINARY:
        (score,) = scores
        with np.errstate(invalid="ignore"):
            yes = np.where(score >= outcome.threshold, Said.POSITIVE, Said.NEGATIVE)
        return np.where(np.isnan(score), Said.UNKNOWN, yes).astype(np.int64)
    table: NDArray[np.float64] = np.stack(list(scores), axis=1)
    known = np.asarray(~np.isnan(table).any(axis=1), dtype=np.bool_)
    return np.where(known, np.where(known[:, None], table, 0.0).argmax(axis=1), len(outcome.classes)).astype(np.int64)


def bins_of(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of the edges lie at or below each value: its bin, where it is a number."""
    return np.searchsorted(edges, values, side="right")


def code(outcome: Outcome, rows: OutcomeRows, find: Find = bins_of) -> Codes:
    """Turn rows into codes; `find` does what `bins_of` does, and may be sooner."""
    if outcome.task is Task.REGRESSION:
        return _code_numbers(outcome, rows, find)
    width = len(outcome.classes) + 1
    said, came = rows.said.astype(np.int64), rows.came.astype(np.int64)
    scores, sums = [], []
    for column, (edges, score) in enumerate(zip(outcome.arrays, rows.scores, strict=True)):
        known = ~np.isnan(score)
        cell = np.where(known, find(score, edges), len(edges) + 1)
        if outcome.task is Task.BINARY:
            side, codes = came, (cell * 3 + said) * 3 + came
        else:
            side = np.where(came == width - 1, Said.UNKNOWN, np.where(came == column, Said.POSITIVE, Said.NEGATIVE)).astype(np.int64)
            codes = cell * 3 + side
        scores.append(codes)
        sums.append((cell * 3 + side, np.where(known, np.rint(np.nan_to_num(score) / SUM_STEP), 0.0)))
    losses = _class_losses(outcome, rows, came, width) if rows.scores else ()
    return Codes(said * width + came, tuple(scores), tuple(sums), tuple(_on_grid(outcome, losses)))


def count_codes(outcome: Outcome, codes: Codes, start: int = 0, stop: int | None = None) -> OutcomeCounts:
    """Count a stretch of coded rows."""
    part = slice(start, stop)
    shapes = outcome.score_shapes
    measures = [(grid[part][known[part]]) for grid, known in codes.measures]
    return OutcomeCounts(
        table=_counted(codes.table[part], outcome.shape),
        scores=tuple(_counted(cells[part], shape) for cells, shape in zip(codes.scores, shapes, strict=True)),
        # Whole numbers of steps, so few that a double holds their sum exactly.
        sums=tuple(
            np.bincount(cells[part], weights=steps[part], minlength=shape[0] * 3).astype(np.int64).reshape(-1, 3)
            for (cells, steps), shape in zip(codes.sums, shapes, strict=True)
        ),
        measures=np.array([moments.sums(grid) for grid in measures], dtype=np.int64).reshape(len(measures), moments.LIMBS),
        measured=np.array([grid.size for grid in measures], dtype=np.int64),
    )


def count_outcome(outcome: Outcome, rows: OutcomeRows) -> OutcomeCounts:
    """Count rows: the definition, to the last bit, for fewer than 2²³ rows at once."""
    return count_codes(outcome, code(outcome, rows))


def _counted(cells: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    return np.bincount(cells, minlength=int(np.prod(shape))).astype(np.int64).reshape(shape)


def _class_losses(
    outcome: Outcome, rows: OutcomeRows, came: NDArray[np.int64], width: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log loss and Brier score of each row; NaN where score or label is unknown."""
    unknown = came == width - 1
    with np.errstate(invalid="ignore"):
        if outcome.task is Task.BINARY:
            (score,) = rows.scores
            given = np.where(came == Said.POSITIVE, score, 1.0 - score)
            brier = (score - came) ** 2
        else:
            given, brier = np.zeros(came.size), np.zeros(came.size)
            # Class by class, which is many times as fast as along rows. A score that is unknown makes both unknown.
            for place, score in enumerate(rows.scores):
                truth = came == place
                given += np.where(truth, score, score * 0.0)
                brier += (score - truth) ** 2
        log_loss = _log_loss(given)
    return np.where(unknown, np.nan, log_loss), np.where(unknown, np.nan, brier)


def _log_loss(given: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-np.log(given.clip(EPSILON, 1.0 - EPSILON)))


def log_loss_sums(given: NDArray[np.float64]) -> NDArray[np.int64]:
    """What the probabilities given to what came true add to the sums of `log_loss`."""
    return moments.sums(np.rint(_log_loss(given) * 2.0**FIXED_POINT_BITS).astype(np.int64))


def _code_numbers(outcome: Outcome, rows: OutcomeRows, find: Find) -> Codes:
    said, came = rows.said.astype(np.float64), rows.came.astype(np.float64)
    predictions, residuals = outcome.arrays
    error = said - came
    row = np.where(np.isnan(said), len(predictions) + 1, find(said, predictions))
    column = np.where(np.isnan(error), len(residuals) + 1, find(error, residuals))
    return Codes(row * (len(residuals) + 2) + column, (), (), tuple(_on_grid(outcome, _number_losses(said, came))))


def _number_losses(said: NDArray[np.float64], came: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """The losses of `NUMBER_MEASURES`, in that order; NaN where they are not known."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = said - came
        size = np.abs(error)
        logs = np.where((said > -1) & (came > -1), (np.log1p(said) - np.log1p(came)) ** 2, np.nan)
        both = np.abs(said) + np.abs(came)
        symmetric = np.where(both > 0, 2 * size / both, np.where(np.isnan(error), np.nan, 0.0))
        label = np.where(np.isnan(error), np.nan, came)
        return error, size, error**2, logs, size / np.maximum(np.abs(came), EPSILON), symmetric, label


def _on_grid(outcome: Outcome, losses: Sequence[NDArray[np.float64]]) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Put losses on the grids they are summed on."""
    placed = []
    for (center, scale), loss in zip(outcome.grids, losses, strict=True):
        known = np.isfinite(loss)
        step = 2.0**FIXED_POINT_BITS / scale
        grid = np.rint(((np.where(known, loss, center) - center) * step).clip(-CLIP, CLIP)).astype(np.int64)
        placed.append((grid, known))
    return placed
