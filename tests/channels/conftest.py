"""Real servers on this machine, to which channels speak as to the services that they are for."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from driftline.alerting.announcement import Announcement, Point
from driftline.channels.posting import Wire
from driftline.channels.secrets import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class Asked:
    """One request as the server saw it."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """Its JSON."""
        return json.loads(self.raw)


@dataclass
class Service:
    """A server that keeps what it is asked, and answers as it is told.

    `answers` are used up one by one: a status with headers and a body, or something to do with the raw connection.
    """

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    usual: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    def _answer(self) -> None:
        service: Service = self.server.service  # type: ignore[attr-defined]  # put there below
        length = int(self.headers.get("Content-Length") or 0)
        service.asked.append(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length)))
        answer = service.answers.pop(0) if service.answers else service.usual
        if callable(answer):
            answer(self)
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = _answer  # noqa: N815  http.server's name
    do_GET = _answer  # noqa: N815  likewise

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    """A web service on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    made = Service(server.server_address[1])
    server.service = made  # type: ignore[attr-defined]  # the handler looks there
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def wire() -> Wire:
    """Requests that may go to this machine."""
    return Wire(timeout=5, internal=True)


@pytest.fixture
def secret() -> Callable[[str], Reference]:
    """References to secrets."""
    return lambda value: Reference("env:IT", environ={"IT": value})


@pytest.fixture
def announcement() -> Announcement:
    """One that has everything, and names that try to be more than names."""
    return Announcement(
        key="payments/2026-03-09",
        id="payments/2026-03-09/opened/2026-03-09",
        monitor="payments",
        news="opened",
        tier="page",
        subject="[act now] payments: data fault in <!channel> since 2026-03-09",
        body='"<b>amount</b>" is gone & more. It may cost. Repair the feed of [amount](http://x).',
        window="2026-03-09",
        since="2026-03-08",
        names=("amount",),
        about="drift of amount",
        figure=tuple(Point(label=str(n), value=float(n % 5), drifted=n > 8) for n in range(12)),
        link="https://driftline.example.com/payments/2026-03-09",
    )


@pytest.fixture
def handler() -> type[BaseHTTPRequestHandler]:
    """How a server answers as a `Service` says, for those that need another door."""
    return _Handler


@pytest.fixture
def certified(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    """Certificates by host."""

    def made_for(host: str) -> tuple[str, str]:
        """A certificate for a host, signed by itself, and its key, as files."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        signed = made.sign(key, hashes.SHA256())
        pem = serialization.Encoding.PEM
        (tmp_path / "cert.pem").write_bytes(signed.public_bytes(pem))
        plain = serialization.NoEncryption()
        (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        return str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")

    return made_for
