"""What is written down of every answer: lines of JSON in files that are bounded, which intake and rollouts read."""

from __future__ import annotations

import json
import os
import queue
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import BufferedWriter
    from pathlib import Path

WAITING = 100_000
"""So many records wait for the disk; more are left out, and counted."""

SEGMENT = 32 << 20
"""Bytes of a file, after which the next is begun."""

AT_ONCE = 2000
SUFFIX = ".jsonl"


class Spool:
    """A folder of records, written behind the answers' back.

    Args:
        folder: where files are written.
        most: bytes of all files together; the oldest go first.
    """

    def __init__(self, folder: Path, most: int = 4 << 30) -> None:
        self._folder, self._most = folder, most
        self._queue: queue.Queue[dict[str, Any] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        self._sequence = 0
        self.written = self.dropped = 0
        self.trouble = ""
        folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def put(self, record: dict[str, Any]) -> None:
        """Write a record soon; never waits."""
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, and end."""
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        file: BufferedWriter | None = None
        over = False
        while not over:
            records = [self._queue.get()]
            while len(records) < AT_ONCE and not self._queue.empty():
                records.append(self._queue.get_nowait())
            over = None in records
            told = [record for record in records if record is not None]
            try:
                if file is None or file.tell() > SEGMENT:
                    file = self._next(file)
                # Whole lines in one write: a reader never sees half of one, but for a crash.
                file.write(b"".join(json.dumps(record, default=str).encode() + b"\n" for record in told))
                file.flush()
                self.written += len(told)
            except OSError as error:
                self.dropped += len(told)
                self.trouble = str(error)
                file = None
        if file is not None:
            file.close()

    def _next(self, before: BufferedWriter | None) -> BufferedWriter:
        """Begin a file, and make room for it."""
        if before is not None:
            before.close()
        files = sorted(self._folder.glob(f"*{SUFFIX}"))
        sizes = [file.stat().st_size for file in files]
        while files and sum(sizes) > self._most - SEGMENT:
            files.pop(0).unlink(missing_ok=True)
            sizes.pop(0)
        self._sequence += 1
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{os.getpid()}-{self._sequence:05d}{SUFFIX}"
        return (self._folder / name).open("ab")
