from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from driftline.store.database import Database
from driftline.store.fleet import Fleet
from driftline.store.glances import Glances
from driftline.store.ledger import pack
from driftline.store.tables import verdicts, windows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    made = Database(f"sqlite:///{tmp_path}/d.db")
    yield made
    made.close()


def judge(database: Database, monitor: int, position: int, revision: int = 1) -> None:
    """Write down a verdict about a window, as the ledger does."""
    label = f"w{position}"
    cut = '{"index": 0, "label": "' + label + '", "start": null, "end": null}'
    about = {"version": 1, "revision": revision, "label": label, "position": position, "rows": 5, "verdict": "stable", "reason": "r"}
    with database.writing() as tx:
        found = tx.execute(windows.select().where(windows.c.monitor_id == monitor, windows.c.label == label)).one_or_none()
        done = {"judged": NOW, "judged_revision": revision, "judged_version": 1, "verdict": "stable", "reason": "r", "revision": revision}
        if found is None:
            first = {"label": label, "cut": cut, "position": position, "rows": 5, "stale": False, "way": "", "changed": NOW, "counted": NOW}
            ident = tx.execute(windows.insert().values(monitor_id=monitor, **first, **done)).inserted_primary_key[0]
        else:
            ident = found.id
            tx.execute(windows.update().where(windows.c.id == ident).values(**done))
        report = pack({"revision": revision})
        tx.execute(verdicts.insert().values(monitor_id=monitor, window_id=ident, **about, created=NOW, report=report))


def test_what_was_judged_is_behind_until_it_is_kept(database: Database) -> None:
    """A newer revision of a window is behind again, and its newest report is the one that is told."""
    kept = Glances(database)
    judge(database, 1, 1)
    judge(database, 2, 1)
    assert len(kept.behind()) == 2
    for one in kept.judgements(kept.behind(1)):
        kept.keep(one, b"a", b"b")
    assert kept.behind(1) == []
    assert len(kept.behind()) == 1
    judge(database, 1, 1, revision=2)
    assert [one.report for one in kept.judgements(kept.behind(1))] == [{"revision": 2}]


def test_the_last_windows_come_in_the_order_of_time(database: Database) -> None:
    """As many as are asked for, up to one that is named; the detail only where it is wanted."""
    kept = Glances(database)
    for position in (3, 1, 2):
        judge(database, 1, position)
    for one in kept.judgements(kept.behind()):
        kept.keep(one, str(one.position).encode(), b"d")
    assert [one.body for one in kept.seen(1, 2)] == [b"2", b"3"]
    assert [(one.body, one.detail) for one in kept.seen(1, 5, until="w2", detail=True)] == [(b"1", b"d"), (b"2", b"d")]
    assert kept.seen(1, 1)[0].window.label == "w3"


def test_the_fleet_has_every_monitor_that_is_watched(database: Database) -> None:
    """By name, with its standing where it has one; those that were retired are gone."""
    fleet, kept = Fleet(database), Glances(database)
    for name in ("b", "a", "gone"):
        fleet.put(name, f"monitor: {name}", "/", NOW, actor="test")
    fleet.retire(fleet.find("gone").id, NOW, actor="test")
    kept.stand(fleet.find("b").id, {"verdict": "stable"}, NOW)
    kept.stand(fleet.find("b").id, {"verdict": "drifted"}, NOW)
    assert [(one.name, one.standing) for one in kept.fleet()] == [("a", None), ("b", {"verdict": "drifted"})]
