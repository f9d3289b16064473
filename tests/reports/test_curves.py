from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome, said_by
from driftline.reports import curves
from driftline.schema import Task

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

# Scores on a grid that the bins resolve, so that what is computed from counts is exact.
GRID = tuple(np.linspace(0, 1, 65)[1:].tolist())
OUTCOME = Outcome(Task.BINARY, "y", scores=("s",), classes=("0", "1"), edges=(GRID,))


def rows(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores on the grid and labels that lean on them."""
    rng = np.random.default_rng(seed)
    score = rng.integers(0, 64, n) / 64 + 1 / 128
    return score, (rng.random(n) < score).astype(np.int64)


def counted(score: NDArray[np.float64], label: NDArray[np.int64]) -> OutcomeCounts:
    """Their counts."""
    return count_outcome(OUTCOME, OutcomeRows(said_by(OUTCOME, [score]), label, (score,)))


@given(st.integers(0, 50))
def test_the_confusion_matrix_is_scikit_learns(seed: int) -> None:
    """Rows are what came true, columns what was said."""
    score, label = rows(300, seed)
    found = curves.confusion(OUTCOME, counted(score, label))
    assert found is not None
    np.testing.assert_array_equal(found.table, metrics.confusion_matrix(label, score >= 0.5, labels=[0, 1]))
    np.testing.assert_allclose(np.nansum(found.shares, axis=1), (found.table.sum(axis=1) > 0).astype(float))


@given(st.integers(0, 50))
def test_the_roc_curve_runs_along_scikit_learns(seed: int) -> None:
    """Every point is one of the exact curve's, from corner to corner, and the area is kept to half a point."""
    score, label = rows(400, seed)
    found = curves.roc(OUTCOME, counted(score, label))
    assert found is not None
    across, up, _ = metrics.roc_curve(label, score, drop_intermediate=False)
    exact = set(zip(across.round(12), up.round(12), strict=True))
    assert set(zip(found.x.round(12), found.y.round(12), strict=True)) <= exact
    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert np.trapezoid(found.y, found.x) == pytest.approx(metrics.roc_auc_score(label, score), abs=5e-3)


@given(st.integers(0, 50))
def test_the_precision_recall_curve_runs_along_scikit_learns(seed: int) -> None:
    """Every point is one of the exact curve's."""
    score, label = rows(400, seed)
    found = curves.precision_recall(OUTCOME, counted(score, label))
    assert found is not None
    precision, recall, _ = metrics.precision_recall_curve(label, score)
    exact = set(zip(recall.round(12), precision.round(12), strict=True))
    assert set(zip(found.x.round(12), found.y.round(12), strict=True)) <= exact
    assert found.x[-1] == 1.0


def test_a_curve_has_few_points() -> None:
    """A curve through a thousand bins travels as some sixty points."""
    score, label = rows(5000, 1)
    fine = Outcome(Task.BINARY, "y", scores=("s",), classes=("0", "1"), edges=(tuple(np.linspace(0, 1, 1025)[1:].tolist()),))
    jittered = np.clip(score + np.random.default_rng(2).uniform(-0.007, 0.007, score.size), 0, 1)
    counts = count_outcome(fine, OutcomeRows(said_by(fine, [jittered]), label, (jittered,)))
    found = curves.roc(fine, counts)
    assert found is not None
    assert found.x.size <= curves.POINTS + 2
    assert np.trapezoid(found.y, found.x) == pytest.approx(metrics.roc_auc_score(label, jittered), abs=5e-3)


@given(st.integers(0, 50))
def test_reliability_is_brute_force_over_the_groups(seed: int) -> None:
    """Groups of neighbouring scores: their rows, mean score and share, which lies in its interval."""
    score, label = rows(500, seed)
    found = curves.reliability(OUTCOME, counted(score, label))
    assert found is not None
    order = np.argsort(score, kind="stable")
    ends = np.cumsum(found.rows)
    assert ends[-1] == 500
    assert found.rows.max() < 150
    for start, stop, mean, share in zip(np.r_[0, ends[:-1]], ends, found.score, found.share, strict=True):
        assert score[order][start:stop].mean() == pytest.approx(mean, abs=1e-6)
        assert label[order][start:stop].mean() == pytest.approx(share)
    assert np.all((found.low <= found.share) & (found.share <= found.high))
    assert np.all(np.diff(found.score) > 0)


def test_rare_rows_have_groups_of_their_own() -> None:
    """Of scores that are nearly all near 0, the few high ones are not hidden in one group with low ones."""
    rng = np.random.default_rng(7)
    score = np.where(rng.random(20_000) < 0.01, rng.integers(40, 64, 20_000), rng.integers(0, 2, 20_000)) / 64 + 1 / 128
    found = curves.reliability(OUTCOME, counted(score, (rng.random(20_000) < score).astype(np.int64)))
    assert found is not None
    assert (found.score > 0.6).sum() >= 2
    assert found.rows.sum() == 20_000


def test_classes_are_counted_together(model: ModuleType) -> None:
    """With more than two classes, every row counts once for each class, and all labels are found again."""
    rng = np.random.default_rng(3)
    counts = count_outcome(model.MULTICLASS, model.drawn(model.MULTICLASS, 2000, 0.0, 1.0, rng))
    table, groups = curves.confusion(model.MULTICLASS, counts), curves.reliability(model.MULTICLASS, counts)
    assert table is not None
    assert groups is not None
    assert table.table.sum() == 2000
    assert groups.rows.sum() == 6000
    assert groups.share @ groups.rows == pytest.approx(2000)
    assert curves.roc(model.MULTICLASS, counts) is None


def test_rare_classes_share_the_last_row() -> None:
    """Thirty classes are shown as eleven and the others, and no row is lost."""
    many = Outcome(Task.MULTICLASS, "y", prediction="p", classes=tuple(map(str, range(30))))
    rng = np.random.default_rng(4)
    said, came = rng.integers(0, 30, 999), rng.integers(0, 30, 999)
    found = curves.confusion(many, count_outcome(many, OutcomeRows(said, came)))
    assert found is not None
    assert found.classes[-1] == "19 others"
    assert found.table.shape == (12, 12)
    assert found.table.sum() == 999
    assert found.table[-1, -1] == ((said >= 11) & (came >= 11)).sum()


def test_residuals_are_quantiles_of_each_group(model: ModuleType) -> None:
    """Within a bin's width of NumPy's quantiles on the raw rows, groups of about as many rows each."""
    rng = np.random.default_rng(5)
    rows = model.drawn(model.REGRESSION, 20_000, 0.0, 1.0, rng)
    found = curves.residuals(model.REGRESSION, count_outcome(model.REGRESSION, rows))
    assert found is not None
    assert found.rows.sum() == 20_000
    order = np.argsort(rows.said, kind="stable")
    errors = (rows.said - rows.came)[order]
    ends = np.cumsum(found.rows)
    for start, stop, quantiles, middle in zip(np.r_[0, ends[:-1]], ends, found.quantiles, found.prediction, strict=True):
        np.testing.assert_allclose(quantiles, np.quantile(errors[start:stop], curves.QUANTILES), atol=1.2)
        assert middle == pytest.approx(np.median(rows.said[order][start:stop]), abs=4)


def test_what_is_not_known_is_nothing(model: ModuleType) -> None:
    """Without labels, with one class only, or of another task, there is no figure, and no error."""
    rng = np.random.default_rng(6)
    blank = count_outcome(OUTCOME, model.drawn(OUTCOME, 200, 0.0, 0.0, rng))
    makers = (curves.confusion, curves.roc, curves.precision_recall, curves.reliability, curves.residuals)
    assert [make(OUTCOME, blank) for make in makers] == [None] * 5
    assert [make(OUTCOME, OutcomeCounts.empty(OUTCOME)) for make in makers] == [None] * 5
    score, _ = rows(100, 1)
    one_class = counted(score, np.ones(100, dtype=np.int64))
    assert curves.roc(OUTCOME, one_class) is None
    assert curves.confusion(OUTCOME, one_class) is not None
    assert curves.reliability(OUTCOME, one_class) is not None
    numbers = OutcomeCounts.empty(model.REGRESSION)
    assert [make(model.REGRESSION, numbers) for make in makers] == [None] * 5
