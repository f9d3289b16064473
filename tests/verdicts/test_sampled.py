from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines.arrow import count_batch
from driftline.engines.fit import fit
from driftline.monitor import ColumnHints, Monitor
from driftline.profile.profile import Profile
from driftline.schema import Role, Task
from driftline.sources.opening import open_source
from driftline.verdicts.sampled import pooled, rows_of

ROWS = 900
TASKS = {2: Task.BINARY, 3: Task.MULTICLASS}


def table(seed: int, label: str = "number") -> pa.Table:
    """Predictions with their labels, some of which have not come."""
    rng = np.random.default_rng(seed)
    score = rng.random(ROWS)
    truth = (rng.random(ROWS) < score).astype(int)
    words = pa.array(np.where(truth == 1, "yes", "no"), mask=rng.random(ROWS) < 0.1)
    numbers = pa.array(truth, mask=rng.random(ROWS) < 0.1)
    return pa.table(
        {
            "x": rng.normal(size=ROWS),
            "c": rng.choice(["a", "b"], ROWS),
            "score": score,
            "y_true": words if label == "word" else numbers,
            "y_pred": (score > 0.5).astype(int),
        }
    )


def counted(data: pa.Table, task: Task = Task.BINARY, roles: dict[str, Role] | None = None) -> Profile:
    """A profile that keeps every row."""
    plan = fit(open_source(data, name="r"), Monitor(task=task, hints=ColumnHints(roles=roles or {})))
    return count_batch(plan, data.combine_chunks().to_batches()[0])


@pytest.mark.parametrize("label", ["number", "word"])
def test_sampled_rows_are_the_rows(label: str) -> None:
    """Where a profile keeps all rows, scores, predictions and labels are those of the table, in another order."""
    data = table(0, label)
    profile = counted(data)
    assert profile.plan.outcome is not None
    rows = rows_of(profile.plan, profile.plan.outcome, profile.sample.values)
    assert rows.categorical == (False, True)
    order = np.argsort(rows.score)
    expected = np.argsort(data["score"].to_numpy())
    assert np.array_equal(rows.score[order], data["score"].to_numpy()[expected])
    assert rows.predicted is not None
    assert np.array_equal(rows.predicted[order], data["y_pred"].to_numpy()[expected])
    came = [{"yes": 1.0, "no": 0.0, None: np.nan}.get(value, value) for value in data["y_true"].to_pylist()]
    assert np.array_equal(rows.label[order], np.array(came, dtype=float)[expected], equal_nan=True)


@pytest.mark.parametrize("classes", [2, 3])
def test_without_scores_what_was_said_is_sure(classes: int) -> None:
    """Where a model gives no scores each row's is 1 for the class that was said, and unknown where nothing was said."""
    dice = np.random.default_rng(4)
    said = pa.array(np.array(["a", "b", "c"])[dice.integers(0, classes, ROWS)], mask=dice.random(ROWS) < 0.1)
    came = np.array(["a", "b", "c"])[dice.integers(0, classes, ROWS)]
    profile = counted(pa.table({"x": dice.normal(size=ROWS), "y_pred": said, "y_true": came}), TASKS[classes])
    assert profile.plan.outcome is not None
    rows = rows_of(profile.plan, profile.plan.outcome, profile.sample.values)
    assert rows.classes == classes
    assert len(rows) == ROWS - said.null_count
    assert (rows.scores().max(1) == 1).all()
    assert np.array_equal(rows.scores().argmax(1), rows.said())


def test_a_regression_has_numbers() -> None:
    """Predictions and labels are the numbers themselves, and no class is predicted."""
    rng = np.random.default_rng(1)
    data = pa.table({"x": rng.normal(size=ROWS), "y_true": rng.normal(size=ROWS), "y_pred": rng.normal(size=ROWS)})
    profile = counted(data, Task.REGRESSION)
    assert profile.plan.outcome is not None
    rows = rows_of(profile.plan, profile.plan.outcome, profile.sample.values)
    assert rows.predicted is None
    assert sorted(rows.label) == sorted(data["y_true"].to_numpy())


def test_blocks_are_pooled_in_proportion_to_their_rows() -> None:
    """A block of three times the rows gives three times as many; no more are taken than were asked for."""
    data = table(2)
    small, large = (pa.concat_tables([data] * times) for times in (1, 3))
    plan = counted(data).plan
    blocks = [count_batch(plan, part.combine_chunks().to_batches()[0]) for part in (small, large)]
    values = pooled(blocks, 400)
    assert abs(len(values) - 400) <= 2
    assert values.shape[1] == len(plan.columns)
    assert pooled([Profile.empty(plan)], 400).shape == (0, len(plan.columns))
