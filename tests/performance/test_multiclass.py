from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn import metrics

from driftline.performance.metric import measure

OF = {"precision": metrics.precision_score, "recall": metrics.recall_score, "f1": metrics.f1_score}
NAMES = ("a", "b", "c", "d")

rows_of_classes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def model(dice: np.random.Generator, rows: int, apart: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Labels of four classes, some rarer than others, and their scores."""
    shares = np.array([0.4, 0.3, 0.2, 0.1])
    came = dice.choice(4, rows, p=shares)
    return came, softmax(apart * (dice.normal(size=(rows, 4)) + apart * np.eye(4)[came]) + np.log(shares), axis=1)


@settings(max_examples=60)
@given(rows_of_classes)
def test_averages_are_scikit_learns(kinds: Any, table: list[tuple[int, int]]) -> None:
    """Macro, micro and weighted precision, recall and F1 are scikit-learn's, over the classes that occur, what is undefined counting 0."""
    said, came = (np.array(side) for side in zip(*table, strict=True))
    rows = kinds.classes(*NAMES, scored=False)
    counts = rows.count(said, came)
    for name, oracle in OF.items():
        for how in ("macro", "micro", "weighted"):
            found = measure(f"{name}_{how}", rows.outcome, counts)
            assert found.value == pytest.approx(oracle(came, said, average=how, zero_division=0), abs=1e-12)
            assert found.low <= found.value <= found.high
            assert found.error > 0


@settings(max_examples=60)
@given(rows_of_classes)
def test_one_class_against_the_rest(kinds: Any, table: list[tuple[int, int]]) -> None:
    """A metric of one class is scikit-learn's of the rows as yes and no; where it divides by nothing it is inconclusive."""
    said, came = (np.array(side) for side in zip(*table, strict=True))
    rows = kinds.classes(*NAMES, scored=False)
    counts = rows.count(said, came)
    for name, oracle in OF.items():
        found = measure(f"{name}:b", rows.outcome, counts)
        wanted = oracle(came == 1, said == 1, zero_division=np.nan)
        assert found.known == (not np.isnan(wanted))
        assert found.value == pytest.approx(wanted, abs=1e-12, nan_ok=True)


def test_balanced_accuracy_and_correlation(kinds: Any, dice: np.random.Generator) -> None:
    """Over all classes that came true they are scikit-learn's."""
    came, score = model(dice, 800)
    said = score.argmax(1)
    rows = kinds.classes(*NAMES)
    counts = rows.count(said, came, *score.T)
    assert measure("balanced_accuracy", rows.outcome, counts).value == pytest.approx(metrics.balanced_accuracy_score(came, said))
    assert measure("mcc", rows.outcome, counts).value == pytest.approx(metrics.matthews_corrcoef(came, said))
    assert measure("accuracy", rows.outcome, counts).value == pytest.approx(metrics.accuracy_score(came, said))


def test_auc_against_the_rest(kinds: Any, dice: np.random.Generator) -> None:
    """Macro, weighted and single AUC are scikit-learn's one-vs-rest, within 0.001."""
    came, score = model(dice, 4000)
    rows = kinds.classes(*NAMES)
    counts = rows.count(score.argmax(1), came, *score.T)
    for name, how in (("roc_auc_macro", "macro"), ("roc_auc_weighted", "weighted")):
        wanted = metrics.roc_auc_score(came, score, multi_class="ovr", average=how)
        assert measure(name, rows.outcome, counts).value == pytest.approx(wanted, abs=1e-3)
    wanted = metrics.roc_auc_score(came == 2, score[:, 2])
    assert measure("roc_auc:c", rows.outcome, counts).value == pytest.approx(wanted, abs=1e-3)


def test_two_classes_are_one_question(kinds: Any, dice: np.random.Generator) -> None:
    """With two classes, whose AUCs are one number, macro AUC has the binary one's value and about its error."""
    came = (dice.random(1000) < 0.3).astype(int)
    score = 1 / (1 + np.exp(1 - dice.normal(size=1000) - came))
    many, two = kinds.classes("0", "1"), kinds.binary()
    macro = measure("roc_auc_macro", many.outcome, many.count(score > 0.5, came, 1 - score, score))
    binary = measure("roc_auc", two.outcome, two.count(None, came, score))
    assert macro.value == pytest.approx(binary.value, abs=1e-4)
    assert macro.error == pytest.approx(binary.error, rel=0.01)


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, kinds: Any, astray: Any, dice: np.random.Generator) -> None:
    """Of 95% intervals 93 to 97% hold the truth, in short and long windows."""
    came, score = model(dice, 20_000)
    rows = kinds.classes(*NAMES)
    names = (
        *("balanced_accuracy", "mcc", "precision_macro", "recall_macro", "f1_macro", "precision_weighted", "f1_weighted"),
        *("roc_auc_macro", "roc_auc_weighted"),
    )
    found = rows.coverage(names, lambda at: rows.count(score[at].argmax(1), came[at], *score[at].T), 20_000, size)
    assert astray(found) == {}


