"""Rows of a model's predictions from the samples that profiles keep, as estimates of performance need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.rows import Rows
from driftline.profile.bins import LevelBins
from driftline.profile.outcome_rows import class_codes, said_by, usable_scores
from driftline.schema import Role, Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome
    from driftline.profile.plan import Plan, Planned
    from driftline.profile.profile import Profile


def pooled(blocks: Sequence[Profile], most: int) -> NDArray[np.float64]:
    """Sampled rows of consecutive blocks together, from each in proportion to its rows. Shape: rows × columns.

    Args:
        blocks: profiles of one plan.
        most: so many rows at most.
    """
    rows = sum(block.rows for block in blocks)
    held = [block for block in blocks if block.rows]
    if not held:
        return np.empty((0, len(blocks[0].plan.columns) if blocks else 0))
    # A block that keeps k of its n rows allows a share of k / n; the least of these shares can be had of all.
    share = min([most / rows, *(block.sample.keys.size / block.rows for block in held)])
    # The rows with the smallest keys of a sample are a sample.
    return np.concatenate([block.sample.values[: max(1, int(share * block.rows))] for block in held])


def rows_of(plan: Plan, outcome: Outcome, values: NDArray[np.float64]) -> Rows:
    """Features, scores, predictions and labels of sampled rows.

    Args:
        plan: the columns.
        outcome: which of them hold what was said and what came true.
        values: float64[rows, columns], as `Sample.values` has them.
    """
    features = [i for i, one in enumerate(plan.columns) if one.column.role is Role.FEATURE and one.bins is not None]
    named = {one.name: i for i, one in enumerate(plan.columns)}

    def column(name: str) -> NDArray[np.float64]:
        return values[:, named[name]]

    if outcome.task is Task.REGRESSION:
        prediction = column(outcome.prediction or "")
        return _rows(plan, features, values, prediction, None, column(outcome.label))
    scores = [usable_scores(column(name)) for name in outcome.scores]
    said = (
        _codes(plan.columns[named[outcome.prediction]], column(outcome.prediction), outcome)
        if outcome.prediction is not None
        else said_by(outcome, scores).astype(np.float64)
    )
    label = _codes(plan.columns[named[outcome.label]], column(outcome.label), outcome)
    unknown = len(outcome.classes)
    if not scores:
        # Without scores what was said is all that tells of a row: sure of its class.
        scores = [np.where(np.isnan(said), np.nan, said == k).astype(np.float64) for k in range(unknown)]
        scores = scores[1:] if outcome.task is Task.BINARY else scores
    score = scores[0] if outcome.task is Task.BINARY else np.stack(scores, axis=1)
    predicted = np.where(np.isnan(said) | (said == unknown), -1, np.nan_to_num(said)).astype(np.intp)
    return _rows(plan, features, values, score, predicted, np.where(label == unknown, np.nan, label))


def _rows(
    plan: Plan,
    features: Sequence[int],
    values: NDArray[np.float64],
    score: NDArray[np.float64],
    predicted: NDArray[np.intp] | None,
    label: NDArray[np.float64],
) -> Rows:
    known = ~np.isnan(score if score.ndim == 1 else score.sum(axis=1))
    if predicted is not None:
        known &= predicted >= 0
    categorical = tuple(isinstance(plan.columns[i].bins, LevelBins) for i in features)
    return Rows(values[known][:, features], categorical, score[known], None if predicted is None else predicted[known], label[known])


def _codes(planned: Planned, values: NDArray[np.float64], outcome: Outcome) -> NDArray[np.float64]:
    """The place of each value's class; NaN where nothing is known."""
    distinct = np.unique(values[~np.isnan(values)])
    if isinstance(planned.bins, LevelBins):
        levels = (*planned.bins.levels, None)
        texts = [levels[min(int(value), len(levels) - 1)] for value in distinct]
    else:
        texts = [repr(float(value)) for value in distinct]
    codes = class_codes(texts, outcome.classes).astype(np.float64)
    if not distinct.size:
        return np.full(values.shape, np.nan)
    found = codes[np.searchsorted(distinct, np.nan_to_num(values)).clip(0, distinct.size - 1)]
    return np.where(np.isnan(values), np.nan, found)
