"""A model server as the gateway knows it: connections that are kept, one request on each, answers within a time.

HTTP/1.1 by httptools over asyncio: a general client costs more than the rest of the gateway together.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httptools

if TYPE_CHECKING:
    from collections.abc import Iterable

HOP = frozenset(
    {b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"proxy-authorization", b"host", b"content-length"}
)
"""Headers of one connection, which are not passed on."""

MOST_IDLE = 64
LARGEST = 64 << 20
"""Bytes of an answer; more is none."""


class UpstreamError(Exception):
    """A model server gave no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model server said."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Upstream:
    """One model server.

    Args:
        url: where it is, such as `http://127.0.0.1:8080`; a path in it goes before every request's path.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self._host, self._prefix = parts.hostname or "localhost", parts.path.rstrip("/").encode()
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._authority = parts.netloc.rpartition("@")[2].encode()
        self._idle: list[_Line] = []

    async def ask(self, method: bytes, target: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes, timeout: float) -> Answer:  # noqa: ASYNC109  the whole answer has this time, new connection and all
        """Ask.

        A kept connection may have been closed on the other side meanwhile: then a new one is made, once.

        Args:
            method: GET, POST, ….
            target: path and query.
            headers: of the request.
            body: of the request.
            timeout: seconds for all of it.

        Raises:
            UpstreamError: no answer, none in time, or nothing that is HTTP.
        """
        kept = [(name, value) for name, value in headers if name.lower() not in HOP]
        head = b"".join([method, b" ", self._prefix, target, b" HTTP/1.1\r\nhost: ", self._authority, b"\r\n"])
        head += b"".join(name + b": " + value + b"\r\n" for name, value in kept) + b"content-length: %d\r\n\r\n" % len(body)
        try:
            async with asyncio.timeout(timeout):
                while self._idle:
                    line = self._idle.pop()
                    if line.usable:
                        try:
                            return await self._over(line, head + body)
                        except _StaleError:
                            break
                return await self._over(await self._new(), head + body)
        except TimeoutError as error:
            raise UpstreamError(f"no answer within {timeout:g} seconds") from error
        except (OSError, _StaleError) as error:
            raise UpstreamError(f"no connection: {error}") from error

    def close(self) -> None:
        """Let go of kept connections."""
        while self._idle:
            self._idle.pop().close()

    async def _new(self) -> _Line:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port, ssl=self._tls)
        return line

    async def _over(self, line: _Line, request: bytes) -> Answer:
        """One exchange over a connection, which is kept if it can be."""
        try:
            answer = await line.exchange(request)
        except BaseException:
            line.close()
            raise
        if line.usable and len(self._idle) < MOST_IDLE:
            self._idle.append(line)
        else:
            line.close()
        return answer


class _StaleError(Exception):
    """The connection was closed before a byte of an answer came."""


class _Line(asyncio.Protocol):
    """A connection with at most one exchange on it."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._waiting: asyncio.Future[Answer] | None = None
        self.usable = False
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._touched = self._whole = False

    async def exchange(self, request: bytes) -> Answer:
        """Send a request, wait for its answer."""
        self._begin()
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Hang up."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection stands."""
        self._transport, self.usable = transport, True

    def data_received(self, data: bytes) -> None:
        """Some of the answer came."""
        self._touched = True
        if self._waiting is None or self._waiting.done():
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(UpstreamError(f"what it says is no HTTP: {error}"))
        if len(self._body) > LARGEST:
            self._fail(UpstreamError(f"its answer is longer than {LARGEST >> 20} MiB"))

    def connection_lost(self, _error: Exception | None) -> None:
        """The other side hung up: an answer without a length is over, any other is broken."""
        self.usable = False
        if self._waiting is not None and not self._waiting.done():
            self._fail(UpstreamError("it hung up in the middle of its answer") if self._touched else _StaleError("it hung up"))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        self._headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        """A part of the answer's body."""
        self._body += body

    def on_message_complete(self) -> None:
        """The answer is whole."""
        self.usable = self.usable and bool(self._parser.should_keep_alive())
        if self._waiting is not None and not self._waiting.done():
            kept = tuple((name, value) for name, value in self._headers if name not in HOP)
            self._waiting.set_result(Answer(self._parser.get_status_code(), kept, bytes(self._body)))

    def _fail(self, error: Exception) -> None:
        self.usable = False
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
