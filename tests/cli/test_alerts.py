"""Which messages the verdicts would have sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 500


def days(count: int, seed: int, turned: range = range(0)) -> pa.Table:
    """Days of a calibrated model; on some of them a third of the truth is the opposite of what it was."""
    rng = np.random.default_rng(seed)
    rows = count * ROWS
    score = rng.beta(0.5, 0.5, rows)
    bad = np.isin(np.arange(rows) // ROWS, list(turned)) & (rng.random(rows) < 1 / 3)
    truth = (rng.random(rows) < score) ^ bad
    ts = np.datetime64("2026-03-01") + (np.arange(rows) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    return pa.table({"ts": ts, "score": score, "label": truth.astype(int), "x": rng.normal(size=rows)})


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitor whose model did worse on three days."""
    place = tmp_path_factory.mktemp("alerts")
    pq.write_table(days(20, 0), place / "reference.parquet")
    pq.write_table(days(16, 1, range(6, 9)), place / "current.parquet")
    columns = "columns: {timestamp: ts, label: label, score: score}"
    text = f"monitor: m\nreference: reference.parquet\ncurrent: current.parquet\ntask: binary\n{columns}\nfalse_alarms: 1 in 2 years\n"
    (place / "driftline.yaml").write_text(text, encoding="utf-8")
    return place


def test_a_loss_is_told_once_and_once_that_it_is_over(directory: Path) -> None:
    """Two messages over sixteen days: which model, what, since when; and that it is over."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "-q", "-c", str(directory / "driftline.yaml")])
    assert found.exit_code == 0, found.output
    subjects = [line for line in found.output.splitlines() if line.startswith("2026-")]
    assert len(subjects) == 2
    assert "m: " in subjects[0]
    assert "is worse since 2026-03-07" in subjects[0]
    assert "[resolved]" in subjects[1]
    assert found.output.splitlines()[-1].startswith("2 messages over 16 windows")


def test_messages_for_machines(directory: Path) -> None:
    """The same messages as JSON, with one key for both and what belongs to the incident."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "--json", "-c", str(directory / "driftline.yaml")])
    told = json.loads(found.stdout)
    assert [one["news"] for one in told] == ["opened", "resolved"]
    assert {one["key"] for one in told} == {"incident-1"}
    assert told[0]["members"][0]["concern"] == "performance"


def test_patience_tells_nobody_of_what_does_not_last(directory: Path) -> None:
    """With eight windows of patience three bad days are told to nobody."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "-q", "--fires-after", "8", "-c", str(directory / "driftline.yaml")])
    assert found.output.splitlines()[-1].startswith("0 messages")
