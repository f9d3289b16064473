"""The courier: brings what waits in the outbox to its receivers, many side by side, so that a slow one keeps nobody waiting."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from threading import Event, Thread
from typing import TYPE_CHECKING

from driftline.errors import DriftlineError
from driftline.server.logs import LOG
from driftline.services.delivery import Posted, deliver
from driftline.store.boards import MESSAGE
from driftline.store.leases import LASTS, acquire, held
from driftline.store.outbox import Outbox, anything_waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import datetime, timedelta

    from driftline.services.delivery import Bring, Post
    from driftline.services.errands import Outcome, Round
    from driftline.store.database import Database

TOPICS = (MESSAGE,)
LEASE = "courier"
INTERVAL = 0.25
"""Seconds between looks at the outbox, where nothing waited."""

AT_ONCE = 48
"""So many letters are under way at once, to all places together."""


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
        at_once: so many letters are under way at once, to all places together.
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
        at_once: int = AT_ONCE,
    ) -> None:
        self._database = database
        self._post = post
        self._clock = clock
        self._owner = owner
        self._lasts = lasts
        self._topics = topics
        self._lease = lease
        self._at_once = at_once
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
            posted = deliver(Outbox(self._database, lease, self._topics), self._post, now, self._side_by_side)
        for lost in posted.given_up:
            LOG.error("message given up", extra={"why": lost})
        return posted

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float = 30.0) -> None:
        """End after the letters that are under way."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if self.round().sent:
                    continue
            except DriftlineError as error:
                # The database is away, or another courier took over: the next round may do better.
                LOG.error("letters wait", extra={"why": str(error)})
            except Exception:  # noqa: BLE001  the courier must outlive any mistake of ours
                LOG.exception("a mistake in driftline itself")
            self._stop.wait(INTERVAL)

    def _side_by_side(self, errands: Round, bring: Bring, /) -> Iterator[Sequence[Outcome]]:
        """Carry as many letters at once as are ready; what has arrived meanwhile is told together, and so marked together."""
        with ThreadPoolExecutor(max_workers=self._at_once, thread_name_prefix="courier") as pool:
            under_way: set[Future[Outcome]] = set()
            while True:
                if not self._stop.is_set():
                    under_way |= {pool.submit(bring, one) for one in errands.ready(self._at_once - len(under_way))}
                if not under_way:
                    return
                arrived, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield [one.result() for one in arrived]
