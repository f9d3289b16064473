"""What the service shows of itself; tests/server/test_judged.py shows the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.errors import ConfigError
from driftline.store.board import Board
from driftline.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


def test_an_empty_service_has_nothing_to_show(tmp_path: Path) -> None:
    """And says so, without failing."""
    board = Board(Database(f"sqlite:///{tmp_path / 'd.db'}"))
    assert board.answers()
    assert set(board.counts().values()) == {0}
    assert (board.newest(), board.newest(labelled=True), board.firing()) == ({}, {}, [])
    assert board.places() == frozenset()
    assert board.received(1, "a") is None
    assert board.windows(1, before=None, limit=9) == board.verdicts(1, before=3, limit=9, window="x") == []
    for window in (None, "2026-01-05"):
        with pytest.raises(ConfigError, match="nothing has been said"):
            board.report(1, window)
