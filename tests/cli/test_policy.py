"""The retraining policy from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


MONITOR = """reference: nowhere.parquet
monitor: shop
decisions: {retrain: on_drift or weekly}
training: {command: python train.py}
"""


def test_the_policy_is_filled_from_the_file_alone(tmp_path: Path) -> None:
    """No data is read: terms, rules, training and gate stand in driftline.yaml."""
    (tmp_path / "driftline.yaml").write_text(
        "reference: nowhere.parquet\nmonitor: shop\ndecisions: {retrain: on_drift or weekly}\ntraining: {command: python train.py}\n"
    )
    told = CliRunner().invoke(main, ["policy", "-c", str(tmp_path / "driftline.yaml")])
    assert told.exit_code == 0, told.output
    assert told.stdout.startswith("# Retraining policy: shop")
    assert "it is retrained weekly, too" in told.stdout
    assert "trained by python train.py" in told.stdout
