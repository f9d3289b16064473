from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from driftline.performance.curve import placements
from driftline.performance.metric import measure
from driftline.performance.question import Question

EIGHTHS = tuple((np.arange(1, 8) / 8).tolist())

scored_rows = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60)


def model(dice: np.random.Generator, rows: int, prevalence: float = 0.3, apart: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and calibrated scores of a model whose AUC is about 0.86."""
    came = (dice.random(rows) < prevalence).astype(np.int64)
    evidence = dice.normal(size=rows) + (came - 0.5) * apart
    return came, 1 / (1 + np.exp(-apart * evidence - math.log(prevalence / (1 - prevalence))))


def quantiles(score: np.ndarray, many: int = 1022) -> tuple[float, ...]:
    """Edges of as many bins as there may be, at quantiles."""
    return tuple(np.unique(np.quantile(score, np.arange(1, many) / many)).tolist())


def both(rows: list[tuple[int, bool]]) -> bool:
    """Whether both classes are there."""
    return len({came for _, came in rows}) == 2


@settings(max_examples=60)
@given(scored_rows.filter(both))
def test_with_a_bin_for_each_score_values_are_scikit_learns(kinds: Any, table: list[tuple[int, bool]]) -> None:
    """Where bins tell all scores apart, AUC and average precision are scikit-learn's, ties and all, and lie in their intervals."""
    score, came = np.array([s / 8 for s, _ in table]), np.array([c for _, c in table])
    rows = kinds.binary(EIGHTHS)
    counts = rows.count(None, came, score)
    for name, oracle in (("roc_auc", metrics.roc_auc_score), ("average_precision", metrics.average_precision_score)):
        found = measure(name, rows.outcome, counts)
        # The top bin holds 7/8 and 1: the oracle is given the bins, not the scores.
        assert found.value == pytest.approx(oracle(came, np.minimum(np.floor(score * 8), 7)), abs=1e-12)
        assert found.low <= found.value <= found.high
        assert found.low < found.high


@pytest.mark.parametrize(("prevalence", "apart"), [(0.5, 2.5), (0.3, 1.5), (0.02, 2.0)])
def test_binning_costs_little(prevalence: float, apart: float, kinds: Any, dice: np.random.Generator) -> None:
    """With about 1,024 bins AUC is within 0.001 of the raw rows', average precision within 0.005."""
    came, score = model(dice, 40_000, prevalence, apart)
    edges = (*quantiles(score, 767), *(np.arange(1, 256) / 256).tolist())
    rows = kinds.binary(edges)
    counts = rows.count(None, came, score)
    assert measure("roc_auc", rows.outcome, counts).value == pytest.approx(metrics.roc_auc_score(came, score), abs=1e-3)
    assert measure("average_precision", rows.outcome, counts).value == pytest.approx(metrics.average_precision_score(came, score), abs=5e-3)


def test_the_error_has_both_of_delongs_terms(kinds: Any, dice: np.random.Generator) -> None:
    """The AUC's standard error is that of DeLong on the raw rows, to 1%: which positives there are, and which negatives."""
    came, score = model(dice, 3000)
    rows = kinds.binary(quantiles(score))
    found = placements(Question(rows.outcome, rows.count(None, came, score)).scored())
    positives, negatives = score[came == 1], score[came == 0]
    above = (positives[:, None] > negatives[None, :]) + 0.5 * (positives[:, None] == negatives[None, :])
    assert found.of_positives == pytest.approx(above.mean(1).var(ddof=1) / positives.size, rel=0.01)
    assert found.of_negatives == pytest.approx(above.mean(0).var(ddof=1) / negatives.size, rel=0.01)


@settings(max_examples=60)
@given(scored_rows.filter(both))
def test_swapping_classes_mirrors_auc(kinds: Any, table: list[tuple[int, bool]]) -> None:
    """Calling positives negative turns AUC and its interval round; asking of the other class changes nothing."""
    score, came = np.array([s / 8 for s, _ in table]), np.array([c for _, c in table])
    rows = kinds.binary(EIGHTHS)
    counts, swapped = rows.count(None, came, score), rows.count(None, ~came, score)
    found, turned = measure("roc_auc", rows.outcome, counts), measure("roc_auc", rows.outcome, swapped)
    assert found.value == pytest.approx(1 - turned.value)
    assert (found.low, found.high) == pytest.approx((1 - turned.high, 1 - turned.low), abs=1e-9)
    assert measure("roc_auc:0", rows.outcome, counts).value == pytest.approx(found.value)


@settings(max_examples=60)
@given(scored_rows.filter(both), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_the_highest_scores(kinds: Any, table: list[tuple[int, bool]], share: float) -> None:
    """Precision, recall and lift at a share are those of the rows in falling order of score, ties taken evenly."""
    score, came = np.array([min(s, 7) / 8 for s, _ in table]), np.array([c for _, c in table], dtype=float)
    rows = kinds.binary(EIGHTHS)
    counts = rows.count(None, came, score)
    even = np.array([came[score == s].mean() for s in score])
    order = np.argsort(-score, kind="stable")
    wanted = share * len(table)
    taken = np.clip(wanted - np.arange(len(table)), 0, 1)
    hits = float(taken @ even[order])
    percent = f"{100 * share:g}%"
    for name, value in (("precision", hits / wanted), ("recall", hits / came.sum()), ("gain", hits / came.sum())):
        found = measure(f"{name}@{percent}", rows.outcome, counts)
        assert found.value == pytest.approx(value, abs=1e-9)
        assert found.low <= found.value <= found.high
    assert measure(f"lift@{percent}", rows.outcome, counts).value == pytest.approx(hits / wanted / came.mean(), abs=1e-9)


@pytest.mark.parametrize("size", [100, 1000])
def test_intervals_hold(size: int, kinds: Any, astray: Any, dice: np.random.Generator) -> None:
    """Of 95% intervals 93 to 97% hold the truth, in short and long windows."""
    came, score = model(dice, 20_000)
    rows = kinds.binary(quantiles(score, 500))
    names = ("roc_auc", "average_precision", "precision@10%", "recall@10%", "lift@20%")
    found = rows.coverage(names, lambda at: rows.count(None, came[at], score[at]), 20_000, size)
    assert astray(found) == {}


class TestTooLittle:
    """What cannot be said is said to be so."""

    @pytest.mark.parametrize("name", ["roc_auc", "roc_auc:0"])
    def test_one_class_has_no_curve(self, name: str, kinds: Any) -> None:
        """A window of one class has no AUC, and says so."""
        rows = kinds.binary()
        for came in ([1, 1, 1], [0, 0, 0]):
            assert measure(name, rows.outcome, rows.count(None, came, [0.1, 0.5, 0.9])).why == "all labels are of one class"

    @pytest.mark.parametrize("name", ["roc_auc", "average_precision", "precision@10%", "recall@10%", "lift@10%"])
    def test_labels_without_scores(self, name: str, kinds: Any) -> None:
        """Scores that are missing or outside [0, 1] leave nothing to rank."""
        rows = kinds.binary()
        found = measure(name, rows.outcome, rows.count(None, [1, 0, 1], [np.nan, np.nan, np.nan]))
        assert found.why == "no row has a label and a score"

    @pytest.mark.parametrize("name", ["average_precision", "recall@10%", "lift@10%"])
    def test_no_positives(self, name: str, kinds: Any) -> None:
        """What is a share of the positives needs some."""
        rows = kinds.binary()
        assert measure(name, rows.outcome, rows.count(None, [0, 0], [0.2, 0.4])).why == "no row with a score is labelled positive"

    def test_all_scores_equal(self, kinds: Any) -> None:
        """Scores that tell nothing apart have an AUC of one half and the prevalence as average precision, with intervals round them."""
        rows = kinds.binary()
        counts = rows.count(None, [0] * 70 + [1] * 30, [0.5] * 100)
        auc, precise = measure("roc_auc", rows.outcome, counts), measure("average_precision", rows.outcome, counts)
        assert auc.value == 0.5
        assert auc.low < 0.5 < auc.high
        assert precise.value == pytest.approx(0.3)
        assert precise.low < 0.25
        assert precise.high > 0.35

    def test_a_window_without_mistakes_leaves_room_for_some(self, kinds: Any) -> None:
        """Perfect ranks have 1, and an interval as wide as the rarer class is small; the wrong way round likewise at 0."""
        rows = kinds.binary()
        came = [0] * 40 + [1] * 10
        right, wrong = (rows.count(None, came, [low] * 40 + [high] * 10) for low, high in ((0.1, 0.9), (0.9, 0.1)))
        for name in ("roc_auc", "average_precision"):
            found = measure(name, rows.outcome, right)
            assert (found.value, found.high) == (1.0, 1.0)
            assert found.low == pytest.approx(0.025 ** (1 / 10))
        found = measure("roc_auc", rows.outcome, wrong)
        assert (found.value, found.low) == (0.0, 0.0)
        assert found.high == pytest.approx(1 - 0.025 ** (1 / 10))

    def test_tiny_windows_say_little(self, kinds: Any) -> None:
        """Two rows of each class give values, with intervals that allow for nearly anything."""
        rows = kinds.binary()
        counts = rows.count(None, [0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4])
        for name in ("roc_auc", "average_precision", "recall@10%"):
            found = measure(name, rows.outcome, counts)
            assert found.known
            assert found.high - found.low > 0.5
