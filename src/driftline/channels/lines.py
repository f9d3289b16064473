"""Lines: connections to an address that was checked, with one deadline for all that is said, kept a moment for the next message."""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from driftline.channels.addresses import Target

IDLE = 2.0
"""Seconds for which a line is kept: less than any server waits for a next request."""

KEPT = 32
"""So many lines are kept to one address."""


class _Bytes(io.RawIOBase):
    """What comes in, until the deadline: a server that sends a byte now and then never lets a socket time out by itself."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # what io.BufferedReader gives
        """Wait for the next bytes."""
        return self._line.patient().recv_into(buffer)

    def close(self) -> None:
        """Nobody reads any more."""
        if not self.closed:
            super().close()
            self._line.let_go(-1)


class Line:
    """A socket as `http.client` uses it, with a deadline."""

    def __init__(self, wire: socket.socket, until: float) -> None:
        self._wire, self.until = wire, until
        self._readers, self._over = 0, False

    def patient(self) -> socket.socket:
        """The socket, which waits until the deadline and no longer."""
        self._wire.settimeout(left(self.until))
        return self._wire

    def sendall(self, data: bytes) -> None:
        """Send."""
        self.patient().sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002  as http.client calls it
        """What comes in."""
        self._readers += 1
        return io.BufferedReader(_Bytes(self))

    def close(self) -> None:
        """Hang up, once what is being read was read: `http.client` closes first where it is the last answer."""
        self._over = True
        self.let_go(0)

    def let_go(self, readers: int) -> None:
        """So many more read; the last closes what nobody needs."""
        self._readers += readers
        if self._over and not self._readers:
            self._wire.close()

    @property
    def silent(self) -> bool:
        """Whether the other side has neither hung up nor said anything that nobody asked for."""
        return not select.select([self._wire], [], [], 0)[0]


def left(until: float) -> float:
    """Seconds until the deadline.

    Raises:
        TimeoutError: there are none.
    """
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class Connection(http.client.HTTPConnection):
    """Speaks to the address that was checked, whatever the name says now."""

    auto_open = 0  # It would ask for the name again.

    def __init__(self, found: Target, until: float, context: ssl.SSLContext | None) -> None:
        super().__init__(found.host, found.port)
        # What http.client writes into the header `Host` only where it is not the usual one.
        self.default_port = 443 if context else 80
        self.line = Line(_opened(found, until, context), until)
        self.sock = cast("socket.socket", self.line)
        self.last = 0.0


def _opened(found: Target, until: float, context: ssl.SSLContext | None) -> socket.socket:
    """A connection to the first of the addresses that takes one; with TLS, the certificate must be the name's."""
    *before, last = found.addresses
    for address in before:
        try:
            wire = socket.create_connection((address, found.port), left(until))
        except TimeoutError:
            raise
        except OSError:
            continue
        return _secured(wire, found, until, context)
    return _secured(socket.create_connection((last, found.port), left(until)), found, until, context)


def _secured(wire: socket.socket, found: Target, until: float, context: ssl.SSLContext | None) -> socket.socket:
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None:
        return wire
    try:
        wire.settimeout(left(until))
        return context.wrap_socket(wire, server_hostname=found.host)
    except BaseException:
        wire.close()
        raise


@dataclass(slots=True)
class Kept:
    """Lines that may be used again, by where they lead and how."""

    lines: dict[tuple[object, ...], deque[Connection]] = field(default_factory=dict)

    def line(self, found: Target, until: float, trust: str | None) -> Connection:
        """A line that is there and works, or a new one."""
        key = _key(found, trust)
        waiting = self.lines.get(key)
        while waiting:
            try:
                one = waiting.pop()
            except IndexError:
                break
            if time.monotonic() - one.last < IDLE and one.line.silent:
                one.line.until = until
                return one
            one.close()
        return Connection(found, until, trusting(trust) if found.scheme == "https" else None)

    def keep(self, one: Connection, found: Target, trust: str | None) -> None:
        """Keep a line whose answer was read to its end, unless the other side wants to hang up."""
        waiting = self.lines.setdefault(_key(found, trust), deque())
        if one.sock is None or len(waiting) >= KEPT:
            one.close()
            return
        one.last = time.monotonic()
        waiting.append(one)

    def close(self) -> None:
        """Hang up."""
        while self.lines:
            _, waiting = self.lines.popitem()
            for one in waiting:
                one.close()

    def __del__(self) -> None:
        self.close()


def _key(found: Target, trust: str | None) -> tuple[object, ...]:
    return found.scheme, found.host, found.port, found.addresses, trust


def trusting(trust: str | None) -> ssl.SSLContext:
    """The system's certificates, and those of a file beside them."""
    context = ssl.create_default_context()
    if trust:
        context.load_verify_locations(trust)
    return context
