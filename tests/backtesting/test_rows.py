"""Reference and current rows in the order of time."""

from __future__ import annotations

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
