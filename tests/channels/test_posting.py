"""Requests that cannot hang, wander off or flood us."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from driftline.channels.posting import LONGEST_ANSWER, Wire
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Service


def test_json_goes_out_and_comes_back(service: Service, wire: Wire) -> None:
    """Unicode too; an answer that is not JSON is its text."""
    service.answers = [(200, {}, b'{"ok": 1}'), (202, {}, b"fine")]
    assert wire.post(f"{service.url}/a?b=1", {"x": "ü"}, {"X-Y": "z"}) == {"ok": 1}
    assert wire.post(service.url, {}) == "fine"
    asked = service.asked[0]
    assert (asked.method, asked.path, asked.body, asked.headers["x-y"]) == ("POST", "/a?b=1", {"x": "ü"}, "z")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["host"] == f"127.0.0.1:{service.port}"


@pytest.mark.parametrize(
    ("status", "error"), [(400, ConfigError), (403, ConfigError), (404, ConfigError), (429, OutsideError), (503, OutsideError)]
)
def test_what_may_be_tried_again(service: Service, wire: Wire, status: int, error: type[Exception]) -> None:
    """A refusal is for good, trouble is for now."""
    service.answers = [(status, {}, b"no")]
    with pytest.raises(error, match=f"{status}: no"):
        wire.post(service.url, {})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_refused(service: Service, wire: Wire, status: int) -> None:
    """Nobody sends us to another, perhaps internal, address."""
    service.answers = [(status, {"Location": f"{service.url}/secret"}, b"")]
    with pytest.raises(ConfigError, match="elsewhere"):
        wire.post(service.url, {})
    assert len(service.asked) == 1


def test_internal_addresses_are_refused_unless_allowed(service: Service) -> None:
    """Nothing is sent there."""
    with pytest.raises(ConfigError, match="internal"):
        Wire().post(service.url, {})
    assert service.asked == []


def test_the_address_that_was_checked_is_the_one_that_is_asked(service: Service) -> None:
    """A name that is resolved a second time could lead elsewhere: it is resolved once."""
    calls: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        calls.append(host)
        return ["127.0.0.1"]

    Wire(internal=True, resolve=resolve).post(f"http://nowhere.example.com:{service.port}/", {})
    assert calls == ["nowhere.example.com"]
    assert service.asked[0].headers["host"].startswith("nowhere.example.com")


def test_the_next_address_is_tried(service: Service) -> None:
    """A host with an address that does not answer still gets its message by another."""
    Wire(internal=True, resolve=lambda host, port: ["127.0.0.2", "127.0.0.1"]).post(service.url, {})
    assert len(service.asked) == 1


def test_a_server_that_drips_is_left(service: Service) -> None:
    """A byte now and then does not keep us: the deadline is for all of it."""

    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    service.answers = [drip]
    begin = time.monotonic()
    with pytest.raises(OutsideError, match="too long"):
        Wire(internal=True, timeout=0.5).post(service.url, {})
    assert time.monotonic() - begin < 3


def test_nobody_there(wire: Wire) -> None:
    """A port where nobody listens is trouble, not a refusal."""
    with pytest.raises(OutsideError, match="did not answer: ConnectionRefusedError"):
        wire.post("http://127.0.0.1:9/", {})


def test_an_endless_answer_is_cut(service: Service, wire: Wire) -> None:
    """No more is read than is of use."""
    service.answers = [(200, {}, b"x" * (LONGEST_ANSWER + 50_000))]
    assert len(wire.post(service.url, {})) == LONGEST_ANSWER


def test_errors_do_not_repeat_the_path(service: Service, wire: Wire) -> None:
    """A webhook's path is its secret."""
    service.answers = [(404, {}, b"")]
    with pytest.raises(ConfigError) as refused:
        wire.post(f"{service.url}/services/T0/B0/sEcReT", {})
    assert "sEcReT" not in str(refused.value)


@pytest.mark.parametrize(("host", "trusted", "fine"), [("hook.test", True, True), ("hook.test", False, False), ("other.test", True, False)])
def test_a_certificate_must_be_trusted_and_of_the_name(
    certified: Callable[[str], tuple[str, str]],
    host: str,
    trusted: bool,  # noqa: FBT001  a row
    fine: bool,  # noqa: FBT001  likewise
) -> None:
    """The connection goes to the address that was checked, and the certificate must still be that of the name."""
    cert, key = certified("hook.test")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> None:
            plain, _ = listening.accept()
            with suppress(OSError), context.wrap_socket(plain, server_side=True) as line:
                asked = b""
                while not asked.endswith(b"{}"):
                    asked += line.recv(4096)
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        wire = Wire(internal=True, timeout=5, trust=cert if trusted else None, resolve=lambda host, port: ["127.0.0.1"])
        if fine:
            assert wire.post(f"https://{host}:{port}/", {}) == {}
        else:
            with pytest.raises(OutsideError, match="SSLCertVerificationError"):
                wire.post(f"https://{host}:{port}/", {})
        thread.join(5)
