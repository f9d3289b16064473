from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.isotonic import IsotonicRegression

from driftline.errors import ConfigError
from driftline.performance.assumption import Trust
from driftline.performance.calibrate import needed
from driftline.performance.estimate import estimate, name_of
from driftline.performance.fitted import fit
from driftline.performance.plugin import Loss, plug

if TYPE_CHECKING:
    from driftline.performance.rows import Rows

TWO = ("accuracy", "precision", "recall", "specificity", "f1", "roc_auc")


def cbpe(rows: Rows, window: Rows) -> dict[str, float]:
    """CBPE's formulas on raw rows: calibrate, sum chances by what was said, cumulate them by score for the AUC."""
    chance = window.score
    if needed(rows.score, rows.label):
        chance = IsotonicRegression(out_of_bounds="clip").fit(rows.score, rows.label).predict(window.score)
    said = window.said()
    tp, fp, fn, tn = (chance * said).sum(), ((1 - chance) * said).sum(), (chance * (1 - said)).sum(), ((1 - chance) * (1 - said)).sum()
    order = np.argsort(-window.score, kind="stable")
    distinct = np.append(np.flatnonzero(np.diff(window.score[order])), len(window) - 1)
    positives, negatives = (np.append(0, np.cumsum(of[order])[distinct]) for of in (chance, 1 - chance))
    return {
        "accuracy": (tp + tn) / len(window),
        "precision": tp / (tp + fp),
        "recall": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "roc_auc": sk.auc(negatives / negatives[-1], positives / positives[-1]),
    }


@pytest.mark.parametrize("seed", range(6))
def test_without_weights_it_is_cbpe(world: Any, seed: int) -> None:
    """With weights off, each metric is CBPE's on raw rows to 1e-9, ties and a calibration that is not needed included."""
    dice = np.random.default_rng(seed)
    rows, window = world.rows(900, dice), world.rows(400, dice, 0.5)
    if seed % 2:
        rows, window = (replace(some, score=np.round(some.score, 1)) for some in (rows, window))
    expected = cbpe(rows, window)
    for found in estimate(rows, window, TWO, method="cbpe", rng=dice):
        assert found.value == pytest.approx(expected[found.metric], abs=1e-9)
        assert found.method == "cbpe"


def test_without_weights_many_classes_are_cbpes_too(world: Any, dice: np.random.Generator) -> None:
    """Each class against the rest is calibrated, scaled to 1, and plugged into its own table."""
    rows, window = world.classes(900, dice), world.classes(400, dice, 0.5)
    each = []
    for k in range(3):
        score, label = rows.score[:, k], (rows.label == k).astype(float)
        curve = IsotonicRegression(out_of_bounds="clip").fit(score, label)
        each.append(curve.predict(window.score[:, k]) if needed(score, label) else window.score[:, k])
    chances = np.stack(each, axis=1) / np.sum(each, axis=0)[:, None]
    right = chances[np.arange(400), window.said()]
    (found,) = estimate(rows, window, ["accuracy"], method="cbpe", rng=dice)
    assert found.value == pytest.approx(right.mean(), abs=1e-9)


def test_the_interval_holds_the_true_and_the_realised_metric(world: Any) -> None:
    """Under a covariate shift 95% intervals hold the true and the realised metric in 93 to 97 of 100 windows, give or take chance."""
    dice, shift, metrics = np.random.default_rng(8), 0.7, ("accuracy", "roc_auc", "brier")
    large = world.rows(400_000, dice, shift)
    chance = world.chance(large.features)
    truth = [plug(metric, large, np.stack([1 - chance, chance], axis=1), large).value for metric in metrics]
    held: list[list[tuple[bool, bool]]] = [[], [], []]
    for _ in range(40):
        window = world.rows(500, dice, shift)
        for place, found in enumerate(estimate(world.rows(1_500, dice), window, metrics, rng=dice)):
            realised = plug(metrics[place], window, window.truth(), window).value
            held[place].append((found.low <= truth[place] <= found.high, found.realised_low <= realised <= found.realised_high))
    # 40 windows may by chance show 9 percentage points less.
    assert (np.mean(held, axis=1) >= 0.85).all()
    assert np.mean(held) >= 0.91


def test_a_shift_that_scores_do_not_show_is_followed(world: Any, dice: np.random.Generator) -> None:
    """Where what the model has not seen moves, CBPE misses it, and the weighted estimate does not."""
    fitted = fit(world.rows(10_000, dice), ["f1"], dice)
    window = world.rows(5_000, dice, shift=1.0)
    realised = sk.f1_score(window.label, window.said())
    blind, weighted, robust = (estimate(fitted, window, ["f1"], method=method, rng=dice)[0] for method in ("cbpe", "pape", "dr"))
    assert abs(blind.value - realised) > 0.025
    assert weighted.value == pytest.approx(realised, abs=0.02)
    assert robust.value == pytest.approx(realised, abs=0.02)
    assert (weighted.method, robust.method) == ("pape", "dr")
    assert weighted.ess < 10_000


def test_numbers_are_estimated(world: Any, dice: np.random.Generator) -> None:
    """Errors that grow where inputs go are foreseen, directly and doubly robustly; labels are not needed."""
    rows, window = world.numbers(8_000, dice), world.numbers(2_000, dice, shift=1.5)
    realised = np.abs(window.score - window.label).mean()
    for method, called in (("cbpe", "dle"), ("pape", "dr")):
        (found,) = estimate(rows, world.unlabelled(window), ["mae"], method=method, rng=dice)
        assert found.method == called
        assert found.value == pytest.approx(realised, abs=0.12)
        assert found.value > np.abs(rows.score - rows.label).mean() + 0.3


