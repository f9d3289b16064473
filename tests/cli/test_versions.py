"""`driftline versions`: what it says before anything was counted; tests/server/test_versions.py shows the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.cli.stored import opened
from driftline.server.face import wall_clock

if TYPE_CHECKING:
    from pathlib import Path


def test_it_says_that_there_are_none(tmp_path: Path) -> None:
    """No version was told, one is not enough to compare, and an unknown monitor is told."""
    service = opened(tmp_path, None)
    service.fleet.put("churn", "reference: r.parquet\n", "/", wall_clock(), actor="me")
    service.close()
    data = ["--data", str(tmp_path)]
    assert CliRunner().invoke(main, ["versions", "churn", *data]).output == "no version was told\n"
    found = CliRunner().invoke(main, ["versions", "churn", "41", *data])
    assert (found.exit_code, "driftline versions churn 41 OTHER" in found.stderr) == (2, True)
    found = CliRunner().invoke(main, ["versions", "chrun", *data])
    assert (found.exit_code, "did you mean 'churn'?" in found.stderr) == (2, True)
