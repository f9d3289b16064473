"""Gathering: rows that came in small parcels in one table, few of the parcels in memory at a time; many small parcels become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from driftline.errors import StateError
from driftline.store.rows import Parcel, joined
from driftline.store.tables import parcels, window_parcels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from sqlalchemy.engine import Connection

    from driftline.store.database import Database
    from driftline.store.rows import Rows

FEW = 5_000
"""Parcels of fewer rows are small: reading one takes as long as so many rows."""

MANY, MOST = 64, 512
"""So many small parcels that follow each other become one, and at most so many."""

STEP = 500
"""Parcels that are read together: one of a single row takes twenty times the memory that its row will."""


def compact(database: Database, rows: Rows, ids: Sequence[int]) -> pa.Table:
    """The rows of some parcels, in their order."""
    found = []
    for first in range(0, len(ids), STEP):
        some = read_parcels(database, ids[first : first + STEP])
        found.append(rows.table(some).combine_chunks())
        del some
    return joined(found)


def read_parcels(database: Database, ids: Sequence[int]) -> list[Parcel]:
    """Parcels by their numbers."""
    if not ids:
        return []
    with database.reading() as tx:
        return [parcel_of(row) for row in tx.execute(select(parcels).where(parcels.c.id.in_(ids)).order_by(parcels.c.id))]


def parcel_of(row: Any) -> Parcel:
    """A parcel as its row in the database has it."""
    return Parcel(row.id, row.kind, row.rows, row.place, row.body, at=row.at)


def first_of(sizes: Sequence[Any], most: int) -> list[int]:
    """The first parcels, by number and rows, that are not too large together; at least one, where there is one."""
    ids: list[int] = []
    total = 0
    for ident, rows in sizes:
        if ids and total + rows > most:
            break
        ids.append(ident)
        total += rows
    return ids


def small_run(database: Database, monitor: int, kind: str) -> list[Any]:
    """The newest small parcels of one day that have been counted and follow each other, where they are many; none where they are few.

    What lies between larger ones stays: the order of labels says which of them counts.
    """
    mine = (parcels.c.monitor_id == monitor, parcels.c.kind == kind)
    small = select(parcels).where(*mine, parcels.c.counted.is_not(None), parcels.c.rows < FEW).order_by(parcels.c.id.desc()).limit(MOST)
    other = or_(parcels.c.counted.is_(None), parcels.c.rows >= FEW)
    with database.reading() as tx:
        found = tx.execute(small.with_only_columns(*(column for column in parcels.c if column is not parcels.c.body))).all()
        if len(found) < MANY:
            return []
        before = tx.execute(select(func.max(parcels.c.id)).where(*mine, other, parcels.c.id < found[0].id)).scalar_one() or 0
    run = [row for row in reversed(found) if row.id > before and row.day == found[0].day]
    return run if len(run) >= MANY else []


def put_together(tx: Connection, run: Sequence[Any], place: str) -> None:
    """Let one parcel, the last of a run, stand for all of them.

    Raises:
        StateError: one of them is gone.
    """
    ids, last = [row.id for row in run], run[-1].id
    reached = tx.execute(select(window_parcels.c.window_id).where(window_parcels.c.parcel_id.in_(ids)).distinct()).scalars().all()
    tx.execute(window_parcels.delete().where(window_parcels.c.parcel_id.in_(ids)))
    if reached:
        tx.execute(window_parcels.insert(), [{"window_id": one, "parcel_id": last} for one in reached])
    gone = tx.execute(parcels.delete().where(parcels.c.id.in_(ids[:-1]))).rowcount
    if gone != len(ids) - 1:
        raise StateError(f"{len(ids) - 1 - gone} parcels are gone", hint="another worker has put them together")
    sums = {name: sum(getattr(row, name) for row in run) for name in ("rows", "waiting")}
    newest = {name: max(getattr(row, name) for row in run) for name in ("at", "counted")}
    ends = {"first_id": min(row.first_id or row.id for row in run), "last_id": last}
    tx.execute(parcels.update().where(parcels.c.id == last).values(**sums, **newest, **ends, place=place, body=None))
