"""The truth is right: its counts are the rows', and its events change what it says they change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score

from driftline.simulator import Event, PaymentsConfig
from driftline.simulator.events import FEATURES, KINDS
from driftline.simulator.payments import Day
from driftline.simulator.truth import auc, counts, share, truth

if TYPE_CHECKING:
    from conftest import Stream

    from driftline.simulator.events import Kind

VISIBLE = 0.02
"""The change in shares that a day of 3,000 rows shows: KS at 5% would be 0.025."""
WATCHED = (*FEATURES, "model_score", "model_pred")


def change(before: pa.Table, after: pa.Table, column: str) -> float:
    """Total variation of levels, Kolmogorov-Smirnov of numbers, or the share of nulls, whichever is larger."""
    old, new = before[column].combine_chunks(), after[column].combine_chunks()
    if pa.types.is_string(old.type) or pa.types.is_boolean(old.type):
        a, b = np.array(old.to_pylist()), np.array(new.to_pylist())
        return float(sum(abs((a == level).mean() - (b == level).mean()) for level in {*a.tolist(), *b.tolist()}) / 2)
    distance = ks_2samp(old.to_numpy(), new.drop_null().to_numpy(zero_copy_only=False), method="asymp").statistic
    return max(float(distance), new.null_count / len(new))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda k: k.name)
def test_an_event_changes_the_columns_it_says(kind: Kind, stream: Stream) -> None:
    """Against the same weeks without it, an event moves its columns visibly, others slightly at most, and no other at all."""
    rows, fraud = stream.with_events(Event(kind=kind.name, from_day=0))
    changes = {name: change(stream.table, rows, name) for name in WATCHED} | {"is_fraud": abs(fraud.mean() - stream.fraud.mean())}
    for name, size in changes.items():
        if name in kind.columns:
            # A rare 0 or 1 is judged by how many times as often it is there.
            rare = name in {"model_pred", "is_fraud"}
            assert size > (0.008 if rare else VISIBLE), name
        elif name in kind.slightly:
            assert size < VISIBLE + 0.015, name
        else:
            assert size == 0, name


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2, max_size=40))
def test_auc_is_that_of_scikit_learn(pairs: list[tuple[float, bool]]) -> None:
    """The area under the curve is right with ties, and None where one class is missing."""
    score, fraud = np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs])
    expected = None if fraud.all() or not fraud.any() else pytest.approx(roc_auc_score(fraud, score), abs=1e-4)
    assert auc(score, fraud) == expected


def test_a_share_of_nothing_is_nothing() -> None:
    """Precision without flags is null, not 0 and not an error."""
    assert share(0, 0) is None
    assert share(1, 3) == 0.3333


def test_a_day_is_counted() -> None:
    """Rows, frauds, flags and misses are those of the table."""
    rows = pa.table({"model_score": [0.9, 0.1, 0.6, 0.3], "model_pred": pa.array([1, 0, 1, 0], pa.int8())})
    day = Day(2, rows, rows, np.array([True, False, False, True]))
    assert counts(PaymentsConfig(), day) == {
        "day": 2,
        "date": "2026-03-04",
        "rows": 4,
        "frauds": 2,
        "flagged": 2,
        "false_negatives": 1,
        "recall": 0.5,
        "precision": 0.5,
        "auc": 0.75,
    }
    assert counts(PaymentsConfig(scored=False), day) == {"day": 2, "date": "2026-03-04", "rows": 4, "frauds": 2}


def test_the_truth_tells_what_should_be_done_and_when() -> None:
    """Each event has its dates, its columns and its right decision; events after the end are left out."""
    config = PaymentsConfig(days=60)
    found = json.loads(json.dumps(truth(config, [])))
    assert [(event["kind"], event["right_decision"]) for event in found["events"]] == [
        ("campaign", "no_retrain"),
        ("unit_fault", "investigate_no_retrain"),
    ]
    assert found["events"][0]["from_date"] == "2026-03-30"
    assert found["right_retrain_days"] == []
    assert truth(PaymentsConfig(), [])["right_retrain_days"] == [66]
    assert found["config"]["start"] == "2026-03-02"
