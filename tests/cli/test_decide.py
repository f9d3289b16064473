"""What to do about what a check finds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.decisions.record import decision_from, evidence_from
from driftline.decisions.rules import decide
from driftline.decisions.terms import Terms

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 600
MONITOR = """reference: reference.parquet
current: current.parquet
task: binary
columns: {timestamp: ts, score: score, label: label, label_time: known}
window: day
"""


def days(count: int, seed: int, turned: int) -> pa.Table:
    """Days of a calibrated model whose labels come a day later; from one day on a third of the truth is its opposite."""
    rng = np.random.default_rng(seed)
    score = rng.beta(0.5, 0.5, count * ROWS)
    bad = (np.arange(score.size) >= turned * ROWS) & (rng.random(score.size) < 1 / 3)
    ts = np.datetime64("2026-03-01") + (np.arange(score.size) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    known = ts + np.timedelta64(1, "D")
    return pa.table({"ts": ts, "score": score, "label": ((rng.random(score.size) < score) ^ bad).astype(int), "known": known})


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitor of a model that turns on the fifth day."""
    place: Path = tmp_path_factory.mktemp("decide")
    pq.write_table(days(20, 0, 99), place / "reference.parquet")
    pq.write_table(days(10, 1, 4), place / "current.parquet")
    (place / "driftline.yaml").write_text(MONITOR)
    return place


def said(directory: Path, *words: str) -> str:
    """What the command prints."""
    found = CliRunner().invoke(main, ["decide", "-c", str(directory / "driftline.yaml"), *words])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_the_decision_is_shown_in_depth(directory: Path) -> None:
    """What, why, what spoke against, when, how and who."""
    text = said(directory)
    assert text.startswith("retrain: the model does worse since 2026-03-05")
    for heading in ("why:", "what spoke against:", "when:", "how:", "gain:", "sure:", "who:", "rule:"):
        assert f"\n  {heading}" in text


def test_one_may_decide_as_of_then(directory: Path) -> None:
    """Before the labels of the fifth day are known nothing has to be done; after that the same is decided as looking back."""
    assert said(directory, "--as-of", "2026-03-06").startswith("hold")
    assert said(directory, "--as-of", "2026-03-08").startswith("retrain")


def test_json_holds_what_is_needed_to_decide_again(directory: Path) -> None:
    """The decision follows from the evidence beside it."""
    kept = json.loads(said(directory, "--json"))
    assert decide(evidence_from(kept["evidence"]), Terms()) == decision_from(kept["decision"])


def test_along_the_windows_each_run_is_a_line(directory: Path) -> None:
    """Hold, then retrain once, then hold because it was begun; the same as JSON, one object a window."""
    lines = said(directory, "--along").splitlines()
    assert [line[26:].split(":")[0] for line in lines] == ["hold", "retrain", "hold"]
    assert len(json.loads(said(directory, "--along", "--json"))) == 10


def test_without_times_nobody_looks_back(directory: Path) -> None:
    """A monitor of the whole has no windows to decide along."""
    (directory / "whole.yaml").write_text(MONITOR.replace("window: day", "window: whole"))
    found = CliRunner().invoke(main, ["decide", "-c", str(directory / "whole.yaml"), "--along"])
    assert found.exit_code == 2
    assert "nobody knows what was known when" in found.stderr
