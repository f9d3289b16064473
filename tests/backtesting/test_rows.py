"""Reference and current rows in the order of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from driftline.backtesting.rows import Lesson, Rows, chosen_at
from driftline.errors import DataError

PLACES = np.array([2, 0, 3, 1])
MADE = np.array([-np.inf, 10.0, 20.0, 30.0])


def rows() -> Rows:
    """Two reference rows and two current ones, in windows that end at 15, 25 and 35; labels come six later."""
    truth = np.array([0.0, 1.0, 0.0, 1.0])
    return Rows(pa.table({"x": PLACES}), MADE, MADE + 6, truth, np.full(4, np.nan), np.array([15.0, 25.0, 35.0]), 5.0, PLACES, 2)


def test_a_row_lies_in_a_window() -> None:
    """A reference row without a time lies before the first."""
    assert rows().window().tolist() == [-1, 0, 1, 2]


def test_current_rows_come_back_in_their_own_order() -> None:
    """What was found of rows in the order of time is told of the current rows as they were given."""
    assert rows().current(np.array([0.0, 1.0, 2.0, 3.0])).tolist() == [0.0, 2.0]


def test_a_model_learns_from_labels_that_were_known() -> None:
    """Nothing from the future, and nothing of spoilt windows; where there is nothing left it says so."""
    assert chosen_at(rows(), Lesson(2), None).rows.tolist() == [0, 1]
    assert chosen_at(rows(), Lesson(2, spoilt=(0,)), None).rows.tolist() == [0]
    late = Rows(pa.table({"x": PLACES}), MADE, MADE + 600, rows().truth, rows().served, rows().ends, 5.0, PLACES, 2)
    assert chosen_at(late, Lesson(1), None).rows.tolist() == [0]
    with pytest.raises(DataError, match="known before"):
        chosen_at(Rows(late.table, MADE, np.full(4, np.nan), late.truth, late.served, late.ends, 5.0, PLACES, 2), Lesson(0), None)


def test_a_lesson_has_a_name_of_its_own() -> None:
    """Results are kept by it, so that no two lessons have the same."""
    lessons = [Lesson(1), Lesson(2), Lesson(1, "recent"), Lesson(1, spoilt=(0,)), Lesson(1, since=0), Lesson(1, spoilt=(1, 2))]
    assert len({one.name for one in lessons}) == len(lessons)


def test_importance_makes_rows_heavier_that_look_like_the_newest() -> None:
    """From the change on x is higher: older rows with a high x weigh more than those with a low one; without features all weigh alike."""
    pytest.importorskip("sklearn", reason="the classifier is scikit-learn's")
    made = np.arange(2000.0)
    x = np.random.default_rng(0).normal(np.where(made >= 1500, 1.5, 0.0), 1.0)
    plain = Rows(pa.table({"x": x}), made, made, (x > 0).astype(float), x, np.array([1500.0, 2000.0]), 0.0, np.arange(2000), 0)
    found = chosen_at(replace(plain, features=("x",)), Lesson(2, "importance", since=1), None)
    older = found.rows < 1500
    high = x[found.rows] > 1
    assert found.weights[older & high].mean() > 3 * found.weights[older & ~high].mean()
    assert chosen_at(plain, Lesson(2, "importance", since=1), None).weights.tolist() == [1.0] * 2000
