"""The outbox: letters that were written with what caused them, until everybody has them who should."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from driftline.services.errands import Letter, Try, Waiting
from driftline.store.tables import deliveries, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.services.errands import Outcome
    from driftline.store.database import Database
    from driftline.store.leases import Lease

AT_ONCE = 5_000
"""So many letters are looked at in one round."""

CLOSE = outbox.update().where(outbox.c.id == bindparam("letter")).values(sent=bindparam("at"))


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

    def tried(self, outcomes: Sequence[Outcome], closed: Sequence[Letter], now: datetime) -> None:
        """Keep how it went with all of them, at once."""
        rows = [_delivery(one, now) for one in outcomes]
        with self.database.writing() as tx:
            self.lease.fence(tx)
            if rows:
                tx.execute(_keeping(here=self.database.is_sqlite), rows)
            if closed:
                tx.execute(CLOSE, [{"letter": one.id, "at": now} for one in closed])


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


@cache
def _keeping(*, here: bool) -> Any:
    """Keeps tries, or what has become of them; `here` for SQLite. Made once: it takes longer to make than to run."""
    statement = (sqlite if here else postgresql).insert(deliveries)
    again = {name: statement.excluded[name] for name in ("attempts", "due", "done", "error", "at")}
    return statement.on_conflict_do_update(index_elements=["letter_id", "receiver"], set_=again)


def _delivery(outcome: Outcome, now: datetime) -> dict[str, object]:
    after = outcome.after
    about = {"letter_id": outcome.errand.letter.id, "receiver": outcome.errand.receiver}
    return {**about, "attempts": after.attempts, "due": after.due, "done": after.done, "error": outcome.error, "at": now}
