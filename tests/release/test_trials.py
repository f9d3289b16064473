"""What models said and what came true, in whatever words."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.release.trials import Words, numbers, text_of
from driftline.schema import Task


@pytest.mark.parametrize(
    ("values", "positive", "codes"),
    [
        ([1, 0, None], None, [1, 0, np.nan]),
        ([True, False], None, [1, 0]),
        (["yes", "No", "TRUE"], None, [1, 0, 1]),
        (["bad", "good", None], "bad", [1, 0, np.nan]),
        ([1.0, 2.0, float("nan")], "2", [0, 1, np.nan]),
    ],
)
def test_classes_are_read_as_they_are_meant(values: list, positive: str | None, codes: list[float]) -> None:
    """The positive class is 1 in whatever form it is written, the other 0, and what is not known is not a number."""
    np.testing.assert_array_equal(Words(Task.BINARY, positive).labels(values), codes)


def test_a_model_that_only_scores_decides_by_the_threshold() -> None:
    """Scores from the threshold on mean yes; what was not answered decides nothing."""
    said = Words(Task.BINARY, threshold=0.3).answers([0.2, 0.3, None], None)
    assert said.decision is not None
    assert said.decision.tolist() == [0, 1, -1]
    assert said.known.tolist() == [True, True, False]


def test_a_model_that_only_chooses_scores_what_it_chooses() -> None:
    """Choices stand for scores; many classes share one list of codes with the labels."""
    words = Words(Task.MULTICLASS)
    said = words.answers(None, ["b", "a", None])
    assert said.decision is not None
    assert said.decision.tolist() == [0, 1, -1]
    np.testing.assert_array_equal(words.labels(["a", "b", "c"]), [1, 0, 2])
    np.testing.assert_array_equal(said.score, [0, 1, np.nan])


def test_numbers_are_numbers() -> None:
    """A model of numbers has no decisions; what is no number is none."""
    said = Words(Task.REGRESSION).answers(None, [1.5, "2", "x"])
    np.testing.assert_array_equal(said.score, [1.5, 2.0, np.nan])
    assert said.decision is None
    np.testing.assert_array_equal(Words(Task.REGRESSION).labels([None, 3]), [np.nan, 3])
    np.testing.assert_array_equal(numbers(["1", None]), [1, np.nan])
    assert text_of(2.5) == "2.5"
