"""`driftline backfill`: what was judged is judged again; tests/server/test_worker.py shows what comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.cli.stored import opened
from driftline.server.face import wall_clock

if TYPE_CHECKING:
    from pathlib import Path


def test_it_says_what_it_did(tmp_path: Path) -> None:
    """Of all monitors, or of those that are named; an unknown one is told."""
    service = opened(tmp_path, None)
    for name in ("churn", "fraud"):
        service.fleet.put(name, "reference: r.parquet\n", "/", wall_clock(), actor="me")
    service.close()
    args = ["backfill", "--data", str(tmp_path), "--since", "2026-01-01"]
    assert CliRunner().invoke(main, args).output == "0 windows of 2 monitors reopened; 0 windows judged\n"
    assert CliRunner().invoke(main, [*args, "--monitor", "churn"]).output == "0 windows of 1 monitors reopened; 0 windows judged\n"
    found = CliRunner().invoke(main, [*args, "--monitor", "chrun"])
    assert (found.exit_code, "did you mean 'churn'?" in found.stderr) == (2, True)
