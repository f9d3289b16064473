"""Measures counting: a Parquet file is profiled, beside merely decoding it, and the kernel beside NumPy's `searchsorted`.

Decoding is measured with our own reader, which gets texts as dictionary codes, and with pyarrow as it comes, which makes
every text anew. Each measurement is a process of its own; the best of some runs is shown, with the most memory any took.
The file lies in the temporary directory and is made once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from driftline.engines.count import available, count
from driftline.engines.fit import fit
from driftline.engines.kernel import KERNEL
from driftline.monitor import ColumnHints, Monitor
from driftline.profile.bins import FIXED_POINT_BITS, fit_number_bins
from driftline.sources.opening import open_source
from driftline.window import Cadence, Windowing

LEVELS = (3, 5, 8, 12, 20, 50, 100, 200, 500, 1000)
NUMBERS = 40
GROUP = 250_000
TARGET_RATIO, TARGET_MEGABYTES, TARGET_NANOSECONDS = 1.3, 600, 6.0


def main() -> None:
    """Measure, and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--windows", type=int, default=1, help="cut the rows into so many windows")
    parser.add_argument("--repeats", type=int, default=3, help="each measurement is the best of so many")
    parser.add_argument("--child", choices=["import", "plain", "decode", "profile"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    path = made(options.rows)
    if options.child:
        print(json.dumps(child(options.child, path, options.rows // options.windows)))
        return
    found = measured(options.rows, options.windows, options.repeats)
    show(found)
    print(json.dumps(found))


def measured(rows: int, windows: int, repeats: int) -> dict[str, object]:
    """Every number of the table."""
    runs = {what: best(what, rows, windows, repeats) for what in ("import", "plain", "decode", "profile")}
    decode, profile, idle = runs["decode"], runs["profile"], runs["import"]
    return {
        "rows": rows,
        "columns": NUMBERS + len(LEVELS),
        "threads": available(),
        "plain": runs["plain"],
        "decode": decode,
        "profile": profile,
        "ratio": profile["seconds"] / decode["seconds"],
        "cpu_ratio": profile["cpu"] / decode["cpu"],
        "ratio_to_plain": profile["seconds"] / runs["plain"]["seconds"],
        "cpu_ratio_to_plain": profile["cpu"] / runs["plain"]["cpu"],
        "megabytes_beyond_reader": profile["megabytes"] - decode["megabytes"],
        "megabytes_of_imports": idle["megabytes"],
        "kernel": kernel(),
    }


def best(what: str, rows: int, windows: int, repeats: int) -> dict[str, float]:
    """The fastest of some runs of a child, with the most memory any took."""
    command = [sys.executable, __file__, "--rows", str(rows), "--windows", str(windows), "--child", what]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(repeats)]
    return {key: (max if key == "megabytes" else min)(run[key] for run in runs) for key in ("seconds", "cpu", "megabytes")}


def child(what: str, path: Path, rows_per_window: int) -> dict[str, float]:
    """Do one thing in this process and say what it took; bins are fitted beforehand, on a part."""
    source = open_source(str(path))
    names = source.schema().names
    windowing = Windowing(Cadence.ROWS, rows=rows_per_window)
    plan = fit(open_source(str(part_of(path))), Monitor()) if what == "profile" else None
    start, cpu = time.perf_counter(), time.process_time()
    if what == "plain":
        for batch in pq.ParquetFile(path).iter_batches(columns=names):
            del batch
    elif what == "decode":
        for batch in source.batches(names):
            del batch
    elif plan is not None:
        count(plan, source, windowing, ColumnHints())
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    return {"seconds": seconds, "cpu": cpu, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def kernel() -> dict[str, dict[str, float]]:
    """Nanoseconds per value and core: only the binning, all that is counted of a number, and NumPy's binning."""
    rng = np.random.default_rng(5)
    size = 1 << 20
    shapes = {
        "normal": rng.normal(size=size),
        "cauchy": rng.standard_cauchy(size),
        "lognormal": rng.lognormal(0, 2, size),
        "zeros": np.where(rng.random(size) < 0.3, 0.0, rng.normal(size=size)),  # noqa: PLR2004  a third
    }
    return {name: kernel_on(values) for name, values in shapes.items()}


def kernel_on(values: np.ndarray) -> dict[str, float]:
    """Time one column."""
    bins = fit_number_bins(values[:200_000])
    binner = KERNEL.binner(bins.array, bins.center, 2.0**FIXED_POINT_BITS / bins.scale)
    tables = [np.zeros((1, bins.width), np.int64), np.zeros((1, 1, 4), np.int64), np.zeros((1, 1, 8), np.int64)]
    tables += [np.array([[[np.inf, -np.inf]]]), np.zeros((1, 1, 512), np.uint8), np.zeros(values.size, np.uint64)]

    def whole() -> None:
        for start in range(0, values.size, 1 << 16):
            pieces = np.array([[start, 1 << 16, 0]], dtype=np.int64)
            KERNEL.count_numbers([(values, "d", 0, None, 0, binner, (0, 0, bins.width, 3))], (pieces, *tables, 1, bins.width, values.size))

    counts = np.zeros(bins.width, np.int64)
    return {
        "width": bins.width,
        "all": fastest(whole) / values.size,
        "bins": fastest(lambda: KERNEL.count_bins(values, binner, counts)) / values.size,
        "searchsorted": fastest(lambda: np.bincount(np.searchsorted(bins.array, values, side="right"))) / values.size,
    }


def fastest(work: object, times: int = 9) -> float:
    """Nanoseconds of this thread's processor time for the fastest of some calls."""
    taken = []
    for _ in range(times):
        start = time.thread_time_ns()
        work()  # type: ignore[operator]
        taken.append(time.thread_time_ns() - start)
    return float(min(taken))


def made(rows: int) -> Path:
    """The file, made if it is not there yet."""
    path = Path(tempfile.gettempdir()) / f"driftline-bench-count-{rows}.parquet"
    if not path.exists():
        write(path, rows)
        write(part_of(path), min(rows, GROUP))
    return path


def part_of(path: Path) -> Path:
    """A file of the first rows, to fit bins on."""
    return path.with_name(f"{path.stem}-part.parquet")


def write(path: Path, rows: int) -> None:
    """Write a file of random columns, row group by row group."""
    rng = np.random.default_rng(0)
    unfinished = path.with_suffix(f".{os.getpid()}")
    writer = None
    for start in range(0, rows, GROUP):
        table = pa.table(columns(rng, min(GROUP, rows - start)))
        writer = writer or pq.ParquetWriter(unfinished, table.schema)
        writer.write_table(table, row_group_size=GROUP)
    if writer is not None:
        writer.close()
    unfinished.replace(path)


def columns(rng: np.random.Generator, rows: int) -> dict[str, pa.Array]:
    """Forty columns of numbers of ten shapes, ten of texts."""
    found: dict[str, pa.Array] = {}
    for i in range(NUMBERS):
        values = [
            lambda: rng.normal(10, 3, rows),
            lambda: rng.normal(0, 1, rows),
            lambda: rng.gamma(2, 50, rows),
            lambda: rng.standard_cauchy(rows),
            lambda: rng.lognormal(0, 2, rows),
            lambda: rng.normal(size=rows).astype(np.float32),
            lambda: rng.lognormal(3, 1, rows).astype(np.float32),
            lambda: rng.integers(0, 100, rows),
            lambda: rng.poisson(3, rows).astype(np.int32),
            lambda: rng.integers(0, 10**9, rows),
        ][i % 10]()
        found[f"number_{i}"] = pa.array(values, mask=rng.random(rows) < 0.03 if i % 10 in (2, 6) else None)  # noqa: PLR2004  some nulls
    for i, levels in enumerate(LEVELS):
        weights = 1 / np.arange(1, levels + 1)
        codes = rng.choice(levels, rows, p=weights / weights.sum())
        found[f"text_{i}"] = pa.array([f"level {code:04d}" for code in range(levels)]).take(pa.array(codes))
    return found


def show(found: dict[str, object]) -> None:
    """Print the table."""
    print(f"{found['rows']:,} rows x {found['columns']} columns, {found['threads']} threads")
    for what, said in (("plain", "pyarrow"), ("decode", "our reader"), ("profile", "profile")):
        run = found[what]
        print(f"{said:>10}  {run['seconds']:8.3f} s  {run['cpu']:8.3f} CPU s  {run['megabytes']:8.0f} MB")  # type: ignore[index]
    print(f"     ratio  {found['ratio']:8.2f}    {found['cpu_ratio']:8.2f}     {found['megabytes_beyond_reader']:8.0f} MB more")
    print(f"to pyarrow  {found['ratio_to_plain']:7.2f}    {found['cpu_ratio_to_plain']:8.2f}")
    print(f"    target  {TARGET_RATIO:8.2f}                    {TARGET_MEGABYTES:8.0f} MB")
    print(f"\n{'ns/value':>10}  {'bins':>6}  {'all':>6}  searchsorted    (target for bins: {TARGET_NANOSECONDS})")
    for name, taken in found["kernel"].items():  # type: ignore[attr-defined]
        print(f"{name:>10}  {taken['bins']:6.2f}  {taken['all']:6.2f}  {taken['searchsorted']:12.1f}")


if __name__ == "__main__":
    main()
