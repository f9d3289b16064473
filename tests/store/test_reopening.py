"""Reopening windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from driftline.store.board import Board
from driftline.store.database import Database
from driftline.store.reopening import reopen
from driftline.store.tables import windows

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_what_ends_later_is_reopened(tmp_path: Path) -> None:
    """Windows that end nowhere too; those of other monitors and earlier ones stay closed; it is remembered who asked."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    zero = {"cut": "{}", "rows": 1, "stale": False, "way": "w", "changed": NOW, "counted": NOW, "judged_version": 1}
    with database.writing() as tx:
        for label, monitor, ends in (
            ("early", 1, NOW),
            ("late", 1, NOW + timedelta(1)),
            ("endless", 1, None),
            ("other", 2, NOW + timedelta(1)),
        ):
            about = {"monitor_id": monitor, "label": label, "position": 0, "ends": ends, "revision": 3, "judged_revision": 3, "judged": NOW}
            tx.execute(windows.insert().values(**about, **zero))
    assert reopen(database, 1, NOW, NOW, actor="me") == 2
    with database.reading() as tx:
        assert dict(tx.execute(sa.select(windows.c.label, windows.c.stale)).all()) == {
            "early": False,
            "late": True,
            "endless": True,
            "other": False,
        }
    assert [one["action"] for one in Board(database).trail(before=None, limit=9)] == ["monitor.backfill"]
