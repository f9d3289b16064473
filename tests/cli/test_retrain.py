"""`driftline retrain` as people type it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.cli.retrain import retrain
from driftline.config.deciding import Sampled
from driftline.decisions.choosing import CHANGED
from driftline.decisions.sampling import WAYS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A shop whose training counts rows."""
    ts = np.datetime64("2026-03-01", "s") + np.arange(480) * np.timedelta64(3600, "s")
    pq.write_table(pa.table({"ts": ts, "x": np.arange(480.0), "label": np.arange(480) % 2}), tmp_path / "rows.parquet")
    (tmp_path / "train.sh").write_text('echo counting; ls "$DRIFTLINE_ROWS" > "$DRIFTLINE_OUTPUT/model.txt"\n')
    columns = "columns: {timestamp: ts, label: label}"
    text = f"monitor: shop\nreference: rows.parquet\ncurrent: rows.parquet\n{columns}\ntraining: {{command: sh train.sh}}\n"
    (tmp_path / "driftline.yaml").write_text(text)
    return tmp_path


def run(directory: Path, *words: str) -> tuple[int, str]:
    """Run `driftline retrain`; its exit code and standard output."""
    found = CliRunner().invoke(main, ["retrain", "-c", str(directory / "driftline.yaml"), *words])
    return found.exit_code, found.stdout


def test_a_challenger_in_one_line(directory: Path) -> None:
    """Where the rows are, what was left out, and which version is the challenger."""
    code, said = run(directory, "--reason", "recall fell", "--exclude", "2026-03-02=a holiday")
    assert code == 0
    assert "287 rows in" in said
    assert "left out: 24 rows 2026-03-02: a holiday" in said
    assert "version 1 is the challenger" in said
    (report,) = directory.rglob("papers/1/drift.md")
    assert "# " in report.read_text()


def test_json_for_machines(directory: Path) -> None:
    """Version, run and snapshot, and nothing else on standard output."""
    code, said = run(directory, "--json")
    found = json.loads(said)
    assert (code, found["version"], found["run"]["end"], found["snapshot"]["rows"]) == (0, "1", "trained", 311)


def test_no_model_is_exit_code_1(directory: Path) -> None:
    """A run that fails says why."""
    (directory / "train.sh").write_text("echo the disk is full; exit 3\n")
    code, said = run(directory)
    assert code == 1
    assert "no model: failed: it ended with code 3: the disk is full" in said
    assert "attempt 2" in said


def test_nothing_to_cancel(directory: Path) -> None:
    """Cancelling when nothing runs says so."""
    assert run(directory, "--cancel") == (0, "0 runs were asked to end\n")


def test_every_way_to_choose_rows_can_be_asked_for() -> None:
    """What the command and the file offer is what there is."""
    offered = next(one.type for one in retrain.params if one.name == "sampling")
    assert list(offered.choices) == list(WAYS)
    loss, schedule = (get_args(get_args(Sampled.model_fields[name].annotation)[0]) for name in ("loss", "schedule"))
    assert (list(loss), list(schedule)) == (list(WAYS), [way for way in WAYS if way not in CHANGED])
