"""Measures what a service costs that has nothing to do, and what a model's log costs the model.

`python bench/run.py intake service` gives the figures of a service in one go: rows, requests, p99 and memory from `bench_intake.py`,
the idle cycle and the client from here. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
from bench_capacity import AT_ONCE, BEGIN, YAML, deliver, table
from bench_intake import row, served

from driftline.client import Client
from driftline.server.service import open_service
from driftline.server.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

IDLE_MS, CALL_US = 200.0, 20.0
ROUNDS, CALLS, A_SECOND = 30, 10_000, 2_000


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--monitors", type=int, default=50, help="how many the larger fleet has")
    options = parser.parse_args()
    for monitors in (1, options.monitors):
        with tempfile.TemporaryDirectory() as place:
            idle(Path(place), monitors)
    with tempfile.TemporaryDirectory() as place, served(Path(place), 15.0) as (port, token, _):
        logged(port, token)


def idle(folder: Path, monitors: int) -> None:
    """Turn the cycle of a fleet that has judged all it has."""
    rng = np.random.default_rng(1)
    pq.write_table(table(rng, -60 * 24, 60 * 24, 2), folder / "reference.parquet")
    service = open_service(folder / "data")
    yaml = YAML.format(reference=folder / "reference.parquet")
    names = [yaml.replace("monitor: ", f"monitor: m{number}-", 1) for number in range(monitors)]
    for one in names:
        deliver(service, service.watch(one, "/", BEGIN, actor="bench"), rng, 0, 1)
    worker = Worker(service, AT_ONCE, lambda: BEGIN, threads=1)
    while worker.round().turns:
        pass
    taken, begun = [], time.process_time()
    for _ in range(ROUNDS):
        before = time.perf_counter()
        worker.round()
        taken.append(time.perf_counter() - before)
    spent = (time.process_time() - begun) / ROUNDS
    fleet = f"{monitors:,} monitor{'s' if monitors > 1 else ''}"
    say(f"a cycle with nothing to do, {fleet}, the slowest of {ROUNDS}", max(taken) * 1e3, "ms", IDLE_MS)
    say("... processor time", spent * 1e3, "ms", None)
    service.close()


def logged(port: int, token: str) -> None:
    """Log predictions at a model's pace, and time each call."""
    dice = random.Random(1)
    rows = [row(dice) for _ in range(500)]
    taken, spent = [], 0.0
    with Client(f"http://127.0.0.1:{port}", token=token).model("bench") as log:
        begun = time.perf_counter()
        for number in range(CALLS):
            one = rows[number % len(rows)] | {"id": str(number)}
            if (wait := begun + number / A_SECOND - time.perf_counter()) > 0:
                time.sleep(wait)
            before, used = time.perf_counter(), time.thread_time()
            log.prediction(**one)
            spent += time.thread_time() - used
            taken.append(time.perf_counter() - before)
    say(
        f"what logging adds to the model's thread, at {A_SECOND:,} predictions a second: processor time", spent / CALLS * 1e6, "µs", CALL_US
    )
    say("... median by the clock", middle(taken) * 1e6, "µs", CALL_US)
    say("... p99 by the clock", sorted(taken)[int(CALLS * 0.99)] * 1e6, "µs", None)
    say("... predictions that were dropped", log.counts.dropped, "", 0)


def middle(taken: Sequence[float]) -> float:
    """The median."""
    return sorted(taken)[len(taken) // 2]


def say(what: str, measured: float, unit: str, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 1), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
