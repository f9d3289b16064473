"""`driftline forget`; tests/server/test_erasing.py shows what goes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from driftline.cli.main import main
from driftline.server.service import open_service
from driftline.services.intake import Kind
from driftline.store.intake import Delivery, Intake

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def run(place: Path, *words: str, answer: str | None = None) -> Any:
    """Run the command."""
    return CliRunner().invoke(main, ["forget", "--data", str(place), *words], input=answer)


def test_rows_are_erased_after_a_question(tmp_path: Path) -> None:
    """Or without it; no is no."""
    service = open_service(tmp_path)
    watched = service.watch("monitor: churn\nreference: r.parquet\n", "/", NOW, actor="test")
    intake = Intake(service.database, service.rows)
    rows: list[dict[str, object]] = [{"id": str(n), "x": n} for n in range(5)]
    intake.write([Delivery(watched.id, "churn", Kind.PREDICTIONS, "b", "d", rows, (), NOW)])
    intake.close()
    assert run(tmp_path, "--monitor", "churn", "--id", "3", answer="n\n").exit_code == 130
    done = run(tmp_path, "--monitor", "churn", "--id", "3", "--id", "9", answer="y\n")
    assert "Erase the rows of 2 ids of churn for good?" in done.output
    assert done.output.endswith("1 rows erased; 0 windows are touched\n")
    assert run(tmp_path, "--monitor", "churn", "--before", "2026-01-06", "--yes").output == "4 rows erased; 0 windows are touched\n"
    service.close()


def test_it_must_be_said_which_rows(tmp_path: Path) -> None:
    """And whose."""
    assert "it is not said which rows" in run(tmp_path, "--monitor", "churn").output
    assert "there is no monitor 'churn'" in run(tmp_path, "--monitor", "churn", "--before", "2026-01-06", "--yes").output
