from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from driftline.profile import moments
from driftline.profile.outcome import NUMBER_MEASURES, SUM_STEP, Outcome, Said
from driftline.profile.outcome_rows import OutcomeRows, class_codes, code, count_codes, count_outcome, said_by, usable_scores
from driftline.schema import Task

BINARY = Outcome(Task.BINARY, "y", "said", ("p",), ("0", "1"), ((0.1, 0.5, 1.0),), threshold=0.5)


def mean_of(outcome: Outcome, rows: OutcomeRows, measure: str) -> float:
    """A loss's mean as the exact sums have it."""
    counts = count_outcome(outcome, rows)
    place = outcome.measures.index(measure)
    center, scale = (np.array([part]) for part in outcome.grids[place])
    return float(moments.means(counts.measures[place : place + 1], counts.measured[place : place + 1], center, scale)[0, 0])


@pytest.mark.parametrize(
    ("texts", "classes", "codes"),
    [
        (["0", "1", "2", None], ["0", "1"], [0, 1, 2, 2]),
        (["1.0", "0.0", " 1 "], ["0", "1"], [1, 0, 1]),
        (["True", "false", "yes", "N"], ["0", "1"], [1, 0, 1, 0]),
        (["1", "0"], ["false", "true"], [1, 0]),
        (["Cat", "dog", "DOG", ""], ["cat", "dog"], [0, 1, 1, 2]),
        (["1", "1.0"], ["1.0", "1"], [1, 0]),
        (["nan"], ["0", "1"], [2]),
    ],
)
def test_classes_are_found_as_they_may_be_written(texts: list[str | None], classes: list[str], codes: list[int]) -> None:
    """A class is found by its exact text, else as the same number or the same truth; anything else is unknown."""
    assert class_codes(texts, classes).tolist() == codes


def test_scores_that_are_no_probabilities_are_set_aside() -> None:
    """Scores outside [0, 1], infinities and NaN are unknown; the ends are not."""
    scores = usable_scores(np.array([0.0, 1.0, -0.1, 1.1, math.inf, math.nan]))
    assert np.isnan(scores).tolist() == [False, False, True, True, True, True]
    counts = count_outcome(BINARY, OutcomeRows(np.ones(6, int), np.ones(6, int), (scores,)))
    assert counts.scores[0].sum(axis=(1, 2)).tolist() == [1, 0, 0, 1, 4]


def test_a_model_says_yes_from_the_threshold_on() -> None:
    """At the threshold it is yes; without a score nothing is said."""
    assert said_by(BINARY, (np.array([0.49, 0.5, np.nan]),)).tolist() == [Said.NEGATIVE, Said.POSITIVE, Said.UNKNOWN]


def test_a_model_of_many_classes_says_the_likeliest() -> None:
    """The class with the greatest score is said; a row that lacks a score says nothing."""
    outcome = Outcome(Task.MULTICLASS, "y", None, ("a", "b"), ("a", "b", "c"), ((), ()))
    assert said_by(outcome, (np.array([0.4, 0.1, np.nan]), np.array([0.6, 0.1, 1.0]))).tolist() == [1, 0, 3]


def test_binary_losses_are_those_of_scikit_learn() -> None:
    """Log loss and Brier score are the means over the labelled rows, to the grid's step."""
    rng = np.random.default_rng(0)
    score, came = rng.random(500), rng.integers(0, 3, 500)
    score[:3] = 0.0, 1.0, np.nan
    rows = OutcomeRows(rng.integers(0, 2, 500), came, (score,))
    known = (came < 2) & ~np.isnan(score)
    assert mean_of(BINARY, rows, "log_loss") == pytest.approx(metrics.log_loss(came[known], score[known]), abs=1e-8)
    assert mean_of(BINARY, rows, "brier") == pytest.approx(metrics.brier_score_loss(came[known], score[known]), abs=1e-8)


def test_losses_of_many_classes_are_those_of_scikit_learn() -> None:
    """Log loss over all classes, and the Brier score as the sum over classes."""
    rng = np.random.default_rng(1)
    outcome = Outcome(Task.MULTICLASS, "y", "said", ("a", "b", "c"), ("a", "b", "c"), ((), (), ()))
    table, came = rng.dirichlet([1, 1, 1], 300), rng.integers(0, 3, 300)
    rows = OutcomeRows(table.argmax(axis=1), came, tuple(table.T))
    assert mean_of(outcome, rows, "log_loss") == pytest.approx(metrics.log_loss(came, table, labels=[0, 1, 2]), abs=1e-8)
    assert mean_of(outcome, rows, "brier") == pytest.approx(((table - np.eye(3)[came]) ** 2).sum(axis=1).mean(), abs=1e-8)


def test_regression_losses_are_those_of_scikit_learn() -> None:
    """Errors, absolute, squared, logarithmic and relative, are the means over rows with a prediction and a label."""
    rng = np.random.default_rng(2)
    came = rng.gamma(3.0, size=400)
    said = came + rng.normal(0, 0.3, 400).clip(-0.9, None)
    said[:2], came[5] = np.nan, np.nan
    outcome = Outcome(Task.REGRESSION, "y", "said", edges=((1.0, 2.0), (-0.1, 0.1)), center=2.5, scale=4.0)
    rows, known = OutcomeRows(said, came), ~np.isnan(said + came)
    y, p = came[known], said[known]
    expected = {
        "error": (p - y).mean(),
        "absolute": metrics.mean_absolute_error(y, p),
        "squared": metrics.mean_squared_error(y, p),
        "log_squared": metrics.mean_squared_log_error(y, p),
        "percentage": metrics.mean_absolute_percentage_error(y, p),
        "symmetric": (2 * np.abs(p - y) / (np.abs(p) + np.abs(y))).mean(),
        "label": y.mean(),
    }
    assert set(expected) == set(NUMBER_MEASURES)
    for measure, value in expected.items():
        assert mean_of(outcome, rows, measure) == pytest.approx(value, abs=1e-6), measure
    table = count_outcome(outcome, rows).table
    assert table.sum() == 400
    assert table[-1].sum() == 2
    assert table[:, -1].sum() == 3


def test_score_sums_are_exact() -> None:
    """The scores of each bin and each label are summed in whole steps."""
    score, came = np.array([0.05, 0.07, 0.2, np.nan]), np.array([1, 1, 0, 1])
    (sums,) = count_outcome(BINARY, OutcomeRows(np.zeros(4, int), came, (score,))).sums
    assert sums[0, Said.POSITIVE] == round(0.05 / SUM_STEP) + round(0.07 / SUM_STEP)
    assert sums[1, Said.NEGATIVE] == round(0.2 / SUM_STEP)
    assert sums.sum() == sums[0, 1] + sums[1, 0]


def test_a_stretch_of_coded_rows_is_counted_as_those_rows() -> None:
    """Counting a part of the codes is counting that part of the rows."""
    rng = np.random.default_rng(3)
    said, came, score = rng.integers(0, 3, 90), rng.integers(0, 3, 90), rng.random(90)
    part = count_codes(BINARY, code(BINARY, OutcomeRows(said, came, (score,))), 20, 50)
    alone = count_outcome(BINARY, OutcomeRows(said[20:50], came[20:50], (score[20:50],)))
    assert all(np.array_equal(a, b) for a, b in zip(part.arrays(), alone.arrays(), strict=True))
