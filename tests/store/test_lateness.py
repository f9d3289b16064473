"""Lateness: what is kept of a window's delays is read again, and windows ripen once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from driftline.performance.maturity import AGES
from driftline.store.database import Database
from driftline.store.lateness import any_ripe, delays_of, keep_came, keep_ripens, read_delays, ripen
from driftline.store.tables import windows

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


def opened(place: Path, days: int) -> Database:
    """A database with so many windows of a day, of 1,000 rows each."""
    database = Database(f"sqlite:///{place / 'd.db'}")
    with database.writing() as tx:
        for day in range(days):
            start = START + day * DAY
            cut = f'{{"index": {day}, "label": "{day}", "start": "{start.isoformat()}", "end": "{(start + DAY).isoformat()}"}}'
            same = {"monitor_id": 1, "rows": 1000, "stale": False, "way": "w", "judged_revision": 1, "judged_version": 1}
            own = {"label": str(day), "cut": cut, "position": day, "ends": start + DAY, "changed": start, "counted": start}
            tx.execute(windows.insert().values(**same, **own, revision=1))
    return database


def test_delays_are_learnt_from_what_was_kept(tmp_path: Path) -> None:
    """Half the labels after one day and half after five: at that age so many usually have come; windows that tell nothing are left out."""
    database = opened(tmp_path, 20)
    came = np.zeros((4, AGES.size), dtype=np.int64)
    for days, sort in ((1, 0), (5, 2)):
        came[sort, np.searchsorted(AGES, days * 86400.0, side="right") - 1] = 500
    with database.writing() as tx:
        for window in range(1, 14):
            keep_came(database, tx, 1, window, came)
        keep_came(database, tx, 1, 14, None)
        found = read_delays(tx, 1, "w", START + 20 * DAY)
        assert read_delays(tx, 1, "another way", START + 20 * DAY) is None
        assert read_delays(tx, 2, "w", START + 20 * DAY) is None
    assert found is not None
    by = found.by(np.array([3.0, 8.0]) * 86400)
    assert abs(by[0] - 0.4) < 0.12
    assert by[1] > 0.8
    assert not found.alike
    for part in (0.2, 0.5, 0.9):
        assert abs(found.by(np.array([found.until(part)]))[0] - part * found.ever) < 1e-9
    again = delays_of(database, 1, START + 20 * DAY)
    assert again is not None
    assert again.ever == found.ever
    assert delays_of(database, 2, START + 20 * DAY) is None


def test_a_window_ripens_once(tmp_path: Path) -> None:
    """When its time has come its revision grows, and not again."""
    database = opened(tmp_path, 2)
    with database.writing() as tx:
        keep_ripens(database, tx, 1, 1, START + DAY)
        keep_came(database, tx, 1, 1, None)
        assert not any_ripe(tx, 1, START)
        assert any_ripe(tx, 1, START + DAY)
        for _ in range(2):
            ripen(tx, 1, START + DAY)
            assert not any_ripe(tx, 1, START + DAY)
        assert tx.execute(select(windows.c.revision).order_by(windows.c.id)).scalars().all() == [2, 1]
