"""Measures a day of ten million rows in the service: how long they take to be counted and judged, and how much memory that needs.

Rows come as Arrow tables of 50,000, as an hourly export would bring them, into SQLite and a folder. Then a worker turns the cycle as the
service does, with one thread, until nothing is left: every hour counted, judged, and handed on. Rows are those of `bench_capacity.py`.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench_capacity import AT_ONCE, BEGIN, YAML, columns, table

from driftline.server.service import open_service
from driftline.server.worker import Round, Worker
from driftline.services.intake import Kind
from driftline.store.intake import Delivery, Intake

if TYPE_CHECKING:
    from driftline.server.service import Service
    from driftline.store.fleet import Watched

TOGETHER, POOL = 50_000, 6
SECONDS = 60.0
DAY = timedelta(days=1)


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--place", type=Path, help="where the data lies; a new directory without this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.place) as folder:
        reference = Path(folder) / "reference.parquet"
        pq.write_table(table(np.random.default_rng(1), -60 * 24 * 7, 60 * 24 * 7, 20), reference)
        service = open_service(Path(folder) / "data")
        watched = service.watch(YAML.format(reference=reference), "/", BEGIN, actor="bench")
        received(service, watched, options.rows)
        judged(service, watched, options.rows)
        service.close()


def received(service: Service, watched: Watched, rows: int) -> None:
    """Let a day's rows come."""
    rng = np.random.default_rng(0)
    pool = [columns(rng, TOGETHER) for _ in range(POOL)]
    intake, begun = Intake(service.database, service.rows), time.process_time()
    step = DAY / rows
    for number, first in enumerate(range(0, rows, TOGETHER)):
        size = min(TOGETHER, rows - first)
        at = np.datetime64(BEGIN.replace(tzinfo=None), "us") + (np.arange(first, first + size) * step.total_seconds() * 1e6).astype(
            "m8[us]"
        )
        some = pa.table(
            {"id": [f"p{i}" for i in range(first, first + size)], "ts": pa.array(at, pa.timestamp("us", "UTC")), **pool[number % POOL]}
        )
        one = Delivery(watched.id, watched.name, Kind.PREDICTIONS, str(number), str(number), some.slice(0, size), (), BEGIN)
        intake.submit(one).result()
    intake.close()
    say(f"{rows:,} rows of 20 columns written down: processor time, the rows' making included", time.process_time() - begun, "s", None)


def judged(service: Service, watched: Watched, rows: int) -> None:
    """Turn the cycle until nothing is left."""
    worker, done = Worker(service, AT_ONCE, lambda: BEGIN + 2 * DAY, threads=1), Round()
    clock, busy = time.perf_counter(), time.process_time()
    while (last := worker.round()).turns:
        done.judged += last.judged
    taken = time.perf_counter() - clock
    found = service.board.windows(watched.id, before=None, limit=1000)
    assert sum(one["rows"] for one in found) == rows
    say(f"... counted, and judged in {done.judged} windows", taken, "s", SECONDS)
    say("... processor time", time.process_time() - busy, "s", None)
    say("... peak memory of all that", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", None)


def say(what: str, measured: float, unit: str, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 1), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
