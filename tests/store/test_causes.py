"""Causes of open incidents, as the store keeps them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline.store.causes import causes, in_common, open_causes
from driftline.store.database import Database
from driftline.store.tables import incidents, monitors

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Three models with missing plans; the third's incident is over."""
    found = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with found.writing() as tx:
        for place, name in enumerate(("a", "b", "c"), start=1):
            opened = NOW + timedelta(hours=place)
            tx.execute(monitors.insert().values(id=place, name=name, version=1, created=NOW))
            said = {"window": "w", "tier": 2, "subject": "", "body": "", "members": "[]", "changed": NOW}
            closed = opened if name == "c" else None
            tx.execute(incidents.insert().values(monitor_id=place, number=1, opened=opened, closed=closed, **said))
            cause = {"kind": "null_burst", "columns": json.dumps(["plan"]), "label": "w", "starts": NOW, "ends": opened, "told": True}
            tx.execute(causes.insert().values(monitor_id=place, number=1, place=0, **cause))
    return found


def test_open_incidents_are_read_with_their_causes(database: Database) -> None:
    """The oldest first; what is over is left out."""
    with database.reading() as tx:
        found = open_causes(tx)
    assert [(one.name, one.causes[0].kind, one.causes[0].columns) for one in found] == [
        ("a", "null_burst", ("plan",)),
        ("b", "null_burst", ("plan",)),
    ]


def test_what_models_have_in_common_is_named(database: Database) -> None:
    """Both models that are open; nothing of an incident that is over."""
    with database.reading() as tx:
        common, over = in_common(tx, 2, 1), in_common(tx, 3, 1)
    assert common is not None
    assert (common["monitors"], common["columns"]) == (["a", "b"], ["plan"])
    assert over is None
