from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines.fit import fit
from driftline.engines.outcome_plan import levels_of, score_edges
from driftline.monitor import ColumnHints, Monitor
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import SCORE_BINS, Outcome
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind, Role, Task
from driftline.sources.opening import open_source
from driftline.verdicts.policy import Goal, Policy

RNG = np.random.default_rng(0)
ROWS = 600
SCORE = RNG.random(ROWS)


def planned(
    table: dict[str, Any], task: Task = Task.NONE, goal: Goal | None = None, roles: dict[str, Role] | None = None
) -> Outcome | None:
    """How outcomes of a reference are counted."""
    monitor = Monitor(task=task, hints=ColumnHints(roles=roles or {}), policy=Policy(goal=goal or Goal()))
    return fit(open_source(pa.table(table), name="r"), monitor).outcome


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        (np.where(SCORE > 0.8, 1, 0), ("0", "1")),
        (np.where(SCORE > 0.8, 1.0, -1.0), ("-1", "1")),
        (SCORE > 0.8, ("false", "true")),
        (np.where(SCORE > 0.8, "yes", "no"), ("no", "yes")),
        (np.where(SCORE > 0.8, "bad", "good"), ("good", "bad")),
        (np.zeros(ROWS, int), ("0", "1")),
    ],
    ids=["numbers", "minus one", "truths", "words", "the rarer one", "one class only"],
)
def test_the_classes_of_a_binary_label_are_found(label: np.ndarray, classes: tuple[str, str]) -> None:
    """The negative class comes first: by its usual names, else the rarer class is the positive one."""
    outcome = planned({"y_true": label, "score": SCORE}, Task.BINARY)
    assert outcome is not None
    assert outcome.classes == classes
    assert (outcome.task, outcome.label, outcome.prediction, outcome.scores) == (Task.BINARY, "y_true", None, ("score",))


def test_the_positive_class_may_be_named() -> None:
    """What the owner calls positive is positive."""
    label = np.where(SCORE > 0.2, "good", "bad")
    outcome = planned({"y_true": label, "score": SCORE}, Task.BINARY, Goal(positive="good"))
    assert outcome is not None
    assert outcome.classes == ("bad", "good")


@pytest.mark.parametrize(
    ("table", "task"),
    [
        ({"y_true": (SCORE > 0.5).astype(int), "score": SCORE}, Task.BINARY),
        ({"y_true": (SCORE > 0.5).astype(int), "y_pred": (SCORE > 0.4).astype(int)}, Task.BINARY),
        ({"y_true": RNG.choice(["a", "b", "c"], ROWS), "y_pred": RNG.choice(["a", "b", "c"], ROWS)}, Task.MULTICLASS),
        ({"y_true": RNG.normal(size=ROWS), "y_pred": RNG.normal(size=ROWS)}, Task.REGRESSION),
        ({"y_true": RNG.integers(1, 6, ROWS), "y_pred": RNG.normal(3, size=ROWS)}, Task.REGRESSION),
        ({"y_true": RNG.normal(size=ROWS), "score": SCORE}, None),
        ({"y_true": (SCORE > 0.5).astype(int), "x": SCORE}, None),
        ({"score": SCORE, "x": SCORE}, None),
        ({"y_true": pa.nulls(ROWS, pa.int64()), "score": SCORE}, None),
    ],
)
def test_the_task_is_told_by_labels_and_predictions(table: dict[str, Any], task: Task | None) -> None:
    """Where nobody names the task it follows from the columns; where they do not fit, outcomes are not counted."""
    outcome = planned(table)
    assert (outcome.task if outcome else None) == task


def test_scores_of_many_classes_are_matched_by_their_names() -> None:
    """A score column belongs to the class its name ends in."""
    table = {"p_c": SCORE, "p_a": SCORE, "p_b": SCORE, "y_true": RNG.choice(["a", "b", "c"], ROWS)}
    roles = dict.fromkeys(("p_c", "p_a", "p_b"), Role.SCORE)
    outcome = planned(table, Task.MULTICLASS, roles=roles)
    assert outcome is not None
    assert outcome.classes == ("a", "b", "c")
    assert outcome.scores == ("p_a", "p_b", "p_c")


