"""Counting what rows are worth: the raw rows' mean, however they come and into however many parts they are cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import driftline as dl
from driftline.config.specification import specify
from driftline.engines.count import count, count_outcomes
from driftline.engines.fit import fit
from driftline.errors import ConfigError, SchemaMismatch
from driftline.performance.value import value_per_row
from driftline.profile.outcome import Outcome
from driftline.profile.profile import total
from driftline.sources.opening import open_source

COLUMNS = {"timestamp": "ts", "id": "id"}
TASKS: dict[str, tuple[str, dict[str, Any], str]] = {
    "binary, by its score": (
        "binary",
        {"label": "came", "score": "score"},
        '0.02 * amount if label == prediction else -amount if label else -5 - score - (channel == "web")',
    ),
    "binary, by what it said": (
        "binary",
        {"label": "came", "prediction": "said"},
        "-5 if prediction > label else -amount if label > prediction else 0",
    ),
    "many classes": (
        "multiclass",
        {"label": "kind", "prediction": "guess"},
        '10 if label == prediction else -3 if prediction == "dog" else -7',
    ),
    "numbers": ("regression", {"label": "y", "prediction": "yhat"}, "-abs(label - prediction) * max(1, amount / 100)"),
}


def table(rows: int, seed: int, start: str) -> pd.DataFrame:
    """Three days of rows of a model of each kind; some labels and amounts are not known."""
    dice = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"id": np.arange(rows), "ts": pd.Timestamp(start) + pd.to_timedelta(np.arange(rows) * (3 * 86_400 / rows), unit="s")}
    )
    frame["amount"] = np.round(dice.lognormal(3, 1, rows), 2)
    frame["channel"] = dice.choice(["web", "shop"], rows)
    frame["score"] = dice.random(rows)
    frame["said"] = (frame["score"] >= 0.5).astype(int)
    frame["came"] = (dice.random(rows) < frame["score"]).astype(float)
    frame["kind"] = dice.choice(["cat", "dog", "wildcat"], rows)
    frame["guess"] = np.where(dice.random(rows) < 0.7, frame["kind"], "dog")
    frame["y"] = frame["amount"] + dice.normal(size=rows)
    frame["yhat"] = frame["amount"]
    frame.loc[dice.random(rows) < 0.05, ["came", "y"]] = np.nan
    frame.loc[dice.random(rows) < 0.05, "kind"] = None
    frame.loc[dice.random(rows) < 0.02, "amount"] = np.nan
    return frame


def by_hand(frame: pd.DataFrame, task: str) -> pd.Series:
    """What each row is worth, by pandas."""
    if task == "many classes":
        worth = pd.Series(np.where(frame["kind"] == frame["guess"], 10.0, np.where(frame["guess"] == "dog", -3.0, -7.0)), frame.index)
        return worth.where(frame["kind"].notna())
    if task == "numbers":
        return -(frame["y"] - frame["yhat"]).abs() * (frame["amount"] / 100).clip(lower=1)
    came, said = frame["came"], frame["said"]
    if task == "binary, by what it said":
        worth = pd.Series(0.0, frame.index).mask(said > came, -5.0).mask(came > said, -frame["amount"])
    else:
        worth = (
            (-5 - frame["score"] - (frame["channel"] == "web")).mask(came == 1, -frame["amount"]).mask(came == said, 0.02 * frame["amount"])
        )
    return worth.where(came.notna())


def described(task: str, **more: Any) -> Any:
    """A monitor that is told what rows are worth."""
    kind, roles, text = TASKS[task]
    said = {
        "task": kind,
        "columns": {**COLUMNS, **roles},
        "window": "day",
        "performance": {"value": {"expression": text, "currency": "EUR"}},
    }
    return specify({"reference": "r", "current": "c", **said, **more}, {}).monitor


@pytest.mark.parametrize("task", TASKS)
def test_it_is_the_raw_rows_mean(task: str) -> None:
    """In each window and segment, by whole profiles and by outcomes alone; and the plan keeps the expression."""
    monitor, reference, current = described(task, segments=["channel"]), table(3_000, 0, "2026-01-05"), table(2_000, 1, "2026-01-12")
    plan = fit(open_source(pa.Table.from_pandas(reference)), monitor)
    source = open_source(pa.Table.from_pandas(current))
    whole = {key: profile.outcome for key, profile in count(plan, source, monitor.windowing, monitor.hints).profiles.items()}
    alone = count_outcomes(plan, source, monitor.windowing, monitor.hints)
    assert plan.outcome is not None
    assert Outcome.from_dict(plan.outcome.to_dict()) == plan.outcome
    assert len(whole) == 9
    for (segment, window), counts in whole.items():
        rows = current[current["ts"].dt.strftime("%Y-%m-%d") == window.label]
        rows = rows if segment is None else rows[rows["channel"] == segment.removeprefix("channel=")]
        worth = by_hand(rows, task).dropna()
        assert counts is not None
        for found in (counts, alone[segment, window]):
            told = value_per_row(None, plan.outcome, found)
            assert told.rows == len(worth)
            assert told.value == pytest.approx(worth.mean(), abs=1e-6)
            assert told.error == pytest.approx(worth.std(ddof=1) / np.sqrt(len(worth)), rel=1e-5)


@pytest.mark.parametrize("task", TASKS)
def test_parts_add_up_to_the_same_bytes(task: str) -> None:
    """Rows in another order, in parts: the same sums."""
    monitor, rows = described(task, window="whole"), table(2_000, 2, "2026-01-05")
    plan = fit(open_source(pa.Table.from_pandas(rows)), monitor)
    shuffled = rows.sample(frac=1, random_state=3)
    parts = []
    for part in (rows, shuffled[:700], shuffled[700:1_900], shuffled[1_900:]):
        counted = count(plan, open_source(pa.Table.from_pandas(part, preserve_index=False)), monitor.windowing, monitor.hints)
        parts.extend(counted.profiles.values())
    joined = total(parts[1:])
    assert joined.outcome is not None
    assert parts[0].outcome is not None
    for left, right in zip(joined.outcome.arrays(), parts[0].outcome.arrays(), strict=True):
        assert left.tobytes() == right.tobytes()


def test_a_drop_is_priced_a_day() -> None:
    """A model that does worse is judged by what its rows are worth, and the loss has a price for each day."""
    reference, current = table(6_000, 4, "2026-01-05"), table(6_000, 5, "2026-02-02")
    current["came"] = 1 - current["came"]
    kind, roles, text = TASKS["binary, by what it said"]
    said = {"metric": "value", "value": {"expression": text, "currency": "EUR"}}
    report = dl.compare(reference, current, task=kind, window="day", columns={**COLUMNS, **roles}, performance=said)
    worth = report.windows[0].performance[0]
    assert (worth.metric, worth.verdict, worth.title) == ("value", "drifted", "value per row in EUR")
    task = "binary, by what it said"
    days = [by_hand(frame, task)[frame["ts"].dt.strftime("%Y-%m-%d") == day].mean() for frame, day in ((current, "2026-02-02"),)]
    lost = (days[0] - by_hand(reference, task).mean()) * 2_000
    assert worth.per_day[0] == pytest.approx(lost, rel=1e-4)
    (first, *_) = dl.measure(reference, current, task=kind, window="day", columns={**COLUMNS, **roles}, performance=said)
    assert first.realised["value"].value == worth.value


def test_what_cannot_be_counted_is_refused() -> None:
    """A column that is not there, and lists."""
    rows = pa.Table.from_pandas(table(500, 6, "2026-01-05"))
    kind, roles, _ = TASKS["binary, by its score"]
    with pytest.raises(SchemaMismatch, match=r"depends on 'amuont'.*\n.*did you mean 'amount'"):
        dl.compare(rows, rows, task=kind, columns={**COLUMNS, **roles}, performance={"value": {"expression": "amuont"}})
    ranked = {"query": "kind", "score": "score", "label": "came"}
    with pytest.raises(ConfigError, match="not counted of rankings"):
        dl.compare(rows, rows, task="ranking", columns=ranked, performance={"value": {"expression": "amount"}})
