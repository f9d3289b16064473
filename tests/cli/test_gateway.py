"""`driftline gateway` as it is run: a process in front of a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.gateway.upstream import Upstream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JSON = [(b"content-type", b"application/json")]


class Twice(BaseHTTPRequestHandler):
    """A model that doubles."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body leave together

    def do_POST(self) -> None:
        """Answer."""
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps({"score": said["x"] * 2}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def model() -> Iterator[str]:
    """The address of a model server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Twice)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def gateway(*words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command in a process, listening."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    command = [sys.executable, "-m", "driftline", "gateway", "--port", str(port), *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            asyncio.run(there(port))
            yield process, port
        finally:
            process.terminate()


async def there(port: int) -> None:
    """Wait until it answers."""
    client = Upstream(f"http://127.0.0.1:{port}")
    for _ in range(300):
        try:
            await client.ask(b"GET", b"/driftline/status", [], b"", 5)
        except UpstreamError:
            await asyncio.sleep(0.05)
        else:
            break
    client.close()
    await asyncio.sleep(0)


async def ask(port: int, numbers: range) -> list[float]:
    """Ask one after another."""
    client = Upstream(f"http://127.0.0.1:{port}")
    found = []
    for x in numbers:
        answer = await client.ask(b"POST", b"/predict", JSON, json.dumps({"x": x}).encode(), 30)
        found.append(json.loads(answer.body)["score"] if answer.status == 200 else answer.status)
    client.close()
    await asyncio.sleep(0)
    return found


def test_it_answers_and_ends_when_asked(tmp_path: Path, model: str) -> None:
    """Requests are answered by the champion, and when it is asked to end, every record is on disk."""
    with gateway("--champion", model, "--spool", str(tmp_path / "spool")) as (process, port):
        assert asyncio.run(ask(port, range(50))) == [2 * x for x in range(50)]
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    lines = [line for file in (tmp_path / "spool").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert sorted(json.loads(line)["score"] for line in lines) == [2 * x for x in range(50)]


@pytest.mark.slow
def test_a_reload_fails_no_request(tmp_path: Path, model: str) -> None:
    """While its processes are replaced one by one, every request is answered."""
    with gateway("--champion", model, "--spool", str(tmp_path), "--workers", "2") as (process, port):

        async def play() -> list[float]:
            first = await ask(port, range(20))
            os.kill(process.pid, signal.SIGHUP)
            return first + await ask(port, range(20, 200))

        assert asyncio.run(play()) == [2 * x for x in range(200)]


def test_what_is_no_address_is_refused() -> None:
    """A mistake is told before anything listens."""
    found = CliRunner().invoke(main, ["gateway", "--champion", "localhost"])
    assert found.exit_code == 2
    assert "is no address of a model server" in found.stderr
