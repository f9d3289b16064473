"""One HTTP request that cannot hang, wander off or flood us: a deadline, a pinned address, no redirects, a short answer."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from contextlib import closing
from dataclasses import dataclass
from threading import Event, Timer
from typing import TYPE_CHECKING, Any

from driftline.channels.addresses import target
from driftline.errors import ConfigError, OutsideError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.channels.addresses import Resolve, Target

TIMEOUT = 10.0
"""Seconds for one request, from resolving the name to the last byte of the answer."""

LONGEST_ANSWER = 100_000
TOO_MANY, REQUEST_TIMEOUT, TOO_EARLY = 429, 408, 425
AGENT = "driftline"


@dataclass(frozen=True, slots=True)
class Wire:
    """How requests are made.

    Attributes:
        timeout: seconds for all of it.
        internal: internal addresses are allowed.
        trust: certificates beside those of the system, as a file; None for no others.
        resolve: from host and port to addresses; the system's way for None.
    """

    timeout: float = TIMEOUT
    internal: bool = False
    trust: str | None = None
    resolve: Resolve | None = None

    def post(self, url: str, body: object, headers: Mapping[str, str] | None = None) -> Any:
        """Post JSON; the answer's JSON, or its text.

        Raises:
            ConfigError: the URL is wrong, or the receiver refuses what it is given: trying again is of no use.
            OutsideError: the receiver did not answer, or is in trouble: trying again may help.
        """
        return self.send(
            "POST", url, json.dumps(body, ensure_ascii=False).encode(), {"Content-Type": "application/json", **(headers or {})}
        )

    def send(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """One request of any kind; as `post`."""
        found = target(url, internal=self.internal, resolve=self.resolve)
        connection = self._connection(found)
        # A server that sends a byte now and then never lets a socket time out by itself.
        late = Event()
        timer = Timer(self.timeout, _hang_up, [connection, late])
        timer.daemon = True
        timer.start()
        try:
            with closing(connection):
                connection.request(method, found.path, body, {"User-Agent": AGENT, **headers})
                answer = connection.getresponse()
                text = answer.read(LONGEST_ANSWER).decode("utf-8", "replace")
            if late.is_set():
                # An answer without a length that was cut off looks like one that is whole.
                raise TimeoutError
        except (OSError, http.client.HTTPException) as error:
            why = "it took too long" if isinstance(error, TimeoutError) or late.is_set() else type(error).__name__
            raise OutsideError(f"{found.named} did not answer: {why}", hint="it is tried again") from error
        finally:
            timer.cancel()
        _judge(found, answer.status, text)
        return _read(text)

    def _connection(self, found: Target) -> _Pinned | _PinnedSecure:
        if found.scheme == "http":
            return _Pinned(found, self.timeout)
        context = ssl.create_default_context()
        if self.trust:
            context.load_verify_locations(self.trust)
        return _PinnedSecure(found, self.timeout, context)


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked, whatever the name says now."""

    def __init__(self, found: Target, timeout: float) -> None:
        super().__init__(found.host, found.port, timeout=timeout)
        self._found = found
        self.line: socket.socket | None = None

    def connect(self) -> None:
        """Open the socket."""
        self.line = self.sock = _opened(self._found, self.timeout)


class _PinnedSecure(http.client.HTTPSConnection):
    """The same with TLS: the certificate must be the name's."""

    def __init__(self, found: Target, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(found.host, found.port, timeout=timeout, context=context)
        self._found, self._tls = found, context
        self.line: socket.socket | None = None

    def connect(self) -> None:
        """Open the socket."""
        self.line = _opened(self._found, self.timeout)
        self.line = self.sock = self._tls.wrap_socket(self.line, server_hostname=self.host)


def _opened(found: Target, timeout: float | None) -> socket.socket:
    """A connection to the first of the addresses that takes one."""
    *before, last = found.addresses
    for address in before:
        try:
            return socket.create_connection((address, found.port), timeout)
        except OSError:
            continue
    return socket.create_connection((last, found.port), timeout)


def _hang_up(connection: _Pinned | _PinnedSecure, late: Event) -> None:
    late.set()
    # `connection.sock` is forgotten while an answer without a length is read.
    if connection.line is not None:
        try:
            connection.line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _judge(found: Target, status: int, text: str) -> None:
    """Whether the receiver took it, refuses it, or is in trouble."""
    if 200 <= status < 300:  # noqa: PLR2004  HTTP's own numbers
        return
    if 300 <= status < 400:  # noqa: PLR2004  likewise
        raise ConfigError(f"{found.named} sends us elsewhere ({status}), where we do not go", hint="write the address that it leads to")
    said = f": {text[:200].strip()}" if text.strip() else ""
    if status in {REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY} or status >= 500:  # noqa: PLR2004  likewise
        raise OutsideError(f"{found.named} answered {status}{said}", hint="it is tried again")
    raise ConfigError(f"{found.named} refuses the message with {status}{said}", hint="check the address and the secret")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
