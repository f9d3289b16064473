"""Annotations: what people wrote at a model's windows, so that whoever looks later knows what happened in the world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Index, Table, Text, select

from driftline.errors import ConfigError
from driftline.store.metadata import METADATA, Instant, key, of_monitor
from driftline.store.tables import windows
from driftline.store.trail import remember

if TYPE_CHECKING:
    from datetime import datetime

    from driftline.store.database import Database

LONGEST = 500
"""So many characters are kept of a text."""

notes = Table(
    "annotations",
    METADATA,
    key(),
    of_monitor(),
    Column("window", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("written", Instant, nullable=False),
    Index("ix_annotations", "monitor_id", "id"),
)
"""What somebody wrote at a window, by its label."""


class Annotations:
    """Annotations in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, monitor: int, name: str, window: str, text: str, now: datetime, *, actor: str) -> int:
        """Keep what somebody wrote; its number.

        Args:
            monitor: the monitor's number.
            name: its name, for the audit trail.
            window: label of the window.
            text: what they wrote.
            now: the time.
            actor: who.

        Raises:
            ConfigError: there is no such window, or nothing was written.
        """
        said = " ".join(text.split())
        if not said or len(said) > LONGEST:
            raise ConfigError(
                f"an annotation of {len(said)} characters cannot be kept", hint=f"write something, up to {LONGEST} characters"
            )
        with self._database.writing() as tx:
            known = tx.execute(select(windows.c.id).where(windows.c.monitor_id == monitor, windows.c.label == window)).first()
            if known is None:
                raise ConfigError(f"there is no window {window!r} of {name!r}", hint="choose one that the model's page shows")
            values = {"monitor_id": monitor, "window": window, "text": said, "author": actor, "written": now}
            made = tx.execute(notes.insert().values(**values)).inserted_primary_key
            ident = int(made[0]) if made is not None else 0
            remember(tx, actor, "annotation.write", name, {"annotation": ident, "window": window, "text": said}, now)
        return ident

    def remove(self, monitor: int, name: str, ident: int, now: datetime, *, actor: str) -> bool:
        """Take one away; whether there was one. The audit trail keeps what it said."""
        with self._database.writing() as tx:
            mine = notes.c.id == ident, notes.c.monitor_id == monitor
            row = tx.execute(select(notes).where(*mine)).one_or_none()
            if row is None:
                return False
            tx.execute(notes.delete().where(*mine))
            remember(tx, actor, "annotation.remove", name, {"annotation": ident, "window": row.window, "text": row.text}, now)
        return True

    def of(self, monitor: int, *, limit: int = 200) -> list[dict[str, Any]]:
        """A monitor's annotations, the newest first."""
        wanted = select(notes).where(notes.c.monitor_id == monitor).order_by(notes.c.id.desc()).limit(limit)
        with self._database.reading() as tx:
            rows = tx.execute(wanted).all()
        return [{name: getattr(row, name) for name in ("id", "window", "text", "author", "written")} for row in rows]
