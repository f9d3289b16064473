"""Measures what the service holds in memory while it works for an hour: predictions come, and their labels, and windows are judged.

Lists and single rows at once, and later a label for each row of a list; the service runs as a user starts it, with SQLite.
The clock is the machine's, so that windows of an hour close when an hour does. `--minutes` shortens it: the numbers say how long it was.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from bench_intake import FEATURES, MEMORY_MB, Sender, load, memory, processor, quantile, requests_of, row, say, served

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

LIST = 1000
YAML = """
monitor: bench
task: binary
reference: reference.parquet
columns: {{id: id, timestamp: timestamp, score: score, label: label}}
window: {{every: hour, timezone: {zone}}}
"""


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the load lasts")
    parser.add_argument("--rows", type=float, default=3000.0, help="a second, in lists of 1,000")
    parser.add_argument("--singles", type=float, default=100.0, help="requests of one row a second")
    parser.add_argument("--delay", type=float, default=120.0, help="seconds after which the rows of a list have their labels")
    parser.add_argument("--place", type=Path, help="where the data lies; a new directory without this")
    parser.add_argument("--trace", type=Path, help="a file for what is held in each second")
    parser.add_argument("--zone", default="UTC", help="a time zone: in Asia/Kolkata an hour closes when half of one of UTC is over")
    options = parser.parse_args()
    words, yaml = ["--lateness", "1", "--patience", "10"], YAML.format(zone=options.zone)
    with tempfile.TemporaryDirectory(dir=options.place) as place, served(Path(place), 0.5, yaml, words) as (port, token, process):
        look, begun, busy = Look(process.pid), time.perf_counter(), processor(process.pid)
        lists, singles, rows = asyncio.run(both(port, token, options))
        spent = time.perf_counter() - begun
        held = look.stop()
        if options.trace:
            options.trace.write_text("\n".join(f"{at:.0f} {mb:.1f}" for at, mb in held) + "\n")
        tell(held, spent, rows, port, token)
        say("... processor time of the service, of one processor", (processor(process.pid) - busy) / spent * 100, "%", None)
        say("... a list of 1,000 rows, p99", quantile(lists, 0.99), "ms", None)
        say("... a request of one row, p99", quantile(singles, 0.99), "ms", None)


async def both(port: int, token: str, options: argparse.Namespace) -> tuple[list[float], list[float], int]:
    """Lists, single rows, and the labels of the lists."""
    single = requests_of(token, lambda dice: json.dumps(row(dice)).encode(), "application/json", 400)
    seconds, every = options.minutes * 60, LIST / options.rows
    taken, (_, singles), labelled = await asyncio.gather(
        send(port, bodies(token, "predictions", marked), seconds, every, 0.0),
        load(port, single, seconds, connections=32, per_second=options.singles),
        send(port, bodies(token, "labels", label), seconds - options.delay, every, options.delay),
    )
    return taken + labelled, singles, LIST * len(taken) + len(singles)


MARK = "@@@@@@@@"
"""Stands for the number of a list in the ids of its rows."""


def marked(dice: random.Random, place: int) -> dict[str, object]:
    """A prediction."""
    return {**row(dice), "id": f"{MARK}-{place:04}"}


def label(dice: random.Random, place: int) -> dict[str, object]:
    """A label of that prediction."""
    return {"id": f"{MARK}-{place:04}", "value": dice.randrange(2)}


def bodies(token: str, what: str, made: Callable[[random.Random, int], object]) -> list[tuple[bytes, bytes]]:
    """Requests of a thousand rows; their ids have to be filled in."""
    found = requests_of(token, lambda dice: json.dumps([made(dice, i) for i in range(LIST)]).encode(), "application/json", 6)
    return [(head.replace(b"/predictions", f"/{what}".encode()), tail) for head, tail in found]


async def send(port: int, requests: list[tuple[bytes, bytes]], seconds: float, every: float, delay: float) -> list[float]:
    """Send a list whenever it is due; how long each took from then."""
    loop, taken, free = asyncio.get_running_loop(), list[float](), asyncio.Queue[Sender]()
    for _ in range(8):
        free.put_nowait((await loop.create_connection(Sender, "127.0.0.1", port))[1])
    begun, tasks = time.perf_counter() + delay, set[asyncio.Task[None]]()

    async def due(number: int) -> None:
        at, sender = begun + number * every, await free.get()
        head, tail = requests[number % len(requests)]
        await sender.send((head, tail.replace(MARK.encode(), f"{number:08}".encode())))
        taken.append(time.perf_counter() - at)
        free.put_nowait(sender)

    for number in range(int(seconds / every)):
        await asyncio.sleep(max(0.0, begun + number * every - time.perf_counter()))
        tasks.add(one := asyncio.ensure_future(due(number)))
        one.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return taken


class Look:
    """Looks each second at what a process and those that it started hold in memory."""

    def __init__(self, pid: int) -> None:
        self._pid, self._over, self._held = pid, threading.Event(), list[tuple[float, float]]()
        self._begun = time.perf_counter()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            self._held.append((time.perf_counter() - self._begun, sum(map(memory, family(self._pid)))))

    def stop(self) -> list[tuple[float, float]]:
        """Seconds, and megabytes."""
        self._over.set()
        self._thread.join()
        return [*self._held, (time.perf_counter() - self._begun, memory(self._pid, "VmHWM"))]


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return [pid, *(each for child in children for each in family(child))]


def tell(held: list[tuple[float, float]], spent: float, rows: int, port: int, token: str) -> None:
    """Say what was held, and what was judged meanwhile."""
    *looks, (_, peak) = held
    quarter = [mb for at, mb in looks if at > spent * 0.75]
    steady = [(at, mb) for at, mb in looks if at > spent / 4]
    middle = sum(at for at, _ in steady) / len(steady)
    slope = sum((at - middle) * mb for at, mb in steady) / sum((at - middle) ** 2 for at, _ in steady)
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/monitors/bench/verdicts?limit=200", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(asked) as answer:
        verdicts = json.load(answer)["items"]
    say(f"{spent / 60:.0f} minutes of load, {rows:,} rows of {FEATURES} features: memory of the service, its peak", peak, "MB", MEMORY_MB)
    say("... the mean of the last quarter", sum(quarter) / len(quarter), "MB", None)
    say("... at the end", looks[-1][1], "MB", MEMORY_MB)
    say("... how it grows after the first quarter, in an hour", slope * 3600, "MB", None)
    say("... windows judged meanwhile, and judged again", len(verdicts), "verdicts", None)


if __name__ == "__main__":
    main()
