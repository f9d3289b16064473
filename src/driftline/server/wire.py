"""The wire: what is answered in one turn of the event loop leaves in one call of the system, a head together with its body."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

MOST = 1 << 16
"""Bytes that leave at once: whoever sends much must hear of a slow reader."""


class Together:
    """A transport that sends in one call what is written before the loop goes on."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Send soon."""
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(data)
        self._size += len(data)
        if self._size >= MOST:
            self._send()

    def close(self) -> None:
        """Close when all is sent."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        if self._parts:
            parts, self._parts, self._size = self._parts, [], 0
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Wire(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # uvicorn chooses between two when it is loaded
    """uvicorn's protocol, which writes a head and a body in two calls."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Somebody called."""
        super().connection_made(Together(transport))
