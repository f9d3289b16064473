"""The client that a model's own process uses: it never blocks, never raises in the model, and needs the standard library only.

Predictions go into a bounded buffer. A thread of its own sends them in batches, each under an id by which the service counts it
once however often it is sent. While the service is away, batches lie in a spool on the disk, which is bounded too. What does not
fit is dropped, and counted.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any, Self

    Pending = tuple[float, str, object, object, object, object, object, object, object]

MOST_WAITING = 100_000
"""Rows that are in memory."""

BATCH = 1_000
INTERVAL = 1.0
"""Seconds after which a smaller batch is sent too."""

SPOOL_BYTES = 64 << 20
TIMEOUT = 10.0
LONGEST_PAUSE = 30.0
REFUSED = frozenset({400, 401, 403, 404, 409, 413, 415, 422})
"""Answers that sending again will not change."""

LATER = frozenset({401, 403, 404})
"""Of these, those that somebody may mend: a token, a monitor. Rows wait for it."""

PREDICTION, LABEL = "predictions", "labels"
SUFFIX = ".json"


@dataclass(slots=True)
class Counts:
    """What became of the rows of one model.

    Attributes:
        taken: rows that were logged.
        sent: rows that the service has on its disk.
        dropped: rows that were given up: no room in memory or in the spool, or the service will not have them.
        refused: of those sent, rows that the service could not read.
        error: what went wrong last; empty where nothing did.
    """

    taken: int = 0
    sent: int = 0
    dropped: int = 0
    refused: int = 0
    error: str = ""


class Client:
    """A service, and the right to send to it.

    Args:
        url: where the service is, such as `http://127.0.0.1:8321`.
        token: a token with the role of a sender.
        spool: a directory where rows wait while the service is away; memory alone without it.
        spool_bytes: how much may lie there.
        interval: seconds after which rows are sent even where they are few.
        batch: rows that are sent at once.
        waiting: rows that may be in memory.
        timeout: seconds to wait for an answer.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str,
        spool: str | Path | None = None,
        spool_bytes: int = SPOOL_BYTES,
        interval: float = INTERVAL,
        batch: int = BATCH,
        waiting: int = MOST_WAITING,
        timeout: float = TIMEOUT,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.spool = None if spool is None else Path(spool)
        self.spool_bytes = spool_bytes
        self.interval = interval
        self.batch = batch
        self.waiting = waiting
        self.timeout = timeout

    def model(self, name: str) -> Log:
        """A log for one model; use it as `with client.model("churn") as log:`, or call `close` at the end."""
        return Log(self, name)


