"""Talking to a model server."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from driftline.gateway.upstream import Upstream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

JSON = [(b"content-type", b"application/json"), (b"host", b"elsewhere"), (b"connection", b"close")]


def test_many_at_once_each_get_their_own_answer(model: Callable) -> None:
    """Connections are kept and never mixed up."""
    upstream = Upstream(model("a").url)

    async def ask(number: int) -> float:
        answer = await upstream.ask(b"POST", b"/predict", JSON, json.dumps({"x": number}).encode(), 10)
        return float(json.loads(answer.body)["score"])

    async def rounds() -> list[list[float]]:
        found = [list(await asyncio.gather(*(ask(number) for number in range(50)))) for _ in range(3)]
        await hung_up(upstream)
        return found

    assert asyncio.run(rounds()) == [list(map(float, range(50)))] * 3


def test_path_and_prefix_go_together(model: Callable) -> None:
    """A path in the URL goes before every request's."""
    upstream = Upstream(model("a").url + "/below/")

    async def play() -> None:
        answer = await upstream.ask(b"GET", b"/v2/models?x=1", [], b"", 10)
        assert json.loads(answer.body)["asked"] == "/below/v2/models?x=1"
        await hung_up(upstream)

    asyncio.run(play())


async def hung_up(upstream: Upstream) -> None:
    """Hang up, and let the loop do so."""
    upstream.close()
    await asyncio.sleep(0)


def against(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], often: int = 1, patience: float = 5
) -> list[bytes]:
    """Ask a server that is made of a function."""

    async def play() -> list[bytes]:
        over: list[asyncio.Task[None]] = []

        async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            over.append(asyncio.current_task())  # type: ignore[arg-type]  # we are in one
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await handler(reader, writer)
            writer.close()

        server = await asyncio.start_server(polite, "127.0.0.1", 0)
        async with server:
            upstream = Upstream(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            try:
                return [(await upstream.ask(b"POST", b"/", [], b"{}", patience)).body for _ in range(often)]
            finally:
                upstream.close()
                await asyncio.gather(*over)

    return asyncio.run(play())


async def heard(reader: asyncio.StreamReader) -> None:
    """Read one request."""
    await reader.readuntil(b"\r\n\r\n{}")


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    """A server that hangs up after each answer without saying so fails no request."""

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    assert against(rude, often=5) == [b"ok"] * 5


def test_answers_in_pieces_are_whole() -> None:
    """A body that is sent piece by piece is put together."""

    async def pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await heard(reader)
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await writer.drain()
            writer.write(b"2\r\nde\r\n0\r\n\r\n")
            await writer.drain()

    assert against(pieces, often=2) == [b"abcde"] * 2


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "no connection: it hung up"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", "in the middle of its answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP"),
    ],
)
def test_what_is_no_answer_says_why(said: bytes, why: str) -> None:
    """Hanging up, half an answer, and another protocol are told apart."""

    async def bad(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(said)
        writer.close()

    with pytest.raises(UpstreamError, match=why):
        against(bad)


def test_silence_ends_in_time() -> None:
    """A server that says nothing is waited for as long as was said, and nobody listening is told at once."""

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with pytest.raises(UpstreamError, match=r"no answer within 0\.2 seconds"):
        against(silent, patience=0.2)
    with pytest.raises(UpstreamError, match="no connection"):
        asyncio.run(Upstream("http://127.0.0.1:9").ask(b"GET", b"/", [], b"", 5))
