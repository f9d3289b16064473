"""Erasure: rows go, by their ids or by their age, from wherever they lie; what was counted from them goes too, as far as it can be told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import or_, select

from driftline.store.decided import decisions
from driftline.store.gathering import parcel_of
from driftline.store.metadata import EPOCH
from driftline.store.rows import body_of
from driftline.store.tables import dead_letters, deliveries, glances, lateness, outbox, parcels, profiles, verdicts, window_parcels, windows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database
    from driftline.store.leases import Lease
    from driftline.store.rows import Parcel, Rows

AT_ONCE = 500
"""So many parcels, or windows, go in one transaction."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows are gone, and how many windows that changed."""

    rows: int = 0
    windows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Erases rows of one monitor. Each step is a transaction that fails where the lease is lost, and may be done again.

    Attributes:
        model: the monitor's name, by which files are laid.
        clock: the time of what is written.
    """

    database: Database
    rows: Rows
    lease: Lease
    monitor: int
    model: str
    clock: Callable[[], datetime]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self.database.writing() as tx:
            self.lease.fence(tx)
            yield tx

    def by_id(self, ids: Collection[str], key: str) -> Erased:
        """Erase every prediction and label with one of these ids; the windows they were in are counted again.

        Windows that are sealed cannot be: their counts, which tell of nobody, stay.

        Args:
            ids: as they are stored.
            key: the column that holds ids.
        """
        wanted, gone, touched = pa.array(sorted(ids), pa.string()), 0, set[int]()
        with self.database.reading() as tx:
            every = [row.id for row in tx.execute(select(parcels.c.id).where(parcels.c.monitor_id == self.monitor))]
        for ident in every:
            with self.database.reading() as tx:
                row = tx.execute(select(parcels).where(parcels.c.id == ident)).one_or_none()
            if row is None:
                continue
            many, changed = self._from_parcel(parcel_of(row), row.day, wanted, key)
            gone += many
            touched |= changed
        with self._writing() as tx:
            for one in ids:
                mine = (dead_letters.c.monitor_id == self.monitor, dead_letters.c.row.contains(one, autoescape=True))
                tx.execute(dead_letters.delete().where(*mine))
        return Erased(gone, len(touched))

    def _from_parcel(self, parcel: Parcel, day: str, wanted: pa.Array, key: str) -> tuple[int, set[int]]:
        """Erase from one parcel; how many rows, and the windows that must be counted again."""
        column = self.rows.table([parcel], (key,))
        if key not in column.schema.names:
            return 0, set()
        hit = pc.fill_null(pc.is_in(column.column(key).cast(pa.string()), value_set=wanted), False)  # noqa: FBT003  a value
        places = [place for place, one in enumerate(hit.to_pylist()) if one]
        if not places:
            return 0, set()
        left = self.rows.table([parcel]).filter(pc.invert(hit))
        values: dict[str, Any] = {"rows": left.num_rows}
        if parcel.body is not None:
            values["body"] = body_of(left)
        elif left.num_rows:
            values["place"] = self.rows.write(left, self.model, parcel.kind, day)
        with self._writing() as tx:
            changed = self._reopen(tx, parcel.id)
            if left.num_rows:
                tx.execute(parcels.update().where(parcels.c.id == parcel.id).values(**values))
                tx.execute(
                    parcels.update().where(parcels.c.id == parcel.id, parcels.c.waiting > left.num_rows).values(waiting=left.num_rows)
                )
                _move(tx, parcel.id, places)
            else:
                tx.execute(window_parcels.delete().where(window_parcels.c.parcel_id == parcel.id))
                tx.execute(parcels.delete().where(parcels.c.id == parcel.id))
        if parcel.place is not None:
            self.rows.remove([parcel.place])
        return len(places), changed

    def _reopen(self, tx: Connection, parcel: int) -> set[int]:
        """The windows of a parcel are counted and judged again, without anybody being patient."""
        linked = select(window_parcels.c.window_id).where(window_parcels.c.parcel_id == parcel)
        open_ones = (windows.c.id.in_(linked), windows.c.sealed.is_(False))
        found = set(tx.execute(select(windows.c.id).where(*open_ones)).scalars())
        again = {"stale": True, "counted": EPOCH, "revision": windows.c.revision + 1}
        tx.execute(windows.update().where(windows.c.id.in_(found)).values(**again))
        tx.execute(windows.update().where(windows.c.id.in_(found), windows.c.judged.is_not(None)).values(judged=EPOCH))
        return found

    def older(self, before: datetime) -> Erased:
        """Erase every row that came before a time; the windows they were in keep their counts, and are sealed."""
        gone, sealed = 0, set[int]()
        old = select(parcels.c.id, parcels.c.rows, parcels.c.place).where(parcels.c.monitor_id == self.monitor, parcels.c.at < before)
        while True:
            with self._writing() as tx:
                some = tx.execute(old.order_by(parcels.c.id).limit(AT_ONCE)).all()
                ids = [row.id for row in some]
                linked = select(window_parcels.c.window_id).where(window_parcels.c.parcel_id.in_(ids))
                found = set(tx.execute(linked).scalars())
                tx.execute(windows.update().where(windows.c.id.in_(found)).values(sealed=True, stale=False))
                tx.execute(window_parcels.delete().where(window_parcels.c.parcel_id.in_(ids)))
                tx.execute(parcels.delete().where(parcels.c.id.in_(ids)))
                tx.execute(dead_letters.delete().where(dead_letters.c.monitor_id == self.monitor, dead_letters.c.at < before))
            self.rows.remove(row.place for row in some if row.place is not None)
            gone += sum(row.rows for row in some)
            sealed |= found
            if len(some) < AT_ONCE:
                return Erased(gone, len(sealed))

    def verdicts_older(self, before: datetime) -> Erased:
        """Erase windows that ended before a time, with their counts and verdicts."""
        ended = or_(windows.c.ends < before, windows.c.ends.is_(None) & (windows.c.changed < before))
        total = 0
        while True:
            with self._writing() as tx:
                ids = tx.execute(select(windows.c.id).where(windows.c.monitor_id == self.monitor, ended).limit(AT_ONCE)).scalars().all()
                for table in (profiles, window_parcels, verdicts, glances, decisions, lateness):
                    tx.execute(table.delete().where(table.c.window_id.in_(ids)))
                tx.execute(windows.delete().where(windows.c.id.in_(ids)))
            total += len(ids)
            if len(ids) < AT_ONCE:
                return Erased(0, total)


def clear_letters(database: Database, before: datetime) -> None:
    """Letters that nobody waits for any more go."""
    done = (outbox.c.created < before, or_(outbox.c.sent.is_not(None), outbox.c.topic == "verdict"))
    with database.writing() as tx:
        tx.execute(deliveries.delete().where(deliveries.c.letter_id.in_(select(outbox.c.id).where(*done))))
        tx.execute(outbox.delete().where(*done))


def _move(tx: Connection, parcel: int, places: list[int]) -> None:
    """Runs of rows that windows are cut of move up where rows before them went, and shrink where their own did."""
    runs = select(window_parcels).where(window_parcels.c.parcel_id == parcel, window_parcels.c.first.is_not(None))
    for row in tx.execute(runs).all():
        before = sum(place < row.first for place in places)
        within = sum(row.first <= place < row.first + row.length for place in places)
        here = (window_parcels.c.parcel_id == parcel, window_parcels.c.window_id == row.window_id)
        tx.execute(window_parcels.update().where(*here).values(first=row.first - before, length=row.length - within))
