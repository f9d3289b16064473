from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sk

from driftline.errors import ConfigError
from driftline.performance.plugin import FORMULAS, RANKED, Loss, check, losses, of_table, plug, table

if TYPE_CHECKING:
    from driftline.performance.rows import Rows

TWO = ("accuracy", "precision", "recall", "specificity", "f1", "f0.5", "balanced_accuracy", "mcc", "positive_rate", "prevalence")
MANY = ("accuracy", "balanced_accuracy", "mcc", "precision_macro", "recall_macro", "f1_macro", "precision_weighted", "f1_weighted")


def by_scikit_learn(metric: str, label: np.ndarray, said: np.ndarray, scores: np.ndarray) -> float:
    """The same metric from raw labels."""
    kind, _, average = metric.partition("_")
    return {
        "accuracy": lambda: sk.accuracy_score(label, said),
        "balanced_accuracy": lambda: sk.balanced_accuracy_score(label, said),
        "mcc": lambda: sk.matthews_corrcoef(label, said),
        "specificity": lambda: sk.recall_score(label, said, pos_label=0),
        "f0.5": lambda: sk.fbeta_score(label, said, beta=0.5),
        "positive_rate": said.mean,
        "prevalence": label.mean,
        "roc_auc": lambda: sk.roc_auc_score(label, scores[:, 1]),
        "average_precision": lambda: sk.average_precision_score(label, scores[:, 1]),
        "roc_auc_macro": lambda: sk.roc_auc_score(label, scores, multi_class="ovr"),
        "roc_auc_weighted": lambda: sk.roc_auc_score(label, scores, multi_class="ovr", average="weighted"),
        "log_loss": lambda: sk.log_loss(label, scores),
    }.get(metric, lambda: getattr(sk, f"{kind}_score")(label, said, average=average or "binary"))()


@pytest.mark.parametrize("metric", [*TWO, "roc_auc", "average_precision", "log_loss"])
def test_known_labels_give_scikit_learns_metric(world: Any, dice: np.random.Generator, metric: str) -> None:
    """With chances of 0 and 1 a metric is what scikit-learn computes from the labels."""
    rows = world.rows(400, dice)
    found = plug(metric, rows, rows.truth(), rows)
    assert found.value == pytest.approx(by_scikit_learn(metric, rows.label, rows.said(), rows.scores()), abs=1e-9)


@pytest.mark.parametrize("metric", [*MANY, "roc_auc_macro", "roc_auc_weighted", "log_loss"])
def test_known_labels_of_many_classes_too(world: Any, dice: np.random.Generator, metric: str) -> None:
    """Likewise with three classes."""
    rows = world.classes(400, dice)
    found = plug(metric, rows, rows.truth(), rows)
    assert found.value == pytest.approx(by_scikit_learn(metric, rows.label, rows.said(), rows.scores()), abs=1e-9)


@pytest.mark.parametrize("metric", [*TWO, "roc_auc", "average_precision", "log_loss", "brier"])
def test_slopes_are_derivatives(world: Any, dice: np.random.Generator, metric: str) -> None:
    """Moving a bit of a row's chance from one class to another changes the metric by the difference of their slopes over the rows."""
    rows = world.rows(60, dice)
    derivatives(metric, rows, dice.dirichlet([2, 2], 60))


@pytest.mark.parametrize("metric", ["f1_macro", "roc_auc_macro", "roc_auc_weighted", "brier"])
def test_slopes_of_many_classes_are_derivatives(world: Any, dice: np.random.Generator, metric: str) -> None:
    """Likewise with three classes."""
    rows = world.classes(60, dice)
    derivatives(metric, rows, dice.dirichlet([2, 2, 2], 60))


def derivatives(metric: str, rows: Rows, chances: np.ndarray) -> None:
    """Compare slopes with differences."""
    found = plug(metric, rows, chances, rows)
    for row in range(0, 60, 7):
        step = np.zeros_like(chances)
        step[row, :2] = 1e-6, -1e-6
        more, less = (plug(metric, rows, chances + sign * step, rows).value for sign in (1, -1))
        expected = found.slopes[row, 0] - found.slopes[row, 1]
        assert (more - less) / 2e-6 * 60 == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("metric", ["f1", "roc_auc", "log_loss"])
def test_elsewhere_the_slopes_are_the_same_functions(world: Any, dice: np.random.Generator, metric: str) -> None:
    """Rows elsewhere that are the window's own have the window's slopes."""
    rows = world.rows(80, dice)
    found = plug(metric, rows, dice.dirichlet([1, 1], 80), rows)
    assert np.allclose(found.elsewhere, found.slopes)


def test_a_metric_of_ones_own(world: Any, dice: np.random.Generator) -> None:
    """A loss of labels and predictions gives the mean over chances, and is its own slope."""
    rows = world.rows(100, dice)
    cost = Loss("cost", lambda label, _, said: np.where((label == 1) & (said == 0), 5.0, 0.0))
    chances = dice.dirichlet([1, 1], 100)
    found = plug(cost, rows, chances, rows)
    assert found.value == pytest.approx((5 * chances[:, 1] * (rows.said() == 0)).mean())
    assert np.array_equal(found.slopes, losses(cost, rows))


def test_a_table_is_corrected_and_never_negative(world: Any, dice: np.random.Generator) -> None:
    """What is missing in the table is added in shares; no cell falls below 0, and each class was said as often as it was said."""
    rows = world.rows(100, dice)
    cells = table(rows.said(), rows.truth()) / 100
    missed = np.array([[0.0, 0.1], [-2.0, 0.0]])
    right = np.maximum(cells + missed, 0)
    right *= (cells.sum(1) / right.sum(1))[:, None]
    assert plug("recall", rows, rows.truth(), rows, missed).value == pytest.approx(of_table("recall", right))


def test_what_does_not_exist_is_not_a_number(world: Any, dice: np.random.Generator) -> None:
    """Precision without positive predictions and AUC with one class are not numbers, and nothing is raised."""
    rows = world.rows(50, dice)
    none = replace(rows, predicted=np.zeros(50, dtype=np.intp))
    assert np.isnan(plug("precision", none, none.truth(), none).value)
    certain = np.column_stack([np.ones(50), np.zeros(50)])
    assert np.isnan(plug("roc_auc", rows, certain, rows).value)
    assert np.isnan(plug("average_precision", rows, certain, rows).value)


def test_metrics_must_fit_the_classes() -> None:
    """A metric of two classes is refused for three, one that there is not is refused at all; the hint names others."""
    for metric in (*FORMULAS, *RANKED, "f2", Loss("any", lambda label, *_: label)):
        check(metric, 2)
    with pytest.raises(ConfigError, match="two classes"):
        check("f2", 3)
    with pytest.raises(ConfigError, match="cannot be estimated"):
        check("ece", 2)
