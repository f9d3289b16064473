from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import expit

from driftline.performance.plugin import plug
from driftline.performance.residual import means_of
from driftline.performance.robust import of_means, one_step, plugged_in

if TYPE_CHECKING:
    from driftline.performance.rows import Rows


def two(chance: np.ndarray) -> np.ndarray:
    """Chances of both classes."""
    return np.stack([1 - chance, chance], axis=1)


def weights_of(rows: Rows, shift: float) -> np.ndarray:
    """The true ratio of densities where the second number's mean moves."""
    weights = np.exp(shift * rows.features[:, 1] - shift**2 / 2)
    return np.asarray(weights / weights.mean())


@pytest.mark.parametrize("metric", ["accuracy", "f1", "roc_auc", "brier"])
@pytest.mark.parametrize("wrong", ["nothing", "chances", "weights"])
def test_one_wrong_part_does_no_harm(world: Any, metric: str, wrong: str) -> None:
    """With the true chances and weights, or with either of them wrong altogether, the mean estimate is the metric's true value."""
    dice, shift = np.random.default_rng(11), 0.8
    large = world.rows(400_000, dice, shift)
    truth = plug(metric, large, two(world.chance(large.features)), large).value
    found = []
    for _ in range(25):
        rows, window = world.rows(6_000, dice), world.rows(3_000, dice, shift)
        weights = np.ones(6_000) if wrong == "weights" else weights_of(rows, shift)
        chances = [two(np.full(len(some), 0.5) if wrong == "chances" else world.chance(some.features)) for some in (rows, window)]
        # Ranks are put right to the first order only, from chances that are wrong but not absurd; what is left is the second order.
        if wrong == "chances" and metric == "roc_auc":
            chances = [two(expit(0.3 * some.features[:, 0])) for some in (rows, window)]
        found.append(one_step(metric, (rows, chances[0]), (window, chances[1]), weights).value)
    allowed = 3 * np.std(found) / 5 + (0.012 if metric == "roc_auc" and wrong == "chances" else 0.002)
    assert np.mean(found) == pytest.approx(truth, abs=allowed)


def test_a_mean_is_corrected_by_weighted_residuals(world: Any, dice: np.random.Generator) -> None:
    """The estimate is the mean of what is expected of the window and of the weighted residuals; uncorrected, the first alone."""
    rows, weights = world.numbers(200, dice), dice.gamma(2, size=200)
    weights /= weights.mean()
    means = means_of("mae")
    losses = means.matrix(rows)
    expected, window = dice.gamma(2, size=(200, 1)), dice.gamma(2, size=(50, 1))
    found = of_means(means, losses, expected, window, weights)
    assert found.value == pytest.approx(window.mean() + (weights[:, None] * (losses - expected)).mean())
    variance = window.var() / 50 + (weights[:, None] * (losses - expected)).var() / 200
    assert found.error == pytest.approx(np.sqrt(variance))
    plain = of_means(means, losses, expected, window, weights, corrected=False)
    assert plain.value == pytest.approx(window.mean())


def test_realised_metrics_vary_by_their_own_labels(world: Any, dice: np.random.Generator) -> None:
    """The error of a forecast holds the labels' noise in place of the window's; a sample of more rows holds some of both."""
    rows, window = world.rows(4_000, dice), world.rows(500, dice)
    chances = [two(world.chance(some.features)) for some in (rows, window)]
    found = one_step("accuracy", (rows, chances[0]), (window, chances[1]), np.ones(4_000))
    right = np.where(window.said() == 1, chances[1][:, 1], chances[1][:, 0])
    assert found.noise == pytest.approx((right * (1 - right)).mean(), rel=0.05)
    assert found.realised_error() == pytest.approx(np.sqrt(found.noise / 500 + found.reference.var() / 4_000))
    assert found.realised_error(10**9) == pytest.approx(found.error, rel=1e-3)


def test_plugging_in_without_weights_corrects_nothing(world: Any, dice: np.random.Generator) -> None:
    """Where all weights are alike the value is the formula with chances in the place of labels."""
    rows, window = world.rows(300, dice), world.rows(200, dice)
    chances = [two(some.score) for some in (rows, window)]
    for metric in ("f1", "roc_auc", "log_loss"):
        found = plugged_in(metric, (rows, chances[0]), (window, chances[1]), np.ones(300))
        assert found.value == plug(metric, window, chances[1], window).value
