"""Backtests: what retraining policies would have cost a model, the newest of each monitor, so that its page can show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table, Text, select

from driftline.store.metadata import METADATA, Instant, of_monitor
from driftline.store.trail import remember

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from driftline.store.database import Database

backtests = Table(
    "backtests",
    METADATA,
    of_monitor(primary_key=True),
    Column("body", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("came", Instant, nullable=False),
)
"""The newest backtest of each monitor; `body` is JSON as `driftline backtest --json` writes it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A backtest that somebody sent.

    Attributes:
        said: the comparison, as `driftline backtest --json` writes it.
        actor: who sent it.
        came: when.
    """

    said: dict[str, Any]
    actor: str
    came: datetime


class Backtests:
    """Backtests in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, monitor: int, name: str, said: Mapping[str, Any], now: datetime, *, actor: str) -> None:
        """Keep a backtest in the place of the one before.

        Args:
            monitor: the monitor's number.
            name: its name, for the audit trail.
            said: the comparison, whose texts are whole Unicode and whose numbers are finite.
            now: the time.
            actor: who sent it.
        """
        # Signs that databases do not take, such as a zero, are escaped in ASCII.
        values = {"body": json.dumps(said, allow_nan=False), "actor": actor, "came": now}
        statement = self._database.insert(backtests).values(monitor_id=monitor, **values)
        detail = {"windows": len(said["windows"]), "policies": len(said["policies"])}
        with self._database.writing() as tx:
            tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id"], set_=values))
            remember(tx, actor, "backtest.keep", name, detail, now)

    def of(self, monitor: int) -> Kept | None:
        """The newest backtest of a monitor; None before the first."""
        with self._database.reading() as tx:
            row = tx.execute(select(backtests).where(backtests.c.monitor_id == monitor)).one_or_none()
        return None if row is None else Kept(json.loads(row.body), row.actor, row.came)
