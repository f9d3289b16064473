"""Training by an MLflow project, run for real."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from driftline.training import runner
from driftline.training.order import End, Order, Recipe

if TYPE_CHECKING:
    from pathlib import Path

TRAIN = "import sys, pathlib; pathlib.Path(sys.argv[2], 'model').write_text(sys.argv[1] + sys.argv[3])"
PROJECT = """
name: shop
entry_points:
  main:
    parameters: {rows: path, output: path, reason: string}
    command: "python train.py {rows} {output} {reason}"
"""


@pytest.mark.slow
def test_its_entry_point_writes_the_model(tmp_path: Path, request_of: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told rows, output and reason; MLflow keeps the run."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "MLproject").write_text(PROJECT)
    (project / "train.py").write_text(TRAIN)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    recipe = Recipe(command=(sys.executable, "-m", "driftline.training.mlproject", str(project)), directory=str(tmp_path), attempts=1)
    lines: list[str] = []
    run = runner.train(request_of, recipe, tmp_path / "runs", lines.append)
    assert run.end is End.TRAINED, lines
    said = (tmp_path / "runs" / run.key / "attempt-1" / "output" / "model").read_text()
    assert said.startswith(request_of.rows)
    assert said.endswith("recall fell")
    assert "FINISHED" in lines[-1]
