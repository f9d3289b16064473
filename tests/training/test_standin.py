"""A model to stand in for the user's own."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from driftline.training.standin import StandIn

RNG = np.random.default_rng(0)
X = RNG.normal(size=3000)
ROWS = pa.table({"x": X, "c": np.where(X > 0.5, "high", "low"), "flag": X > 0})
ONES = np.ones(3000)


def test_it_learns_numbers_categories_and_truths() -> None:
    """Probabilities follow any of the columns, missing values and levels that were never seen included; twice the same."""
    truth = (X > 0.5).astype(float)
    for column in ("x", "c"):
        learner = StandIn((column,), classifies=True)
        told = learner.scores(ROWS, truth, ONES, ROWS)
        assert ((told > 0.5) == (truth == 1)).mean() > 0.99
        assert told.tolist() == learner.scores(ROWS, truth, ONES, ROWS).tolist()
    odd = pa.table({"x": [None, 1.0], "c": ["new", None], "flag": [None, True]})
    assert np.isfinite(StandIn(("x", "c", "flag"), classifies=True).scores(ROWS, truth, ONES, odd)).all()


def test_it_learns_a_regression() -> None:
    """Numbers come out near what they were."""
    told = StandIn(("x",), classifies=False).scores(ROWS, 3 * X, ONES, ROWS)
    assert np.corrcoef(told, X)[0, 1] > 0.99


def test_weights_count() -> None:
    """A row of weight three is as three rows."""
    truth = np.tile([0.0, 1.0, 1.0], 1000)
    heavy = np.where(truth == 0, 4.0, 1.0)
    same = pa.table({"x": np.zeros(3000)})
    assert StandIn(("x",), classifies=True).scores(same, truth, heavy, same)[0] == pytest.approx(1 / 3, abs=0.01)


def test_one_class_is_no_mistake() -> None:
    """Where all rows have one truth, that is what it says."""
    assert StandIn(("x",), classifies=True).scores(ROWS, np.zeros(3000), ONES, ROWS).tolist() == [0.0] * 3000
