from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score, log_loss

from driftline.errors import ConfigError
from driftline.performance.remedy import OBJECTIVES, best_threshold, recalibrate
from driftline.performance.value import ValueMatrix

MATRIX = ValueMatrix(true_positive=10.0, false_positive=-1.0, true_negative=0.0, false_negative=-10.0)


def model(dice: np.random.Generator, rows: int, shift: float = 0.0, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and scores that are right where shift and slope of their log odds are 0 and 1."""
    evidence = dice.normal(-1, 1.5, rows)
    return (dice.random(rows) < expit(evidence)).astype(np.int64), expit(slope * evidence + shift)


class TestRecalibration:
    """Mapping scores to what they have come to mean."""

    @pytest.mark.parametrize("method", ["isotonic", "platt"])
    def test_it_gains_what_it_says(self, method: str, kinds: Any, dice: np.random.Generator) -> None:
        """On fresh rows the loss falls by about the gain that was told, which is not told too large."""
        rows = kinds.binary()
        came, score = model(dice, 3000, 0.3, 2.0)
        fresh, seen = model(dice, 100_000, 0.3, 2.0)
        found = recalibrate(rows.outcome, rows.count(None, came, score), dice, method)
        real = log_loss(fresh, seen) - log_loss(fresh, found.apply(seen))
        assert found.log_loss.value == pytest.approx(real, abs=0.02)
        assert found.log_loss.low <= real
        assert found.log_loss.low > 0.03
        assert found.brier.value == pytest.approx(np.mean((seen - fresh) ** 2) - np.mean((found.apply(seen) - fresh) ** 2), abs=0.01)

    def test_nothing_is_promised_where_there_is_nothing_to_gain(self, kinds: Any, dice: np.random.Generator) -> None:
        """For scores that are right the told gain is negative on average: what a map learns of one half is chance to the other."""
        rows = kinds.binary()
        told = [recalibrate(rows.outcome, rows.count(None, *model(dice, 500)), dice, splits=4) for _ in range(20)]
        assert np.mean([one.log_loss.value for one in told]) < 0
        assert np.mean([one.log_loss.low > 0 for one in told]) <= 0.1

    def test_isotonic_is_scikit_learns_but_for_a_row(self, kinds: Any, dice: np.random.Generator) -> None:
        """The map rises, and where rows are many it is scikit-learn's isotonic regression on the rows."""
        rows = kinds.binary()
        came, score = model(dice, 20_000, 0.5)
        found = recalibrate(rows.outcome, rows.count(None, came, score), dice, splits=1)
        theirs = IsotonicRegression(out_of_bounds="clip").fit(score, came)
        assert (np.diff(found.probabilities) >= 0).all()
        assert np.abs(found.apply(score) - theirs.predict(score)).mean() < 0.01

    def test_platt_finds_the_curve(self, kinds: Any, dice: np.random.Generator) -> None:
        """Where scores' odds are the true ones' square, times a factor, Platt's map undoes both."""
        rows = kinds.binary()
        came, score = model(dice, 20_000, 0.3, 2.0)
        found = recalibrate(rows.outcome, rows.count(None, came, score), dice, "platt", splits=1)
        for evidence in (-2.0, -1.0, 0.0, 1.0):
            assert found.apply(np.array([expit(2 * evidence + 0.3)]))[0] == pytest.approx(expit(evidence), abs=0.03)

    def test_the_same_dice_give_the_same_answer(self, kinds: Any, dice: np.random.Generator) -> None:
        """Randomness comes from the generator alone."""
        rows = kinds.binary()
        counts = rows.count(None, *model(dice, 300))
        one, other = (recalibrate(rows.outcome, counts, np.random.default_rng(7)) for _ in range(2))
        assert one.log_loss == other.log_loss

    @pytest.mark.parametrize("method", ["isotonic", "platt"])
    def test_too_little_is_inconclusive(self, method: str, kinds: Any, dice: np.random.Generator) -> None:
        """Few rows, or none, have a map and no gain, with the reason."""
        rows = kinds.binary()
        few = recalibrate(rows.outcome, rows.count(None, *model(dice, 10)), dice, method)
        assert few.log_loss.why == "fewer than 20 rows have a label and a score"
        assert np.isfinite(few.probabilities).all()
        none = recalibrate(rows.outcome, rows.count(None, [np.nan], [0.5]), dice, method)
        assert none.brier.why == "no row has a label and a score"

    @pytest.mark.parametrize("method", ["isotonic", "platt"])
    def test_one_class_keeps_within_bounds(self, method: str, kinds: Any, dice: np.random.Generator) -> None:
        """A window of one class drives no probability to 0 or 1, and no gain to infinity."""
        rows = kinds.binary()
        _, score = model(dice, 200)
        found = recalibrate(rows.outcome, rows.count(None, np.zeros(200), score), dice, method)
        assert ((found.probabilities > 0) & (found.probabilities < 1)).all()
        assert math.isfinite(found.log_loss.value)


class TestThreshold:
    """Moving the decision threshold."""

    def test_it_is_the_best_on_the_rows(self, kinds: Any, dice: np.random.Generator) -> None:
        """No other edge would serve the rows better, by F1, accuracy, correlation or value."""
        rows = kinds.binary()
        came, score = model(dice, 400, 0.8)
        counts = rows.count(None, came, score)
        for objective in ("f1", *OBJECTIVES, MATRIX):
            at = best_threshold(objective, rows.outcome, counts, dice, splits=1).at
            worths = {edge: _worth(objective, came, score >= edge) for edge in [0.0, *rows.outcome.edges[0], 1.1]}
            assert _worth(objective, came, score >= at) == pytest.approx(max(worths.values()), abs=1e-9)

    def test_it_gains_what_it_says(self, kinds: Any, dice: np.random.Generator) -> None:
        """On fresh rows F1 rises by about the gain that was told."""
        rows = kinds.binary()
        fresh, seen = model(dice, 100_000, -1.0)
        found = best_threshold("f1", rows.outcome, rows.count(None, *model(dice, 4000, -1.0)), dice)
        real = f1_score(fresh, seen >= found.at) - f1_score(fresh, seen >= 0.5)
        assert found.gain.value == pytest.approx(real, abs=0.03)
        assert found.gain.low > 0.03

    def test_dear_misses_lower_it(self, kinds: Any, dice: np.random.Generator) -> None:
        """Where missing costs twenty times a false alarm, the best threshold of right scores is near 1/21 and worth having."""
        rows = kinds.binary()
        found = best_threshold(MATRIX, rows.outcome, rows.count(None, *model(dice, 20_000)), dice)
        assert found.at == pytest.approx(1 / 21, abs=0.03)
        assert found.gain.low > 0

    def test_nothing_is_promised_where_there_is_nothing_to_gain(self, kinds: Any, dice: np.random.Generator) -> None:
        """Where the threshold is best as it is, the told gain is not positive on average and rarely believed."""
        rows = kinds.binary()
        told = [best_threshold("accuracy", rows.outcome, rows.count(None, *model(dice, 500)), dice, splits=4) for _ in range(40)]
        assert np.mean([one.gain.value for one in told]) <= 0.001
        assert np.mean([one.gain.low > 0 for one in told]) <= 0.05

    def test_never_saying_yes_can_be_best(self, kinds: Any, dice: np.random.Generator) -> None:
        """Where a yes only costs, the threshold is infinite."""
        rows = kinds.binary()
        costly = ValueMatrix(true_positive=-1.0, false_positive=-1.0, true_negative=0.0, false_negative=0.0)
        assert best_threshold(costly, rows.outcome, rows.count(None, [0, 1] * 50, [0.2, 1.0] * 50), dice).at == math.inf

    def test_too_little_is_inconclusive(self, kinds: Any, dice: np.random.Generator) -> None:
        """Few rows, or none, have no gain to tell; where nothing is known the threshold stays."""
        rows = kinds.binary()
        assert best_threshold("f1", rows.outcome, rows.count(None, *model(dice, 10)), dice).gain.why.startswith("fewer than 20 rows")
        none = best_threshold("mcc", rows.outcome, rows.count(None, [np.nan], [0.5]), dice)
        assert none.gain.why == "no row has a label and a score"
        assert none.at == rows.outcome.threshold

    def test_one_class_gains_nothing(self, kinds: Any, dice: np.random.Generator) -> None:
        """A window of one class has a finite gain for every objective, and no warning."""
        rows = kinds.binary()
        _, score = model(dice, 200)
        for came in (np.zeros(200), np.ones(200)):
            for objective in ("f2", *OBJECTIVES):
                assert math.isfinite(best_threshold(objective, rows.outcome, rows.count(None, came, score), dice, splits=1).gain.value)


def _worth(objective: str | ValueMatrix, came: np.ndarray, said: np.ndarray) -> float:
    """An objective by hand."""
    table = np.array([[((said == s) & (came == c)).sum() for c in (0, 1)] for s in (0, 1)], dtype=float)
    if isinstance(objective, ValueMatrix):
        return float((table * objective.amounts).sum() / table.sum())
    (right_no, missed), (wrong, right_yes) = table
    sides = (right_yes + wrong) * (right_yes + missed) * (right_no + wrong) * (right_no + missed)
    return float(
        {
            "f1": lambda: 2 * right_yes / (2 * right_yes + wrong + missed),
            "accuracy": lambda: (right_no + right_yes) / table.sum(),
            "balanced_accuracy": lambda: (right_no / (right_no + wrong) + right_yes / (right_yes + missed)) / 2,
            "mcc": lambda: (right_no * right_yes - wrong * missed) / math.sqrt(sides) if sides else 0.0,
        }[objective]()
    )


def test_what_does_not_fit_is_refused(kinds: Any, dice: np.random.Generator) -> None:
    """Remedies are for binary models with scores, and thresholds for objectives that have a best one."""
    many, two = kinds.classes("a", "b", "c", scored=False), kinds.binary()
    counts = two.count(None, [0, 1], [0.2, 0.8])
    with pytest.raises(ConfigError, match="without scores"):
        recalibrate(many.outcome, many.count([0], [0]), dice)
    with pytest.raises(ConfigError, match="did you mean 'accuracy'"):
        best_threshold("acuracy", two.outcome, counts, dice)
    with pytest.raises(ConfigError, match="not chosen for 'f0'"):
        best_threshold("f0", two.outcome, counts, dice)
