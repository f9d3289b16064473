"""Measures durable intake over HTTP: rows and requests a second, and how long a request takes at half that load.

The service runs as a user would start it, in a process of its own, with SQLite; every answer that is counted is a 202, so every
row was on the disk. The sender is a process beside it on the same machine, which takes its share of the processors.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parents[1]
FEATURES = 20
ROWS, SINGLES, P99_MS, MEMORY_MB = 20_000, 1_500, 50, 500
ARROW = "application/vnd.apache.arrow.stream"

YAML = """
monitor: bench
reference: reference.parquet
columns: {id: id, timestamp: timestamp}
window: hour
"""


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each load lasts")
    parser.add_argument("--interval", type=float, default=15.0, help="seconds between rounds of the cycle meanwhile")
    parser.add_argument("--place", type=Path, help="where the data lies; a new directory without this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as place, served(Path(place), options.interval) as (port, token, process):
        single = requests_of(token, lambda dice: json.dumps(row(dice)).encode(), "application/json", 400)
        listed = requests_of(token, lambda dice: json.dumps([row(dice) for _ in range(1000)]).encode(), "application/json", 12)
        arrow = requests_of(token, arrow_body, ARROW, 12)
        asyncio.run(load(port, single, 1.0, connections=16))
        for what, requests in (("lists of 1,000 as JSON", listed), ("Arrow streams of 1,000", arrow)):
            begin = processor(process.pid)
            rate, taken = asyncio.run(load(port, requests, options.seconds, connections=4))
            say(f"rows a second, in {what}", rate * 1000, "rows/s", ROWS, more=True)
            say("... processor time of the service for a row", (processor(process.pid) - begin) / len(taken) * 1000, "µs", None)
        begin = processor(process.pid)
        rate, taken = asyncio.run(load(port, single, options.seconds, connections=64))
        say("requests a second, of one row each", rate, "requests/s", SINGLES, more=True)
        say("... processor time of the service for a request", (processor(process.pid) - begin) / len(taken) * 1e6, "µs", None)
        _, taken = asyncio.run(load(port, single, options.seconds, connections=64, per_second=SINGLES / 2))
        say(f"a request of one row at {SINGLES // 2:,} a second, p99", quantile(taken, 0.99), "ms", P99_MS)
        say("... p50", quantile(taken, 0.5), "ms", None)
        _, taken = asyncio.run(load(port, listed, options.seconds, connections=8, per_second=ROWS / 2 / 1000))
        say(f"a list of 1,000 rows at {ROWS // 2:,} rows a second, p99", quantile(taken, 0.99), "ms", P99_MS)
        say("... p50", quantile(taken, 0.5), "ms", None)
        say("memory of the service after all that", memory(process.pid), "MB", MEMORY_MB)


def row(dice: random.Random) -> dict[str, object]:
    """One prediction."""
    features = {f"f{i}": round(dice.gauss(0, 1), 6) for i in range(FEATURES)}
    return {"id": f"{dice.getrandbits(64):016x}", "features": features, "score": round(dice.random(), 6), "latency_ms": 12}


def arrow_body(dice: random.Random) -> bytes:
    """A thousand predictions as an Arrow stream."""
    rng = np.random.default_rng(dice.getrandbits(32))
    table = pa.table(
        {
            "id": [f"{dice.getrandbits(64):016x}" for _ in range(1000)],
            **{f"f{i}": rng.normal(size=1000) for i in range(FEATURES)},
            "score": rng.random(1000),
        }
    )
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def requests_of(token: str, body: Callable[[random.Random], bytes], content: str, many: int) -> list[tuple[bytes, bytes]]:
    """Prepared requests: what stands before the batch's id, and what follows it."""
    dice = random.Random(7)
    made = []
    for _ in range(many):
        data = body(dice)
        head = f"POST /v1/models/bench/predictions HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: "
        tail = f"\r\nContent-Type: {content}\r\nContent-Length: {len(data)}\r\n\r\n"
        made.append((head.encode(), tail.encode() + data))
    return made


