from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from driftline.rollout.claims import Outcome, at_most, calibrated, discoveries, fast, small, unseen

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hits", "rows", "limit", "expected"),
    [
        (0, 1000, 0.01, PASS),
        (0, 10, 0.01, OPEN),
        (30, 1000, 0.01, FAIL),
        (9, 1000, 0.01, OPEN),
        (0, 5, 0.0, PASS),
        (1, 5, 0.0, FAIL),
        (0, 0, 0.1, OPEN),
    ],
)
def test_a_share_is_held_against_its_limit(hits: int, rows: int, limit: float, expected: Outcome) -> None:
    """It passes where the exact interval is below the limit, fails where it is above, and else is not settled."""
    assert at_most("churn", hits, rows, limit, 0.05).outcome is expected


def test_the_share_has_the_exact_interval() -> None:
    """The ends are scipy's Clopper-Pearson ends."""
    expected = stats.binomtest(7, 90).proportion_ci(0.9, method="exact")
    found = at_most("churn", 7, 90, 0.1, 0.05)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.more is not None
    assert found.more > 90


def test_calibration_tells_right_from_wrong() -> None:
    """Honest scores of 20,000 rows pass a limit of 3 points, scores pushed out by a half fail it."""
    dice = np.random.default_rng(1)
    logits = dice.normal(-1, 1.5, 20_000)
    label = dice.random(20_000) < expit(logits)
    assert calibrated(expit(logits), label, 0.03, 0.05).outcome is PASS
    wrong = calibrated(expit(1.5 * logits + 0.5), label, 0.03, 0.05)
    assert wrong.outcome is FAIL
    assert wrong.value > 0.05


def test_calibration_at_its_limit_passes_seldom() -> None:
    """Scores whose gap is just the limit pass at most about 5% of the time."""
    dice = np.random.default_rng(2)
    passed = []
    for _ in range(300):
        truth = dice.uniform(0.1, 0.8, 2000)
        passed.append(calibrated(truth + 0.05, dice.random(2000) < truth, 0.05, 0.05).outcome is PASS)
    assert np.mean(passed) <= 0.09


def test_few_rows_say_nothing_of_calibration() -> None:
    """Less than one group of rows is inconclusive."""
    assert calibrated(np.full(5, 0.5), np.ones(5, dtype=bool), 0.1, 0.05).outcome is OPEN


def test_latency_is_held_at_its_quantile() -> None:
    """The interval holds the true quantile, passes above it and fails below it."""
    seconds = np.random.default_rng(3).exponential(0.01, 5000)
    truth = stats.expon.ppf(0.95) * 0.01
    assert fast(seconds, truth * 1.2, 0.95, 0.05).outcome is PASS
    assert fast(seconds, truth * 0.8, 0.95, 0.05).outcome is FAIL
    found = fast(seconds, truth, 0.95, 0.05)
    assert found.low < truth < found.high
    assert fast(seconds[:20], 1.0, 0.95, 0.05).outcome is OPEN
    assert fast(None, 1.0, 0.95, 0.05).outcome is OPEN


def test_size_is_compared() -> None:
    """A limit is kept, broken, or not known."""
    assert [small(size, 100).outcome for size in (100, 101, None)] == [PASS, FAIL, OPEN]


def test_rows_that_were_learnt_from_prove_nothing() -> None:
    """A trial whose rows begin before the training's end fails."""
    assert unseen(NOW, NOW + timedelta(hours=1)).outcome is PASS
    assert unseen(NOW, NOW).outcome is FAIL


def test_discoveries_are_benjamini_and_hochbergs() -> None:
    """The claims shown are those of scipy's adjusted p-values."""
    p_values = np.random.default_rng(4).beta(0.3, 1, 40)
    expected = stats.false_discovery_control(p_values) <= 0.05
    assert discoveries(list(p_values), 0.05) == list(expected)
    assert discoveries([], 0.05) == []
