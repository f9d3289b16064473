from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from driftline.performance.calibration import against_perfect, against_reference, reliability


def model(dice: np.random.Generator, rows: int, shift: float = 0.0, mean: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and scores that are right where the shift of their log odds is 0."""
    evidence = dice.normal(mean, 1.5, rows)
    return (dice.random(rows) < expit(evidence)).astype(np.int64), expit(evidence + shift)


def counted(kinds: Any, came: np.ndarray, score: np.ndarray) -> Any:
    """Their counts."""
    return kinds.binary().count(None, came, score)


class TestReliability:
    """The reliability diagram."""

    def test_groups_are_those_of_the_rows(self, kinds: Any, dice: np.random.Generator) -> None:
        """Each group's rows, mean score and share of positives are the raw rows' between its bounds."""
        came, score = model(dice, 2000)
        rows = kinds.binary()
        found = reliability(rows.outcome, rows.count(None, came, score))
        assert found.rows.sum() == 2000
        assert len(found.rows) == 10
        for i, (start, stop) in enumerate(zip(found.starts, found.stops, strict=True)):
            inside = (score >= start) & (score < stop)
            assert inside.sum() == found.rows[i]
            assert found.scores[i] == pytest.approx(score[inside].mean(), abs=1e-8)
            assert found.shares[i] == pytest.approx(came[inside].mean())
            assert found.low[i] < found.shares[i] < found.high[i]

    def test_the_overall_gap(self, kinds: Any, dice: np.random.Generator) -> None:
        """The gap is the share of positives less the mean score, with Student's interval on the rows' differences."""
        came, score = model(dice, 1000, 0.5)
        found = reliability(kinds.binary().outcome, counted(kinds, came, score)).gap
        theirs = stats.ttest_1samp(came - score, 0)
        assert found.value == pytest.approx((came - score).mean(), abs=1e-8)
        assert found.error == pytest.approx(stats.sem(came - score), rel=1e-3)
        assert found.high == pytest.approx(theirs.confidence_interval(0.95).high, rel=1e-2)

    def test_few_distinct_scores_make_few_groups(self, kinds: Any) -> None:
        """A bin is never split, so that three scores make at most three groups."""
        found = reliability(kinds.binary().outcome, counted(kinds, np.array([0, 1, 1, 0, 1]), np.array([0.1, 0.1, 0.5, 0.5, 0.9])))
        assert found.rows.tolist() == [2, 2, 1]
        np.testing.assert_allclose(found.scores, [0.1, 0.5, 0.9], atol=1e-8)

    def test_the_negative_class_and_one_of_many(self, kinds: Any, dice: np.random.Generator) -> None:
        """Asked of another class, groups are those of its own score."""
        came, score = model(dice, 500)
        binary = reliability(kinds.binary().outcome, counted(kinds, came, score), target="0")
        many = kinds.classes("0", "1")
        single = reliability(many.outcome, many.count(score > 0.5, came, 1 - score, score), target="0")
        for found in (binary, single):
            assert found.gap.value == pytest.approx(score.mean() - came.mean(), abs=1e-8)
            assert (found.starts[1:] >= found.stops[:-1]).all()
            assert ((found.starts <= found.scores) & (found.scores <= found.stops)).all()

    def test_nothing_to_show(self, kinds: Any) -> None:
        """Without labels there are no groups, and the gap says why."""
        found = reliability(kinds.binary().outcome, counted(kinds, np.array([np.nan, np.nan]), np.array([0.1, 0.5])))
        assert found.rows.size == 0
        assert found.gap.why == "no row has a label and a score"


class TestAgainstPerfect:
    """Whether scores are probabilities."""

    @pytest.mark.parametrize(("rows", "mean"), [(100, -1.0), (2000, -4.0)])
    def test_right_scores_pass(self, rows: int, mean: float, kinds: Any, dice: np.random.Generator) -> None:
        """Scores that are right are doubted at the 5% level in about 5% of windows, of common and of rare positives."""
        found = [against_perfect(kinds.binary().outcome, counted(kinds, *model(dice, rows, mean=mean))) for _ in range(400)]
        assert 0.02 <= np.mean([one.p_value < 0.05 for one in found]) <= 0.08

    def test_wrong_scores_do_not(self, kinds: Any, dice: np.random.Generator) -> None:
        """Scores whose odds are 1.6 times too high are found out in 2,000 rows."""
        found = against_perfect(kinds.binary().outcome, counted(kinds, *model(dice, 2000, 0.5)))
        assert found.p_value < 1e-6
        assert (found.df, found.rows) == (10, 2000)

    def test_few_rows_make_few_groups(self, kinds: Any, dice: np.random.Generator) -> None:
        """Where little variance is promised there are fewer groups, so that each holds enough."""
        assert against_perfect(kinds.binary().outcome, counted(kinds, *model(dice, 60))).df <= 3

    def test_sure_scores(self, kinds: Any) -> None:
        """Scores of 0 and 1 pass as long as they are right, and fail at the first that is not."""
        outcome, score = kinds.binary().outcome, np.array([0.0, 0.0, 1.0, 1.0])
        assert against_perfect(outcome, counted(kinds, np.array([0, 0, 1, 1]), score)).p_value == 1
        assert against_perfect(outcome, counted(kinds, np.array([0, 1, 1, 1]), score)).p_value < 1e-6

    def test_without_labels_it_is_inconclusive(self, kinds: Any) -> None:
        """Nothing to test is said."""
        found = against_perfect(kinds.binary().outcome, counted(kinds, np.array([np.nan]), np.array([0.5])))
        assert found.why == "no row has a label and a score"
        assert np.isnan(found.p_value)


class TestAgainstReference:
    """Whether scores mean what they meant."""

    @pytest.mark.parametrize("moved", [0.0, 0.5])
    def test_the_same_curve_passes(self, moved: float, kinds: Any, dice: np.random.Generator) -> None:
        """Scores that are as wrong as they were are doubted at the 5% level in about 5% of windows, even where they have moved."""
        outcome = kinds.binary().outcome
        pairs = [[counted(kinds, *model(dice, *side)) for side in ((5000, 0.5), (500, 0.5, moved - 1.0))] for _ in range(300)]
        found = [against_reference(outcome, reference, counts) for reference, counts in pairs]
        assert 0.02 <= np.mean([one.p_value < 0.05 for one in found]) <= 0.08

    def test_another_curve_does_not(self, kinds: Any, dice: np.random.Generator) -> None:
        """Scores that were too high and are right now have changed their meaning."""
        reference = counted(kinds, *model(dice, 20_000, 0.5))
        assert against_reference(kinds.binary().outcome, reference, counted(kinds, *model(dice, 2000))).p_value < 1e-6

    def test_too_little_is_inconclusive(self, kinds: Any) -> None:
        """No labels here, none in the reference, and no score in common are said."""
        outcome = kinds.binary().outcome
        none = counted(kinds, np.array([np.nan]), np.array([0.5]))
        some = counted(kinds, np.array([0, 1]), np.array([0.2, 0.4]))
        assert against_reference(outcome, some, none).why == "no row has a label and a score"
        assert against_reference(outcome, none, some).why == "the reference has no row with a label and a score"
        assert against_reference(outcome, some, some).p_value == pytest.approx(1.0)
