"""A receiver of webhooks, to be run: takes whatever is posted, and writes down when and what before it answers.

Each line of the file is the time in seconds, the key by which a message that comes twice is known, and the incident's key.
Its first line of output is the port.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Taker(asyncio.Protocol):
    """One connection, for one message after another."""

    def __init__(self, file: int, delay: float) -> None:
        self._file, self._delay, self._data = file, delay, b""
        self._line: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._line = transport

    def data_received(self, data: bytes) -> None:
        """Wait for a whole request."""
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        parts = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        fields = {name.lower(): value for name, _, value in parts}
        size = int(fields.get(b"content-length", 0))
        if not found or len(body) < size:
            return
        self._data = body[size:]
        said = json.loads(body[:size] or b"{}")
        key = json.loads(b'"%s"' % fields.get(b"idempotency-key", b""))
        os.write(self._file, f"{time.time():.6f}\t{key}\t{said.get('key', '')}\n".encode())
        asyncio.get_running_loop().call_later(self._delay, self._answer)

    def _answer(self) -> None:
        if self._line is not None and not self._line.is_closing():
            self._line.write(ANSWER)


async def main(path: str, delay: str = "0") -> None:
    """Listen until the process is ended."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    server = await asyncio.get_running_loop().create_server(lambda: Taker(file, float(delay)), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201  the answer
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
