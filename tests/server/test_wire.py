"""The wire: what is answered at once leaves at once, and arrives even where somebody is still sending."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from driftline.server import wire
from driftline.server.wire import MOST, Wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PART, PARTS = b"x" * 10_000, 40


async def app(scope: Any, receive: Any, send: Any) -> None:
    """A short answer, or a long one in parts."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", scope["path"][1:].encode())]})
    if scope["query_string"]:
        for _ in range(PARTS):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
    await send({"type": "http.response.body", "body": b"done"})


class Noted:
    """A transport that notes what goes through it, on its way to the socket."""

    def __init__(self, transport: Any, seen: list[bytes]) -> None:
        self._transport, self._seen = transport, seen

    def write(self, data: bytes) -> None:
        """Note and send."""
        self._seen.append(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


@asynccontextmanager
async def listening(seen: list[bytes]) -> AsyncIterator[tuple[tuple[str, int], asyncio.Event]]:
    """A server whose transports note what is written: its address, and whether a connection is lost."""
    config, lost = uvicorn.Config(app, log_config=None, lifespan="off"), asyncio.Event()
    config.load()

    class Noting(Wire):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Noted(transport, seen))  # type: ignore[arg-type]  # it does what a transport does

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    server = await asyncio.get_running_loop().create_server(lambda: Noting(config, ServerState(), {}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname(), lost
    server.close()
    await server.wait_closed()


async def answered(*paths: bytes) -> tuple[list[bytes], bytes]:
    """What is written when these are asked for by one who sends all requests at once, and what arrives until the last answer closes."""
    seen = list[bytes]()
    async with listening(seen) as (address, _):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths))
        came = await asyncio.wait_for(reader.read(), 30)
        writer.close()
    return seen, came


def sent(address: tuple[str, int], size: int) -> bytes:
    """What a client that reads when all is sent hears of a server that does not care for what is sent."""
    with socket.create_connection(address, 30) as one:
        one.sendall(b"POST /close HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(PART)):
            one.sendall(PART)
        return b"".join(iter(lambda: one.recv(MOST), b""))


@pytest.mark.parametrize("paths", [(b"/close",), (b"/keep-alive", b"/close")])
def test_an_answer_leaves_in_one_piece(paths: tuple[bytes, ...]) -> None:
    """Head and body together; one that closes the connection, too."""
    seen, came = asyncio.run(answered(*paths))
    assert len(seen) <= len(paths)
    assert b"".join(seen) == came
    assert came.count(b"HTTP/1.1 200 OK") == came.count(b"done") == len(paths)


def test_a_long_answer_leaves_while_it_is_made() -> None:
    """Not when all of it is there: whoever makes it must hear that somebody reads slowly."""
    seen, came = asyncio.run(answered(b"/close?long"))
    assert b"".join(seen) == came
    assert came.count(b"x") == len(PART) * PARTS
    assert all(len(part) < MOST + 2 * len(PART) for part in seen)


def test_whoever_is_still_sending_can_read_the_answer() -> None:
    """Though the connection is closed with it: a broken pipe would tell nobody what was wrong."""

    async def run() -> bytes:
        async with listening([]) as (address, _):
            return await asyncio.to_thread(sent, address, 30_000_000)

    assert asyncio.run(run()).endswith(b"done\r\n0\r\n\r\n")


def test_nobody_can_go_on_sending_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither very much, nor very slowly: then the connection is closed."""

    async def run() -> None:
        async with listening([]) as (address, lost):
            monkeypatch.setattr(wire, "REST", 1_000_000)
            with pytest.raises(ConnectionError):
                await asyncio.to_thread(sent, address, 300_000_000)
            monkeypatch.setattr(wire, "PATIENCE", 0.01)
            lost.clear()
            _, writer = await asyncio.open_connection(*address)
            writer.write(b"POST /close HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
            await asyncio.wait_for(lost.wait(), 30)
            writer.close()

    asyncio.run(run())
