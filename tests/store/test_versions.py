"""Versions: which there are, in what order, and what was counted of each."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from driftline.store.database import Database
from driftline.store.fleet import Fleet
from driftline.store.pressed import press
from driftline.store.tables import profiles, windows
from driftline.store.versions import Seen, counts_of, versions_of

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def test_versions_are_told_apart(tmp_path: Path, shelf: Any) -> None:
    """The newest first; not other columns, not rows without a version, not what was counted in another way, of another monitor."""
    database = Database(f"sqlite:///{tmp_path}/d.db")
    monitor = Fleet(database).put("churn", "reference: r\n", "/", NOW, actor="me").id
    profile = shelf.entries[0][2]
    first = {"rows": 5, "stale": False, "revision": 1, "judged_revision": 0, "judged_version": 0, "changed": NOW, "counted": NOW}
    first |= {"monitor_id": monitor, "way": "a"}
    kept = [(0, "v=1"), (1, "v=1"), (1, "v=2"), (2, "v=2"), (2, "v=null"), (2, "vv=3"), (2, "w=1"), (2, "")]
    with database.writing() as tx:
        for position in range(3):
            label = f"w{position}"
            cut = json.dumps({"index": position, "label": label, "start": None, "end": None})
            tx.execute(windows.insert().values(id=position + 1, label=label, cut=cut, position=position, **first))
        for position, segment in kept:
            one = {"window_id": position + 1, "segment": segment, "rows": profile.rows, "body": press(profile)}
            tx.execute(profiles.insert().values(way="a", **one))
        tx.execute(profiles.insert().values(window_id=1, way="b", segment="v=9", rows=1, body=press(profile)))
    rows = 2 * profile.rows
    assert versions_of(database, monitor, "a", "v") == [Seen("2", rows, "w1", "w2"), Seen("1", rows, "w0", "w1")]
    assert versions_of(database, monitor + 1, "a", "v") == []
    assert [window.label for window, _ in counts_of(database, monitor, "a", "v=1", shelf.plan, 10)] == ["w0", "w1"]
    ((window, found),) = counts_of(database, monitor, "a", "v=2", shelf.plan, 1)
    assert (window.label, found) == ("w2", profile)
    database.close()
