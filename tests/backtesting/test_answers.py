"""What another model says, written as the one in service wrote it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from driftline.backtesting.answers import cut_of, in_columns
from driftline.profile.outcome import Outcome
from driftline.schema import Task

BINARY = Outcome(Task.BINARY, "label", prediction="said", scores=("score",), classes=("no", "yes"), edges=((0.5,),))


def test_scores_make_predictions() -> None:
    """From the cut on the answer is the positive class; where nothing was said there is neither."""
    found = in_columns(BINARY, np.array([0.2, 0.3, np.nan]), 0.3)
    assert found["score"].to_pylist() == [0.2, 0.3, None]
    assert found["said"].to_pylist() == ["no", "yes", None]


def test_a_regression_has_one_column() -> None:
    """Numbers are predictions."""
    outcome = Outcome(Task.REGRESSION, "label", prediction="said", edges=((0.5,), (0.0,)))
    assert {name: values.to_pylist() for name, values in in_columns(outcome, np.array([1.5]), 0.5).items()} == {"said": [1.5]}


def test_the_cut_is_where_the_answers_turn() -> None:
    """It is the lowest score that was answered by yes, a few slips aside; without both columns it is what was told."""
    scores = np.linspace(0, 1, 101)
    said = np.where(scores >= 0.3, "yes", "no")
    said[80] = "no"
    assert cut_of(BINARY, pa.table({"score": scores, "said": said})) == scores[30]
    assert cut_of(BINARY, pa.table({"score": scores})) == BINARY.threshold
    assert cut_of(BINARY, pa.table({"score": scores, "said": ["no"] * 101})) == BINARY.threshold
