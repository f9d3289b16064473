from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from driftline.performance.metric import measure
from driftline.performance.question import Question
from driftline.performance.regression import _third, _upward

ORACLES = {
    "mae": metrics.mean_absolute_error,
    "mse": metrics.mean_squared_error,
    "rmse": metrics.root_mean_squared_error,
    "rmsle": metrics.root_mean_squared_log_error,
    "mape": metrics.mean_absolute_percentage_error,
    "smape": lambda came, said: np.mean(2 * np.abs(said - came) / (said + came)),
    "r2": metrics.r2_score,
    "bias": lambda came, said: np.mean(said - came),
    "pinball@0.9": lambda came, said: metrics.mean_pinball_loss(came, said, alpha=0.9),
    "pinball@0.2": lambda came, said: metrics.mean_pinball_loss(came, said, alpha=0.2),
}

amounts = st.lists(st.tuples(st.floats(0.5, 50), st.floats(0.5, 50)), min_size=3, max_size=60)


def model(dice: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and labels, with normal errors that are too high on average."""
    came = 10 + 2 * dice.normal(size=rows)
    return came + 0.1 + dice.normal(size=rows), came


@settings(max_examples=40)
@given(amounts)
def test_values_are_scikit_learns(kinds: Any, table: list[tuple[float, float]]) -> None:
    """Each value is scikit-learn's on the raw rows, to the step of the sums: 2⁻²⁹ of the label's scale, of its square for squares."""
    said, came = (np.array(side) for side in zip(*table, strict=True))
    rows = kinds.numbers(said, came, center=16.0, scale=4.0)
    counts = rows.count(said, came)
    for name, oracle in ORACLES.items():
        if name == "r2" and np.ptp(came) < 1:
            continue
        found = measure(name, rows.outcome, counts)
        # A root of a small mean, or a quotient by a small one, shows the step more.
        step = {"mse": 16 * 2e-9, "r2": 1e-5, "rmse": 2e-4, "rmsle": 1e-4}.get(name, 4 * 2e-9)
        assert found.value == pytest.approx(oracle(came, said), abs=step)
        if not math.isnan(found.low):
            assert found.low <= found.value <= found.high


def test_values_of_many_rows_are_exact(kinds: Any, dice: np.random.Generator) -> None:
    """Over thousands of rows steps cancel: each value is scikit-learn's to 1e-9 of its size."""
    said, came = model(dice, 5000)
    rows = kinds.numbers(said, came, center=10.0, scale=2.0)
    counts = rows.count(said, came)
    for name, oracle in ORACLES.items():
        assert measure(name, rows.outcome, counts).value == pytest.approx(oracle(came, said), rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, kinds: Any, astray: Any, dice: np.random.Generator) -> None:
    """Of 95% intervals 93 to 97% hold the truth, in short and long windows."""
    said, came = model(dice, 20_000)
    rows = kinds.numbers(said, came, center=10.0, scale=2.0)
    found = rows.coverage(ORACLES, lambda at: rows.count(said[at], came[at]), 20_000, size)
    assert astray(found) == {}


class TestShape:
    """What intervals need to know of errors beyond their exact sums."""

    @pytest.mark.parametrize("law", ["normal", "laplace", "uniform"])
    def test_the_third_moment_is_close(self, law: str, kinds: Any, dice: np.random.Generator) -> None:
        """The mean of |error|³, read from those of other powers, is within a tenth of the rows'."""
        came = dice.normal(size=20_000)
        said = came + getattr(dice, law)(size=20_000)
        rows = kinds.numbers(said, came)
        asked = Question(rows.outcome, rows.count(said, came))
        assert _third(asked) == pytest.approx(np.mean(np.abs(said - came) ** 3), rel=0.1)

    def test_which_side_errors_lie_on(self, kinds: Any, dice: np.random.Generator) -> None:
        """The part of squared error that comes from predictions that are too high is within a hundredth of the rows'."""
        came = dice.normal(size=20_000)
        said = came + dice.exponential(size=20_000) - 0.5
        rows = kinds.numbers(said, came)
        asked = Question(rows.outcome, rows.count(said, came))
        error = said - came
        assert _upward(asked, 2) == pytest.approx((error[error > 0] ** 2).sum() / (error**2).sum(), abs=0.01)

    def test_pinballs_error_is_the_rows(self, kinds: Any, dice: np.random.Generator) -> None:
        """The quantile loss's standard error, which bins help to tell, is within 3% of the rows'."""
        came = dice.normal(size=5000)
        said = came + dice.exponential(size=5000) - 0.5
        rows = kinds.numbers(said, came)
        loss = np.maximum(0.9 * (came - said), 0.1 * (said - came))
        found = measure("pinball@0.9", rows.outcome, rows.count(said, came))
        assert found.error == pytest.approx(loss.std(ddof=1) / math.sqrt(5000), rel=0.03)


class TestTooLittle:
    """What cannot be said is said to be so."""

    def test_no_labels(self, kinds: Any) -> None:
        """Predictions alone have no error."""
        said, came = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 2.0])
        rows = kinds.numbers(said, came)
        for name in ORACLES:
            assert measure(name, rows.outcome, rows.count(said, [np.nan] * 3)).why == "no row has a label"

    def test_labels_of_other_rows(self, kinds: Any) -> None:
        """Labels whose prediction is missing leave nothing to compare."""
        said, came = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 2.0])
        rows = kinds.numbers(said, came)
        counts = rows.count([np.nan, np.nan, 1.0], [1.0, 2.0, np.nan])
        assert measure("mae", rows.outcome, counts).why in {"no row has a finite prediction and label", "no row has a label"}

    def test_one_row(self, kinds: Any) -> None:
        """One row has an error, of which nothing more is known."""
        rows = kinds.numbers(np.array([1.0, 2.0]), np.array([1.5, 1.0]))
        found = measure("mae", rows.outcome, rows.count([1.0], [1.5]))
        assert found.value == 0.5
        assert found.why == "one row says nothing about how much rows differ"
        assert measure("r2", rows.outcome, rows.count([1.0], [1.5])).why == "one row says nothing about how much labels differ"

    def test_equal_labels_have_no_variance_to_explain(self, kinds: Any) -> None:
        """R² divides by the labels' variance."""
        rows = kinds.numbers(np.array([1.0, 2.0, 3.0]), np.array([5.0, 5.0, 5.0]))
        assert measure("r2", rows.outcome, rows.count([1.0, 2.0, 3.0], [5.0, 5.0, 5.0])).why == "all labels are equal"

    def test_logarithms_need_numbers_above_minus_one(self, kinds: Any) -> None:
        """Rows whose logarithm does not exist are left out of the log error; where that is all of them, it says so."""
        said, came = np.array([-2.0, 1.0, 2.0]), np.array([1.0, 1.5, 2.5])
        rows = kinds.numbers(said, came)
        assert measure("rmsle", rows.outcome, rows.count(said, came)).rows == 2
        assert measure("rmsle", rows.outcome, rows.count([-3.0, -4.0], [1.0, 2.0])).why == "no prediction and label both exceed -1"

    def test_no_errors(self, kinds: Any) -> None:
        """Predictions that are all right have loss 0 and R² 1, and no warning."""
        came = np.array([1.0, 2.0, 3.0, 4.0])
        rows = kinds.numbers(came, came + np.array([0.1, -0.1, 0.2, 0.0]))
        counts = rows.count(came, came)
        for name in ("mae", "mse", "rmse", "rmsle", "mape", "smape", "bias", "pinball@0.9"):
            assert measure(name, rows.outcome, counts).value == 0
        assert measure("r2", rows.outcome, counts).value == 1

    def test_labels_of_zero_show_in_the_percentage_error(self, kinds: Any) -> None:
        """An error beside a label of 0 counts as the largest that can be summed, so that nobody overlooks it."""
        said, came = np.array([1.0, 2.0]), np.array([0.0, 2.0])
        rows = kinds.numbers(said, np.array([0.5, 2.0]))
        assert measure("mape", rows.outcome, rows.count(said, came)).value > 1e6