def test_a_mean_of_ones_own_is_estimated(world: Any, dice: np.random.Generator) -> None:
    """A cost that a function tells is a metric like others, robustly estimated and without bounds."""
    cost = Loss("cost", lambda label, _, said: np.where((label == 1) & (said == 0), 50.0, np.where(said == 1, 4.0, 0.0)))
    window = world.rows(3_000, dice)
    (found,) = estimate(world.rows(6_000, dice), world.unlabelled(window), [cost], rng=dice)
    realised = cost.of(window.label, window.score, window.said()).mean()
    assert found.metric == name_of(cost) == "cost"
    assert found.method == "dr"
    assert found.realised_low <= realised <= found.realised_high


def test_labels_that_came_break_an_estimate(world: Any, dice: np.random.Generator) -> None:
    """Where half of the labels shows another relation the estimate is not trusted, and says why."""
    window = world.rows(3_000, dice, turned=0.2)
    window.label[1_600:] = np.nan
    fitted = fit(world.rows(6_000, dice), ["accuracy", "f1"], dice)
    found = estimate(fitted, window, ["f1"], rng=dice)[0]
    assert found.trust is Trust.BROKEN
    assert "cannot be trusted" in found.why
    assert found.change is not None
    assert found.change.rows == 1_600
    (blind,) = estimate(fitted, world.unlabelled(window), ["f1"], rng=dice)
    assert blind.trust is Trust.SOUND
    assert blind.change is None


def test_labels_tell_what_the_relation_is_now(world: Any, dice: np.random.Generator) -> None:
    """A mean whose estimate labels break is told by them, sharpened by what was expected; the interval holds what all labels say."""
    window = world.rows(3_000, dice, turned=0.2)
    realised = np.mean(window.label == window.said())
    window.label[1_600:] = np.nan
    (found,) = estimate(world.rows(6_000, dice), window, ["accuracy"], rng=dice)
    assert found.method == "ppi"
    assert found.realised_low <= realised <= found.realised_high
    assert "what they say themselves" in found.why
    (settled,) = estimate(world.rows(6_000, dice), window, ["accuracy"], rng=dice, settled=True)
    assert settled.method == "dr"
    assert settled.trust is Trust.BROKEN


def test_a_small_sample_of_a_large_window_is_known_less_well(world: Any, dice: np.random.Generator) -> None:
    """Where rows are a sample of many the forecast of the labels' verdict is less noisy than they are, and wider than of all rows."""
    fitted = fit(world.rows(6_000, dice), ["accuracy"], dice)
    window = world.unlabelled(world.rows(500, dice))
    alone, sampled = (estimate(fitted, window, ["accuracy"], rng=np.random.default_rng(1), of=of)[0] for of in (0, 50_000))
    assert sampled.rows == 50_000
    assert sampled.realised_high - sampled.realised_low < alone.realised_high - alone.realised_low
    assert sampled.value == alone.value


def test_rows_without_a_like_widen_the_interval(world: Any, dice: np.random.Generator) -> None:
    """Where many rows lie where the reference has none, how far weights moved the estimate is part of its error, and it is doubted."""
    fitted = fit(world.rows(5_000, dice), ["f1"], dice)
    near, far = (estimate(fitted, world.rows(2_000, dice, shift), ["f1"], rng=dice, tested=())[0] for shift in (0.5, 3.0))
    assert (near.method, far.method) == ("dr", "pape")
    assert near.trust is Trust.SOUND
    assert far.trust is Trust.DOUBTFUL
    assert "none of the reference's" in far.why
    assert far.error > 3 * near.error


def test_too_little_is_a_reason(world: Any, dice: np.random.Generator) -> None:
    """A tiny window, a reference without labels, a metric that is not defined: no value and a reason, for each metric."""
    rows = world.rows(400, dice)
    tiny = estimate(rows, world.rows(10, dice), ["f1", "accuracy"], rng=dice)
    assert [found.trust for found in tiny] == [Trust.NONE] * 2
    assert "10 rows" in tiny[0].why
    (blind,) = estimate(world.unlabelled(rows), rows, ["f1"], rng=dice)
    assert blind.why == "the reference has 0 rows with a label, and at least 30 are needed"
    window = world.rows(200, dice)
    (none,) = estimate(rows, replace(window, predicted=np.zeros(200, dtype=np.intp)), ["precision"], rng=dice)
    assert np.isnan(none.value)
    assert "not defined" in none.why


def test_estimates_stay_within_what_is_possible(world: Any, dice: np.random.Generator) -> None:
    """A share's interval ends at 1."""
    rows = world.rows(300, dice)
    easy = replace(rows, label=rows.said().astype(float))
    (found,) = estimate(easy, easy, ["accuracy"], rng=dice)
    assert found.high <= 1
    assert found.value <= 1


def test_what_was_not_learnt_cannot_be_asked(world: Any, dice: np.random.Generator) -> None:
    """A metric that the reference was not fitted for, and a method that there is not, are refused with what to do."""
    rows = world.rows(100, dice)
    with pytest.raises(ConfigError, match="not fitted for 'f1'"):
        estimate(fit(rows, ["accuracy"], dice), rows, ["f1"], rng=dice)
    with pytest.raises(ConfigError, match="no method 'guess'"):
        estimate(rows, rows, ["f1"], method="guess", rng=dice)  # type: ignore[arg-type]  # what a user may write
