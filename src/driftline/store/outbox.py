"""The outbox: letters that were written with what caused them, until everybody has them who should."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from driftline.services.delivery import Letter, Try, Waiting
from driftline.store.tables import deliveries, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database
    from driftline.store.leases import Lease

AT_ONCE = 5_000
"""So many letters are looked at in one round."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """What `driftline.services.delivery.Letterbox` asks for, held by a lease: who lost it marks nothing.

    Attributes:
        topics: kinds of letters that are brought.
    """

    database: Database
    lease: Lease
    topics: Sequence[str]

    def waiting(self) -> list[Waiting]:
        """Letters that not everybody has, the oldest first."""
        open_ones = (outbox.c.sent.is_(None), outbox.c.topic.in_(self.topics))
        with self.database.reading() as tx:
            rows = tx.execute(select(outbox).where(*open_ones).order_by(outbox.c.id).limit(AT_ONCE)).all()
            ids = select(outbox.c.id).where(*open_ones).order_by(outbox.c.id).limit(AT_ONCE)
            tried: dict[int, dict[str, Try]] = {}
            for row in tx.execute(select(deliveries).where(deliveries.c.letter_id.in_(ids))):
                tried.setdefault(row.letter_id, {})[row.receiver] = Try(row.attempts, row.due, done=row.done)
        return [Waiting(letter_of(row), tried.get(row.id, {})) for row in rows]

    def tried(self, letter: Letter, receiver: str, result: Try, error: str, now: datetime, *, close: bool) -> None:
        """Keep how it went."""
        values = {"attempts": result.attempts, "due": result.due, "done": result.done, "error": error, "at": now}
        with self.database.writing() as tx:
            self.lease.fence(tx)
            statement = self.database.insert(deliveries).values(letter_id=letter.id, receiver=receiver, **values)
            tx.execute(statement.on_conflict_do_update(index_elements=["letter_id", "receiver"], set_=values))
            if close:
                _close(tx, letter, now)

    def close(self, letter: Letter, now: datetime) -> None:
        """It waits for nobody."""
        with self.database.writing() as tx:
            self.lease.fence(tx)
            _close(tx, letter, now)


def anything_waits(database: Database, topics: Sequence[str], now: datetime) -> bool:
    """Whether a letter waits whose receivers could be tried now."""
    later = select(deliveries.c.letter_id).where(deliveries.c.done.is_(False), deliveries.c.due > now)
    wanted = select(outbox.c.id).where(outbox.c.sent.is_(None), outbox.c.topic.in_(topics), outbox.c.id.not_in(later)).limit(1)
    with database.reading() as tx:
        return tx.execute(wanted).one_or_none() is not None


def letter_of(row: object) -> Letter:
    """A letter as its row has it."""
    kept = {name: getattr(row, name) for name in ("id", "topic", "key", "created")}
    return Letter(**kept, body=json.loads(getattr(row, "body", "{}")))


def _close(tx: Connection, letter: Letter, now: datetime) -> None:
    tx.execute(outbox.update().where(outbox.c.id == letter.id).values(sent=now))
