"""What was received, as files: every row once with the label that had come, whatever types its columns came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from driftline.services.intake import Kind
from driftline.store.database import Database
from driftline.store.intake import Delivery, Intake
from driftline.store.received import write_labels, write_rows
from driftline.store.rows import Rows

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def send(intake: Intake, batch: str, kind: Kind, rows: list[dict[str, Any]], at: datetime = NOW) -> None:
    """Some rows come."""
    intake.write([Delivery(1, "m", kind, batch, "d", rows, (), at)])


def test_rows_are_written_with_the_labels_that_had_come(tmp_path: Path) -> None:
    """Of several labels the last; what came later is left out; a second time the same file is taken."""
    intake = Intake(Database(f"sqlite:///{tmp_path / 'd.db'}"), Rows(tmp_path / "rows"))
    known = (intake._database, intake._rows, 1, ("id", "y"))
    send(intake, "a", Kind.PREDICTIONS, [{"id": "a", "x": 1}, {"id": "b", "x": 2}])
    send(intake, "b", Kind.PREDICTIONS, [{"id": "c", "x": 2.5, "plan": "pro"}])
    send(intake, "l", Kind.LABELS, [{"id": "a", "y": 0}, {"id": "a", "y": 1}])
    send(intake, "late", Kind.LABELS, [{"id": "b", "y": 0}], NOW + timedelta(hours=1))
    path = write_rows(*known, NOW, tmp_path / "out")
    assert pq.read_table(path).to_pylist() == [
        {"id": "a", "x": 1.0, "plan": None, "y": 1},
        {"id": "b", "x": 2.0, "plan": None, "y": None},
        {"id": "c", "x": 2.5, "plan": "pro", "y": None},
    ]
    before = path.stat().st_mtime_ns
    assert write_rows(*known, NOW + timedelta(days=1), tmp_path / "out").stat().st_mtime_ns == before
    first = write_labels(*known, NOW, tmp_path / "labels")
    assert pq.read_table(first).num_rows == 2
    assert write_labels(*known, NOW, tmp_path / "labels") == first
    later = write_labels(*known, NOW + timedelta(days=1), tmp_path / "labels")
    assert pq.read_table(later).num_rows == 3
    assert not first.exists()


def test_a_column_of_two_types_is_text(tmp_path: Path) -> None:
    """Nothing is lost where a model's process changed its mind; no labels are an empty file."""
    intake = Intake(Database(f"sqlite:///{tmp_path / 'd.db'}"), Rows(tmp_path / "rows"))
    known = (intake._database, intake._rows, 1, ("id", "y"))
    send(intake, "a", Kind.PREDICTIONS, [{"id": "a", "x": 1}])
    send(intake, "b", Kind.PREDICTIONS, [{"id": "b", "x": "many"}])
    table = pq.read_table(write_rows(*known, NOW, tmp_path / "out"))
    assert (table["x"].type, table["x"].to_pylist()) == (pa.string(), ["1", "many"])
    assert pq.read_table(write_labels(*known, NOW, tmp_path / "labels")).column_names == ["id", "y"]
