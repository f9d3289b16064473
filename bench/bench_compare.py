"""Measures comparing: a thousand columns in ninety windows, from stored profiles to verdicts.

The profiles are made once: 800 columns of numbers and 200 of levels, a reference in blocks like the windows, and
ninety days of which the last fifteen moved in thirty columns. Every run is a process of its own.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.engines.count import count
from driftline.engines.fit import fit
from driftline.errors import DataError
from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Role
from driftline.services.check import Counted, check
from driftline.sources.opening import open_source
from driftline.store.profiles import load, save
from driftline.store.shelf import Shelf, Use
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS, LEVELLED, WINDOWS, BLOCKS = 1000, 200, 90, 30
ROWS_PER_WINDOW = 1000
MOVED, MOVED_FROM = 30, 75
START = datetime(2026, 1, 1, tzinfo=UTC)
TARGET_SECONDS = 2.0


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=int, default=COLUMNS)
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many runs is told")
    parser.add_argument("--profile", action="store_true", help="say where the time goes, on the standard error stream")
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(child(options.child, profiled=options.profile)))
        return
    paths = made(options.columns, options.windows)
    if options.profile:
        child(paths, profiled=True)
        return
    command = [sys.executable, __file__, "--child", *map(str, paths)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(options.repeats)]
    tell(runs, f"{options.columns:,} columns × {options.windows} windows")


def tell(runs: list[dict[str, float]], size: str) -> None:
    """Print the medians."""
    found = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    say(f"{size}: judge stored profiles, s", found["check"], "s", TARGET_SECONDS)
    say("... CPU time of it", found["check_cpu"], "s", None)
    say("... read the profiles beforehand", found["load"], "s", None)
    say("... look at every column of the last window afterwards", found["look"], "s", None)
    say("... peak memory of the process", found["megabytes"], "MB", None)
    say("... of which before judging", found["megabytes_before"], "MB", None)
    say("... the two profile files", found["megabytes_stored"], "MB", None)


def say(what: str, measured: float, unit: str, wanted: float | None) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 3), "unit": unit, "wanted": wanted}), flush=True)


def child(paths: Sequence[Path], *, profiled: bool) -> dict[str, float]:
    """Read both files, judge, and say what it took."""
    start = time.perf_counter()
    reference, current = (counted(load(path)) for path in paths)
    loaded, before = time.perf_counter() - start, memory()
    monitor = Monitor(hints=HINTS, windowing=Windowing(Cadence.DAY))
    profiler = cProfile.Profile()
    if profiled:
        profiler.enable()
    start, cpu = time.perf_counter(), time.process_time()
    report = check(reference, current, monitor, START)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    if profiled:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(40)
    start = time.perf_counter()
    drifted = sum(column.verdict.value == "drifted" for column in report.windows[-1].columns)
    look = time.perf_counter() - start
    stored = sum(path.stat().st_size for path in paths) / 2**20
    return {
        "load": loaded, "check": seconds, "check_cpu": cpu, "look": look, "drifted": drifted,
        "megabytes": memory(), "megabytes_before": before, "megabytes_stored": stored,
    }  # fmt: skip


def counted(shelf: Shelf) -> Counted:
    """A shelf as the judge takes it."""
    return Counted({(segment, window): profile for segment, window, profile in shelf.entries}, like_windows=shelf.use is Use.REFERENCE)


def memory() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


HINTS = ColumnHints(roles={"ts": Role.TIMESTAMP})


def made(columns: int, windows: int) -> tuple[Path, Path]:
    """Both profile files, made if they are not there yet."""
    folder = Path(tempfile.gettempdir()) / f"driftline-bench-compare-{columns}-{windows}"
    paths = folder / "reference.profile", folder / "current.profile"
    if not all(readable(path) for path in paths):
        print("making the profiles, once", file=sys.stderr)
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        reference = open_source(table(rng, columns, START - timedelta(days=BLOCKS), BLOCKS, moved_from=BLOCKS))
        monitor = Monitor(hints=HINTS, windowing=Windowing(Cadence.DAY))
        plan = fit(reference, monitor)
        save(shelf(plan, count(plan, reference, monitor.windowing, HINTS), Use.REFERENCE), paths[0])
        current = open_source(table(rng, columns, START, windows, moved_from=MOVED_FROM))
        save(shelf(plan, count(plan, current, monitor.windowing, HINTS), Use.CURRENT), paths[1])
    return paths


def readable(path: Path) -> bool:
    """Whether the file is there and this driftline reads it."""
    try:
        return bool(load(path).entries)
    except DataError:
        return False


def shelf(plan: object, found: object, use: Use) -> Shelf:
    """What was counted, to be stored."""
    return Shelf(plan=plan, entries=tuple((s, w, p) for (s, w), p in found.profiles.items()), use=use)  # type: ignore[arg-type, attr-defined]


def table(rng: np.random.Generator, columns: int, start: datetime, days: int, *, moved_from: int) -> pa.Table:
    """Rows of so many days; from one day on, some columns of numbers are half a deviation higher."""
    rows = days * ROWS_PER_WINDOW
    seconds = np.arange(rows) * (86_400 // ROWS_PER_WINDOW)
    arrays = {"ts": pa.array(np.datetime64(start.replace(tzinfo=None), "s") + seconds.astype("timedelta64[s]"))}
    levelled = columns * LEVELLED // COLUMNS
    moved = seconds >= moved_from * 86_400
    for i in range(columns - levelled):
        values = (rng.normal(size=rows), rng.lognormal(size=rows), rng.standard_cauchy(rows), rng.gamma(2, 3, rows))[i % 4]
        values = values.astype(np.float32)
        arrays[f"n{i}"] = pa.array(np.where(moved, values + np.float32(0.5), values) if i < MOVED else values)
    for i in range(levelled):
        levels = (2, 5, 12, 40, 200)[i % 5]
        weights = 1 / np.arange(1, levels + 1)
        codes = rng.choice(levels, rows, p=weights / weights.sum()).astype(np.int16)
        arrays[f"c{i}"] = pa.DictionaryArray.from_arrays(codes, [f"level {code}" for code in range(levels)])
    return pa.table(arrays)


if __name__ == "__main__":
    main()
