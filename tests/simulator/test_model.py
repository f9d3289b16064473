"""The model is a real one: it catches most known fraud out of sample, and its scores are probabilities."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from driftline.errors import ConfigError
from driftline.simulator import Event
from driftline.simulator.events import FEATURES
from driftline.simulator.model import matrix, train

if TYPE_CHECKING:
    from conftest import Stream

LATE = ["model_score", "model_pred"]


def quality(rows: pa.Table, fraud: np.ndarray) -> tuple[float, float, float]:
    """AUC, recall and precision."""
    score, flagged = rows["model_score"].to_numpy(), rows["model_pred"].to_numpy() == 1
    caught = (flagged & fraud).sum()
    return roc_auc_score(fraud, score), caught / fraud.sum(), caught / flagged.sum()


def test_the_model_is_good_and_not_too_good(stream: Stream) -> None:
    """On quiet weeks AUC is between 0.93 and 0.995, and most fraud is caught without too many false alarms."""
    auc, recall, precision = quality(stream.table, stream.fraud)
    assert 0.93 < auc < 0.995
    assert 0.6 < recall < 0.9
    assert 0.5 < precision < 0.9


def test_scores_are_probabilities(stream: Stream) -> None:
    """Out of sample the mean score is the share of fraud, among suspicious payments and among the others."""
    score = stream.table["model_score"].to_numpy()
    for part in (score < 0.05, score >= 0.05):
        expected = score[part].sum()
        assert abs(stream.fraud[part].sum() - expected) < 0.25 * expected + 4 * np.sqrt(expected)


def test_the_prediction_is_the_score_from_the_threshold_on(stream: Stream) -> None:
    """`model_pred` is 1 exactly where `model_score` reaches the threshold."""
    assert (stream.table["model_pred"].to_numpy() == (stream.table["model_score"].to_numpy() >= 0.2)).all()


def test_a_campaign_leaves_the_model_as_good_as_it_was(stream: Stream) -> None:
    """AUC, recall and precision stay within their noise."""
    before, during = quality(stream.table, stream.fraud), quality(*stream.with_events(Event(kind="campaign", from_day=0)))
    assert during[0] == pytest.approx(before[0], abs=0.015)
    assert during[1:] == pytest.approx(before[1:], abs=0.1)


def test_a_unit_fault_ruins_precision(stream: Stream) -> None:
    """Genuine web payments are flagged: precision falls by more than a third, recall stays."""
    before, during = quality(stream.table, stream.fraud), quality(*stream.with_events(Event(kind="unit_fault", from_day=0)))
    assert during[2] < 0.65 * before[2]
    assert during[1] > before[1] - 0.15


def test_an_attack_is_missed_until_the_model_is_retrained(stream: Stream) -> None:
    """Recall collapses with precision as it was, and a model trained on a week of the attack catches most of it."""
    rows, fraud = stream.with_events(Event(kind="attack", from_day=0))
    before, during = quality(stream.table, stream.fraud), quality(rows, fraud)
    assert during[1] < 0.55 * before[1]
    assert during[2] == pytest.approx(before[2], abs=0.15)
    half = rows.num_rows // 2
    model = train(rows.slice(0, half), fraud[:half], threshold=0.2, seed=0)
    again = quality(model.score(rows.slice(half).drop_columns(LATE)), fraud[half:])
    assert again[1] > during[1] + 0.15
    assert again[0] > during[0] + 0.05


def test_training_twice_gives_the_same_scores(stream: Stream) -> None:
    """Rows, labels and seed decide the model, whatever number of threads there is."""
    from threadpoolctl import threadpool_limits

    rows = stream.table.drop_columns(LATE)
    scores = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads, user_api="openmp"):
            scores.append(train(rows, stream.fraud, threshold=0.5, seed=3).score(rows)["model_score"])
    assert scores[0].equals(scores[1])


def test_what_was_never_seen_is_missing_to_the_model() -> None:
    """A null and a level outside the training rows are NaN; a known level is its place."""
    levels = {"channel": pa.array(["app", "web"])}
    numbers = {name: pa.array([1.0, None]) for name in FEATURES if name != "channel"}
    found = matrix(pa.table({**numbers, "channel": ["web", "fax"]}), levels)
    assert found.shape == (2, len(FEATURES))
    assert found[0, FEATURES.index("channel")] == 1.0
    assert np.isnan(found[1]).all()


def test_too_little_fraud_is_said(stream: Stream) -> None:
    """A model of nothing is refused, with what to change."""
    with pytest.raises(ConfigError, match="0 frauds in 50 rows") as refused:
        train(stream.table.slice(0, 50), np.zeros(50, dtype=bool), threshold=0.2, seed=0)
    assert "rows_per_day" in refused.value.hint


def test_a_missing_scikit_learn_is_said(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error names the package and the way without a model."""
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    with pytest.raises(ConfigError, match="scikit-learn") as refused:
        train(stream.table, stream.fraud, threshold=0.2, seed=0)
    assert "scored=False" in refused.value.hint
