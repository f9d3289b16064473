"""The wire: what is answered at once leaves at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from driftline.server.wire import MOST, Wire

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


async def answered(*paths: bytes) -> tuple[list[bytes], bytes]:
    """What is written when these are asked for by one who sends all requests at once, and what arrives until the last answer closes."""
    config, seen = uvicorn.Config(app, log_config=None, lifespan="off"), list[bytes]()
    config.load()

    class Noting(Wire):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(Noted(transport, seen))  # type: ignore[arg-type]  # it does what a transport does

    server = await asyncio.get_running_loop().create_server(lambda: Noting(config, ServerState(), {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"".join(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths))
    came = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    server.close()
    await server.wait_closed()
    return seen, came


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
