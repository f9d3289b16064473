"""The outbox: what waits, what was tried, what is done; nothing is marked by one who lost the lease."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from driftline.errors import StateError
from driftline.services.errands import Errand, Letter, Outcome, Try
from driftline.store.database import Database
from driftline.store.leases import acquire
from driftline.store.outbox import Outbox, anything_waits
from driftline.store.tables import outbox

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)
TOPICS = ("message",)


def how(letter: Letter, after: Try, error: str = "") -> Outcome:
    """How it went with one receiver."""
    return Outcome(Errand(letter, "a", "there", Try()), after, error)


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    """An outbox with two messages and something else."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with database.writing() as tx:
        for n, topic in enumerate(["message", "verdict", "message"]):
            tx.execute(outbox.insert().values(topic=topic, key=f"k{n}", body=f'{{"n": {n}}}', created=NOW))
    lease = acquire(database, "courier", "me", NOW)
    assert lease is not None
    return Outbox(database, lease, TOPICS)


def test_letters_wait_in_order_with_what_was_tried(box: Outbox) -> None:
    """Only those of the topics that are asked for."""
    first, second = box.waiting()
    assert ([first.letter.key, second.letter.key], first.letter.body, first.tries) == (["k0", "k2"], {"n": 0}, {})
    later = NOW + timedelta(minutes=1)
    box.tried([how(first.letter, Try(1, later), "away")], (), NOW)
    box.tried([how(first.letter, Try(2, later), "away"), how(second.letter, Try(1, None, done=True))], [second.letter], NOW)
    (left,) = box.waiting()
    assert left.tries == {"a": Try(2, later)}


def test_whether_anything_waits(box: Outbox) -> None:
    """Not while all that is left was tried and has its pause; not when everybody has everything."""
    first, second = (one.letter for one in box.waiting())
    assert anything_waits(box.database, TOPICS, NOW)
    box.tried((), [second], NOW)
    box.tried([how(first, Try(1, NOW + timedelta(minutes=1)), "away")], (), NOW)
    assert not anything_waits(box.database, TOPICS, NOW)
    assert anything_waits(box.database, TOPICS, NOW + timedelta(minutes=1))
    box.tried((), [first], NOW)
    assert not anything_waits(box.database, TOPICS, NOW + timedelta(minutes=1))


def test_who_lost_the_lease_marks_nothing(box: Outbox) -> None:
    """Somebody else brings the letter, and says so."""
    letter = box.waiting()[0].letter
    assert acquire(box.database, "courier", "another", NOW + timedelta(hours=1)) is not None
    with pytest.raises(StateError, match="taken over"):
        box.tried([how(letter, Try(1, None, done=True))], [letter], NOW)
    with pytest.raises(StateError, match="taken over"):
        box.tried((), [letter], NOW)
    assert len(box.waiting()) == 2
