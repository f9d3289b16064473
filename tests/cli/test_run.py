"""`driftline run`: one round, for whoever calls it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.cli.stored import opened
from driftline.server.face import wall_clock
from driftline.services.intake import Kind, sort_rows
from driftline.store.intake import Delivery, Intake

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a monitor, its reference, and two hours of rows received."""
    dice = np.random.default_rng(0)
    monitors = tmp_path / "monitors"
    monitors.mkdir()
    pq.write_table(pa.table({"amount": dice.normal(size=2000)}), monitors / "reference.parquet")
    (monitors / "churn.yaml").write_text("reference: reference.parquet\ncolumns: {timestamp: ts}\nwindow: hour\n")
    assert run(tmp_path, "run", "--monitors", str(monitors)).exit_code == 0
    service = opened(tmp_path / "data", None)
    watched = service.fleet.find("churn")
    rows = [{"amount": float(dice.normal()), "ts": (START + timedelta(minutes=i)).isoformat()} for i in range(120)]
    found = sort_rows(rows, Kind.PREDICTIONS, service.library.naming(watched), wall_clock())
    intake = Intake(service.database, service.rows)
    intake.submit(Delivery(watched.id, "churn", Kind.PREDICTIONS, "b", "d", found.rows, (), wall_clock())).result(20)
    intake.close()
    service.close()
    return tmp_path


def run(place: Path, command: str, *args: str) -> Any:
    """A call."""
    return CliRunner().invoke(main, [command, "--data", str(place / "data"), *args])


def test_a_round_judges_what_is_over(place: Path) -> None:
    """And the next has nothing to do."""
    assert run(place, "run").output == "1 monitors had work; 1 parcels counted, 2 windows judged, 0 busy elsewhere\n"
    assert run(place, "run").output == "0 monitors had work; 0 parcels counted, 0 windows judged, 0 busy elsewhere\n"


def test_a_monitor_that_cannot_be_judged_is_told(place: Path) -> None:
    """By the exit code too; the others were done."""
    (place / "monitors" / "churn.yaml").write_text("reference: gone.parquet\ncolumns: {timestamp: ts}\nwindow: hour\n")
    (place / "monitors" / "wrong.yaml").write_text("referense: x\n")
    found = run(place, "run", "--monitors", str(place / "monitors"))
    assert found.exit_code == 3
    assert "gone.parquet" in found.stderr
    assert "referense" in found.stderr
