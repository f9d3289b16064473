"""The report of an incident from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


def days(count: int, seed: int, broken: range = range(0)) -> pa.Table:
    """Days of two columns; on some of them half of one is missing."""
    rng = np.random.default_rng(seed)
    rows = count * 600
    x = rng.normal(size=rows)
    x[np.isin(np.arange(rows) // 600, list(broken)) & (rng.random(rows) < 0.5)] = np.nan
    ts = np.datetime64("2026-03-01") + (np.arange(rows) * 144_000).astype("timedelta64[ms]")
    return pa.table({"ts": ts, "x": pa.array(x, mask=np.isnan(x)), "y": rng.normal(size=rows)})


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A monitor in whose past a column was half empty for two days."""
    pq.write_table(days(12, 0), tmp_path / "reference.parquet")
    pq.write_table(days(9, 1, range(4, 6)), tmp_path / "current.parquet")
    (tmp_path / "driftline.yaml").write_text(
        "reference: reference.parquet\ncurrent: current.parquet\ncolumns: {timestamp: ts}\nwindow: day\n"
    )
    return str(tmp_path / "driftline.yaml")


def test_an_incident_is_told_from_its_beginning_to_its_end(config: str) -> None:
    """When, which days, why, what was decided, what to improve."""
    told = CliRunner().invoke(main, ["incident", "1", "-c", config])
    assert told.exit_code == 0, told.output
    assert "in 2026-03-05, to 2026-03-09" in told.stdout
    assert "null burst in x" in told.stdout
    for heading in ("What happened", "Timeline", "Root cause", "Impact", "Decision", "What to improve"):
        assert f"## {heading}" in told.stdout
    assert "| 2026-03-05 | drifted |" in told.stdout


def test_an_incident_that_is_not_there_is_told(config: str) -> None:
    """With how many there are, and where to look."""
    told = CliRunner().invoke(main, ["incident", "7", "-c", config])
    assert told.exit_code == 2
    assert "there is no incident 7" in told.stderr
