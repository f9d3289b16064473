"""A receiver of training requests as somebody else would write it, and a request for it."""

from __future__ import annotations

import hmac
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.signing import signature
from driftline.sources.opening import open_source
from driftline.training.order import Order
from driftline.training.snapshot import Wanted, take
from driftline.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

SECRET = "between us"
TRAIN = "import sys, pathlib, time; time.sleep(float(sys.argv[2])); pathlib.Path(sys.argv[1], 'model').write_text('1')"


@pytest.fixture
def request_of(tmp_path: Path) -> Order:
    """A request with a snapshot of some rows."""

    def cut(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, list[Window]]:
        return np.zeros(len(batch), np.int64), np.zeros(len(batch), np.int64), [Window(0, "all")]

    found = take(open_source({"amount": [1.0, 2.0]}), Wanted(), cut, tmp_path / "rows", datetime(2026, 1, 1, tzinfo=UTC))
    return Order(model="shop", reason="recall fell", rows=str(found.folder), digest=found.digest)


class Trainer(ThreadingHTTPServer):
    """Runs trainings in processes, and remembers them by name."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Receiver)
        self.runs: dict[str, tuple[subprocess.Popen[bytes], dict[str, Any]]] = {}
        self.lasts, self.fails, self.troubles = 0.2, 0, 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_address[1]}/runs"


class Receiver(BaseHTTPRequestHandler):
    """The webhook's other side."""

    server: Trainer

    def do_POST(self) -> None:
        """Begin a run, unless there is one of this name."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if not self._signed(body):
            return
        said = json.loads(body)
        if self.server.troubles:
            self.server.troubles -= 1
            self._say(503, {})
            return
        if said["run"] not in self.server.runs:
            self.server.fails -= 1
            program = TRAIN if self.server.fails < 0 else "raise SystemExit(3)"
            process = subprocess.Popen([sys.executable, "-c", program, said["output"], str(self.server.lasts)])
            self.server.runs[said["run"]] = (process, said)
        self._say(202, {"state": "running"})

    def do_GET(self) -> None:
        """How a run stands."""
        name = self.path.rpartition("/")[2]
        if not self._signed(b""):
            return
        if name not in self.server.runs:
            self._say(404, {})
            return
        process, said = self.server.runs[name]
        code = process.poll()
        state = "running" if code is None else "failed" if code else "trained"
        self._say(200, {"state": state, "why": f"code {code}" if code else "", "output": said["output"]})

    def do_DELETE(self) -> None:
        """End a run."""
        if self._signed(b""):
            self.server.runs[self.path.rpartition("/")[2]][0].kill()
            self._say(200, {})

    def _signed(self, body: bytes) -> bool:
        told = signature(SECRET, self.headers["X-Driftline-Time"] or "", self.command, self.path, body)
        if hmac.compare_digest(self.headers["X-Driftline-Signature"] or "", told):
            return True
        self._say(403, {"error": "who are you"})
        return False

    def _say(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def trainer() -> Iterator[Trainer]:
    """A receiver that is on."""
    server = Trainer()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    for process, _ in server.runs.values():
        process.kill()
        process.wait()
