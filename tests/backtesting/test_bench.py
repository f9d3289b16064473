"""Models trained and asked, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.backtesting.bench import Bench
from driftline.backtesting.rows import Lesson, Rows

if TYPE_CHECKING:
    from pathlib import Path

MADE = np.array([0.0, 10.0, 20.0, 20.0, 30.0])
TRUTH = np.array([1.0, 0.0, 1.0, np.nan, 1.0])
ROWS = Rows(pa.table({"x": MADE}), MADE, MADE, TRUTH, np.full(5, 0.5), np.array([15.0, 25.0, 35.0]), 5.0, np.arange(5), 1)


@dataclass
class Mean:
    """Says the mean of what it learnt, and counts how often it was asked."""

    asked: int = 0
    name: str = "mean"

    def scores(self, rows: pa.Table, truth: np.ndarray, weights: np.ndarray, asked: pa.Table) -> np.ndarray:
        """The mean, for each row."""
        self.asked += 1
        return np.full(asked.num_rows, np.average(truth, weights=weights))


def bench(learner: Mean, folder: Path | None = None) -> Bench:
    """Where a row costs how far off it is."""
    return Bench(ROWS, learner, lambda score, truth: np.abs(score - truth), folder, None)


def test_costs_are_counted_by_window() -> None:
    """From the window on in which a model serves; rows without a truth cost nothing."""
    assert bench(Mean()).in_service().tolist() == [0.5, 0.5, 0.5]
    assert bench(Mean()).costs(Lesson(1)).tolist() == [0.5, 0.5]


def test_answers_are_of_all_rows() -> None:
    """Those without a truth, too, and none before the model was trained."""
    assert np.isnan(bench(Mean()).answers(Lesson(1))).tolist() == [True, True, False, False, False]


def test_nothing_is_trained_twice(tmp_path: Path) -> None:
    """A model that has answered has its costs; one that was kept is read."""
    learner = Mean()
    first = bench(learner, tmp_path)
    first.answers(Lesson(1))
    costs = first.costs(Lesson(1))
    again = bench(learner, tmp_path)
    assert again.costs(Lesson(1)).tolist() == costs.tolist()
    assert (learner.asked, first.trained, again.trained) == (1, 1, 0)
