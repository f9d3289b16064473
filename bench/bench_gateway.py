"""Measures the gateway: predictions a second, what it adds to an answer's time, and whether every record reaches the disk.

The model server is the quickest that asyncio can be, so that what is measured is the gateway. Everything runs on this machine.
One line of JSON for each number.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from driftline.gateway.upstream import Upstream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = """
import asyncio, sys
BODY = b'{"score": 0.5, "prediction": 1}'
ANSWER = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(BODY) + BODY
class Model(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.seen = transport, b""
    def data_received(self, data):
        self.seen += data
        head, found, body = self.seen.partition(b"\\r\\n\\r\\n")
        if found and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\\r")[0]):
            self.seen = b""
            self.transport.write(ANSWER)
async def main():
    server = await asyncio.get_running_loop().create_server(Model, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(main())
"""
BODY = json.dumps({"customer": "c1", "amount": 12.5, "country": "de", "device": "new", "hour": 3, "distance_km": 0.4}).encode()
JSON = [(b"content-type", b"application/json")]


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        model, gateway = free_port(), free_port()
        command = ["-m", "driftline", "gateway", "--champion", f"http://127.0.0.1:{model}", "--spool", place, "--entity", "customer"]
        with running(["-c", MODEL, str(model)]), running([*command, "--port", str(gateway), "--workers", str(options.workers)]):
            for port in (model, gateway):
                asyncio.run(there(port))
            direct = asyncio.run(paced(model, options.requests // 4, 500))
            through = asyncio.run(paced(gateway, options.requests // 4, 500))
            for share in (50, 99):
                added = 1000 * float(np.quantile(through, share / 100) - np.quantile(direct, share / 100))
                tell(f"gateway: added to an answer at 500 a second, p{share}", added, "ms", 5)
            rate = asyncio.run(flat_out(gateway, options.requests))
            tell("gateway: predictions a second, one model server on the same machine", rate, "1/s", 2000)
        lines = sum(file.read_bytes().count(b"\n") for file in Path(place).glob("*.jsonl"))
        tell("gateway: records lost", options.requests // 4 + options.requests - lines, "records", 0)


async def paced(port: int, requests: int, rate: int) -> list[float]:
    """Seconds of each answer, asked evenly."""
    client, began = Upstream(f"http://127.0.0.1:{port}"), time.perf_counter()
    took: list[float] = []

    async def one(place: int) -> None:
        await asyncio.sleep(began + place / rate - time.perf_counter())
        asked = time.perf_counter()
        await client.ask(b"POST", b"/predict", JSON, BODY, 30)
        took.append(time.perf_counter() - asked)

    await asyncio.gather(*(one(place) for place in range(requests)))
    client.close()
    return took


async def flat_out(port: int, requests: int) -> float:
    """Answers a second with 16 callers."""
    client, began, left = Upstream(f"http://127.0.0.1:{port}"), time.perf_counter(), [requests]

    async def caller() -> None:
        while left[0] > 0:
            left[0] -= 1
            answer = await client.ask(b"POST", b"/predict", JSON, BODY, 30)
            if answer.status != 200:  # noqa: PLR2004  HTTP's well
                raise SystemExit(f"an answer failed: {answer}")

    await asyncio.gather(*(caller() for _ in range(16)))
    client.close()
    return requests / (time.perf_counter() - began)


async def there(port: int) -> None:
    """Wait until something listens."""
    for _ in range(400):
        try:
            await Upstream(f"http://127.0.0.1:{port}").ask(b"GET", b"/driftline/status", [], b"", 5)
        except UpstreamError:
            await asyncio.sleep(0.05)
        else:
            return


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(words: list[str]) -> Iterator[None]:
    """A process of Python, ended properly."""
    with subprocess.Popen([sys.executable, *words], env=os.environ) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def tell(what: str, measured: float, unit: str, wanted: float) -> None:
    """One line."""
    print(json.dumps({"what": what, "measured": round(measured, 3), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
