"""The past replayed with real trainings, and nothing of it from the future."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.backtesting.backtest import Backtest, backtest
from driftline.config.specification import specify
from driftline.decisions.decision import Action
from driftline.decisions.policies import ORACLE, OURS
from driftline.errors import ConfigError
from driftline.simulator import Event, PaymentsConfig, write

if TYPE_CHECKING:
    from pathlib import Path

ROWS, DAYS, TURNS = 400, 10, 4
FIRST = np.datetime64("2026-03-01")
END = datetime(2026, 3, 1 + DAYS, tzinfo=UTC)


def days(count: int, seed: int, first: np.datetime64, turns: int) -> pa.Table:
    """Days of a model that says yes where x is above 0; from one day on what was no becomes yes, and labels come a day late."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count * ROWS)
    day = np.arange(x.size) // ROWS
    likely = 1 / (1 + np.exp(-3 * np.where(day >= turns, -x, x)))
    ts = first + (np.arange(x.size) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    truth = (rng.random(x.size) < likely).astype(int)
    return pa.table({"ts": ts, "known": ts + np.timedelta64(1, "D"), "x": x, "score": 1 / (1 + np.exp(-3 * x)), "label": truth})


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A reference of twelve days, and ten days of which the model is wrong from the fifth on."""
    pq.write_table(days(12, 0, FIRST - np.timedelta64(12, "D"), 99), tmp_path / "reference.parquet")
    pq.write_table(days(DAYS, 1, FIRST, TURNS), tmp_path / "current.parquet")
    return tmp_path


@dataclass
class Signs:
    """A learner: how often the truth is yes where x is below and above 0. It notes what it was trained on."""

    seen: list[tuple[float, int]]
    name: str = "signs"

    def scores(self, rows: pa.Table, truth: np.ndarray, weights: np.ndarray, asked: pa.Table) -> np.ndarray:
        """The share of yes on the same side of 0."""
        self.seen.append((float(rows["known"].cast(pa.int64()).to_numpy().max()) / 1e3, rows.num_rows))
        side, wanted = rows["x"].to_numpy() > 0, asked["x"].to_numpy() > 0
        shares = [np.average(truth[side == up], weights=weights[side == up]) if (side == up).any() else 0.5 for up in (False, True)]
        return np.where(wanted, shares[1], shares[0])


def found(directory: Path, learner: Signs | None = None, folder: Path | None = None, *, sampling: bool = False, **more: object) -> Backtest:
    """The backtest of a directory."""
    said = {
        "reference": "reference.parquet", "current": "current.parquet", "task": "binary", "window": "day",
        "columns": {"timestamp": "ts", "label_time": "known", "score": "score", "label": "label"},
        "decisions": {"cost": 20.0, "cool_down": "20 days"}, **more,
    }  # fmt: skip
    return backtest(specify(said, {}, directory=directory), learner, now=END, folder=folder, sampling=sampling)


@pytest.mark.slow
def test_no_model_sees_a_label_before_it_was_known(directory: Path) -> None:
    """Each model's newest label was known when its training began; the newest models have seen the newest of them."""
    learner = Signs([])
    found(directory, learner)
    start = (FIRST - np.datetime64("1970-01-01")).astype("timedelta64[s]").astype(float)
    # Ours were trained before, while decisions were made.
    plain = learner.seen[-(DAYS - 1) :]
    for model, (latest, rows) in enumerate(plain, start=1):
        assert latest <= start + model * 86_400
        assert latest > start + (model - 1) * 86_400
        assert rows == pytest.approx((12 + model - 1) * ROWS, abs=5)


@pytest.mark.slow
def test_what_comes_later_changes_no_model(directory: Path) -> None:
    """With every label that was known after the seventh day turned, the models of the first days are the same."""
    before = found(directory, Signs([])).matrix.costs
    table = pq.read_table(directory / "current.parquet")
    late = table["known"].to_numpy() > FIRST + np.timedelta64(7, "D")
    truth = np.where(late, 1 - table["label"].to_numpy(), table["label"].to_numpy())
    pq.write_table(table.set_column(4, "label", pa.array(truth)), directory / "current.parquet")
    after = found(directory, Signs([])).matrix.costs
    # Windows 0 to 5 have all their labels by the seventh day, so that models and what they cost there must be as before.
    assert np.array_equal(before[:6, :6], after[:6, :6], equal_nan=True)
    assert not np.array_equal(before[8:, 8:], after[8:, 8:], equal_nan=True)


def test_one_retraining_after_the_turn_is_near_the_oracle(directory: Path) -> None:
    """Our policy trains once, after the model turned and its labels came, and only the oracle is cheaper."""
    result = found(directory, Signs([]))
    ours = result.comparison.of(OURS)
    assert len(ours.retrains) == 1
    assert TURNS <= ours.retrains[0] <= TURNS + 3
    assert [one.name for one in result.comparison.tried][:2] == [ORACLE, OURS]
    assert "every week" in {one.name for one in result.comparison.tried}
    assert result.matrix.retraining == 20.0
    assert any(result.unit == "squared errors" for _ in result.assumed)


@pytest.mark.slow
def test_a_stopped_backtest_goes_on(directory: Path, tmp_path: Path) -> None:
    """What was trained is not trained again; and other rows are another backtest."""
    first = found(directory, Signs([]), tmp_path / "kept")
    for file in sorted((tmp_path / "kept").rglob("*.npy"))[::2]:
        file.unlink()
    again = found(directory, Signs([]), tmp_path / "kept")
    assert 0 < again.trained < first.trained
    assert np.array_equal(first.matrix.costs, again.matrix.costs, equal_nan=True)
    pq.write_table(days(DAYS, 2, FIRST, TURNS), directory / "current.parquet")
    assert found(directory, Signs([]), tmp_path / "kept").trained == first.trained


def test_a_price_makes_costs_money(directory: Path) -> None:
    """A window costs what its wrong answers cost, counted by hand; without a price of a retraining one is assumed, and told."""
    performance = {"value": {"false_positive": -1.0, "false_negative": -1.0, "currency": "EUR"}}
    result = found(directory, Signs([]), performance=performance, decisions={})
    table = pq.read_table(directory / "current.parquet")
    wrong = (table["score"].to_numpy() >= 0.5) != (table["label"].to_numpy() == 1)
    # The last day's labels are not known by the end.
    assert result.matrix.costs[0, : DAYS - 1].tolist() == wrong.reshape(DAYS, ROWS).sum(axis=1)[: DAYS - 1].tolist()
    assert result.unit == "EUR"
    assert any("nobody said what a retraining costs" in one for one in result.assumed)


TRAIN = """
import os, pathlib, pyarrow.parquet as pq
rows = pq.read_table(os.environ["DRIFTLINE_ROWS"])
assert "driftline_weight" in rows.column_names
above = rows.filter(rows["x"].to_numpy() > 0)["label"].to_numpy().mean()
pathlib.Path(os.environ["DRIFTLINE_OUTPUT"], "model").write_text(str(above))
"""
SCORE = """
import os, pathlib, numpy as np, pyarrow as pa, pyarrow.parquet as pq
x = pq.read_table(os.environ["DRIFTLINE_ROWS"])["x"].to_numpy()
above = float(pathlib.Path(os.environ["DRIFTLINE_MODEL"], "model").read_text())
pq.write_table(pa.table({"score": np.where(x > 0, above, 1 - above)}), pathlib.Path(os.environ["DRIFTLINE_OUTPUT"], "answers.parquet"))
"""


@pytest.mark.slow
def test_the_users_own_program_is_trained_and_asked(directory: Path) -> None:
    """With a command to train and one to score, those are what is replayed: the same costs as the same model in this process."""
    (directory / "train.py").write_text(TRAIN)
    (directory / "score.py").write_text(SCORE)
    pq.write_table(days(3, 1, FIRST, 1), directory / "current.parquet")
    training = {"command": [sys.executable, "train.py"], "score": [sys.executable, "score.py"], "directory": str(directory / "work")}
    result = found(directory, training=training)
    assert result.learner.startswith("program")
    assert np.isfinite(result.matrix.costs[1, 1:]).all()


def test_ways_to_choose_rows_are_tried(directory: Path) -> None:
    """After the model turned, rows since then teach more than all rows do; and the learning curve says whether they are enough."""
    result = found(directory, Signs([]), sampling=True)
    assert result.rows is not None
    assert result.rows.way in {"since the change", "sliding", "half and half"}
    assert result.curve is not None
    assert result.curve.sizes[-1] > result.curve.sizes[0]
    assert (result.curve.on is None) == (result.curve.enough or "within a year" in result.curve.sentence)


def test_labels_are_needed(directory: Path) -> None:
    """Without labels nobody knows what anything cost."""
    with pytest.raises(ConfigError, match="labels"):
        found(directory, columns={"timestamp": "ts", "score": "score", "ignore": ["label"]})


STORY = (
    Event(kind="campaign", from_day=6, to_day=11),
    Event(kind="unit_fault", from_day=14, to_day=15),
    Event(kind="attack", from_day=20),
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_the_policy_pays_on_a_stream_whose_truth_is_known(seed: int, tmp_path: Path) -> None:
    """Of all policies only the oracle is cheaper; one retraining, after the attack, keeps the spoilt days out.

    Hold at the campaign, fix data at the fault; retrain within a day of the first labels that show a loss; after it nothing but
    looking whether it helped.
    """
    config = PaymentsConfig(seed=seed, days=36, rows_per_day=3000, events=STORY)
    write(config, tmp_path)
    columns = {
        "timestamp": "ts", "id": "transaction_id", "prediction": "model_pred", "score": "model_score", "label": "is_fraud",
        "ignore": ["customer_id"],
    }  # fmt: skip
    said = {
        "reference": "reference.parquet", "current": "data", "task": "binary", "columns": columns,
        "labels": {"from": "labels.parquet", "time": "label_ts"},
        "performance": {"value": {"false_positive": -5.0, "false_negative": -100.0, "currency": "EUR"}},
        "decisions": {"cost": 500.0},
    }  # fmt: skip
    result = backtest(specify(said, {}, directory=tmp_path), now=config.midnight(36))
    ours = result.comparison.of(OURS)
    assert [one.name for one in result.comparison.tried][:2] == [ORACLE, OURS]
    assert len(ours.retrains) == 1
    began = result.decided[ours.retrains[0]]
    assert {"2026-03-16", "2026-03-17"} <= set(began.decision.how.keep_out)
    actions = [one.decision.action for one in result.decided]
    assert set(actions[:20]) - {Action.FIX_DATA} == {Action.HOLD}
    assert {place for place, action in enumerate(actions) if action is Action.FIX_DATA} == {14, 15}
    assert began.evidence.loss is not None
    assert 20 <= ours.retrains[0] <= 1 + next(place for place, one in enumerate(result.decided) if one.evidence.loss is not None)
    assert set(actions[ours.retrains[0] + 1 :]) <= {Action.HOLD, Action.LOOK}
