"""Erasing what the service keeps, while nobody else works on the monitor; every erasure is on the trail."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from driftline.errors import StateError
from driftline.store.erasure import Erased, Erasure
from driftline.store.leases import acquire, held
from driftline.store.owners import new_owner
from driftline.store.trail import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

    from driftline.server.service import Service
    from driftline.store.fleet import Watched

PATIENCE = timedelta(seconds=60)
"""So long a worker is waited for that works on the monitor."""

PAUSE = 0.2
HIDDEN = "the ids are not written down again"


@contextmanager
def erasing(
    service: Service, watched: Watched, owner: str, clock: Callable[[], datetime], patience: timedelta = PATIENCE
) -> Iterator[Erasure]:
    """Erase rows of a monitor, holding it.

    Raises:
        StateError: a worker holds it for longer than one waits.
    """
    until = time.monotonic() + patience.total_seconds()
    while (lease := acquire(service.database, f"monitor {watched.id}", owner, clock())) is None:
        if time.monotonic() >= until:
            raise StateError(f"a worker is busy with {watched.name!r}", hint="try again in a minute")
        time.sleep(PAUSE)
    with held(service.database, lease, clock):
        yield Erasure(database=service.database, rows=service.rows, lease=lease, monitor=watched.id, model=watched.name, clock=clock)


def erase(
    service: Service, watched: Watched, clock: Callable[[], datetime], *, ids: Collection[str], before: datetime | None, actor: str
) -> Erased:
    """Erase the rows of some ids, and those that came before a time.

    Args:
        service: where they lie.
        watched: whose they are.
        clock: the time.
        ids: of predictions, as they were sent.
        before: all that came earlier; none for None.
        actor: who wants it.

    Raises:
        StateError: a worker is busy with the monitor.
    """
    key, keeping = service.library.naming(watched).id, service.library.keeping(watched)
    done = Erased()
    with erasing(service, watched, new_owner(actor), clock) as erasure:
        if ids:
            # Rows may have come before the id was to be hashed, or after.
            stored = {*ids, *(str(service.hashed(one)) for one in ids)} if keeping.hashed else set(ids)
            done = erasure.by_id(stored, key)
        if before is not None:
            old = erasure.older(before)
            done = Erased(done.rows + old.rows, done.windows + old.windows)
    service.database.scrub()
    about = {"ids": len(ids), "before": before.isoformat() if before else None, "rows": done.rows, "why": HIDDEN}
    with service.database.writing() as tx:
        remember(tx, actor, "monitor.forget", watched.name, about, clock())
    return done