class TestTooLittle:
    """What cannot be said is said to be so."""

    @pytest.mark.parametrize("name", ["roc_auc_macro", "roc_auc_weighted", "balanced_accuracy", "mcc"])
    def test_one_class(self, name: str, kinds: Any) -> None:
        """Labels of a single class leave nothing to tell apart."""
        rows = kinds.classes("a", "b", "c")
        counts = rows.count([0, 1, 0], [0, 0, 0], [0.5, 0.2, 0.4], [0.3, 0.6, 0.3], [0.2, 0.2, 0.3])
        assert measure(name, rows.outcome, counts).why == "all labels are of one class"

    def test_an_absent_class_is_left_out(self, kinds: Any, dice: np.random.Generator) -> None:
        """A class that did not come true in the window does not count in averages of AUC, nor in balanced accuracy."""
        came = dice.integers(0, 2, 300)
        score = softmax(dice.normal(size=(300, 3)) + 1.5 * np.eye(3)[came], axis=1)
        rows = kinds.classes("a", "b", "c")
        counts = rows.count(score.argmax(1), came, *score.T)
        each = [measure(f"roc_auc:{name}", rows.outcome, counts).value for name in "ab"]
        assert measure("roc_auc_macro", rows.outcome, counts).value == pytest.approx(np.mean(each))
        recalls = [measure(f"recall:{name}", rows.outcome, counts).value for name in "ab"]
        assert measure("balanced_accuracy", rows.outcome, counts).value == pytest.approx(np.mean(recalls))
        assert measure("recall:c", rows.outcome, counts).why == "no row is labelled 'c'"

    def test_an_unseen_class_is_unknown(self, kinds: Any) -> None:
        """Rows whose label, or prediction, is none of the classes do not count."""
        rows = kinds.classes("a", "b", scored=False)
        found = measure("accuracy", rows.outcome, rows.count([0, 1, 7, 0], [0, 1, 0, 9]))
        assert (found.value, found.rows) == (1.0, 2)

    def test_no_pair_of_prediction_and_label(self, kinds: Any) -> None:
        """Predictions and labels that never meet in a row say nothing."""
        rows = kinds.classes("a", "b", "c", scored=False)
        counts = rows.count([0, np.nan], [np.nan, 1])
        for name in ("f1_macro", "f1_weighted", "balanced_accuracy"):
            assert measure(name, rows.outcome, counts).why == "no row has a label and a prediction"

    def test_no_mistakes_leave_room_for_some(self, kinds: Any) -> None:
        """Perfect windows have 1, and intervals that still allow for mistakes."""
        rows = kinds.classes("a", "b", "c")
        came = np.repeat([0, 1, 2], 20)
        score = np.where(np.eye(3)[came] > 0, 0.8, 0.1)
        counts = rows.count(came, came, *score.T)
        for name in ("f1_macro", "precision_weighted", "mcc", "roc_auc_macro", "roc_auc_weighted"):
            found = measure(name, rows.outcome, counts)
            assert (found.value, found.high) == pytest.approx((1.0, 1.0))
            assert found.low < 0.99
