from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from driftline.errors import ConfigError
from driftline.performance.plugin import Loss
from driftline.performance.residual import METRICS, means_of
from driftline.performance.rows import Rows


def by_scikit_learn(metric: str, label: np.ndarray, said: np.ndarray) -> float:
    """The same metric from raw labels."""
    return {
        "mae": lambda: sk.mean_absolute_error(label, said),
        "mse": lambda: sk.mean_squared_error(label, said),
        "rmse": lambda: sk.root_mean_squared_error(label, said),
        "rmsle": lambda: sk.root_mean_squared_log_error(label, said),
        "mape": lambda: sk.mean_absolute_percentage_error(label, said),
        "smape": lambda: np.mean(2 * abs(said - label) / (abs(said) + abs(label))),
        "bias": lambda: np.mean(said - label),
        "r2": lambda: sk.r2_score(label, said),
        "pinball@0.9": lambda: sk.mean_pinball_loss(label, said, alpha=0.9),
    }[metric]()


@pytest.mark.parametrize("metric", [*METRICS, "pinball@0.9"])
def test_known_labels_give_scikit_learns_metric(dice: np.random.Generator, metric: str) -> None:
    """The function of mean losses is the metric."""
    said, label = dice.gamma(3, size=(2, 300))
    rows = Rows(np.zeros((300, 0)), (), said, None, label)
    means = means_of(metric)
    assert means.of(means.matrix(rows).mean(0)) == pytest.approx(by_scikit_learn(metric, label, said), rel=1e-9)


@pytest.mark.parametrize("metric", METRICS)
def test_slopes_are_derivatives(world: Any, dice: np.random.Generator, metric: str) -> None:
    """A row's losses times the slopes say, to the first order, what leaving it out takes from the metric."""
    rows = world.numbers(2_000, dice)
    rows = Rows(rows.features, rows.categorical, np.abs(rows.score), None, np.abs(rows.label))
    means = means_of(metric)
    losses = means.matrix(rows)
    middle = losses.mean(0)
    for row in range(5):
        without = means.of(np.delete(losses, row, axis=0).mean(0))
        expected = (middle - losses[row]) @ means.slopes(middle) / (len(rows) - 1)
        assert without - means.of(middle) == pytest.approx(expected, rel=0.02, abs=1e-8)


def test_a_mean_of_ones_own(world: Any, dice: np.random.Generator) -> None:
    """A loss of labels and predictions is a metric that is its mean."""
    rows = world.numbers(100, dice)
    found = means_of(Loss("too low", lambda label, said, _: (said < label).astype(float)))
    assert found.of(found.matrix(rows).mean(0)) == (rows.score < rows.label).mean()


def test_there_is_no_other_metric() -> None:
    """A metric that cannot be estimated is refused, and a near one is named."""
    with pytest.raises(ConfigError, match="'rmsee'") as raised:
        means_of("rmsee")
    assert "rmse" in (raised.value.hint or "")
