"""Sends what the gateway wrote down to the service: a process of its own beside the gateway, so that sending delays no answer.

The records on the disk are the queue. What is about to be sent is noted first, as a part of a file, and the part's name is the
batch's id: after any crash the very same part is sent again under the same id, and the service counts it once.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from driftline import paper
from driftline.errors import DriftlineError, StateError
from driftline.gateway.record import SAID, features
from driftline.gateway.settings import ENVIRONMENT, Settings
from driftline.lock import held

if TYPE_CHECKING:
    from collections.abc import Callable

NOTE, LOCK = ".sent.json", ".sending.lock"
EVERY = 0.5
"""Seconds between looks at the records."""

LONGEST_PAUSE = 10.0
"""Seconds between tries while the service is away."""

TIMEOUT = 10.0
ROWS, BYTES = 1000, 1 << 20
"""Of one batch, at most."""

NEVER = frozenset({400, 409, 413, 415, 422})
"""Answers that sending again will not change; any other is tried again, for a token or a monitor may be put right."""


@dataclass(slots=True)
class Note:
    """How far sending came; kept beside the records.

    Attributes:
        places: by file, the bytes of it that are settled.
        sending: file, beginning and end of the part that is on its way; empty where none is.
        sent: rows that the service has on its disk.
        refused: rows that it will never have.
        lost: bytes that made room for newer records before they were sent.
        trouble: what went wrong last; empty where nothing does.
    """

    places: dict[str, int] = field(default_factory=dict)
    sending: tuple[str, int, int] | None = None
    sent: int = 0
    refused: int = 0
    lost: int = 0
    trouble: str = ""

    @classmethod
    def read(cls, folder: Path) -> Note:
        """The note in a folder; a new one where there is none."""
        found = paper.read(folder / NOTE) or {}
        told = {name: found[name] for name in ("places", "sent", "refused", "lost", "trouble") if name in found}
        return cls(**told, sending=tuple(found["sending"]) if found.get("sending") else None)

    def write(self, folder: Path) -> None:
        """Keep it."""
        names = ("places", "sending", "sent", "refused", "lost", "trouble")
        paper.write(folder / NOTE, {"schema": 1, **{name: getattr(self, name) for name in names}})


class Sender:
    """Sends the records in a folder; the only one that does, as long as it lives.

    Args:
        folder: of the records.
        url: the service.
        monitor: the monitor that watches the model.
        token: with the role of a sender.
    """

    def __init__(self, folder: Path, url: str, monitor: str, token: str) -> None:
        self._folder, self._token = folder, token
        self._url = f"{url.rstrip('/')}/v1/models/{quote(monitor, safe='')}/predictions"
        self._sizes: dict[str, int] = {}
        self.note = Note.read(folder)

    def round(self) -> bool:
        """Send what is there; whether all of it is settled."""
        changed = self._look()
        while (part := self.note.sending or self._next()) is not None:
            if part != self.note.sending:
                self.note.sending = part
                self.note.write(self._folder)
            if not self._settle(part):
                self.note.write(self._folder)
                return False
            changed = True
        if changed:
            self.note.write(self._folder)
        return True

    def _look(self) -> bool:
        """Learn which files there are; whether one went before all of it was sent."""
        sizes = {file.name: file.stat().st_size for file in self._folder.glob("*.jsonl")}
        gone = [name for name in self.note.places if name not in sizes]
        for name in gone:
            self.note.lost += max(self._sizes.get(name, 0) - self.note.places.pop(name), 0)
            if self.note.sending and self.note.sending[0] == name:
                self.note.sending = None
        self._sizes = sizes
        self.note.places = {name: self.note.places.get(name, 0) for name in sorted(sizes)}
        return bool(gone)

    def _next(self) -> tuple[str, int, int] | None:
        """The next part: whole lines of the oldest file that has any."""
        for name, place in self.note.places.items():
            if self._sizes[name] > place:
                lines = self._read(name, place, place + BYTES).splitlines(keepends=True)[:ROWS]
                size = sum(len(line) for line in lines if line.endswith(b"\n"))
                if size or self._sizes[name] - place > BYTES:
                    # A line that is longer than a batch is no record that the service takes.
                    return name, place, place + (size or BYTES)
        return None

    def _read(self, name: str, begin: int, end: int) -> bytes:
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(begin)
                return file.read(end - begin)
        except FileNotFoundError:
            return b""

    def _settle(self, part: tuple[str, int, int]) -> bool:
        """Send a part; whether it is settled, be it that the service will never have it."""
        name, begin, end = part
        rows = rows_of(self._read(name, begin, end))
        if rows and not self._post(f"{name.removesuffix('.jsonl')}-{begin}-{end}", rows):
            return False
        self.note.places[name], self.note.sending = end, None
        return True

    def _post(self, batch: str, rows: list[dict[str, Any]]) -> bool:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Idempotency-Key": batch}
        body = json.dumps(rows, separators=(",", ":")).encode()
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310  the user's own URL
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  as above
                refused = int(json.loads(answer.read()).get("refused", 0))
        except urllib.error.HTTPError as error:
            with error:
                self.note.trouble = f"{error.code} {error.read(300).decode(errors='replace')}"
            self.note.refused += len(rows) if error.code in NEVER else 0
            return error.code in NEVER
        except (OSError, ValueError) as error:
            self.note.trouble = f"the service does not answer: {error}"
            return False
        self.note.sent += len(rows) - refused
        self.note.refused += refused
        self.note.trouble = f"{refused} rows of {batch} could not be read" if refused else ""
        return True


def rows_of(lines: bytes) -> list[dict[str, Any]]:
    """Records as the service takes them; what is no record is left out."""
    found = []
    for line in lines.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue  # half a line, from a crash
        if isinstance(record, dict):
            found.append(_row(record))
    return found


def _row(record: dict[str, Any]) -> dict[str, Any]:
    row = {"id": record.get("id"), "timestamp": record.get("ts"), **{name: record[name] for name in SAID if name in record}}
    if record.get("version"):
        row["version"] = record["version"]
    return {**row, "features": features(record)}


def status(folder: Path) -> dict[str, Any]:
    """How far sending came, for the gateway's status."""
    try:
        note = Note.read(folder)
        there = {file.name: file.stat().st_size for file in folder.glob("*.jsonl")}
    except (DriftlineError, OSError, TypeError) as error:
        return {"trouble": str(error)}
    waiting = sum(max(size - note.places.get(name, 0), 0) for name, size in there.items())
    return {"rows": note.sent, "refused": note.refused, "waiting_bytes": waiting, "lost_bytes": note.lost, "trouble": note.trouble}


def main() -> None:
    """Send until whoever began this process has closed its standard input, or is gone; then once more."""
    settings = Settings.read(os.environ[ENVIRONMENT])
    over = threading.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    folder = Path(settings.spool)
    while True:
        try:
            with held(folder / LOCK, "sending"):
                send(Sender(folder, settings.service, settings.monitor, settings.service_token), over.wait)
        except StateError:
            # Somebody else sends: another gateway, or the last words of one that was killed.
            if not over.wait(EVERY):
                continue
        return


def send(sender: Sender, over: Callable[[float], bool]) -> None:
    """Rounds, further apart while they fail, until it is over."""
    pause = EVERY
    while not over(pause):
        pause = EVERY if sender.round() else min(2 * pause, LONGEST_PAUSE)
    until = time.monotonic() + TIMEOUT
    while not sender.round() and time.monotonic() < until:
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
