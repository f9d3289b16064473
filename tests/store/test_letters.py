"""Findings and dead letters: known ones are counted again, and none is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from driftline.services.intake import Refused
from driftline.store.board import Board
from driftline.store.database import Database
from driftline.store.letters import bury, note, replayed, unreplayed
from driftline.verdicts.report import Finding

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_finding_is_kept_once_and_counted(tmp_path: Path) -> None:
    """The same thing found again adds its rows, and moves the time at which it was last seen."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    one = Finding(where="predictions", what="odd", rows=3, hint="look")
    with database.writing() as tx:
        note(database, tx, 1, [one, Finding(where="labels", what="odd")], NOW)
        note(database, tx, 1, [one], NOW + timedelta(hours=1))
        note(database, tx, 2, [one], NOW)
    found = Board(database).findings(1, before=None, limit=9)
    assert [(f["place"], f["rows"], f["times"], f["last_at"] - f["first_at"]) for f in found] == [
        ("labels", 0, 1, timedelta(0)),
        ("predictions", 6, 2, timedelta(hours=1)),
    ]


def test_a_letter_is_replayed_once(tmp_path: Path) -> None:
    """One that was replayed is not offered again, nor is one of another monitor."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with database.writing() as tx:
        bury(tx, 1, "predictions", "b", [Refused(4, "why", "{}"), Refused(5, "why", "[]")], NOW)
        bury(tx, 2, "predictions", "b", [Refused(6, "why", "x")], NOW)
        bury(tx, 2, "predictions", "b", [], NOW)
        replayed(tx, [1], NOW)
        assert unreplayed(tx, 1, [1, 2, 3]) == [(2, "predictions", "[]")]