def test_a_class_whose_name_ends_like_another_has_its_own_score() -> None:
    """Neither paid nor unpaid, 1 nor 11 are taken for the other, in whatever order the columns stand."""
    for classes, order in (
        (["cat", "dog", "wildcat"], ["wildcat", "cat", "dog"]),
        (["0", "1", "10", "11", "2"], ["11", "10", "2", "1", "0"]),
    ):
        names = [f"p_{text}" for text in order]
        truth = np.resize(np.array(classes), ROWS)
        table = {**dict.fromkeys(names, SCORE), "y_true": truth.astype(int) if classes[0] == "0" else truth}
        outcome = planned(table, Task.MULTICLASS, roles=dict.fromkeys(names, Role.SCORE))
        assert outcome is not None
        assert outcome.scores == tuple(f"p_{text}" for text in outcome.classes)
    table = {"p_unpaid": SCORE, "p_paid": SCORE, "y_true": np.resize(np.array(["unpaid", "unpaid", "paid"]), ROWS)}
    outcome = planned(table, Task.BINARY, roles=dict.fromkeys(("p_unpaid", "p_paid"), Role.SCORE))
    assert outcome is not None
    assert (outcome.classes, outcome.scores) == (("unpaid", "paid"), ("p_paid",))


def test_scores_that_are_called_after_no_class_stand_in_the_order_of_numbers() -> None:
    """As scikit-learn puts classes that are numbers: 2 before 10."""
    names = [f"column {letter}" for letter in "abcd"]
    table = {**dict.fromkeys(names, SCORE), "y_true": np.resize(np.array([1, 2, 10, 11]), ROWS)}
    outcome = planned({**table, "y_pred": table["y_true"]}, Task.MULTICLASS, roles=dict.fromkeys(names, Role.SCORE))
    assert outcome is not None
    assert dict(zip(outcome.classes, outcome.scores, strict=True)) == dict(zip(["1", "2", "10", "11"], names, strict=True))


def test_edges_hold_the_threshold_and_stay_within_their_number() -> None:
    """However many distinct scores there are, the edges are sorted, fit in their bins, and one is the decision threshold."""
    edges = np.array(score_edges(np.random.default_rng(1).beta(0.5, 30, 50_000), 0.3))
    assert edges.size < SCORE_BINS
    assert (np.diff(edges) > 0).all()
    assert 0.3 in edges
    assert edges[0] > 0
    assert edges[-1] <= 1


def test_few_scores_get_a_bin_each() -> None:
    """Scores that repeat are told apart exactly."""
    few = np.array([0.1, 0.2, 0.7])
    edges = np.array(score_edges(np.repeat(few, 100), 0.5))
    assert np.isin(few, edges).all()


def test_levels_of_a_number_column_are_its_few_values() -> None:
    """A column of few distinct numbers has levels; one of many has none; neither has one with more levels than are counted."""
    column = Column(name="x", kind=Kind.NUMBER)
    assert levels_of(Planned(column, fit_number_bins(np.array([0.0, 1.0, 1.0, 2.5])))) == ["0", "1", "2.5"]
    assert levels_of(Planned(column, fit_number_bins(SCORE))) is None
    assert levels_of(Planned(column, LevelBins(("a",), open=True))) is None
    assert levels_of(Planned(column, None)) is None


def test_regression_edges_follow_predictions_and_residuals() -> None:
    """Half of the reference's residuals lie below the middle edge."""
    said, came = RNG.normal(size=2000), RNG.normal(3.0, size=2000)
    outcome = planned({"y_true": came, "y_pred": said})
    assert outcome is not None
    predictions, residuals = outcome.arrays
    assert abs(float((said < predictions[predictions.size // 2]).mean()) - 0.5) < 0.02
    assert abs(float((said - came < residuals[residuals.size // 2]).mean()) - 0.5) < 0.02


def test_a_query_makes_a_ranking() -> None:
    """With a column that says what rows answer, lists are counted to the depths that were asked for, of items that can be told apart."""
    table = {"q": [1, 1, 2, 2], "s": [0.1, 0.2, 0.3, 0.4], "y": [0, 1, 2, 0], "i": [7, 8, 7, 9]}
    roles = {"q": Role.QUERY, "s": Role.SCORE, "y": Role.LABEL}
    found = planned(table, Task.NONE, Goal(metric="ndcg@7", depths=(5,)), roles)
    assert found is not None
    assert (found.task, found.query, found.scores, found.depths, found.item) == (Task.RANKING, "q", ("s",), (5, 7), None)
    monitor = Monitor(task=Task.RANKING, hints=ColumnHints(roles=roles, item="i"))
    outcome = fit(open_source(pa.table(table), name="r"), monitor).outcome
    assert outcome is not None
    assert (outcome.item, outcome.catalogue, outcome.depths) == ("i", 3, (10,))
    assert Outcome.from_dict(outcome.to_dict()) == outcome
    assert planned(table, Task.RANKING, roles={"s": Role.SCORE, "y": Role.LABEL}) is None
