"""Conversations about incidents: where each began at a service outside, so that what comes after a restart is said there too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Table, Text, select

from driftline.store.metadata import METADATA

if TYPE_CHECKING:
    from driftline.store.database import Database

threads = Table(
    "channel_threads",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("incident", Text, primary_key=True),
    Column("began", Text, nullable=False),
)
"""By the service's own channel and the incident's key: the service's mark of the first message."""


class Threads:
    """What `driftline.channels.slack.Threads` asks for, in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: tuple[str, str], /) -> str | None:
        """The mark of the first message; None where nothing was said yet."""
        with self._database.reading() as tx:
            wanted = select(threads.c.began).where(threads.c.channel == key[0], threads.c.incident == key[1])
            found: str | None = tx.execute(wanted).scalar_one_or_none()
        return found

    def __setitem__(self, key: tuple[str, str], began: str, /) -> None:
        """Remember it."""
        values = {"channel": key[0], "incident": key[1], "began": began}
        with self._database.writing() as tx:
            statement = self._database.insert(threads).values(values)
            tx.execute(statement.on_conflict_do_update(index_elements=["channel", "incident"], set_={"began": began}))
