from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from driftline.performance.classification import PSEUDO, _matthews, delta_variance, f_of
from driftline.performance.metric import measure

ORACLES = {
    "accuracy": metrics.accuracy_score,
    "precision": metrics.precision_score,
    "recall": metrics.recall_score,
    "f1": metrics.f1_score,
    "f0.5": lambda came, said: metrics.fbeta_score(came, said, beta=0.5),
    "f2": lambda came, said: metrics.fbeta_score(came, said, beta=2),
    "specificity": lambda came, said: metrics.recall_score(came, said, pos_label=0),
    "balanced_accuracy": metrics.balanced_accuracy_score,
    "mcc": metrics.matthews_corrcoef,
    "positive_rate": lambda came, said: said.mean(),
    "prevalence": lambda came, said: came.mean(),
    "precision:0": lambda came, said: metrics.precision_score(came, said, pos_label=0),
    "f1:0": lambda came, said: metrics.f1_score(came, said, pos_label=0),
}

tables = st.lists(st.integers(1, 40), min_size=4, max_size=4)


def rows_of(cells: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and labels with so many true negatives, false negatives, false positives and true positives."""
    said, came = np.divmod(np.repeat(np.arange(4), cells), 2)
    return said, came


@settings(max_examples=30)
@given(cells=tables)
def test_it_is_scikit_learns(kinds: Any, cells: list[int]) -> None:
    """Each value is scikit-learn's on the raw rows, to rounding, and lies in its interval."""
    said, came = rows_of(cells)
    rows = kinds.binary()
    counts = rows.count(said, came, said)
    for name, oracle in ORACLES.items():
        found = measure(name, rows.outcome, counts)
        assert found.value == pytest.approx(oracle(came, said), abs=1e-12)
        assert found.low <= found.value <= found.high
        assert found.error > 0


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, kinds: Any, astray: Any, dice: np.random.Generator) -> None:
    """Of 95% intervals 93 to 97% hold the truth, in short and long windows."""
    came = (dice.random(20_000) < 0.3).astype(float)
    score = 1 / (1 + np.exp(-1.5 * (dice.normal(size=20_000) + 1.5 * came - 0.75)))
    rows = kinds.binary(())
    found = rows.coverage(ORACLES, lambda at: rows.count(None, came[at], score[at]), 20_000, size)
    assert astray(found) == {}


class TestTooLittle:
    """What cannot be said is said to be so."""

    @pytest.mark.parametrize(
        ("name", "said", "came", "why"),
        [
            ("precision", [0, 0], [0, 1], "no row was predicted positive"),
            ("recall", [0, 1], [0, 0], "no row is labelled positive"),
            ("specificity", [0, 1], [1, 1], "every row is labelled positive"),
            ("f1", [0, 0], [0, 0], "no row was predicted or labelled positive"),
            ("f2", [0, 0], [0, 0], "no row was predicted or labelled positive"),
            ("balanced_accuracy", [0, 1], [1, 1], "all labels are of one class"),
            ("mcc", [0, 1], [1, 1], "all labels are of one class"),
            ("mcc", [1, 1], [0, 1], "all predictions are of one class"),
            ("accuracy", [np.nan, 0], [1, np.nan], "no row has a label and a prediction"),
            ("mcc", [np.nan, 0], [1, np.nan], "no row has a label and a prediction"),
            ("balanced_accuracy", [np.nan, 0], [1, np.nan], "no row has a label and a prediction"),
            ("positive_rate", [np.nan], [1], "no row has a prediction"),
            ("accuracy", [1, 0], [np.nan, np.nan], "no row has a label"),
        ],
    )
    def test_empty_denominators(self, name: str, said: list[float], came: list[float], why: str, kinds: Any) -> None:
        """Where a metric divides by nothing it is inconclusive, with the reason."""
        rows = kinds.binary()
        found = measure(name, rows.outcome, rows.count(said, came, [0.5] * len(said)))
        assert found.why == why
        assert not found.known

    def test_unlabelled_rows_count_where_labels_do_not_matter(self, kinds: Any) -> None:
        """The share predicted positive is of all predicted rows, the prevalence of all labelled ones."""
        rows = kinds.binary()
        counts = rows.count([1, 1, 0, np.nan], [np.nan, 1, np.nan, 0], [0.5] * 4)
        assert measure("positive_rate", rows.outcome, counts).value == pytest.approx(2 / 3)
        assert measure("prevalence", rows.outcome, counts).value == pytest.approx(1 / 2)

    def test_no_mistakes_leave_room_for_some(self, kinds: Any) -> None:
        """A window without mistakes has 1, and an interval that still allows for mistakes."""
        rows = kinds.binary()
        counts = rows.count([0] * 20 + [1] * 10, [0] * 20 + [1] * 10, [0.5] * 30)
        for name in ("accuracy", "precision", "recall", "f1", "f2", "specificity", "balanced_accuracy", "mcc"):
            found = measure(name, rows.outcome, counts)
            assert (found.value, found.high) == (1.0, 1.0)
            assert 0.5 < found.low < 0.99

    def test_one_row_suffices_for_a_wide_interval(self, kinds: Any) -> None:
        """A single row gives a share with nearly any truth."""
        rows = kinds.binary()
        found = measure("accuracy", rows.outcome, rows.count([1], [1], [0.9]))
        assert (found.value, found.rows) == (1.0, 1)
        assert found.low < 0.25


@given(tables)
def test_matthews_is_the_same_for_either_class(cells: list[int]) -> None:
    """Which class counts as positive does not matter to Matthews's correlation, nor to its error."""
    table = np.array(cells, dtype=float).reshape(2, 2)
    assert _matthews(table) == pytest.approx(_matthews(table[::-1, ::-1]))


@given(tables, st.floats(0.2, 5))
def test_slopes_are_exact(cells: list[int], beta: float) -> None:
    """The variance by imaginary steps is that of F-beta's slopes by hand."""
    table = np.array(cells, dtype=float).reshape(2, 2)
    found = delta_variance(lambda some: f_of(some, beta), table)
    (_, missed), (wrong, right) = table
    whole = (1 + beta**2) * right + beta**2 * missed + wrong
    f = (1 + beta**2) * right / whole
    slopes = np.array([(1 + beta**2) * (1 - f), -(beta**2) * f, -f]) / whole
    assert found == pytest.approx(slopes**2 @ [right, missed, wrong], rel=1e-9)


def test_the_pseudo_rows_are_few() -> None:
    """Two rows at most stand beside the real ones, whatever the number of classes."""
    assert PSEUDO <= 2
