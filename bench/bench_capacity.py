"""Measures what a capacity plan rests on: processor time per million values, memory, profiles, the database, a monitor's turn.

Rows are generated in a pool and streamed, so that no file is read: 20 columns, of which 14 hold numbers and 6 levels. Each
size is counted by a process of its own. `--rows` chooses the largest size.
"""

from __future__ import annotations

import argparse
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftline.engines.count import count
from driftline.engines.fit import fit
from driftline.monitor import Monitor
from driftline.server.service import open_service
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.services.intake import Kind, sort_rows
from driftline.store.intake import Delivery, Intake
from driftline.store.pressed import press
from driftline.window import Windowing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from driftline.server.service import Service
    from driftline.store.fleet import Watched
    from driftline.verdicts.report import Finding

NUMBERS, LEVELS = 14, (3, 5, 8, 20, 50, 100)
BATCH, POOL = 1 << 16, 8
FLAT = 1.10
"""Memory may grow by so much from the smallest size to the largest."""

LINEAR = 1.25
"""Time for each row may grow by so much."""

HOURS, PER_HOUR = 48, 200
BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
YAML = "monitor: m\nreference: {reference}\ncolumns: {{id: id, timestamp: ts}}\nwindow: hour\n"


class Pool:
    """Rows made beforehand and given again and again, until there are enough."""

    def __init__(self, rows: int) -> None:
        self.name, self._rows = "pool", rows
        rng = np.random.default_rng(0)
        self._pool = [pa.RecordBatch.from_pydict(columns(rng, BATCH)) for _ in range(POOL)]

    def schema(self) -> pa.Schema:
        """The columns."""
        return self._pool[0].schema

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The rows, a batch at a time."""
        names = [name for name in self.schema().names if columns is None or name in set(columns)]
        for number, start in enumerate(range(0, self._rows, BATCH)):
            yield self._pool[number % POOL].slice(0, min(BATCH, self._rows - start)).select(names)

    def rows(self) -> int:
        """How many there are."""
        return self._rows

    def findings(self) -> tuple[Finding, ...]:
        """None."""
        return ()


def columns(rng: np.random.Generator, size: int) -> dict[str, Any]:
    """Some rows."""
    made: dict[str, Any] = {f"n{i}": rng.lognormal(size=size) if i % 3 else rng.normal(size=size) for i in range(NUMBERS)}
    for i, levels in enumerate(LEVELS):
        made[f"c{i}"] = pa.array([f"level {code}" for code in range(levels)]).take(pa.array(rng.integers(0, levels, size)))
    return made


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(counted(options.only)))
        return
    sizes = [size for size in (100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000) if size <= options.rows]
    found = {size: own_process(size) for size in sizes}
    for size, one in found.items():
        say(f"counting {size:,} rows × 20 columns: processor time per million rows", one["cpu"] / size * 1e6, "s")
    least, most = found[sizes[min(1, len(sizes) - 1)]], found[sizes[-1]]
    say("... per million values", most["cpu"] / sizes[-1] * 1e6 / 20, "s")
    say("... peak memory, the largest size", most["megabytes"], "MB")
    say("... memory, times that of a million rows", most["megabytes"] / least["megabytes"], "×", FLAT)
    grown = (most["cpu"] / sizes[-1]) / (least["cpu"] / sizes[min(1, len(sizes) - 1)])
    say("... time per row, times that of a million rows", grown, "×", LINEAR)
    say("a window's profile of 20 columns, as the database keeps it", most["pressed"] / 1024, "KiB")
    with tempfile.TemporaryDirectory() as folder:
        served(Path(folder))


def own_process(rows: int) -> dict[str, float]:
    """Count in a process of its own, so that its peak is its own."""
    done = subprocess.run([sys.executable, __file__, "--only", str(rows)], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def counted(rows: int) -> dict[str, float]:
    """Fit to a part, count it all; processor seconds of counting alone."""
    plan = fit(Pool(100_000), Monitor())
    source = Pool(rows)
    begun = time.process_time()
    found = count(plan, source, Windowing())
    taken = time.process_time() - begun
    (profile,) = found.profiles.values()
    return {"cpu": taken, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "pressed": len(press(profile))}


def served(folder: Path) -> None:
    """Bring a monitor's hours through the service, and see what a turn takes and what stays."""
    rng = np.random.default_rng(1)
    pq.write_table(table(rng, -60 * 24, 60 * 24, 20), folder / "reference.parquet")
    service = open_service(folder / "data")
    watched = service.watch(YAML.format(reference=folder / "reference.parquet"), "/", BEGIN, actor="bench")
    worker = Worker(service, AT_ONCE, lambda: BEGIN + timedelta(days=30), threads=1)
    deliver(service, watched, rng, 0, 2)
    worker.round()
    before, begun = stored(folder / "data"), time.process_time()
    for hour in range(2, 2 + HOURS):
        deliver(service, watched, rng, hour, hour + 1)
        worker.round()
    windows = len(service.board.windows(watched.id, before=None, limit=1000)) - 2
    say("one monitor's hour: received, counted, judged, told", (time.process_time() - begun) / max(windows, 1) * 1e3, "ms")
    after = stored(folder / "data")
    for what in ("database", "rows"):
        say(f"... {what} grows by", (after[what] - before[what]) / max(windows, 1) / 1024, "KiB")
    service.close()


def table(rng: np.random.Generator, first: int, hours_in_minutes: int, per_minute: int) -> pa.Table:
    """Rows of some minutes."""
    size = hours_in_minutes * per_minute
    minutes = first + np.arange(size) / per_minute
    times = [BEGIN + timedelta(minutes=float(minute)) for minute in minutes]
    return pa.table({"id": [f"p{i}" for i in range(size)], "ts": pa.array(times, pa.timestamp("us", "UTC")), **columns(rng, size)})


def deliver(service: Service, watched: Watched, rng: np.random.Generator, first: int, last: int) -> None:
    """Send hours as a model's process would."""
    intake, names = Intake(service.database, service.rows), service.library.naming(watched)
    for hour in range(first, last):
        made = pa.table(columns(rng, PER_HOUR)).to_pylist()
        at = [BEGIN + timedelta(hours=hour, seconds=i * 3600 / PER_HOUR) for i in range(PER_HOUR)]
        rows = [{"id": f"{hour}-{i}", "timestamp": at[i].isoformat(), "features": features} for i, features in enumerate(made)]
        found = sort_rows(rows, Kind.PREDICTIONS, names, at[-1])
        intake.submit(
            Delivery(watched.id, watched.name, Kind.PREDICTIONS, f"b{hour}", f"h{hour}", found.rows, found.refused, at[-1])
        ).result()
    intake.close()


def stored(folder: Path) -> dict[str, int]:
    """Bytes on disk, by what they are for, once the journal is in its database."""
    for database in folder.glob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
    found = {"database": 0, "rows": 0}
    for path in folder.rglob("*"):
        if path.is_file():
            found["rows" if "rows" in path.relative_to(folder).parts[:1] else "database"] += path.stat().st_size
    return found


def say(what: str, measured: float, unit: str, wanted: float | None = None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 4), "unit": unit, "wanted": wanted}), flush=True)


if __name__ == "__main__":
    main()
