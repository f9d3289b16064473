from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedShuffleSplit

from driftline.performance import calibrate
from driftline.performance.calibrate import AS_IT_IS, if_needed, isotonic, needed

scored = st.lists(
    st.tuples(st.integers(0, 20).map(lambda k: k / 20), st.integers(0, 1), st.sampled_from([0.5, 1.0, 3.0])), min_size=1, max_size=60
)


@given(scored)
def test_the_curve_is_scikit_learns(table: list[tuple[float, int, float]]) -> None:
    """On any scores, ties and weights included, and beyond all of them, the curve is scikit-learn's to 1e-9."""
    score, label, weights = (np.array(column, dtype=float) for column in zip(*table, strict=True))
    asked = np.linspace(-0.1, 1.1, 101)
    other = IsotonicRegression(out_of_bounds="clip").fit(score, label, sample_weight=weights)
    assert isotonic(score, label, weights)(asked) == pytest.approx(other.predict(asked), abs=1e-9)


def test_rows_without_weight_do_not_count() -> None:
    """A row of weight 0 is no row, even at a score of its own."""
    curve = isotonic(np.array([0.1, 0.5, 0.9]), np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]))
    assert curve.at.tolist() == [0.1, 0.9]


def test_the_splits_are_scikit_learns(dice: np.random.Generator) -> None:
    """The rows shown and held out are those of the stratified shuffles that NannyML uses, in the same order."""
    label = (dice.random(503) < 0.3).astype(float)
    splits = StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=42).split(np.zeros((503, 1)), label)
    for ours, theirs in zip(calibrate._shuffles(label), splits, strict=True):
        assert np.array_equal(ours[0], theirs[0])
        assert np.array_equal(ours[1], theirs[1])


def by_nannyml(score: np.ndarray, label: np.ndarray) -> bool:
    """CBPE's rule from its parts: the calibration error over ten groups of one size, of the held out tenths before and after."""
    parts: list[list[np.ndarray]] = [[], [], []]
    for shown, asked in StratifiedShuffleSplit(n_splits=10, test_size=0.1, random_state=42).split(np.zeros((score.size, 1)), label):
        curve = IsotonicRegression(out_of_bounds="clip").fit(score[shown], label[shown])
        for part, values in zip(parts, (score[asked], curve.predict(score[asked]), label[asked]), strict=True):
            part.append(values)
    before, after, came = (np.concatenate(part) for part in parts)

    def error(told: np.ndarray) -> float:
        order = np.argsort(told)
        width = told.size // 10
        groups = [order[k * width : (k + 1) * width if k < 9 else None] for k in range(10)]
        return sum(abs(told[group].mean() - came[group].mean()) * group.size for group in groups) / told.size

    return error(before) > error(after)


def test_calibration_is_used_where_cbpe_uses_it(dice: np.random.Generator) -> None:
    """On scores that are nearly right some samples need a curve and some do not; each is decided as CBPE decides it."""
    ours, theirs = [], []
    for _ in range(12):
        evidence = dice.normal(size=800)
        label = (dice.random(800) < expit(evidence)).astype(float)
        ours.append(needed(expit(1.1 * evidence), label))
        theirs.append(by_nannyml(expit(1.1 * evidence), label))
    assert ours == theirs
    assert set(ours) == {True, False}


def test_scores_that_are_too_sure_are_calibrated(dice: np.random.Generator) -> None:
    """A score far beyond what comes true is brought back."""
    evidence = dice.normal(size=2_000)
    label = (dice.random(2_000) < expit(evidence)).astype(float)
    assert if_needed(expit(3 * evidence), label)(np.array([0.9]))[0] < 0.8


def test_nothing_is_calibrated_from_nothing() -> None:
    """With one class, a handful of rows, or an all but flawless order, scores stay as they are."""
    score = np.linspace(0, 1, 100)
    assert not needed(score, np.zeros(100))
    assert not needed(score[:15], (score[:15] > 0.05).astype(float))
    assert not needed(score, (score > 0.5).astype(float))


def test_a_share_as_it_is_is_the_score() -> None:
    """Without a curve a score is its own chance."""
    assert AS_IT_IS(np.array([0.2, 0.7])).tolist() == [0.2, 0.7]
