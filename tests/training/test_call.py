"""Calling a Python function as a training run."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

TRAIN = """
def fit(rows, output, champion, reason):
    (output / "model.txt").write_text(f"{rows.name} {champion} {reason}")

class Trainer:
    fit = staticmethod(fit)
"""


@pytest.mark.parametrize(("call", "champion"), [("shop:fit", ""), ("shop:Trainer.fit", "old")])
def test_the_function_is_told_everything(tmp_path: Path, call: str, champion: str) -> None:
    """Rows, output, champion and reason come as arguments; the module is looked for where the run is."""
    (tmp_path / "shop.py").write_text(TRAIN)
    told = {"DRIFTLINE_ROWS": "rows", "DRIFTLINE_OUTPUT": str(tmp_path), "DRIFTLINE_CHAMPION": champion, "DRIFTLINE_REASON": "recall fell"}
    command = [sys.executable, "-m", "driftline.training.call", call]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **told}, check=True)
    assert (tmp_path / "model.txt").read_text() == f"rows {champion or None} recall fell"
