"""The courier: brings what waits in the outbox to its receivers, in a thread of its own, so that a slow one keeps nobody waiting."""

from __future__ import annotations

from threading import Event, Thread
from typing import TYPE_CHECKING

from driftline.errors import DriftlineError
from driftline.server.logs import LOG
from driftline.services.delivery import Posted, deliver
from driftline.store.boards import MESSAGE
from driftline.store.leases import LASTS, acquire, held
from driftline.store.outbox import Outbox, anything_waits

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from driftline.services.delivery import Post
    from driftline.store.database import Database

TOPICS = (MESSAGE,)
LEASE = "courier"
INTERVAL = 1.0
"""Seconds between looks at the outbox."""


class Courier:
    """Brings letters. Any number of them may work on one database; one at a time does.

    Args:
        database: where the outbox is.
        post: who gets what, and how.
        clock: the time.
        owner: who holds the lease.
        lasts: a courier that has not been heard of for so long is taken over.
        topics: kinds of letters that are brought.
        lease: its name: couriers of other topics work beside this one.
    """

    def __init__(
        self,
        database: Database,
        post: Post,
        clock: Callable[[], datetime],
        owner: str,
        *,
        lasts: timedelta = LASTS,
        topics: tuple[str, ...] = TOPICS,
        lease: str = LEASE,
    ) -> None:
        self._database = database
        self._post = post
        self._clock = clock
        self._owner = owner
        self._lasts = lasts
        self._topics = topics
        self._lease = lease
        self._stop = Event()
        self._thread = Thread(target=self._run, name=lease, daemon=True)

    def round(self) -> Posted:
        """Bring what can be brought now."""
        now = self._clock()
        if not anything_waits(self._database, self._topics, now):
            return Posted()
        lease = acquire(self._database, self._lease, self._owner, now, self._lasts)
        if lease is None:
            return Posted()
        with held(self._database, lease, self._clock, self._lasts):
            posted = deliver(Outbox(self._database, lease, self._topics), self._post, now)
        for lost in posted.given_up:
            LOG.error("message given up", extra={"why": lost})
        return posted

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float = 30.0) -> None:
        """End after the letter at hand."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.round()
            except DriftlineError as error:
                # The database is away, or another courier took over: the next round may do better.
                LOG.error("letters wait", extra={"why": str(error)})
            except Exception:  # noqa: BLE001  the courier must outlive any mistake of ours
                LOG.exception("a mistake in driftline itself")
            self._stop.wait(INTERVAL)
