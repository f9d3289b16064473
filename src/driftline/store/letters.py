"""What a person should know of a stream: findings, and rows that could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from driftline.store.tables import dead_letters, findings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.services.intake import Refused
    from driftline.store.database import Database
    from driftline.verdicts.report import Finding


def note(database: Database, tx: Connection, monitor: int, found: Iterable[Finding], now: datetime) -> None:
    """Write findings down; one that is known is counted again."""
    for one in found:
        first = {"rows": one.rows, "times": 1, "first_at": now, "last_at": now}
        statement = database.insert(findings).values(monitor_id=monitor, place=one.where, what=one.what, hint=one.hint, **first)
        again = {"rows": findings.c.rows + one.rows, "times": findings.c.times + 1, "last_at": now}
        tx.execute(statement.on_conflict_do_update(index_elements=["monitor_id", "place", "what"], set_=again))


def bury(tx: Connection, monitor: int, kind: str, batch: str, refused: Sequence[Refused], now: datetime) -> None:
    """Keep rows that cannot be read."""
    if refused:
        shared = {"monitor_id": monitor, "kind": kind, "batch": batch, "at": now}
        tx.execute(dead_letters.insert(), [{**shared, "place": one.place, "reason": one.reason, "row": one.row} for one in refused])


def unreplayed(tx: Connection, monitor: int, ids: Sequence[int]) -> list[tuple[int, str, str]]:
    """Id, kind and text of dead letters that have not been replayed."""
    wanted = select(dead_letters.c.id, dead_letters.c.kind, dead_letters.c.row).where(
        dead_letters.c.monitor_id == monitor, dead_letters.c.id.in_(ids), dead_letters.c.replayed.is_(None)
    )
    return [(row.id, row.kind, row.row) for row in tx.execute(wanted.order_by(dead_letters.c.id))]


def replayed(tx: Connection, ids: Sequence[int], now: datetime) -> None:
    """Remember that dead letters were sent again."""
    tx.execute(dead_letters.update().where(dead_letters.c.id.in_(ids)).values(replayed=now))
