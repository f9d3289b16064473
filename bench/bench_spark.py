"""Measures Spark on two cores beside the local engine: the same Parquet files counted by both, and again while a worker is killed.

Processor seconds are those of this process and all that it started, the Java machine among them; without start-up, which
is the session, one small job that starts Python in the executors, and imports. Profiles must be the same bytes.
Rows are 20 columns, 14 of numbers and 6 of levels, in files of a million; they are removed afterwards.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench_capacity import columns

from driftline.engines import count as local
from driftline.engines.fit import fit
from driftline.monitor import Monitor
from driftline.sources.opening import open_source
from driftline.store.pressed import press
from driftline.window import Windowing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from driftline.engines.count import Counted

TIMES = 2.0
WAYS = ("local", "files", "killed", "frame")
PER_FILE, GROUP, POOL = 1_000_000, 125_000, 8
HERTZ = os.sysconf("SC_CLK_TCK")
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.log.level": "ERROR",
}


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--ways", default=",".join(WAYS), help="which ways of counting; `local,files` is the short of it")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        what, place = options.child
        print(json.dumps(here(place) if what == "local" else there(place, what)))
        return
    with tempfile.TemporaryDirectory(prefix="driftline-bench-spark") as folder:
        write(Path(folder), options.rows)
        found = {what: own_process(what, folder) for what in WAYS if what in options.ways.split(",")}
    tell(f"{options.rows:,} rows × 20 columns", found)


def tell(size: str, found: dict[str, dict[str, Any]]) -> None:
    """Print what each took, and whether all are the same."""
    ours = found["local"]
    say(f"{size}: processor time of the local engine", ours["cpu"], "s")
    if spark := found.get("files"):
        say("... of Spark on two cores, without start-up, executors reading the files", spark["cpu"], "s")
        say("... times the local engine's", spark["cpu"] / ours["cpu"], "×", TIMES)
        say("... Spark's start-up", spark["start"], "s")
    if frame := found.get("frame"):
        say("... of Spark's own rows, as of a table: processor time", frame["cpu"], "s")
        say("... times the local engine's", frame["cpu"] / ours["cpu"], "×", TIMES)
    if killed := found.get("killed"):
        say("... a worker killed in the middle: processor time", killed["cpu"], "s")
        say("... workers killed", killed["killed"], "", 1, more=True)
    say("... profiles that are not the local engine's bytes", sum(one["bytes"] != ours["bytes"] for one in found.values()), "", 0)


def own_process(what: str, folder: str) -> dict[str, Any]:
    """One way of counting in a process of its own."""
    words = [sys.executable, __file__, "--child", what, folder]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYSPARK_PYTHON": sys.executable})
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def write(folder: Path, rows: int) -> None:
    """Files of a million rows, of groups made beforehand."""
    rng = np.random.default_rng(0)
    pool = [pa.table(columns(rng, GROUP)) for _ in range(POOL)]
    for number, start in enumerate(range(0, rows, PER_FILE)):
        with pq.ParquetWriter(folder / f"{number:05}.parquet", pool[0].schema) as writer:
            for group, at in enumerate(range(start, min(start + PER_FILE, rows), GROUP)):
                writer.write_table(pool[(number + group) % POOL].slice(0, min(GROUP, rows - at)))


def here(place: str) -> dict[str, Any]:
    """Count with the local engine."""
    plan, source = fit(open_source(f"{place}/00000.parquet"), Monitor()), open_source(f"{place}/*.parquet")
    before = time.process_time()
    found = local.count(plan, source, Windowing())
    return {"cpu": time.process_time() - before, "bytes": digest(found)}


def there(place: str, what: str) -> dict[str, Any]:
    """Count in Spark; with a worker killed once two of them have worked for some seconds."""
    from driftline.spark import count as spread
    from driftline.spark.opening import open_files
    from driftline.spark.source import SparkSource

    plan = fit(open_source(f"{place}/00000.parquet"), Monitor())
    begun = family_time()
    session = started()
    frame = session.read.parquet(place)
    # Python in the executors starts with the first rows that it is given.
    spread.count(plan, SparkSource(frame.limit(1000)), Windowing())
    source = SparkSource(frame) if what == "frame" else open_files([f"{place}/*.parquet"], place)
    before, killer = family_time(), Killer()
    if what == "killed":
        killer.start()
    found = spread.count(plan, source, Windowing())
    taken = {"start": before - begun, "cpu": family_time() - before, "bytes": digest(found), "killed": killer.killed}
    session.stop()
    return taken


class Killer(threading.Thread):
    """Kills one Python worker that has been working for a while."""

    SECONDS = 1.0

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.killed = 0

    def run(self) -> None:
        """Wait for a worker that has taken some seconds of processor time since now, and kill it."""
        before = dict(workers())
        while not self.killed:
            for number, taken in workers():
                if taken - before.get(number, 0.0) > self.SECONDS:
                    os.kill(number, signal.SIGKILL)
                    self.killed += 1
                    break
            time.sleep(0.05)


def started() -> SparkSession:
    """A session of two cores, in which a task may fail twice."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2,3]").appName("bench")
    for key, value in SETTINGS.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def workers() -> list[tuple[int, float]]:
    """Python workers of Spark's executors, with their processor seconds: children of the daemon that forks them."""
    found = dict(family())
    daemons = {number for number in found if b"pyspark.daemon" in Path(f"/proc/{number}/cmdline").read_bytes()}
    return [(number, sum(stat[11:13]) / HERTZ) for number, stat in found.items() if number in daemons and stat[1] in daemons]


def family() -> Iterator[tuple[int, list[int]]]:
    """This process and all below it, with the numbers of /proc/*/stat after the name: state, parent, ..."""
    stats = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = place.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        stats[int(place.parent.name)] = [0, *map(int, words[1:])]
    ours = {os.getpid()}
    while more := {number for number, stat in stats.items() if stat[1] in ours} - ours:
        ours |= more
    return ((number, stats[number]) for number in ours)


def family_time() -> float:
    """Processor seconds of this process, of all below it, and of those that have ended."""
    return sum(sum(stat[11:15]) for _, stat in family()) / HERTZ


def digest(found: Counted) -> str:
    """The bytes of all profiles, in short."""
    whole = hashlib.blake2b(digest_size=16)
    for (segment, window), profile in found.profiles.items():
        whole.update(f"{segment} {window} ".encode())
        whole.update(press(profile))
    return whole.hexdigest()


def say(what: str, measured: float, unit: str, wanted: float | None = None, *, more: bool = False) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 3), "unit": unit, "wanted": wanted, "more": more}), flush=True)


if __name__ == "__main__":
    main()