class Log:
    """Logs predictions and labels of one model, in the background."""

    def __init__(self, client: Client, model: str) -> None:
        self._client = client
        self._model = model
        self.counts = Counts()
        self._rows: deque[Pending] = deque()
        self._lock = threading.Lock()
        self._most = client.waiting
        self._wake = threading.Event()
        self._closed = False
        self._batch = client.batch
        self._sender = Sender(client, model, self.counts)
        self._thread = threading.Thread(target=self._run, name=f"driftline {model}", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def prediction(
        self,
        *,
        features: Mapping[str, object],
        id: object = None,  # noqa: A002  the word everybody uses for it
        score: object = None,
        prediction: object = None,
        timestamp: object = None,
        latency_ms: float | None = None,
        version: str | None = None,
    ) -> None:
        """Log what the model was given and what it said. Returns at once, and never raises.

        Args:
            features: what it was given, by name.
            id: by which a label will find it.
            score: how sure it was: a number, or one number for each class by name.
            prediction: what it said.
            timestamp: when; now without this.
            latency_ms: how long it took.
            version: which version of the model it was.
        """
        try:
            # A model may use its dictionary again.
            copied = dict(features)
        except (TypeError, ValueError) as error:
            self._lose(f"features are no mapping: {error}")
            return
        self._take((time.time(), PREDICTION, id, copied, score, prediction, timestamp, latency_ms, version))

    def label(self, *, id: object, value: object, timestamp: object = None) -> None:  # noqa: A002  the word everybody uses for it
        """Log what turned out to be true of a prediction. The last label of an id counts."""
        self._take((time.time(), LABEL, id, value, None, None, timestamp, None, None))

    def flush(self, timeout: float = 30.0) -> bool:
        """Wait until everything logged so far is sent or spooled; whether it was in time."""
        return self._sender.wait(lambda: not self._rows and not self._sender.busy, self._wake, timeout)

    def close(self, timeout: float = 30.0) -> None:
        """Send what waits, keep in the spool what cannot be sent, and stop."""
        if self._closed:
            return
        self._closed = True
        self._wake.set()
        self._thread.join(timeout)
        atexit.unregister(self.close)

    def __enter__(self) -> Self:
        """Log inside a `with`."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Flush at its end."""
        self.close()

    def _take(self, row: Pending) -> None:
        with self._lock:
            self.counts.taken += 1
            full = len(self._rows) >= self._most or self._closed
            if full:
                self.counts.dropped += 1
            else:
                self._rows.append(row)
        if not full and len(self._rows) == self._batch:
            self._wake.set()

    def _lose(self, why: str) -> None:
        with self._lock:
            self.counts.taken += 1
            self.counts.dropped += 1
            self.counts.error = why

    def _run(self) -> None:
        while not self._closed:
            self._wake.wait(self._client.interval)
            self._wake.clear()
            self._drain()
        self._drain()
        self._sender.finish()

    def _drain(self) -> None:
        """Hand everything that waits to the sender, in batches."""
        sender = self._sender
        sender.busy = True
        try:
            sender.retry()
            while self._rows:
                some = [self._rows.popleft() for _ in range(min(len(self._rows), self._batch))]
                for kind in (PREDICTION, LABEL):
                    chosen = [row for row in some if row[1] is kind]
                    if chosen:
                        sender.send(kind, chosen)
        except Exception as error:  # noqa: BLE001  whatever happens here must not end the thread, nor reach the model
            self.counts.error = f"{type(error).__name__}: {error}"
        finally:
            sender.busy = False


class Sender:
    """Sends batches, and keeps in the spool what cannot be sent now."""

    def __init__(self, client: Client, model: str, counts: Counts) -> None:
        self._client = client
        self._counts = counts
        self._model = quote(model, safe="")
        self._unsent: deque[tuple[str, str, bytes, int]] = deque()
        self._unsent_bytes = 0
        self._pause = 0.0
        self._not_before = 0.0
        self.busy = False
        self._spool = None if client.spool is None else client.spool / self._model
        if self._spool is not None:
            self._found_in_spool(self._spool)

    def send(self, kind: str, rows: list[Pending]) -> None:
        """Send a batch; where that fails, keep it."""
        body, lost = encoded(kind, rows)
        left = len(rows) - lost
        if lost:
            self._counts.dropped += lost
            self._counts.error = f"{lost} rows cannot be written as JSON"
        batch = f"{uuid.uuid4().hex}-{left}"
        if left and (self._unsent or not self._post(kind, batch, body, left)):
            self._keep(kind, batch, body, left)

    def retry(self) -> None:
        """Send what was kept, the oldest first, as long as that works."""
        while self._unsent and time.monotonic() >= self._not_before:
            kind, batch, body, rows = self._unsent[0]
            if not body and self._spool is not None:
                body = (self._spool / f"{kind}-{batch}{SUFFIX}").read_bytes()
            if not self._post(kind, batch, body, rows):
                return
            self._forget()

    def finish(self) -> None:
        """One last try; what is left stays in the spool, or is dropped where there is none."""
        self._not_before = 0.0
        self.retry()
        self._counts.dropped += sum(rows for _, _, body, rows in self._unsent if body)

    def wait(self, done: Any, wake: threading.Event, timeout: float) -> bool:
        """Wait until something is so."""
        until = time.monotonic() + timeout
        while not done():
            if time.monotonic() >= until:
                return False
            wake.set()
            time.sleep(0.005)
        return True

    def _post(self, kind: str, batch: str, body: bytes, rows: int) -> bool:
        """Send one batch; whether it is settled, be it that the service will never have it."""
        headers = {"Authorization": f"Bearer {self._client.token}", "Content-Type": "application/json", "Idempotency-Key": batch}
        request = urllib.request.Request(f"{self._client.url}/v1/models/{self._model}/{kind}", body, headers, method="POST")  # noqa: S310  the user's own URL
        try:
            with urllib.request.urlopen(request, timeout=self._client.timeout) as answer:  # noqa: S310  as above
                said = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return self._refused(error, rows)
        except (OSError, ValueError) as error:
            self._wait_longer(f"{type(error).__name__}: {error}")
            return False
        self._pause = 0.0
        self._counts.sent += rows
        self._counts.refused += int(said.get("refused", 0))
        return True

    def _refused(self, error: urllib.error.HTTPError, rows: int) -> bool:
        with error:
            said = f"{error.code} {error.read(500).decode(errors='replace')}"
        if error.code in REFUSED - LATER:
            self._counts.dropped += rows
            self._counts.error = said
            return True
        self._wait_longer(said)
        return False

    def _wait_longer(self, why: str) -> None:
        """The service is away: ask again after a pause that doubles."""
        self._counts.error = why
        self._pause = min(LONGEST_PAUSE, max(0.25, self._pause * 2))
        self._not_before = time.monotonic() + self._pause

    def _keep(self, kind: str, batch: str, body: bytes, rows: int) -> None:
        """Keep a batch until it can be sent; the newest is dropped where there is no room."""
        if self._unsent_bytes + len(body) > self._client.spool_bytes:
            self._counts.dropped += rows
            return
        self._unsent_bytes += len(body)
        if self._spool is None:
            self._unsent.append((kind, batch, body, rows))
            return
        try:
            self._spool.mkdir(parents=True, exist_ok=True)
            file = self._spool / f"{kind}-{batch}{SUFFIX}"
            draft = file.with_suffix(".draft")
            draft.write_bytes(body)
            draft.replace(file)
            self._unsent.append((kind, batch, b"", rows))
        except OSError as error:
            # The disk is full or forbidden: memory must do.
            self._counts.error = f"the spool cannot be written: {error}"
            self._unsent.append((kind, batch, body, rows))

    def _forget(self) -> None:
        kind, batch, body, _ = self._unsent.popleft()
        size = len(body)
        if self._spool is not None and not body:
            file = self._spool / f"{kind}-{batch}{SUFFIX}"
            size = file.stat().st_size
            file.unlink(missing_ok=True)
        self._unsent_bytes -= size

    def _found_in_spool(self, spool: Path) -> None:
        """What an earlier process could not send is sent by this one."""
        if not spool.is_dir():
            return
        for file in sorted(spool.glob(f"*{SUFFIX}"), key=os.path.getmtime):
            kind, _, batch = file.stem.partition("-")
            self._unsent.append((kind, batch, b"", int(batch.rpartition("-")[2])))
            self._unsent_bytes += file.stat().st_size


def encoded(kind: str, rows: list[Pending]) -> tuple[bytes, int]:
    """A batch as JSON, and how many rows could not be written: those must not cost the others."""
    try:
        return _dumped([_row(kind, row) for row in rows]).encode(), 0
    except (TypeError, ValueError, RecursionError, OverflowError):
        texts = []
        for row in rows:
            try:
                texts.append(_dumped(_row(kind, row)))
            except (TypeError, ValueError, RecursionError, OverflowError):
                continue
        return f"[{','.join(texts)}]".encode(), len(rows) - len(texts)


def _dumped(value: object) -> str:
    return json.dumps(value, default=_plain, separators=(",", ":"))


def _row(kind: str, row: Pending) -> dict[str, object]:
    at, _, ident, first, score, prediction, timestamp, latency, version = row
    when = timestamp if timestamp is not None else datetime.fromtimestamp(at, UTC).isoformat()
    if kind is LABEL:
        return {"id": ident, "value": first, "timestamp": when}
    said = {
        "id": ident,
        "features": first,
        "score": score,
        "prediction": prediction,
        "timestamp": when,
        "latency_ms": latency,
        "version": version,
    }
    return {name: value for name, value in said.items() if value is not None}


def _plain(value: Any) -> object:
    """A NumPy number as a number, a time as ISO 8601, anything else as its text."""
    if hasattr(value, "item"):
        return value.item()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
