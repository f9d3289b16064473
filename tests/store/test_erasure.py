"""Erasure in the database; tests/server/test_erasing.py shows the whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from driftline.errors import StateError
from driftline.store.database import Database
from driftline.store.erasure import Erasure, clear_letters
from driftline.store.leases import acquire
from driftline.store.rows import Rows
from driftline.store.tables import deliveries, outbox, profiles, verdicts, windows

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def erasure(tmp_path: Path) -> Erasure:
    """An erasure of monitor 1, held."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    lease = acquire(database, "monitor 1", "me", NOW)
    assert lease is not None
    return Erasure(database=database, rows=Rows(tmp_path / "rows"), lease=lease, monitor=1, model="m", clock=lambda: NOW)


def test_old_windows_go_with_all_that_was_said_of_them(erasure: Erasure) -> None:
    """By their end; those that end nowhere by their last row; other monitors' stay."""
    about: dict[str, Any] = {"cut": "{}", "position": 0, "rows": 1, "revision": 1, "stale": False, "way": "w", "judged_revision": 1}
    said: dict[str, Any] = {"version": 1, "revision": 1, "label": "w", "position": 0, "rows": 1, "verdict": "stable", "reason": ""}
    ends = [(1, NOW - timedelta(days=9), NOW), (1, NOW, NOW), (1, None, NOW - timedelta(days=9)), (2, NOW - timedelta(days=9), NOW)]
    with erasure.database.writing() as tx:
        for n, (monitor, end, changed) in enumerate(ends, 1):
            more = {"ends": end, "changed": changed, "counted": NOW, "judged_version": 1, "label": f"w{n}"}
            tx.execute(windows.insert().values(id=n, monitor_id=monitor, **about, **more))
            tx.execute(profiles.insert().values(window_id=n, way="w", segment="", rows=1, body=b""))
            tx.execute(verdicts.insert().values(monitor_id=monitor, window_id=n, created=NOW, report=b"", **said))
    assert erasure.verdicts_older(NOW - timedelta(days=1)).windows == 2
    with erasure.database.reading() as tx:
        for column in (windows.c.id, profiles.c.window_id, verdicts.c.window_id):
            assert tx.execute(sa.select(column).order_by(column)).scalars().all() == [2, 4]


def test_who_lost_the_monitor_erases_nothing(erasure: Erasure) -> None:
    """Another works on it."""
    assert acquire(erasure.database, "monitor 1", "another", NOW + timedelta(hours=1)) is not None
    for step in (lambda: erasure.older(NOW), lambda: erasure.verdicts_older(NOW), lambda: erasure.by_id(["a"], "id")):
        with pytest.raises(StateError, match="taken over"):
            step()


def test_letters_that_nobody_waits_for_go(erasure: Erasure) -> None:
    """Old ones that everybody has, and old verdicts; what still has to leave stays."""
    with erasure.database.writing() as tx:
        for n, (topic, sent) in enumerate([("message", NOW), ("message", None), ("verdict", None)], 1):
            tx.execute(outbox.insert().values(id=n, topic=topic, key=str(n), body="{}", created=NOW, sent=sent))
            tx.execute(deliveries.insert().values(letter_id=n, receiver="a", attempts=1, done=True, error="", at=NOW))
    clear_letters(erasure.database, NOW)
    with erasure.database.reading() as tx:
        assert len(tx.execute(sa.select(outbox)).all()) == 3
    clear_letters(erasure.database, NOW + timedelta(days=1))
    with erasure.database.reading() as tx:
        assert tx.execute(sa.select(outbox.c.id)).scalars().all() == [2]
        assert tx.execute(sa.select(deliveries.c.letter_id)).scalars().all() == [2]
