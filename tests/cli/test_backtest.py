"""What retraining policies would have cost, asked from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.server.schemas import Backtest

if TYPE_CHECKING:
    from pathlib import Path

MONITOR = """reference: reference.parquet
current: current.parquet
task: binary
columns: {timestamp: ts, score: score, label: label}
window: day
decisions: {cost: 10}
"""


def days(count: int, seed: int, first: str, turned: int) -> pa.Table:
    """Days of a calibrated model, which turns."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count * 300)
    likely = 1 / (1 + np.exp(-3 * np.where(np.arange(x.size) // 300 >= turned, -x, x)))
    ts = np.datetime64(first) + (np.arange(x.size) * 288_000).astype("timedelta64[ms]")
    return pa.table({"ts": ts, "x": x, "score": 1 / (1 + np.exp(-3 * x)), "label": (rng.random(x.size) < likely).astype(int)})


@pytest.mark.slow
def test_policies_are_compared_on_ones_own_past(tmp_path: Path) -> None:
    """A table, JSON and a page; the second run trains nothing again."""
    pq.write_table(days(10, 0, "2026-02-01", 99), tmp_path / "reference.parquet")
    pq.write_table(days(9, 1, "2026-03-01", 3), tmp_path / "current.parquet")
    (tmp_path / "driftline.yaml").write_text(MONITOR)
    words = ["backtest", "-c", str(tmp_path / "driftline.yaml"), "--folder", str(tmp_path / "kept")]
    told = CliRunner().invoke(main, [*words, "--html", str(tmp_path / "b.html")])
    assert told.exit_code == 0, told.output
    names = {line[:18].strip() for line in told.stdout.splitlines()}
    assert {"this policy", "never", "every week", "every month", "always on drift", "random timing", "oracle"} <= names
    assert "cumulative cost" in (tmp_path / "b.html").read_text()
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").rglob("*.npy")}
    again = CliRunner().invoke(main, [*words, "--json"])
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").rglob("*.npy")} == times
    assert json.loads(again.stdout)["policies"][0]["name"] == "oracle"
    # The service takes it as it is printed.
    assert Backtest.model_validate_json(again.stdout).policies[0].name == "oracle"
