"""Reopening: windows that were judged before are counted and judged again, by the newest version of their monitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_

from driftline.store.metadata import EPOCH
from driftline.store.tables import windows
from driftline.store.trail import remember

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.store.database import Database


def reopen(database: Database, monitor: int, since: datetime, now: datetime, *, actor: str) -> int:
    """Reopen every window that ends after `since`, and those that end nowhere, unless rows of it were erased; how many there were.

    Earlier verdicts stay as they are; the new ones are revisions of their own.
    """
    theirs = (windows.c.monitor_id == monitor, windows.c.sealed.is_(False), or_(windows.c.ends.is_(None), windows.c.ends > since))
    # As if they had been counted and judged long ago, so that nobody has to be patient.
    again = {"stale": True, "counted": EPOCH, "revision": windows.c.revision + 1}
    with database.writing() as tx:
        many = tx.execute(windows.update().where(*theirs).values(**again)).rowcount
        tx.execute(windows.update().where(*theirs, windows.c.judged.is_not(None)).values(judged=EPOCH))
        remember(tx, actor, "monitor.backfill", str(monitor), {"since": since.isoformat(), "windows": many}, now)
    return int(many)
