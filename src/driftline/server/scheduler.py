"""The scheduler: turns the cycle again and again in a thread of its own, until it is told to stop."""

from __future__ import annotations

import time
from threading import Event, Thread
from typing import TYPE_CHECKING

from driftline.errors import DriftlineError
from driftline.server.logs import LOG
from driftline.server.thrift import give_back

if TYPE_CHECKING:
    from datetime import timedelta

    from driftline.server.meters import Meters
    from driftline.server.worker import Round, Worker

THRIFT = 10.0
"""Seconds between givings back of memory: each takes some milliseconds, in which nobody gets any."""


class Scheduler:
    """Rounds of the cycle, each `interval` after the last has ended.

    Args:
        worker: whose rounds.
        interval: how long to wait in between.
        meters: told what each round did.
    """

    def __init__(self, worker: Worker, interval: timedelta, meters: Meters) -> None:
        self._worker = worker
        self._interval = interval.total_seconds()
        self._meters = meters
        self._stop = Event()
        self._thread = Thread(target=self._run, name="scheduler", daemon=True)
        self._gave_back, self._owes = time.monotonic(), False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, patience: float = 30.0) -> None:
        """End after the turn at hand; a turn that takes longer is given up, and is done again by whoever comes next."""
        self._stop.set()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                done = self._worker.round(stopped=self._stop.is_set)
                self._meters.turned(done)
                self._give_back(done)
            except DriftlineError as error:
                # The database is away, or the disk is full: the next round may do better.
                self._meters.failures.inc()
                LOG.error("round failed", extra={"why": str(error)})
            except Exception:  # noqa: BLE001  the scheduler must outlive any mistake of ours
                self._meters.failures.inc()
                LOG.exception("a mistake in driftline itself")
            self._stop.wait(self._interval)

    def _give_back(self, done: Round) -> None:
        """Now and then, after turns, let go of what they took."""
        self._owes = self._owes or done.turns > 0
        if self._owes and time.monotonic() - self._gave_back >= THRIFT:
            give_back()
            self._gave_back, self._owes = time.monotonic(), False
