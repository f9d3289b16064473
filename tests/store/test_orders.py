"""Orders of people about messages, as the database keeps them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from driftline.alerting.quiet import Maintenance, Quiet
from driftline.alerting.signals import Tier
from driftline.errors import ConfigError, StateError
from driftline.store.database import Database
from driftline.store.orders import OrderBook
from driftline.store.tables import audit, incidents, monitors

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database with a monitor that has two incidents, of which one is over."""
    made = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with made.writing() as tx:
        tx.execute(monitors.insert().values(id=7, name="churn", version=1, created=NOW))
        shared = {"monitor_id": 7, "window": "w", "opened": NOW, "tier": 2, "subject": "s", "body": "b", "members": "[]", "changed": NOW}
        tx.execute(incidents.insert(), [{**shared, "number": 1, "closed": NOW}, {**shared, "number": 2, "closed": None}])
    return made


def trail(database: Database) -> list[tuple[str, str]]:
    """What the audit trail says was done, and to what."""
    with database.reading() as tx:
        return [(row.action, row.subject) for row in tx.execute(sa.select(audit).order_by(audit.c.id))]


def test_somebody_takes_care_of_an_incident(database: Database) -> None:
    """For the tier it has now; another answer takes the place of the first; both are on the trail."""
    book = OrderBook(database)
    book.answer(2, NOW, actor="ann", note="on it")
    said = book.answer(2, NOW + HOUR, actor="bob")
    assert (said["monitor"], said["by"]) == ("churn", "bob")
    (kept,) = book.read(7).answers.items()
    assert (kept[0], kept[1].by, kept[1].at, kept[1].tier) == (2, "bob", NOW + HOUR, Tier.RETRAIN)
    assert book.read(8).answers == {}
    assert trail(database) == [("incident.answer", "churn")] * 2


def test_what_is_over_needs_nobody(database: Database) -> None:
    """And what is not there is told."""
    with pytest.raises(StateError, match="incident 1 is over"):
        OrderBook(database).answer(1, NOW, actor="ann")
    with pytest.raises(ConfigError, match="there is no incident 99"):
        OrderBook(database).answer(99, NOW, actor="ann")


def test_silences_are_kept_until_they_end(database: Database) -> None:
    """They are added to what the YAML keeps back; one that is lifted ends then, once."""
    book = OrderBook(database)
    first = book.silence('name="amount"', NOW, NOW + HOUR, NOW, actor="ann", comment="known")
    second = book.silence("monitor=churn", NOW, NOW + 2 * HOUR, NOW, actor="ann")
    usual = Quiet(maintenance=(Maintenance(),))
    quiet = book.read(7).quiet(usual)
    assert quiet.maintenance == usual.maintenance
    assert [(str(one.matchers[0]), one.ends) for one in quiet.silences] == [
        ('name="amount"', NOW + HOUR),
        ('monitor="churn"', NOW + 2 * HOUR),
    ]
    assert book.lift(second, NOW, actor="bob")
    assert not book.lift(second, NOW, actor="bob")
    assert [(one["id"], one["comment"]) for one in book.silences(NOW)] == [(first, "known")]
    assert book.silences(NOW + HOUR) == []
    assert [action for action, _ in trail(database)] == ["silence.make", "silence.make", "silence.lift"]
    with database.reading() as tx:
        detail = json.loads(tx.execute(sa.select(audit.c.detail).limit(1)).scalar_one())
    assert detail["matchers"] == 'name="amount"'


@pytest.mark.parametrize(
    ("text", "hours", "fact"), [("amount", 1, "cannot be read"), ("name=a", 0, "ends before"), ("name=a", -1, "ends before")]
)
def test_a_wrong_silence_is_refused(database: Database, text: str, hours: float, fact: str) -> None:
    """Nothing is kept of it."""
    with pytest.raises(ConfigError, match=fact):
        OrderBook(database).silence(text, NOW, NOW + hours * HOUR, NOW, actor="ann")
    assert OrderBook(database).silences(NOW) == []
