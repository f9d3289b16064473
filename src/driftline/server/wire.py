"""The wire: a head leaves together with its body, and whoever is answered while still sending can read the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 1 << 16
"""Bytes that leave at once: whoever sends much must hear of a slow reader."""

REST, PATIENCE = 256 << 20, 10.0
"""So many bytes, and for so many seconds, are taken and dropped from one who was answered already."""


class Together:
    """A transport that sends in one call what is written before the loop goes on.

    Args:
        transport: the one to the socket.
        protocol: whose it is.
        sending: whether the other side has more of a request to send.
    """

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.BaseProtocol, sending: Callable[[], bool]) -> None:
        self._transport = transport
        self._protocol, self._sending = protocol, sending
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._size = 0
        self._left = False

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(data)
        self._size += len(data)
        if self._size >= MOST:
            self._send()

    def close(self) -> None:
        """Close when all is sent; where something is still coming, when that has come, or is too much."""
        self._send()
        if self.is_closing() or not self._sending():
            self._transport.close()
            return
        self._left = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.set_protocol(Rest(self._transport, self._protocol))
        self._transport.resume_reading()

    def is_closing(self) -> bool:
        """Whether nothing more will be said."""
        return self._left or self._transport.is_closing()

    def _send(self) -> None:
        if self._parts:
            parts, self._parts, self._size = self._parts, [], 0
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Rest(asyncio.Protocol):
    """Drops what somebody goes on sending who was answered already, and who reads only then.

    A connection that is closed while something comes is reset, and the answer lost.
    """

    def __init__(self, transport: asyncio.Transport, before: asyncio.BaseProtocol) -> None:
        self._transport, self._before = transport, before
        self._room = REST
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, transport.close)

    def data_received(self, data: bytes) -> None:
        """Drop it."""
        self._room -= len(data)
        if self._room < 0:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side has closed, or we have."""
        self._timer.cancel()
        self._before.connection_lost(exc)


class Wire(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses between two when it is loaded
    """uvicorn's protocol, which writes a head and a body in two calls, and closes when it has answered."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Somebody called."""
        super().connection_made(Together(transport, self, lambda: self.cycle is not None and self.cycle.more_body))
