"""Receipts: whoever waits in the event loop for rows to be durable is woken together with all whose rows were written with theirs."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    from driftline.store.intake import Receipt


class Receipts:
    """Brings receipts from the intake's thread into one event loop.

    Waking the loop takes a call of the system and a change of threads: once for each request would cost more than writing its row.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[tuple[asyncio.Future[Receipt], Future[Receipt]]] = deque()
        self._rung = False

    async def wait(self, future: Future[Receipt]) -> Receipt:
        """What became of a delivery; raises what went wrong."""
        waiter: asyncio.Future[Receipt] = self.loop.create_future()
        future.add_done_callback(partial(self._ring, waiter))
        return await waiter

    def _ring(self, waiter: asyncio.Future[Receipt], future: Future[Receipt]) -> None:
        self._done.append((waiter, future))
        if not self._rung and not self.loop.is_closed():
            self._rung = True
            self.loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        # Before anything is taken: what comes from now on rings again.
        self._rung = False
        while self._done:
            waiter, future = self._done.popleft()
            if waiter.done():
                # Whoever asked has gone.
                continue
            error = future.exception()
            if error is None:
                waiter.set_result(future.result())
            else:
                waiter.set_exception(error)
