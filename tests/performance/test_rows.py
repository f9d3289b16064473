from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from driftline.errors import DataError
from driftline.performance.rows import FOLDS, Rows, folds
from driftline.schema import Task


def test_the_task_is_told_by_what_there_is(world: Any, dice: np.random.Generator) -> None:
    """One score is of a binary model, several of many classes, a number without a class of a regression."""
    made = [world.rows(5, dice), world.classes(5, dice), world.numbers(5, dice)]
    assert [rows.task for rows in made] == [Task.BINARY, Task.MULTICLASS, Task.REGRESSION]
    assert [rows.classes for rows in made] == [2, 3, 0]
    assert [rows.scores().shape[1] for rows in made] == [2, 3, 1]


def test_rows_that_say_nothing_are_not_usable() -> None:
    """A row without a score or a prediction is not usable; a usable row without a label is not labelled."""
    rows = Rows(np.zeros((4, 0)), (), np.array([0.1, np.nan, 0.3, 0.4]), np.array([0, 1, -1, 1]), np.array([0.0, 1.0, 1.0, np.nan]))
    assert rows.usable().tolist() == [True, False, False, True]
    assert rows.labelled().tolist() == [True, False, False, False]


def test_no_rows_are_no_usable_rows() -> None:
    """A window whose sample is empty is judged like any other."""
    none = Rows(np.empty((0, 2)), (False, True), np.empty(0), np.empty(0, dtype=np.int64), np.empty(0))
    assert none.usable().shape == none.labelled().shape == (0,)


def test_truth_is_one_in_the_column_that_came_true(world: Any, dice: np.random.Generator) -> None:
    """Each labelled row has a single 1, each row without a label none."""
    rows = world.classes(50, dice)
    assert np.array_equal(rows.truth().argmax(1), rows.label)
    assert (world.unlabelled(rows).truth() == 0).all()


def test_probabilities_are_read_as_log_odds(world: Any, dice: np.random.Generator) -> None:
    """Scores between 0 and 1 stand beside the features as finite log-odds, other scores as they are."""
    rows = world.rows(50, dice)
    columns, categorical = rows.columns()
    assert np.allclose(columns[:, -1], logit(rows.score))
    assert categorical == (False, False, True, False)
    sure = Rows(rows.features, rows.categorical, np.repeat([0.0, 1.0], 25), rows.predicted, rows.label)
    assert np.isfinite(sure.columns()[0]).all()
    far = Rows(rows.features, rows.categorical, rows.score * 10, rows.predicted, rows.label)
    assert np.array_equal(far.columns()[0][:, -1], far.score)


def test_parts_of_different_length_are_refused() -> None:
    """Labels, predictions and features must have as many rows as scores; the error names the numbers."""
    with pytest.raises(DataError, match="3 rows of scores and 2 of a label"):
        Rows(np.zeros((3, 0)), (), np.zeros(3), None, np.zeros(2))
    with pytest.raises(DataError, match="features are 3 × 1"):
        Rows(np.zeros((3, 1)), (), np.zeros(3), None, np.zeros(3))


def test_folds_are_of_one_size(dice: np.random.Generator) -> None:
    """Each fold gets a third of the rows, give or take one."""
    sizes = np.bincount(folds(100, dice))
    assert sizes.size == FOLDS
    assert np.ptp(sizes) <= 1
