from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit, softmax
from sklearn import metrics

from driftline.performance.metric import measure
from driftline.performance.probability import _ends, _Likely, grouped, like_groups
from driftline.performance.question import Question

rows_of_scores = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=50)


def model(dice: np.random.Generator, rows: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and scores that are right on average where the shift of their log odds is 0."""
    evidence = dice.normal(-1, 1.5, rows)
    return (dice.random(rows) < expit(evidence)).astype(np.int64), expit(evidence + shift)


def ece_of(came: np.ndarray, score: np.ndarray, bins: np.ndarray) -> float:
    """The expected calibration error by hand: bins with their middle rank in the same fifteenth go together."""
    total, done, sums = len(score), 0, np.zeros(15)
    for b in np.unique(bins):
        inside = bins == b
        group = min(int((done + inside.sum() / 2) * 15 / total), 14)
        sums[group] += (came[inside] - score[inside]).sum()
        done += inside.sum()
    return float(np.abs(sums).sum() / total)


@settings(max_examples=50)
@given(rows_of_scores)
def test_losses_are_scikit_learns(kinds: Any, table: list[tuple[float, bool]]) -> None:
    """Log loss and Brier score are scikit-learn's on the raw rows, within the step of their sums."""
    score, came = np.array([s for s, _ in table]), np.array([int(c) for _, c in table])
    rows = kinds.binary()
    counts = rows.count(None, came, score)
    log_loss, brier = (measure(name, rows.outcome, counts) for name in ("log_loss", "brier"))
    assert log_loss.value == pytest.approx(metrics.log_loss(came, np.stack([1 - score, score], 1), labels=[0, 1]), abs=2e-9)
    assert brier.value == pytest.approx(np.mean((score - came) ** 2), abs=2e-9)
    for found in (log_loss, brier):
        assert 0 <= found.low <= found.high


def test_losses_of_many_classes(kinds: Any, dice: np.random.Generator) -> None:
    """With a score for each class log loss is scikit-learn's; the Brier score sums over classes."""
    came = dice.choice(3, 500, p=[0.5, 0.3, 0.2])
    score = softmax(dice.normal(size=(500, 3)) + 2 * np.eye(3)[came], axis=1)
    rows = kinds.classes("a", "b", "c")
    counts = rows.count(score.argmax(1), came, *score.T)
    assert measure("log_loss", rows.outcome, counts).value == pytest.approx(metrics.log_loss(came, score), abs=1e-9)
    assert measure("brier", rows.outcome, counts).value == pytest.approx(((score - np.eye(3)[came]) ** 2).sum(1).mean(), abs=1e-9)


def test_a_sure_and_wrong_score_costs_a_finite_loss(kinds: Any) -> None:
    """A probability of 0 for what came true costs −ln 2⁻⁵², as in scikit-learn."""
    rows = kinds.binary()
    found = measure("log_loss", rows.outcome, rows.count(None, [1, 0], [0.0, 0.0]))
    assert found.value == pytest.approx(26 * np.log(2), abs=1e-6)


class TestCalibrationError:
    """The expected calibration error."""

    @settings(max_examples=50)
    @given(rows_of_scores)
    def test_it_is_the_rows(self, kinds: Any, table: list[tuple[float, bool]]) -> None:
        """The value is that of the raw rows, grouped by whole bins into fifteen groups of like size; sums of scores are exact."""
        score, came = np.array([s for s, _ in table]), np.array([int(c) for _, c in table])
        rows = kinds.binary()
        found = measure("ece", rows.outcome, rows.count(None, came, score))
        bins = np.searchsorted(rows.outcome.arrays[0], score, side="right")
        assert found.value == pytest.approx(ece_of(came, score, bins), abs=2e-9)
        assert found.low <= found.value <= found.high

    def test_chance_is_told_from_error(self, kinds: Any, dice: np.random.Generator) -> None:
        """Of scores that are right, the number found is chance alone: the interval begins at 0; of wrong ones it does not."""
        rows = kinds.binary()
        right, wrong = (measure("ece", rows.outcome, rows.count(None, *model(dice, 1000, shift))) for shift in (0.0, 0.8))
        assert right.value > 0.015
        assert right.low == 0
        assert wrong.low > 0.05

    def test_groups_are_of_like_size(self) -> None:
        """No group holds more than its share by more than one bin, and bins are never split."""
        weight = np.random.default_rng(3).integers(1, 20, 300).astype(float)
        group = like_groups(weight, 15)
        assert (np.diff(group) >= 0).all()
        assert np.bincount(group, weight).max() <= weight.sum() / 15 + weight.max()
        assert like_groups(np.zeros(3), 15).tolist() == [0, 0, 0]

    @settings(max_examples=50)
    @given(value=st.floats(0, 1), seed=st.integers(0, 99), rows=st.sampled_from([20, 300, 10**6]))
    def test_ends_lie_where_the_number_would_be_odd(self, value: float, seed: int, rows: int) -> None:
        """At either end what was found lies 1.96 standard deviations off what would be; else the end is 0 or 1."""
        rng = np.random.default_rng(seed)
        weight, error = rng.dirichlet(np.ones(15)), rng.uniform(0.2, 2, 15) / rows**0.5
        size = np.abs(rng.normal(0, error))
        likely = _Likely(np.array([size, size + error]), weight, error, rows)
        for k, (end, sign) in enumerate(zip(_ends(value, 1.96, likely), (1.96, -1.96), strict=True)):
            middle, spread = (part[k] for part in likely.found(np.full(2, end) / likely.whole))
            beyond = value - middle - sign * spread
            assert abs(beyond) < 1e-6 if 0 < end < 1 else (beyond <= 0 if end == 0 else beyond > 0)

    def test_gathering_keeps_sums(self, kinds: Any, dice: np.random.Generator) -> None:
        """Groups have the sums of their rows, squares within a bin's width."""
        came, score = model(dice, 800)
        rows = kinds.binary()
        scored = Question(rows.outcome, rows.count(None, came, score)).scored()
        found = grouped(scored, np.minimum(np.arange(scored.rows.size) // 256, 3))
        group = np.minimum(np.searchsorted(rows.outcome.arrays[0], score, side="right") // 256, 3)
        np.testing.assert_allclose(found.scores, np.bincount(group, score), atol=1e-6)
        np.testing.assert_allclose(found.squares, np.bincount(group, (came - score) ** 2), atol=1e-3)
        np.testing.assert_allclose(found.promised, np.bincount(group, score * (1 - score)), atol=1e-3)
        np.testing.assert_allclose(found.gaps, np.bincount(group, came - score) / found.rows, atol=1e-8)


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, kinds: Any, astray: Any, dice: np.random.Generator) -> None:
    """Of 95% intervals 93 to 97% hold the truth, in short and long windows."""
    came, score = model(dice, 20_000, 0.5)
    rows = kinds.binary(tuple(np.unique(np.quantile(score, np.arange(1, 500) / 500)).tolist()))
    found = rows.coverage(("log_loss", "brier", "ece"), lambda at: rows.count(None, came[at], score[at]), 20_000, size)
    assert astray(found) == {}


def test_scores_of_two_halves_of_the_truth(kinds: Any, dice: np.random.Generator) -> None:
    """Asked of the negative class, whose scores are turned round, the calibration error is the same."""
    came, score = model(dice, 600, 0.5)
    rows = kinds.binary()
    counts = rows.count(None, came, score)
    one, other = (measure(name, rows.outcome, counts).value for name in ("ece", "ece:0"))
    assert one == pytest.approx(other, abs=0.01)


@pytest.mark.parametrize("name", ["log_loss", "brier", "ece"])
def test_without_usable_scores_nothing_is_said(name: str, kinds: Any) -> None:
    """Labels whose scores are missing or outside [0, 1] have no loss."""
    rows = kinds.binary()
    found = measure(name, rows.outcome, rows.count(None, [0, 1], [np.nan, np.nan]))
    assert found.why in {"no row has a label and usable scores", "no row has a label and a score"}
    assert np.isnan(found.value)


def test_a_few_sure_rows(kinds: Any) -> None:
    """All scores equal and all labels right: the losses are small and known, and the calibration error is the score's distance from 1."""
    rows = kinds.binary()
    counts = rows.count(None, [1] * 5, [0.9] * 5)
    assert measure("log_loss", rows.outcome, counts).value == pytest.approx(-np.log(0.9), abs=1e-8)
    assert measure("ece", rows.outcome, counts).value == pytest.approx(0.1, abs=1e-8)
    assert logit(0.5) == 0
