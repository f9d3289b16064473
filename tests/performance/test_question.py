from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.errors import ConfigError
from driftline.performance.metric import answer, measure, metrics_for
from driftline.performance.question import Question
from driftline.profile.ranks import count_ranks


def test_confusion_leaves_out_what_is_unknown(kinds: Any) -> None:
    """Only rows with a prediction and a label are in the matrix, said × came true."""
    rows = kinds.classes("a", "b", "c", scored=False)
    counts = rows.count([0, 0, 1, 2, np.nan, 1], [0, 1, 1, np.nan, 2, 5])
    assert Question(rows.outcome, counts).confusion().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_one_class_against_the_rest(kinds: Any) -> None:
    """The two-by-two matrix has the other classes' rows as negatives."""
    rows = kinds.classes("a", "b", "c", scored=False)
    counts = rows.count([0, 0, 1, 2, 2], [0, 1, 1, 0, 2])
    assert Question(rows.outcome, counts, target="a").two_by_two().tolist() == [[2, 1], [1, 1]]
    assert Question(rows.outcome, counts, target="a").positive == "'a'"


def test_scored_rows_are_those_with_score_and_label(kinds: Any) -> None:
    """Missing and impossible scores, and unknown labels, are left out; sums of scores are exact."""
    rows = kinds.binary((0.25, 0.5, 0.75))
    counts = rows.count(None, [0, 1, 1, 0, np.nan, 1], [0.1, 0.6, 0.7, np.nan, 0.9, 0.76])
    scored = Question(rows.outcome, counts).scored()
    assert scored.negatives.tolist() == [1, 0, 0, 0]
    assert scored.positives.tolist() == [0, 0, 2, 1]
    np.testing.assert_allclose(scored.means, [0.1, 0.0, 0.65, 0.76], atol=2**-30)
    np.testing.assert_allclose(scored.positive_means, [0.0, 0.0, 0.65, 0.76], atol=2**-30)
    assert scored.held().rows.tolist() == [1, 2, 1]
    assert not scored.one_sided


def test_the_negative_class_sees_scores_turned_round(kinds: Any) -> None:
    """Asked of the negative class, a score s counts as 1 − s."""
    rows = kinds.binary((0.25, 0.5, 0.75))
    counts = rows.count(None, [0, 1, 1], [0.1, 0.6, 0.8])
    turned = Question(rows.outcome, counts, target="0").scored()
    assert turned.positives.tolist() == [0, 0, 0, 1]
    assert turned.negatives.tolist() == [1, 1, 0, 0]
    np.testing.assert_allclose(turned.means, [0.2, 0.4, 0.0, 0.9], atol=2**-30)


def test_losses_are_read_off_their_grid(kinds: Any, dice: np.random.Generator) -> None:
    """Mean and variance of a summed loss are the rows', to the grid's step."""
    came = dice.normal(100, 8, 500)
    said = came + dice.normal(0, 4, 500)
    rows = kinds.numbers(said, came, center=100.0, scale=8.0)
    label = Question(rows.outcome, rows.count(said, came)).loss("label")
    assert label.mean == pytest.approx(came.mean(), abs=8 * 2**-29)
    assert label.variance == pytest.approx(came.var(), rel=1e-7)
    assert label.rows == 500


def test_counts_of_another_kind_are_refused(kinds: Any) -> None:
    """A metric of lists asked of a classifier's counts, or the other way round, says what it needs."""
    rows = kinds.binary()
    lists = count_ranks(np.array([1, 1]), np.array([0.2, 0.1]), np.array([1.0, 0.0]))
    with pytest.raises(ConfigError, match="by query"):
        _ = Question(rows.outcome, rows.count(None, [1], [0.5])).ranked
    with pytest.raises(ConfigError, match="counts of a ranking"):
        _ = Question(rows.outcome, lists).counted


def test_what_questions_share_changes_no_answer(kinds: Any, dice: np.random.Generator) -> None:
    """Metrics of all classes asked of one window, forwards and backwards, are those that are measured alone."""
    rows = kinds.classes("a", "b", "c")
    came, scores = dice.integers(0, 3, 300), dice.dirichlet([1, 1, 1], 300)
    counts = rows.count(scores.argmax(1), came, *scores.T)
    single = [f"{name}:{one}" for name in ("roc_auc", "ece", "f1", "recall", "average_precision") for one in rows.outcome.classes]
    names = [*metrics_for(rows.outcome), *single]
    for order in (names, names[::-1]):
        asked = Question(rows.outcome, counts)
        assert {name: answer(name, asked) for name in order} == {name: measure(name, rows.outcome, counts) for name in names}
