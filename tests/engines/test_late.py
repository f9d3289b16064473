"""Delays watched batch by batch: the same as by arrays, and alike where they are."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines.late import DelayWatch, sorted_labels
from driftline.performance.maturity import count_delays, learn_delays
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import Outcome
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role, Task

OUTCOME = Outcome(Task.BINARY, "y", None, ("p",), ("0", "1"), ((0.5,),))
PLAN = Plan(
    (
        Planned(Column(name="y", kind=Kind.CATEGORY, role=Role.LABEL), LevelBins(("0", "1"))),
        Planned(Column(name="p", kind=Kind.NUMBER, role=Role.SCORE), fit_number_bins(np.linspace(0, 1, 9))),
    ),
    outcome=OUTCOME,
)
DAY = 86_400.0
NOW = datetime.fromtimestamp(60 * DAY, UTC)


@pytest.mark.parametrize("sooner", [1.0, 0.4])
def test_batches_add_up_and_tell_whether_early_labels_are_like_the_rest(sooner: float) -> None:
    """Read in two batches, delays are those of the whole; frauds that are known sooner are noticed."""
    dice = np.random.default_rng(0)
    made, fraud, score = dice.uniform(0, 60 * DAY, 8000), dice.random(8000) < 0.2, dice.random(8000)
    known = made + dice.gamma(2.0, 3.0, 8000) * DAY * np.where(fraud, sooner, 1.0)
    known[known > 60 * DAY] = np.nan
    table = pa.table({"y": pa.array(fraud.astype(int), mask=np.isnan(known)), "p": score})
    watch = DelayWatch(PLAN, OUTCOME, NOW)
    for part in (slice(0, 3000), slice(3000, None)):
        (batch,) = table.slice(part.start, (part.stop or 8000) - part.start).to_batches()
        watch.count(batch, made[part], known[part])
    found, whole = watch.delays(), learn_delays(count_delays(made, known, NOW.timestamp()))
    assert found is not None
    assert whole is not None
    assert found.share == pytest.approx(whole.share)
    assert found.alike is (sooner == 1.0)


def test_nothing_watched_is_nothing_learnt() -> None:
    """Without a row nobody knows."""
    assert DelayWatch(PLAN, OUTCOME, NOW).delays() is None


def test_rows_are_sorted_by_their_columns() -> None:
    """By the label, and by whether the score from one half on says so; a missing column is no error."""
    batch = pa.RecordBatch.from_pydict({"y": [0, 1, 1, None], "p": [0.1, 0.1, 0.9, 0.9]})
    assert sorted_labels(PLAN, OUTCOME, batch).tolist() == [0, 3, 2, -1]
    assert sorted_labels(PLAN, OUTCOME, batch.select(["p"])).tolist() == [-1] * 4
