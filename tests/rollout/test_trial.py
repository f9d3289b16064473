from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from driftline.errors import ConfigError, DataError
from driftline.rollout.trial import MEASURES, Answers, Trial, gain

DECIDED = {
    "accuracy": metrics.accuracy_score,
    "recall": metrics.recall_score,
    "specificity": lambda label, said: metrics.recall_score(1 - label, 1 - said),
    "precision": metrics.precision_score,
    "f1": metrics.f1_score,
}
SCORED = {
    "roc_auc": metrics.roc_auc_score,
    "log_loss": lambda label, score: -metrics.log_loss(label, score),
    "brier": lambda label, score: -metrics.brier_score_loss(label, score),
    "mae": lambda label, score: -metrics.mean_absolute_error(label, score),
    "mse": lambda label, score: -metrics.mean_squared_error(label, score),
}


def drawn(rows: int = 400) -> Trial:
    """Two models with their own noise."""
    dice = np.random.default_rng(1)
    label = (dice.random(rows) < 0.4).astype(np.float64)
    sides = [np.clip(0.3 + 0.3 * label + dice.normal(0, 0.2, rows), 0.01, 0.99) for _ in range(2)]
    champion, challenger = (Answers(score, (score > 0.45).astype(np.intp)) for score in sides)
    return Trial(label, champion, challenger, {"region": np.arange(rows) % 3})


@pytest.mark.parametrize("metric", MEASURES)
def test_the_gain_is_the_difference_of_both_metrics(metric: str) -> None:
    """Each gain is scikit-learn's metric of the challenger less the champion's, turned so that more is better."""
    trial = drawn()
    label, sides = trial.label.astype(int), (trial.champion, trial.challenger)
    if metric in DECIDED:
        champion, challenger = (DECIDED[metric](label, side.decision) for side in sides)
    else:
        champion, challenger = (SCORED[metric](label, side.score) for side in sides)
    found = gain(trial, metric)
    assert found.value == pytest.approx(challenger - champion, rel=1e-9)
    assert found.low < found.value < found.high
    assert 0 < found.p_worse < 1


@pytest.mark.parametrize("metric", MEASURES)
def test_nothing_to_compare_is_untold(metric: str) -> None:
    """Without a single labelled row every metric says why it cannot tell."""
    trial = drawn()
    blank = Trial(np.full(len(trial), np.nan), trial.champion, trial.challenger)
    assert gain(blank, metric).why


def test_rows_that_one_model_left_out_are_not_compared() -> None:
    """Rows without label, score or decision of either model are no part of the comparison."""
    trial = drawn()
    score, decision = trial.challenger.score.copy(), np.array(trial.challenger.decision)
    score[:10], decision[10:30] = np.nan, -1
    label = trial.label.copy()
    label[30:60] = np.nan
    holed = Trial(label, trial.champion, Answers(score, decision), trial.segments)
    assert len(holed.judged()) == 340
    assert gain(holed, "accuracy") == gain(trial.take(np.arange(400) >= 60), "accuracy")


def test_refuses_what_does_not_fit() -> None:
    """Other lengths, half a decision, an unknown metric and a metric without its decisions are told apart."""
    trial = drawn()
    with pytest.raises(DataError, match="challenger 399"):
        Trial(trial.label, trial.champion, trial.challenger.take(np.arange(400) > 0))
    with pytest.raises(DataError, match="one model decides"):
        Trial(trial.label, trial.champion, Answers(trial.challenger.score))
    with pytest.raises(ConfigError, match="did you mean 'recall'"):
        gain(trial, "recal")
    numbers = Trial(trial.label, Answers(trial.champion.score), Answers(trial.challenger.score))
    with pytest.raises(ConfigError, match="recall needs decisions"):
        gain(numbers, "recall")
