"""Watermarks come back as they were, of whatever type."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from driftline.services.intake import Kind
from driftline.store.database import Database
from driftline.store.intake import Delivery, Intake
from driftline.store.rows import Rows
from driftline.store.watermarks import Watermark, decoded, encoded, read_watermark, taken, write_watermark

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, 7, 1.5, "2026-01-05 12:00:00", NOW, NOW.replace(tzinfo=None), date(2026, 1, 5)], ids=str)
def test_marks_come_back(tmp_path: Path, value: object) -> None:
    """By themselves and through the database, of one monitor and kind."""
    assert decoded(encoded(value)) == value
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    write_watermark(database, 1, "predictions", Watermark(3), NOW)
    write_watermark(database, 1, "predictions", Watermark(value, value), NOW)
    assert read_watermark(database, 1, "predictions") == Watermark(value, value)
    assert read_watermark(database, 1, "labels") == Watermark()


def test_which_batches_were_taken(tmp_path: Path) -> None:
    """With what they were; however many are asked for."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    intake = Intake(database, Rows(tmp_path / "rows"))
    intake.write([Delivery(1, "m", Kind.LABELS, "b7", "state", [], (), NOW)])
    intake.close()
    asked = [f"b{n}" for n in range(1200)]
    assert taken(database, 1, "labels", asked) == {"b7": "state"}
    assert taken(database, 1, "predictions", asked) == {}
