"""Lines: one connection serves many messages, and none that was hung up, belongs elsewhere or has become old."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from driftline.channels import lines
from driftline.channels.lines import left
from driftline.channels.posting import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.callers += 1  # type: ignore[attr-defined]  # put there below

    def do_POST(self) -> None:  # http.server's name
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        if self.path == "/last":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")
        self.close_connection = self.path in {"/last", "/rude"}

    def log_message(self, *words: Any) -> None:
        return


@contextmanager
def listening() -> Iterator[Any]:
    """A server that keeps connections, and counts them."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.callers, server.url = 0, f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_line_serves_many_messages() -> None:
    """One after another."""
    with listening() as server:
        wire = Wire(internal=True)
        assert [wire.post(server.url, {}) for _ in range(5)] == [{}] * 5
        assert server.callers == 1


@pytest.mark.parametrize("path", ["/last", "/rude"])
def test_a_line_that_was_hung_up_is_left(path: str) -> None:
    """Whether the other side says so or not, the next message arrives by another."""
    with listening() as server:
        wire = Wire(internal=True)
        assert wire.post(server.url + path, {}) == {}
        until = time.monotonic() + 10
        while any(one.line.silent for kept in wire.kept.lines.values() for one in kept):
            # The other side is about to hang up.
            assert time.monotonic() < until
        assert wire.post(server.url, {}) == {}
        assert server.callers == 2


def test_a_line_that_is_old_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other side may be about to hang up."""
    monkeypatch.setattr(lines, "IDLE", 0.0)
    with listening() as server:
        wire = Wire(internal=True)
        assert [wire.post(server.url, {}) for _ in range(2)] == [{}] * 2
        assert server.callers == 2


def test_a_line_goes_only_where_its_name_leads_now() -> None:
    """A name that has got another address is not spoken to at the old one."""
    with listening() as server:
        address = ["127.0.0.1"]
        wire = Wire(internal=True, resolve=lambda _host, _port: list(address))
        for address[0] in ("127.0.0.1", "127.0.0.1", "127.0.0.2"):
            if address[0] == "127.0.0.2":
                with pytest.raises(Exception, match="did not answer"):
                    wire.post(f"http://hook.test:{server.server_port}/", {})
            else:
                wire.post(f"http://hook.test:{server.server_port}/", {})
        assert server.callers == 1


def test_a_deadline_that_is_over() -> None:
    """Nothing is waited for any more."""
    with pytest.raises(TimeoutError):
        left(time.monotonic() - 1)
