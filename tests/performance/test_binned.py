from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.isotonic import IsotonicRegression

from driftline.performance.assumption import Trust
from driftline.performance.binned import SCORES_ALONE, completed, estimate_counts, learn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.estimate import Estimated

ASKED = ("accuracy", "precision", "recall", "f0.5", "f1", "mcc", "roc_auc", "average_precision", "log_loss", "brier")


def rows(n: int, dice: np.random.Generator, low: float = 0.6) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores that are too sure, and labels."""
    score = dice.beta(low, 1.2, n)
    return score, (dice.random(n) < 0.1 + 0.7 * score**1.5).astype(float)


def told(kinds: Any, reference: Any, window: Any, metrics: tuple[str, ...] = ASKED) -> dict[str, Estimated]:
    """Estimates of a window whose labels are not known, from counts."""
    binary = kinds.binary()
    binned = learn(binary.outcome, binary.count(None, reference[1], reference[0]))
    assert binned is not None
    blind = binary.count(None, np.full(len(window[0]), np.nan), window[0])
    return {one.metric: one for one in estimate_counts(binary.outcome, binned, blind, metrics)}


def cbpe(reference: Any, window: Any) -> dict[str, float]:
    """CBPE on the raw rows, each of them twice: once with either label, weighted by its chance."""
    chance = IsotonicRegression(out_of_bounds="clip").fit(*reference).predict(window[0])
    score, label = np.tile(window[0], 2), np.repeat([1, 0], chance.size)
    said, weight = score >= 0.5, np.concatenate([chance, 1 - chance])
    common: dict[str, Any] = {"sample_weight": weight}
    return {
        "accuracy": sk.accuracy_score(label, said, **common),
        "precision": sk.precision_score(label, said, **common),
        "recall": sk.recall_score(label, said, **common),
        "f0.5": sk.fbeta_score(label, said, beta=0.5, **common),
        "f1": sk.f1_score(label, said, **common),
        "mcc": sk.matthews_corrcoef(label, said, **common),
        "roc_auc": sk.roc_auc_score(label, score, **common),
        "average_precision": sk.average_precision_score(label, score, **common),
        "log_loss": sk.log_loss(label, score, **common),
        "brier": sk.brier_score_loss(label, score, **common),
    }


def test_where_each_score_has_a_bin_it_is_cbpe_on_raw_rows(kinds: Any, dice: np.random.Generator) -> None:
    """With no more distinct scores than bins every metric is that of the raw rows, to what sums are rounded to."""
    reference, window = ((np.round(score * 200) / 200, label) for score, label in (rows(6_000, dice), rows(3_000, dice, 1.5)))
    expected, found = cbpe(reference, window), told(kinds, reference, window)
    assert set(found) == set(ASKED)
    for name, one in found.items():
        assert one.value == pytest.approx(expected[name], abs=1e-6), name


def test_with_scores_of_any_value_bins_cost_next_to_nothing(kinds: Any, dice: np.random.Generator) -> None:
    """With a thousand bins every metric is within twice the share of rows in the fullest bin of CBPE on the raw rows."""
    reference, window = rows(20_000, dice), rows(5_000, dice, 1.5)
    bound = 2 * np.histogram(window[0], 1023, (0, 1))[0].max() / 5_000
    expected, found = cbpe(reference, window), told(kinds, reference, window)
    for name, one in found.items():
        assert abs(one.value - expected[name]) < bound, name
        assert abs(one.value - expected[name]) < 0.002, name


def test_the_interval_holds_what_labels_say_later(kinds: Any) -> None:
    """Where only scores move, 95% intervals hold the realised metrics in at least 93 of 100 windows, give or take chance."""
    dice, held = np.random.default_rng(5), []
    for _ in range(60):
        reference, window = rows(1_500, dice), rows(800, dice, 1.0)
        found = told(kinds, reference, window, ("accuracy", "f1", "roc_auc"))
        said = window[0] >= 0.5
        came = sk.accuracy_score(window[1], said), sk.f1_score(window[1], said), sk.roc_auc_score(window[1], window[0])
        held.append([one.realised_low <= value <= one.realised_high for one, value in zip(found.values(), came, strict=True)])
    # 60 windows may by chance show 7 percentage points less.
    assert (np.mean(held, axis=0) >= 0.86).all()


def test_labels_that_have_come_are_not_looked_at(kinds: Any, dice: np.random.Generator) -> None:
    """The same rows give the same counts with labels and without."""
    binary, (score, label) = kinds.binary(), rows(2_000, dice)
    binned = learn(binary.outcome, binary.count(None, label, score))
    assert binned is not None
    both = [completed(binary.outcome, binned, binary.count(None, came, score)) for came in (label, np.full(2_000, np.nan))]
    assert all(np.array_equal(one, other) for one, other in zip(both[0].arrays(), both[1].arrays(), strict=True))


def test_few_labels_and_new_scores_make_it_unsure(kinds: Any, dice: np.random.Generator) -> None:
    """It is never sound, says so, and is the less sure the fewer of the reference's labels lie where the window's scores do."""
    reference = rows(4_000, dice)
    near, far = (told(kinds, reference, rows(1_000, dice, low), ("accuracy",))["accuracy"] for low in (0.6, 6.0))
    assert near.trust is far.trust is Trust.DOUBTFUL
    assert SCORES_ALONE in near.why
    assert far.ess < near.ess / 2
    assert far.reference_error > near.reference_error
    bare = reference[0][:500], np.zeros(500)
    assert "few labels of a class" in told(kinds, bare, rows(500, dice), ("accuracy",))["accuracy"].why


def test_without_scores_or_labels_there_is_nothing_to_learn(kinds: Any, dice: np.random.Generator) -> None:
    """A model of many classes, and a reference with a handful of labels, give None; a metric of another task is left out."""
    many = kinds.classes("a", "b", "c", scored=False)
    assert learn(many.outcome, many.count([0, 1], [0, 1])) is None
    binary = kinds.binary()
    assert learn(binary.outcome, binary.count(None, [0, 1], [0.2, 0.8])) is None
    reference = rows(500, dice)
    assert set(told(kinds, reference, rows(500, dice), ("rmse", "f1"))) == {"f1"}
    assert told(kinds, reference, rows(20, dice)) == {}
