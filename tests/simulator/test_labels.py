"""Labels come one to fourteen days late, most within a week, and some never."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.simulator import PaymentsConfig
from driftline.simulator.labels import arrivals
from driftline.simulator.tables import table
from driftline.simulator.world import World

CONFIG = PaymentsConfig(rows_per_day=20_000, labels_lost=0.03, events=())
WORLD = World.of(CONFIG)
FACTS = WORLD.facts(1)
ROWS = table(WORLD, 1, FACTS, WORLD.population.usual_amount)
LABELS = arrivals(CONFIG, 1, ROWS, FACTS.fraud)
KNOWN = LABELS["is_fraud"].is_valid().to_numpy()
DAYS = ((LABELS["label_ts"].to_numpy() - ROWS["ts"].to_numpy()) / np.timedelta64(1, "D"))[KNOWN]


def test_labels_tell_the_truth() -> None:
    """Where a label comes it is right, and belongs to its payment."""
    assert LABELS["transaction_id"].equals(ROWS["transaction_id"])
    assert (LABELS["is_fraud"].drop_null().to_numpy() == FACTS.fraud[KNOWN]).all()


def test_labels_are_one_to_fourteen_days_late() -> None:
    """No label is sooner or later, and the delays are skewed: most come early."""
    assert DAYS.min() >= 1
    assert DAYS.max() <= 14
    assert np.median(DAYS) == pytest.approx(4, abs=0.3)
    assert np.quantile(DAYS, 0.9) == pytest.approx(8, abs=0.5)
    assert DAYS.mean() > np.median(DAYS)


def test_some_labels_never_come() -> None:
    """A lost label has neither a value nor an instant, and the share is the configured one."""
    assert 1 - KNOWN.mean() == pytest.approx(0.03, abs=0.005)
    assert LABELS["label_ts"].is_valid().to_numpy().tolist() == KNOWN.tolist()


def test_the_delay_does_not_know_the_label() -> None:
    """Fraud is neither confirmed sooner nor lost more often than a genuine payment: early labels are a fair sample."""
    fraud = FACTS.fraud[KNOWN]
    error = DAYS.std() / np.sqrt(fraud.sum())
    assert abs(DAYS[fraud].mean() - DAYS[~fraud].mean()) < 4 * error
    lost = ~KNOWN
    assert abs(lost[FACTS.fraud].mean() - 0.03) < 4 * np.sqrt(0.03 / FACTS.fraud.sum())


def test_all_labels_can_be_lost_or_none() -> None:
    """The share may be 0 or 1."""
    for share in (0.0, 1.0):
        config = PaymentsConfig(rows_per_day=20_000, labels_lost=share)
        assert arrivals(config, 1, ROWS, FACTS.fraud)["is_fraud"].null_count == share * ROWS.num_rows