class Sender(asyncio.Protocol):
    """One connection: sends a request, and tells when the answer is there."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[None] | None = None
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer; it must be a 202."""
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found or self.answer is None:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        done, self.answer, self.data = self.answer, None, b""
        if head.startswith(b"HTTP/1.1 202"):
            done.set_result(None)
        else:
            done.set_exception(RuntimeError(f"{head[:60]!r} {body[:300]!r}"))

    async def send(self, request: tuple[bytes, bytes]) -> None:
        """Send one request and wait for its answer."""
        assert self.transport is not None
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request[0] + os.urandom(12).hex().encode() + request[1])
        await self.answer


async def load(
    port: int, requests: list[tuple[bytes, bytes]], seconds: float, *, connections: int, per_second: float = 0.0
) -> tuple[float, list[float]]:
    """Send for a while; requests a second, and how long each took, from the moment it was due."""
    loop = asyncio.get_running_loop()
    idle: deque[Sender] = deque()
    for _ in range(connections):
        idle.append((await loop.create_connection(Sender, "127.0.0.1", port))[1])
    taken: list[float] = []
    begin = time.perf_counter()

    async def keep(sender: Sender) -> None:
        number = 0
        while time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            await sender.send(requests[number % len(requests)])
            taken.append(time.perf_counter() - start)
            number += 1

    async def due(place: int, free: asyncio.Queue[Sender]) -> None:
        at = begin + place / per_second
        sender = await free.get()
        await sender.send(requests[place % len(requests)])
        taken.append(time.perf_counter() - at)
        free.put_nowait(sender)

    if per_second:
        free: asyncio.Queue[Sender] = asyncio.Queue()
        for sender in idle:
            free.put_nowait(sender)
        tasks = []
        for place in range(int(seconds * per_second)):
            await asyncio.sleep(max(0.0, begin + place / per_second - time.perf_counter()))
            tasks.append(asyncio.ensure_future(due(place, free)))
        await asyncio.gather(*tasks)
    else:
        await asyncio.gather(*(keep(sender) for sender in idle))
    spent = time.perf_counter() - begin
    for sender in idle:
        if sender.transport is not None:
            sender.transport.close()
    return len(taken) / spent, taken


@contextmanager
def served(place: Path, interval: float, yaml: str = YAML, words: Sequence[str] = ()) -> Iterator[tuple[int, str, subprocess.Popen[str]]]:
    """The service, as a user starts it; its port and its first token."""
    rng = np.random.default_rng(0)
    monitors = place / "monitors"
    monitors.mkdir()
    (monitors / "bench.yaml").write_text(yaml)
    columns = {f"f{i}": rng.normal(size=20_000) for i in range(FEATURES)} | {"score": rng.random(20_000)}
    labels = {"label": rng.integers(0, 2, 20_000)} if "label" in yaml else {}
    pq.write_table(pa.table({"id": [str(i) for i in range(20_000)], **columns, **labels}), monitors / "reference.parquet")
    command = [sys.executable, "-m", "driftline", "serve", "--port", "0", "--data", str(place / "data"), "--monitors", str(monitors)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    with subprocess.Popen(
        [*command, "--interval", str(interval), *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            while "token" not in said:
                said += process.stdout.readline()
            port = int(said.partition("http://127.0.0.1:")[2].split()[0])
            yield port, said.split()[-1], process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def processor(pid: int) -> float:
    """Seconds that a process has kept a processor busy: what a request costs, however busy the machine is otherwise."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, what: str = "VmRSS") -> float:
    """What a process holds in memory; `VmHWM` for the most that it held."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def quantile(taken: list[float], share: float) -> float:
    """In milliseconds."""
    return sorted(taken)[int(len(taken) * share)] * 1000


def say(what: str, measured: float, unit: str, wanted: float | None, *, more: bool = False) -> None:
    """Print one number as `bench/run.py` reads it."""
    line = {"what": what, "measured": round(measured, 1), "unit": unit, "wanted": wanted}
    print(json.dumps(line | ({"more": True} if more else {})), flush=True)


if __name__ == "__main__":
    main()
