"""The audit trail."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from driftline.store.board import Board
from driftline.store.database import Database
from driftline.store.trail import remember

if TYPE_CHECKING:
    from pathlib import Path


def test_a_change_is_remembered_with_who_and_when(tmp_path: Path) -> None:
    """The newest comes first; the page before tells where to go on."""
    database, now = Database(f"sqlite:///{tmp_path / 'd.db'}"), datetime(2026, 1, 1, tzinfo=UTC)
    with database.writing() as tx:
        for number in range(3):
            remember(tx, "somebody", "monitor.put", f"m{number}", {"version": number}, now)
    board = Board(database)
    assert [one["subject"] for one in board.trail(before=None, limit=2)] == ["m2", "m1"]
    assert board.trail(before=2, limit=9) == [
        {"id": 1, "at": now, "actor": "somebody", "action": "monitor.put", "subject": "m0", "detail": '{"version": 0}'}
    ]
