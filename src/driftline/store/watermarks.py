"""Watermarks: how far a query's rows were taken, and which files were; so that each row is taken once, whatever dies in between."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from driftline.store.tables import received, watermarks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.store.database import Database

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Watermark:
    """All rows up to `done` were taken; while `upto` is not None, those up to it may have been."""

    done: Any = None
    upto: Any = None


def read_watermark(database: Database, monitor: int, kind: str) -> Watermark:
    """How far a query was read; nothing yet for a new one."""
    with database.reading() as tx:
        row = tx.execute(select(watermarks).where(watermarks.c.monitor_id == monitor, watermarks.c.kind == kind)).one_or_none()
    return Watermark() if row is None else Watermark(decoded(row.done), decoded(row.upto))


def write_watermark(database: Database, monitor: int, kind: str, mark: Watermark, now: datetime) -> None:
    """Keep how far it was read."""
    values = {"done": encoded(mark.done), "upto": encoded(mark.upto), "changed": now}
    with database.writing() as tx:
        statement = database.insert(watermarks).values(monitor_id=monitor, kind=kind, **values)
        tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id", "kind"], set_=values))


def marks(database: Database, kind: str) -> dict[int, Any]:
    """How far each monitor is in one kind of thing."""
    with database.reading() as tx:
        return {row.monitor_id: decoded(row.done) for row in tx.execute(select(watermarks).where(watermarks.c.kind == kind))}


def taken(database: Database, monitor: int, kind: str, batches: Sequence[str]) -> dict[str, str]:
    """Those of some batches that were received, with what they were then."""
    found: dict[str, str] = {}
    with database.reading() as tx:
        for first in range(0, len(batches), AT_ONCE):
            some = batches[first : first + AT_ONCE]
            mine = (received.c.monitor_id == monitor, received.c.kind == kind, received.c.batch.in_(some))
            found |= {row.batch: row.digest for row in tx.execute(select(received.c.batch, received.c.digest).where(*mine))}
    return found


def encoded(value: Any) -> str | None:
    """A number, a text or a time as JSON.

    >>> encoded(datetime(2026, 1, 5)), encoded(7), encoded(None)
    ('{"time": "2026-01-05T00:00:00"}', '7', None)
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        return json.dumps({"time": value.isoformat()})
    if isinstance(value, date):
        return json.dumps({"date": value.isoformat()})
    return json.dumps(value, default=str)


def decoded(text: str | None) -> Any:
    """Read what `encoded` wrote."""
    value = None if text is None else json.loads(text)
    match value:
        case {"time": said}:
            return datetime.fromisoformat(said)
        case {"date": said}:
            return date.fromisoformat(said)
        case _:
            return value
