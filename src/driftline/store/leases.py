"""Leases: who works on what. A worker that dies is taken over; one that was only slow cannot write any more."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from driftline.errors import DriftlineError, StateError
from driftline.services.cycle import AHEAD
from driftline.store.metadata import EPOCH
from driftline.store.owners import is_dead
from driftline.store.tables import leases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from driftline.store.database import Database
    from driftline.store.roll import Roll

LASTS = timedelta(seconds=60)
"""A worker that has not been heard of for so long is taken over, whatever became of it."""

BEATS = 4
"""So often a worker tells that it lives while its lease lasts."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was given. `epoch` tells it from every other of its name."""

    name: str
    owner: str
    epoch: int

    def fence(self, tx: Connection) -> None:
        """Refuse to go on, in the transaction that would write, where somebody else has taken over.

        Clocks do not matter here: whoever has the highest epoch may write, and nobody else.

        Raises:
            StateError: the lease was lost.
        """
        mine = (leases.c.name == self.name, leases.c.owner == self.owner, leases.c.epoch == self.epoch)
        # An update, so that PostgreSQL holds the row until the transaction ends.
        if not tx.execute(leases.update().where(*mine).values(epoch=self.epoch)).rowcount:
            raise StateError(f"{self.name} was taken over by another worker", hint="nothing is lost: the other goes on")


def acquire(database: Database, name: str, owner: str, now: datetime, lasts: timedelta = LASTS) -> Lease | None:
    """Take a lease that is free, has run out, or is held by a process that is known to be dead; None while somebody else holds it.

    One that reaches further than any can, by the time of whoever asks, has run out too: some clock has jumped.

    Args:
        database: where leases are.
        name: of the work.
        owner: who wants it, by `driftline.store.owners.new_owner`.
        now: the time.
        lasts: how long it may not be heard of.
    """
    statement = database.insert(leases).values(name=name, owner=owner, epoch=1, until=now + lasts)
    taken = {"owner": owner, "epoch": leases.c.epoch + 1, "until": now + lasts}
    # One that reaches so far was taken by a clock that was ahead, and would keep everybody from the work until it has caught up.
    over = or_(leases.c.until <= now, leases.c.until > now + lasts + AHEAD)
    free = statement.on_conflict_do_update(index_elements=["name"], set_=taken, where=over)
    if database.roll is not None:
        database.roll.sign()
    with database.writing() as tx:
        epoch = tx.execute(free.returning(leases.c.epoch)).scalar_one_or_none()
        if epoch is None:
            epoch = _inherit(tx, name, taken, database.roll)
    return None if epoch is None else Lease(name, owner, epoch)


def _inherit(tx: Connection, name: str, taken: dict[str, Any], roll: Roll | None) -> int | None:
    """Take the lease of a dead process, unless somebody was faster; its new epoch."""
    held_by = tx.execute(select(leases.c.owner, leases.c.epoch).where(leases.c.name == name)).one_or_none()
    if held_by is None or not (is_dead(held_by.owner) or (roll is not None and roll.is_dead(held_by.owner))):
        return None
    same = (leases.c.name == name, leases.c.owner == held_by.owner, leases.c.epoch == held_by.epoch)
    epoch: int | None = tx.execute(leases.update().where(*same).values(**taken).returning(leases.c.epoch)).scalar_one_or_none()
    return epoch


def beat(database: Database, lease: Lease, now: datetime, lasts: timedelta = LASTS) -> None:
    """Tell that the worker lives.

    Raises:
        StateError: the lease was lost.
    """
    with database.writing() as tx:
        lease.fence(tx)
        tx.execute(leases.update().where(leases.c.name == lease.name).values(until=now + lasts))


def release(database: Database, lease: Lease) -> None:
    """Give a lease back, whatever the clock will say next; one that was lost is no matter."""
    mine = (leases.c.name == lease.name, leases.c.owner == lease.owner, leases.c.epoch == lease.epoch)
    with database.writing() as tx:
        tx.execute(leases.update().where(*mine).values(until=EPOCH))


@contextmanager
def held(database: Database, lease: Lease, clock: Callable[[], datetime], lasts: timedelta = LASTS) -> Iterator[None]:
    """Keep a lease alive from another thread, and give it back at the end."""
    done = Event()

    def live() -> None:
        while not done.wait(lasts.total_seconds() / BEATS):
            try:
                beat(database, lease, clock(), lasts)
            except StateError:
                return
            except DriftlineError:
                # The database is away; if it stays away, the worker's own next write will tell.
                continue

    thread = Thread(target=live, name=f"beat {lease.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        release(database, lease)
