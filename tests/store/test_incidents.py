"""Alerts, incidents and messages as people look at them; tests/server/test_alerts.py shows them over the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from driftline.errors import ConfigError
from driftline.store.database import Database
from driftline.store.incidents import Incidents
from driftline.store.tables import alerts, deliveries, incidents, monitors, outbox

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Two monitors with an alert each, three incidents, and messages."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    alert: dict[str, Any] = {"segment": "", "kind": "column", "concern": "data fault", "sentence": "nulls", "changed": NOW}
    about: dict[str, Any] = {"window": "w", "opened": NOW, "subject": "s", "body": "b", "members": "[]", "changed": NOW}
    with database.writing() as tx:
        for ident, name in ((1, "churn"), (2, "fraud")):
            tx.execute(monitors.insert().values(id=ident, name=name, version=1, created=NOW))
        for ident, name, tier, state in ((1, "x", 1, "firing"), (2, "y", 3, "firing"), (2, "z", 2, "pending")):
            tx.execute(alerts.insert().values(monitor_id=ident, name=name, tier=tier, state=state, since=NOW, **alert))
        for number, (ident, closed) in enumerate([(1, NOW), (1, None), (2, None)], 1):
            tx.execute(incidents.insert().values(monitor_id=ident, number=number, closed=closed, tier=2, **about))
        for number in (1, 12):
            key = f"message 1 {number} opened 2"
            tx.execute(outbox.insert().values(topic="message", key=key, body=f'{{"incident": {number}}}', created=NOW))
        later = NOW + timedelta(minutes=1)
        tx.execute(deliveries.insert().values(letter_id=1, receiver="a", attempts=2, due=later, done=False, error="away", at=NOW))
    return database


def test_alerts_of_the_fleet(database: Database) -> None:
    """The most urgent first; of one monitor, or in one state; page by page."""
    board = Incidents(database)
    assert [(one["monitor"], one["name"], one["tier"]) for one in board.alerts()] == [
        ("fraud", "y", "page"),
        ("fraud", "z", "retrain"),
        ("churn", "x", "look"),
    ]
    assert [one["name"] for one in board.alerts(state="firing")] == ["y", "x"]
    assert [one["name"] for one in board.alerts(monitor=2, skip=1)] == ["z"]


def test_incidents_page_by_page(database: Database) -> None:
    """The newest first; those that are open, or of one monitor."""
    board = Incidents(database)
    assert [one["id"] for one in board.incidents(limit=2)] == [3, 2]
    assert [one["id"] for one in board.incidents(before=2)] == [1]
    assert [one["id"] for one in board.incidents(open_only=True, monitor=1)] == [2]


def test_an_incident_has_its_own_messages(database: Database) -> None:
    """Not those of number 12; with what was tried."""
    (message,) = Incidents(database).incident(1)["messages"]
    assert (message["incident"], message["receivers"][0]["error"]) == (1, "away")
    with pytest.raises(ConfigError, match="no incident 9"):
        Incidents(database).incident(9)


def test_messages_page_by_page(database: Database) -> None:
    """The newest first."""
    assert [one["incident"] for one in Incidents(database).messages()] == [12, 1]
    assert [one["incident"] for one in Incidents(database).messages(before=2)] == [1]
