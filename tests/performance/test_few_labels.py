from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.performance.few_labels import powered, powered_mean
from driftline.performance.fitted import beside, fit
from driftline.performance.plugin import Loss


def drawn(dice: np.random.Generator, bias: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sixty labelled losses with what was expected of them, and expectations of 2,000 rows without a label."""
    chance = dice.beta(1, 3, 2_060)
    loss = (dice.random(2_060) < chance).astype(float)
    return loss[:60], chance[:60] + bias, chance[60:] + bias


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_the_interval_holds_the_truth_however_wrong_expectations_are(bias: float) -> None:
    """Over 600 draws the 95% interval holds the mean loss 93 to 97 times in a hundred, give or take what chance allows."""
    dice = np.random.default_rng(1)
    found = [powered_mean(*drawn(dice, bias)) for _ in range(600)]
    assert 0.91 <= np.mean([one.low <= 0.25 <= one.high for one in found]) <= 0.98


def test_good_expectations_are_worth_labels(dice: np.random.Generator) -> None:
    """Where expectations are good the interval is much narrower than that of the labels alone, and it says by how many labels."""
    truth = dice.normal(size=4_000)
    told = truth + 0.3 * dice.normal(size=4_000)
    powered = powered_mean(told[:100], truth[:100], truth[100:])
    plain = powered_mean(told[:100], truth[:100], truth[100:], weight=0.0)
    assert powered.error < 0.5 * plain.error
    assert powered.saved > 300
    assert plain.saved == 0


def test_useless_expectations_do_no_harm(dice: np.random.Generator) -> None:
    """Where expectations tell nothing they hardly count, and the mean is that of the labels."""
    loss = dice.normal(size=300)
    found = powered_mean(loss, dice.normal(size=300), dice.normal(size=3_000))
    assert found.weight < 0.2
    assert found.value == pytest.approx(loss.mean(), abs=0.05)
    constant = powered_mean(loss, np.ones(300), np.ones(50))
    assert constant.value == loss.mean()
    assert constant.weight == 0


def test_full_weight_is_the_difference_estimator(dice: np.random.Generator) -> None:
    """With a weight of 1 the value is what is expected of the rest, put right by what expectations missed."""
    loss, expected, rest = drawn(dice)
    found = powered_mean(loss, expected, rest, weight=1.0)
    assert found.value == pytest.approx(rest.mean() + (loss - expected).mean())


def test_a_handful_of_labels_is_too_few() -> None:
    """Below thirty labels there is no value but a reason."""
    found = powered_mean(np.ones(29), np.ones(29), np.ones(100))
    assert np.isnan(found.value)
    assert found.why == "there are 29 labels, and at least 30 are needed"


def test_a_window_with_some_labels_is_told_by_them(world: Any, dice: np.random.Generator) -> None:
    """Means of losses come near what all labels say; a metric that is no mean is left alone."""
    cost = Loss("cost", lambda label, _, said: np.where(label != said, 3.0, 0.0))
    metrics = ["accuracy", "brier", cost, "f1"]
    window = world.rows(2_000, dice, 0.5)
    right = window.label == window.said()
    truth = [right.mean(), np.mean((window.score - window.label) ** 2), 3 * (~right).mean()]
    window.label[600:] = np.nan
    seen = beside(fit(world.rows(3_000, dice), metrics, dice), window, dice)
    for place, came in enumerate(truth):
        found = powered(seen, place)
        assert found is not None
        assert found.labels == 600
        assert abs(found.value - came) < 4 * found.error
    assert powered(seen, 3) is None


def test_numbers_with_some_labels_are_told_by_them(world: Any, dice: np.random.Generator) -> None:
    """Of a regression's metrics those that are the mean of one loss."""
    window = world.numbers(2_000, dice)
    truth = np.abs(window.score - window.label).mean()
    window.label[500:] = np.nan
    seen = beside(fit(world.numbers(3_000, dice), ["mae", "rmse", "r2"], dice), window, dice)
    found = powered(seen, 0)
    assert found is not None
    assert found.value == pytest.approx(truth, abs=4 * found.error)
    assert powered(seen, 1) is None
    assert powered(seen, 2) is None
