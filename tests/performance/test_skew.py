from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.performance.skew import MISSING, by_class_alone, reweight, score_skew, segment_skew
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome
from driftline.schema import Task

EDGES = tuple(np.linspace(0, 1, 1025)[1:].tolist())
BINARY = Outcome(task=Task.BINARY, label="y", scores=("s",), classes=("0", "1"), edges=(EDGES,))
THREE = Outcome(task=Task.MULTICLASS, label="y", scores=("a", "b", "c"), classes=("a", "b", "c"), edges=(EDGES,) * 3)
REGRESSION = Outcome(
    task=Task.REGRESSION, label="y", prediction="p", edges=(tuple(np.linspace(-2, 2, 81).tolist()), tuple(np.linspace(-3, 3, 61).tolist()))
)


@pytest.fixture
def dice() -> np.random.Generator:
    """The same throws in every run."""
    return np.random.default_rng(20260303)


def rows(dice: np.random.Generator, count: int, leaning: float, missing: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, all labels, and which of them have come: the more a model leans, the rather for high scores."""
    scores = dice.beta(1.2, 2.0, count)
    labels = (dice.random(count) < scores).astype(np.int64)
    come = dice.random(count) < 0.4 + leaning * (scores - 0.375)
    scores[:missing] = np.nan
    return scores, labels, come


def counted(scores: np.ndarray, labels: np.ndarray) -> OutcomeCounts:
    """Their counts, at a threshold of a half."""
    said = np.where(np.isnan(scores), 2, scores >= 0.5).astype(np.int64)
    return count_outcome(BINARY, OutcomeRows(said, labels, (scores,)))


def seen(scores: np.ndarray, labels: np.ndarray, come: np.ndarray) -> OutcomeCounts:
    """The counts when only some labels have come."""
    return counted(scores, np.where(come, labels, 2))


class TestSelection:
    """Labelled rows against all rows, and whether it is the class alone that decides which are labelled."""

    def test_few_missing_labels_select_nothing(self, dice: np.random.Generator) -> None:
        """Where one row in fifty has no label, what is computed from the others speaks for all, whichever those are."""
        scores, labels, _ = rows(dice, 20_000, 0.0)
        few, many = (score_skew(BINARY, seen(scores, labels, scores > np.quantile(scores, share))) for share in (0.02, 0.5))
        assert few.effect is not None
        assert few.effect > 0.5
        assert few.selection < 0.02
        assert many.selection > 0.5

    def test_chance_selects_nothing(self, dice: np.random.Generator) -> None:
        """Freed of chance, the index is 0 on average where labels come at random."""
        found = np.array([score_skew(BINARY, seen(*rows(dice, 1500, 0.0))).selection for _ in range(400)])
        assert abs(found.mean()) < 3 * found.std() / 20 + 5e-4

    @pytest.mark.parametrize("labelled", [600, 6_000])
    def test_one_class_that_comes_sooner_is_told_from_scores_that_do(self, dice: np.random.Generator, labelled: int) -> None:
        """At a level of 1% a class that is labelled more often passes; rows of high scores that are labelled rather do not."""
        by_class, by_score = [], []
        for _ in range(200):
            scores, labels, _ = rows(dice, 2 * labelled, 0.0)
            by_class.append(by_class_alone(BINARY, seen(scores, labels, dice.random(scores.size) < np.where(labels == 1, 0.8, 0.35))))
            by_score.append(by_class_alone(BINARY, seen(scores, labels, scores > 0.3)))
        assert np.mean(by_class) >= 0.96
        assert not any(by_score)

    def test_few_labels_speak_against_nothing(self, dice: np.random.Generator) -> None:
        """With hardly a label, or without scores, nothing can be said."""
        scores, labels, _ = rows(dice, 400, 0.0)
        assert by_class_alone(BINARY, seen(scores, labels, scores > 0.8))
        assert by_class_alone(REGRESSION, OutcomeCounts.empty(REGRESSION))


class TestScores:
    """Rows with a label against rows without one, by score."""

    def test_random_labels_are_told_as_such(self, dice: np.random.Generator) -> None:
        """The test keeps its level over 400 windows, and the index freed of chance is 0 on average."""
        found = [score_skew(BINARY, seen(*rows(dice, 1500, 0.0))) for _ in range(400)]
        assert 0.02 <= np.mean([skew.p_value < 0.05 for skew in found]) <= 0.08
        effects = np.array([skew.effect for skew in found])
        assert abs(effects.mean()) < 3 * effects.std() / 20 + 5e-4
        assert np.mean([skew.interval[0] <= 0 <= skew.interval[1] for skew in found]) >= 0.93

    def test_labels_that_come_for_high_scores_are_told(self, dice: np.random.Generator) -> None:
        """The sentence names where labels came most and least, and how often."""
        found = score_skew(BINARY, seen(*rows(dice, 5000, 0.6)))
        assert found.p_value < 1e-20
        assert found.interval[0] > 0.02
        assert found.effect < found.psi
        share = (found.labelled / np.maximum(found.labelled + found.waiting, 1))[:-1]
        assert share.argmax() >= len(share) - 2
        assert f"labels have come for {share.max():.0%} of the rows with score" in found.reason

    def test_groups_are_cut_where_they_say(self, dice: np.random.Generator) -> None:
        """The rows of each group are those between its two ends."""
        scores, labels, come = rows(dice, 3000, 0.3, missing=40)
        found = score_skew(BINARY, seen(scores, labels, come))
        cuts = [float(name.split()[-1]) for name in found.groups[:-2]]
        group = np.where(np.isnan(scores), len(cuts) + 1, np.searchsorted(cuts, scores, side="right"))
        assert found.groups[-1] == MISSING
        assert 8 <= len(cuts) + 1 <= 10
        near = np.bincount(group[come], minlength=len(cuts) + 2) - found.labelled
        # The names are rounded to three digits.
        assert np.abs(near).max() <= 10
        assert found.labelled.sum() + found.waiting.sum() == 3000

    def test_several_classes_have_a_column_each(self, dice: np.random.Generator) -> None:
        """The class whose score decides whether labels come is told more plainly than the others."""
        table = dice.dirichlet([1.0, 1.0, 1.0], 4000)
        labels = np.where(dice.random(4000) < 0.2 + 0.6 * table[:, 1], 1, 3)
        counts = count_outcome(THREE, OutcomeRows(table.argmax(1), labels, tuple(table.T.copy())))
        found = [score_skew(THREE, counts, column) for column in range(3)]
        assert max(found, key=lambda skew: skew.effect) is found[1]

    def test_regressions_are_grouped_by_prediction(self, dice: np.random.Generator) -> None:
        """Labels that come for high predictions are told."""
        prediction = dice.standard_normal(4000)
        label = np.where(dice.random(4000) < 0.5 + 0.2 * np.tanh(prediction), prediction, np.nan)
        found = score_skew(REGRESSION, count_outcome(REGRESSION, OutcomeRows(prediction, label)))
        assert found.what == "prediction"
        assert found.p_value < 1e-6

    def test_without_scores_classes_are_compared(self, dice: np.random.Generator) -> None:
        """A model that only says its class is looked at by class."""
        outcome = Outcome(task=Task.BINARY, label="y", prediction="p", classes=("no", "yes"))
        said = dice.integers(0, 2, 2000)
        counts = count_outcome(outcome, OutcomeRows(said, np.where(dice.random(2000) < 0.3 + 0.4 * said, said, 2)))
        found = score_skew(outcome, counts)
        assert found.groups == ("no", "yes", "unknown")
        assert "prediction yes" in found.reason

    @pytest.mark.parametrize("share", [0.0, 1.0])
    def test_all_labels_or_none_say_nothing(self, share: float, dice: np.random.Generator) -> None:
        """Where there is nothing to compare with, the reason says so."""
        scores, labels, _ = rows(dice, 500, 0.0)
        found = score_skew(BINARY, seen(scores, labels, np.full(500, share > 0)))
        assert found.p_value is None
        assert "cannot be said" in found.reason

    def test_an_empty_window_says_nothing(self) -> None:
        """No rows are no warning and no number."""
        assert score_skew(BINARY, OutcomeCounts.empty(BINARY)).effect is None
        assert reweight(BINARY, OutcomeCounts.empty(BINARY)).effective == 0.0


class TestSegments:
    """Rows with a label against rows without one, by segment."""

    def test_are_scipys_chi_square(self) -> None:
        """Statistic and p-value are those of the contingency table, without correction."""
        labelled, waiting = np.array([30, 50, 200]), np.array([70, 40, 250])
        found = segment_skew("region", ("north", "south", "west"), labelled, waiting)
        exact = stats.chi2_contingency(np.stack([labelled, waiting]), correction=False)
        assert (found.statistic, found.p_value, found.df) == pytest.approx((exact.statistic, exact.pvalue, exact.dof))
        assert "56% of the rows with region south" in found.reason
        assert "30% of those with region north" in found.reason

    def test_rare_ones_are_left_out(self) -> None:
        """A segment of three rows does not decide."""
        found = segment_skew("region", ("a", "b", "c"), np.array([300, 280, 3]), np.array([700, 690, 0]))
        assert found.df == 1
        assert found.p_value > 0.1
        assert "alike by region" in found.reason

    @given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=12))
    def test_never_fail(self, pairs: list[tuple[int, int]]) -> None:
        """Whatever the counts, there is a p-value between 0 and 1 or a reason without one."""
        labelled, waiting = np.array(pairs, dtype=np.int64).T
        found = segment_skew("s", [str(i) for i in range(len(pairs))], labelled, waiting)
        assert found.reason
        assert found.p_value is None or (0 <= found.p_value <= 1 and found.interval[0] <= found.interval[1])


class TestReweighting:
    """Labelled rows made to stand for those without a label."""

    def test_frees_accuracy_of_skew_by_score(self, dice: np.random.Generator) -> None:
        """The reweighted error rate is, on average, that of all rows; the plain one is off by several of its standard errors."""
        plain, weighted = [], []
        for _ in range(150):
            scores, labels, come = rows(dice, 3000, 0.9)
            truth = ((scores >= 0.5) != labels).mean()
            part = (scores >= 0.5)[come] != labels[come]
            table = reweight(BINARY, seen(scores, labels, come)).table
            plain.append(part.mean() - truth)
            weighted.append((table[0, 1] + table[1, 0]) / table.sum() - truth)
        assert abs(np.mean(plain)) > 0.02
        assert abs(np.mean(weighted)) < 0.002

    @given(seed=st.integers(0, 10_000), leaning=st.floats(-0.9, 0.9), count=st.integers(0, 1500))
    def test_keeps_the_number_of_rows(self, seed: int, leaning: float, count: int) -> None:
        """The weights of the labelled rows sum to all rows that some labelled row stands for, in the scores and in the table."""
        found = reweight(BINARY, seen(*rows(np.random.default_rng(seed), count, leaning, missing=count // 20)))
        wanted = count * (1 - found.unsupported)
        assert found.table.sum() == pytest.approx(wanted)
        assert found.scores[0].sum() == pytest.approx(wanted)
        assert found.scores[0][..., 2].sum() == 0
        assert found.effective <= found.labelled * (1 + 1e-9)

    def test_changes_nothing_where_all_labels_have_come(self, dice: np.random.Generator) -> None:
        """Every weight is 1, and every count what it was."""
        scores, labels, _ = rows(dice, 2000, 0.0, missing=30)
        counts = counted(scores, labels)
        found = reweight(BINARY, counts)
        assert (found.scores[0] == counts.scores[0]).all()
        assert (found.table == counts.table).all()
        assert (found.sums[0] == counts.sums[0]).all()
        assert (found.effective, found.largest, found.unsupported) == (pytest.approx(2000), 1.0, 0.0)

    def test_says_what_nothing_stands_for(self, dice: np.random.Generator) -> None:
        """Rows without a score, none of which has a label, are represented by nobody, and that is told."""
        scores, labels, come = rows(dice, 2000, 0.0, missing=100)
        come[:100] = False
        found = reweight(BINARY, seen(scores, labels, come))
        assert found.unsupported == 0.05
        assert "nothing stands for 5.0% of the rows" in found.reason
        assert "come at random among rows of like score" in found.reason

    def test_weighs_classes_and_predictions(self, dice: np.random.Generator) -> None:
        """Several classes are weighed by the class predicted, a regression by the bin of its prediction."""
        table = dice.dirichlet([1.0, 1.0, 1.0], 3000)
        said = table.argmax(1)
        come = dice.random(3000) < np.array([0.2, 0.5, 0.9])[said]
        counts = count_outcome(THREE, OutcomeRows(said, np.where(come, said, 3), tuple(table.T.copy())))
        found = reweight(THREE, counts)
        assert found.table.sum(1) == pytest.approx(np.append(np.bincount(said), 0.0))
        assert [part.sum() for part in found.scores] == pytest.approx([3000.0] * 3)
        prediction = dice.standard_normal(3000)
        label = np.where(dice.random(3000) < 0.5 + 0.3 * np.tanh(prediction), prediction + 0.5, np.nan)
        weighed = reweight(REGRESSION, count_outcome(REGRESSION, OutcomeRows(prediction, label)))
        assert weighed.table.sum() == pytest.approx(3000)
        assert weighed.labelled == np.isfinite(label).sum()


def test_rows_that_wait_in_small_segments_only_are_not_compared() -> None:
    """Where all rows without a label lie in a segment of few rows, nothing can be said of the others, and it is said so."""
    found = segment_skew("prediction", ["low", "high", "missing"], np.array([1_500, 1_500, 0]), np.array([0, 0, 40]))
    assert (found.statistic, found.p_value, found.psi) == (None, None, None)
    assert found.reason == "whether labels came evenly by prediction cannot be said: 3,000 have come and 40 have not"
