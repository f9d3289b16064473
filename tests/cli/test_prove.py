"""`driftline prove` as people type it."""

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

    from click.testing import Result

YAML = """
monitor: shop
task: binary
reference: rows.parquet
current: rows.parquet
columns: {timestamp: ts, label: label, prediction: said}
training:
  command: sh -c 'echo 1 > $DRIFTLINE_OUTPUT/model'
  score: sh -c 'cp said.parquet $DRIFTLINE_OUTPUT/answers.parquet'
gate: {metric: accuracy, margin: 0.05}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A shop with a challenger."""
    rng = np.random.default_rng(0)
    ts = np.datetime64("2026-03-01", "s") + np.arange(4800) * np.timedelta64(360, "s")
    label = rng.integers(0, 2, 4800)
    said = np.where(rng.random(4800) < 0.9, label, 1 - label)
    pq.write_table(pa.table({"ts": ts, "x": rng.normal(size=4800), "label": label, "said": said}), tmp_path / "rows.parquet")
    (tmp_path / "driftline.yaml").write_text(YAML)
    assert run(tmp_path, "retrain").exit_code == 0
    answer(tmp_path, said)
    return tmp_path


def answer(directory: Path, said: np.ndarray) -> None:
    """Let the challenger say something of the last seven days."""
    kept = pq.read_table(directory / "rows.parquet")["ts"].to_numpy() > np.datetime64("2026-03-13T23:50:00")
    pq.write_table(pa.table({"prediction": said[kept]}), directory / "said.parquet")


def run(directory: Path, *words: str) -> Result:
    """Run a command on the shop."""
    return CliRunner().invoke(main, [words[0], "-c", str(directory / "driftline.yaml"), *words[1:]])


def test_a_table_and_exit_code_0(directory: Path) -> None:
    """A challenger that says the same passes; the table is Markdown, and can be written into a file as well."""
    found = run(directory, "prove", "--markdown", str(directory / "gate.md"))
    assert found.exit_code == 0, found.output
    assert "**pass**" in found.stdout
    assert "| primary: accuracy | pass |" in found.stdout
    assert (directory / "gate.md").read_text() == found.stdout.rstrip("\n") + "\n"


def test_a_worse_one_is_exit_code_1_until_somebody_answers_for_it(directory: Path) -> None:
    """Failing is 1; an override needs a reason, and is told."""
    answer(directory, np.random.default_rng(1).integers(0, 2, 4800))
    found = run(directory, "prove", "--json")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["outcome"], told["passes"]) == (1, "fail", False)
    assert run(directory, "prove", "--override", "ann").exit_code == 2
    found = run(directory, "prove", "--override", "ann", "--reason", "a test")
    assert found.exit_code == 0
    assert "Overridden by ann: a test." in found.stdout
