"""History looked at again: nothing from the future, and the right decision at each event of a stream whose truth is known."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from driftline import replaying
from driftline.config.specification import specify
from driftline.decisions.decision import Action
from driftline.simulator import Event, PaymentsConfig, write
from driftline.sources.opening import open_source

if TYPE_CHECKING:
    from driftline.config.specification import Specification
    from driftline.decisions.course import Decided

STORY = (
    Event(kind="campaign", from_day=10, to_day=15),
    Event(kind="unit_fault", from_day=20, to_day=21),
    Event(kind="attack", from_day=28),
)
DAYS, REFERENCE = 42, 28


def monitor(directory: Path) -> Specification:
    """How the stream in a directory is watched."""
    return specify(
        {
            "reference": "reference.parquet",
            "current": "data",
            "task": "binary",
            "labels": {"from": "labels.parquet", "time": "label_ts"},
            "columns": {
                "timestamp": "ts", "id": "transaction_id", "prediction": "model_pred", "score": "model_score", "label": "is_fraud",
                "ignore": ["customer_id"],
            },
        },
        {},
        directory=directory,
    )  # fmt: skip


def watched(directory: Path, seed: int, days: int = DAYS, events: tuple[Event, ...] = STORY) -> list[Decided]:
    """What is decided at the end of each day of a simulated stream."""
    config = PaymentsConfig(seed=seed, days=days, rows_per_day=3000, events=events)
    write(config, directory)
    return list(replaying.along(monitor(directory), now=config.midnight(days)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2])
def test_each_event_of_the_stream_has_its_decision(seed: int, tmp_path: Path) -> None:
    """Hold at the campaign; fix data at the unit fault, whose days stay out of training; retrain once, at the attack.

    It is decided within one day of the first evidence: the first day on which labels that had come show a loss.
    """
    made = watched(tmp_path, seed)
    actions = [one.decision.action for one in made]
    assert set(actions[:20]) == {Action.HOLD}
    assert actions[20:22] == [Action.FIX_DATA] * 2
    assert set(actions[22:28]) == {Action.HOLD}
    spoilt = ("2026-03-22", "2026-03-23")
    shown = next(place for place, one in enumerate(made) if one.evidence.loss is not None)
    asked = [place for place, action in enumerate(actions) if action is Action.RETRAIN]
    assert 28 <= shown <= 33
    assert shown <= asked[0] <= shown + 1
    assert asked == list(range(asked[0], asked[-1] + 1))
    assert sum(one.begins for one in made) == 1
    assert set(actions[asked[-1] + 1 :]) <= {Action.HOLD, Action.LOOK}
    assert all(set(spoilt) <= set(one.decision.how.keep_out) for one in made[28:])


@pytest.mark.slow
def test_on_a_quiet_stream_it_is_held(tmp_path: Path) -> None:
    """Where nothing happens, late labels and weekdays are no reason to do anything."""
    assert {one.decision.action for one in watched(tmp_path, 3, days=16, events=())} == {Action.HOLD}


@pytest.mark.slow
def test_what_comes_later_changes_nothing(tmp_path: Path) -> None:
    """With all rows and labels that come after a day falsified, everything decided up to that day is the same."""
    config = PaymentsConfig(seed=5, days=12, rows_per_day=400, events=(), scored=True)
    write(config, tmp_path)
    end = config.midnight(8)
    before = list(replaying.along(monitor(tmp_path), now=config.midnight(12)))[:8]
    _falsify(tmp_path / "labels.parquet", "is_fraud", after=end)
    for day in range(8, 12):
        _falsify(tmp_path / "data" / f"payments-{config.date_of(day)}.parquet", "amount")
    after = list(replaying.along(monitor(tmp_path), now=config.midnight(12)))[:8]
    assert after == before
    # One look also estimates where labels have not come, which its sentences tell.
    again = replaying.as_of(monitor(tmp_path), end)
    assert again.decision.action is before[-1].decision.action
    assert (again.evidence.known, again.evidence.settled) == (before[-1].evidence.known, before[-1].evidence.settled)


def test_another_model_is_seen_from_when_it_serves() -> None:
    """A model that is wrong from the fifth day on is no loss where another one served from then on, and was right."""
    columns = {"timestamp": "ts", "score": "score", "label": "label"}
    described = specify({"reference": "r", "current": "c", "task": "binary", "window": "day", "columns": columns}, {})
    right, wrong = _scored(0, 12, 99), _scored(12, 9, 4)
    first, end = datetime(2026, 3, 13, tzinfo=UTC), datetime(2026, 3, 22, tzinfo=UTC)
    found = []
    for other in (False, True):
        replay = replaying.Replay(open_source(right, name="r"), open_source(wrong, name="c"), described.monitor, end)
        if other:
            replay.rescore(first + timedelta(days=4), {"score": pc.subtract(1.0, wrong["score"]).combine_chunks()})
        found.append([one.evidence.loss is not None for one in replay.decided()])
    assert found == [[False] * 4 + [True] * 5, [False] * 9]
    assert len(replay.spans) == 9


def _scored(first: int, days: int, turns: int) -> pa.Table:
    """Days of 400 rows with a score and a label that goes with it; from one day on it goes against it."""
    rng = np.random.default_rng(first)
    score, day = rng.random(400 * days), np.arange(400 * days) // 400
    ts = np.datetime64("2026-03-01") + np.timedelta64(first, "D") + (np.arange(score.size) * 216_000).astype("timedelta64[ms]")
    label = rng.random(score.size) < np.where(day >= turns, 1 - score, score)
    return pa.table({"ts": ts, "score": score, "label": label.astype(int)})


def _falsify(file: Path, column: str, after: datetime | None = None) -> None:
    """Turn the labels that come later than that, or multiply a column by a thousand."""
    rows = pq.read_table(file)
    place, kind = rows.schema.get_field_index(column), rows.schema.field(column).type
    if after is None:
        wrong = pc.multiply(rows[column], 1000.0)
    else:
        whole = rows[column].cast(pa.int64())
        later = pc.greater(rows["label_ts"], pa.scalar(after, rows["label_ts"].type))
        wrong = pc.if_else(later, pc.subtract(1, whole), whole)
    pq.write_table(rows.set_column(place, column, wrong.cast(kind)), file)


@pytest.mark.soak
def test_the_fraud_stream_is_decided_rightly() -> None:
    """On a stream that others made: hold at the campaign, fix data at the fault, one retraining, within a day of what shows the attack."""
    file = Path(__file__).parents[2] / "shared" / "data" / "fraud" / "stream.parquet"
    if not file.exists():
        pytest.skip("needs ../shared/data")
    events = {event["kind"]: event for event in json.loads(file.with_name("truth.json").read_text())["config"]["events"]}
    rows = pq.read_table(file)
    first = rows["ts"][0].as_py().replace(hour=0, minute=0, second=0, microsecond=0)
    split = pc.less(rows["ts"], pa.scalar(first + timedelta(days=REFERENCE), rows["ts"].type))
    columns = {
        "timestamp": "ts", "prediction": "model_pred", "score": "model_score", "label": "is_fraud", "label_time": "label_ts",
        "ignore": ["customer_id"],
    }  # fmt: skip
    described = specify({"reference": "r", "current": "c", "task": "binary", "columns": columns}, {})
    reference, current = (open_source(rows.filter(part), name="rows") for part in (split, pc.invert(split)))
    made = list(replaying.along_sources(reference, current, described.monitor, now=first.replace(tzinfo=UTC) + timedelta(days=90)))
    actions = {place + REFERENCE: one.decision.action for place, one in enumerate(made)}
    attack, unit = events["attack"]["from_day"], range(events["unit"]["from_day"], events["unit"]["to_day"] + 1)
    assert {actions[day] for day in unit} == {Action.FIX_DATA}
    assert {actions[day] for day in range(REFERENCE, attack) if day not in unit} == {Action.HOLD}
    shown = next(place + REFERENCE for place, one in enumerate(made) if one.evidence.loss is not None)
    asked = [day for day, action in actions.items() if action is Action.RETRAIN]
    assert attack <= shown <= asked[0] <= shown + 1 <= attack + 5
    assert sum(one.begins for one in made) == 1
    spoilt = {(first + timedelta(days=day)).date().isoformat() for day in unit}
    assert all(spoilt <= set(one.decision.how.keep_out) for one in made[attack - REFERENCE :])
