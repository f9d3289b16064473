"""Gathering: rows that came in small parcels, which lie in the database, in one table; few of the parcels are in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from driftline.store.rows import Parcel, joined
from driftline.store.tables import parcels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from driftline.store.database import Database
    from driftline.store.rows import Rows

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
