"""Folding SQLite's log into its database, beside those who write: no commit that somebody waits for has to do it on the way.

A commit that finds the log long folds it before it returns, which takes five times as long as the commit itself.
"""

from __future__ import annotations

from threading import Condition, Thread
from typing import TYPE_CHECKING

from driftline.errors import OutsideError

if TYPE_CHECKING:
    from driftline.store.database import Database

LOG = 8 << 20
"""Bytes after which the log is folded: long before a commit would do it, and seldom enough to be no burden."""

A_COMMIT = 40_000
"""Bytes that a commit adds to the log beside the rows: pages of indices and receipts."""

TIMES = 4
"""What was written meanwhile is folded too, so that the log begins anew; at most so often, for writers may never rest."""


class Folding:
    """A thread that folds the log whenever enough was written; none where the database has no such log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._written = 0
        self._changed = Condition()
        self._closed = False
        self._thread = Thread(target=self._run, name="folding", daemon=True)

    def wrote(self, size: int) -> None:
        """Tell that rows of so many bytes were written in a commit."""
        with self._changed:
            self._written += size + A_COMMIT
            if self._written < LOG or not self._database.is_sqlite:
                return
            if self._thread.ident is None:
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while self._wait():
            try:
                for _ in range(TIMES):
                    if self._database.fold():
                        break
            except OutsideError:
                # The disk is full, or it is locked: a commit will do it when it can.
                continue

    def _wait(self) -> bool:
        """Wait until there is enough to fold; whether to go on."""
        with self._changed:
            while self._written < LOG and not self._closed:
                self._changed.wait()
            self._written = 0
            return not self._closed
