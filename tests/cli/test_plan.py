"""The monitoring plan from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


MONITOR = """reference: reference.parquet
current: current.parquet
task: binary
columns: {timestamp: ts, score: score, label: label}
window: day
"""


def days(count: int, seed: int) -> pa.Table:
    """Days of a calibrated model."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 0.5, count * 300)
    ts = np.datetime64("2026-03-01") + (np.arange(score.size) * 288_000).astype("timedelta64[ms]")
    return pa.table({"ts": ts, "score": score, "label": (rng.random(score.size) < score).astype(int)})


def test_the_plan_is_filled_from_what_was_measured(tmp_path: Path) -> None:
    """Columns, promise, metric, health with its formula, and the terms; as Markdown, or as a page."""
    pq.write_table(days(10, 0), tmp_path / "reference.parquet")
    pq.write_table(days(3, 1), tmp_path / "current.parquet")
    (tmp_path / "driftline.yaml").write_text(MONITOR)
    words = ["plan", "-c", str(tmp_path / "driftline.yaml")]
    told = CliRunner().invoke(main, words)
    assert told.exit_code == 0, told.output
    for said in (
        "in windows of one day",
        "3,000 rows",
        "1 false alarm in 30 days",
        "| area under the ROC curve | decides |",
        "what is normal: reference.parquet",
        "health",
        "0.5 · performance",
    ):
        assert said in told.stdout
    assert CliRunner().invoke(main, [*words, "--html", str(tmp_path / "plan.html")]).exit_code == 0
    assert "<h2>What is promised</h2>" in (tmp_path / "plan.html").read_text()
