"""Measures realised and CBPE performance of many scored rows from counts: time beside that of reading their columns, and NannyML's CBPE.

A Parquet file of timestamps, scores, predictions and labels is counted in windows of a day, and every metric of every window is read
from the counts, as it was and as scores alone say that it must be: once as `driftline.measure` does it, which counts nothing else, and
once from whole profiles, as a check does it. Reading is decoding the same columns with the same reader.
NannyML's CBPE is timed in its own environment (made by `bench_peers.py --install`) on a part of the rows, and compared by row;
its accuracy also says how far bins are from raw rows. Each measurement is a process of its own; they take turns, and medians are told.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench_peers import QUIET, python

from driftline.engines.count import count, count_outcomes
from driftline.engines.fit import fit
from driftline.monitor import Monitor
from driftline.profile.outcome import total_outcome
from driftline.services.measure import measure
from driftline.sources.opening import open_source
from driftline.window import WHOLE, Cadence, Windowing

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).parent
REFERENCE, GROUP = 100_000, 250_000
PEER_ROWS = 1_000_000
TIMES = 1.5
DAY = 86_400_000_000
WAYS = ("read", "measure", "profile")


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--windows", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--child", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = made(options.rows, options.windows)
    if options.child:
        print(json.dumps(child(options.child, folder)))
        return
    taken = medians(options)
    read, alone, whole = (taken[way] for way in WAYS)
    say(f"{options.rows:,} scored rows with labels in {options.windows} days: reading their columns, processor time", read["cpu"], "s")
    say(f"... {alone['metrics']:.0f} metrics, realised and CBPE, from the file and nothing else: processor time", alone["cpu"], "s")
    say("... of it reading metrics and estimates from counts", alone["told"], "s")
    say("... times the processor time of reading", alone["cpu"] / read["cpu"], "×", TIMES)
    say("... times the wall time of reading", alone["seconds"] / read["seconds"], "×")
    say("... from whole profiles: times the processor time of reading", whole["cpu"] / read["cpu"], "×")
    say("... from whole profiles: times the wall time of reading", whole["seconds"] / read["seconds"], "×")
    beside(folder, options.rows, options.windows, alone)


def beside(folder: Path, rows: int, windows: int, counted: dict[str, Any]) -> None:
    """NannyML's CBPE on the first rows of the same file."""
    peer, part = python("nannyml", install=False), min(rows, PEER_ROWS)
    if peer is None:
        return
    each = rows // windows
    about = {"label": "label", "scores": ["score"], "said": "prediction", "metrics": ["accuracy", "roc_auc", "f1"], "rows": each}
    with tempfile.TemporaryDirectory() as place:
        pq.write_table(pq.read_table(folder / "reference.parquet").drop_columns("ts"), f"{place}/reference.parquet")
        pq.write_table(pq.read_table(folder / "current.parquet").drop_columns("ts")[:part], f"{place}/current.parquet")
        command = [peer, str(HERE / "estimate_jobs.py"), place, json.dumps(about)]
        environment = {**os.environ, **QUIET, "PYTHONPATH": ""}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    found = json.loads(done.stdout.splitlines()[-1])
    say(f"NannyML's CBPE, three metrics: processor time by its time for {part:,} rows", found["cpu"] * rows / part, "s")
    for metric in ("accuracy", "roc_auc", "f1"):
        theirs = np.array(found["values"][metric])
        apart = np.abs(np.array(counted[metric])[: theirs.size] - theirs).max()
        say(f"greatest distance of {metric} from NannyML's on raw rows", 100 * float(apart), "points", 0.2)


def medians(options: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The median of each number of some runs of each child, which take turns."""
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(options.repeats):
        for way in WAYS:
            command = [sys.executable, __file__, "--rows", str(options.rows), "--windows", str(options.windows), "--child", way]
            runs[way].append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    return {way: {name: np.median([run[name] for run in found], axis=0) for name in found[0]} for way, found in runs.items()}


def child(way: str, folder: Path) -> dict[str, Any]:
    """Do one thing in this process and say what it took; the reference is counted and learnt from beforehand."""
    source, past = (open_source(str(folder / f"{name}.parquet")) for name in ("current", "reference"))
    names, days = source.schema().names, Windowing(Cadence.DAY)
    plan = fit(past, Monitor())
    if plan.outcome is None:
        raise SystemExit("the reference has no outcome")
    known = total_outcome(list(count_outcomes(plan, past, Windowing()).values()))
    # Once for nothing: what is loaded when first used is a matter of starting, not of rows.
    measure(plan.outcome, known, {(None, WHOLE): known})
    start, cpu = time.perf_counter(), time.process_time()
    if way == "read":
        for batch in source.batches(names):
            del batch
        return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    if way == "measure":
        counted = count_outcomes(plan, source, days)
    else:
        found = count(plan, source, days).profiles
        counted = {key: profile.outcome for key, profile in found.items() if profile.outcome is not None}
    so_far = time.process_time()
    measured = measure(plan.outcome, known, counted)
    end = time.process_time()
    values = {name: [float(one.estimated[name].value) for one in measured] for name in measured[0].realised}
    return {"seconds": time.perf_counter() - start, "cpu": end - cpu, "told": end - so_far, "metrics": len(values), **values}


def made(rows: int, days: int) -> Path:
    """The reference and the rows, made if they are not there yet."""
    folder = Path(tempfile.gettempdir()) / f"driftline-bench-scores-{rows}-{days}"
    if not (folder / "current.parquet").exists():
        folder.mkdir(exist_ok=True)
        for name, size, seed in (("reference", REFERENCE, 1), ("current", rows, 0)):
            unfinished = folder / f"{name}.{os.getpid()}"
            write(unfinished, size, DAY * days // rows, np.random.default_rng(seed))
            unfinished.replace(folder / f"{name}.parquet")
    return folder


def write(path: Path, rows: int, apart: int, dice: np.random.Generator) -> None:
    """Scores of a model that is a little too sure, and labels."""
    first = table(np.arange(0), apart, dice)
    with pq.ParquetWriter(path, first.schema) as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(table(np.arange(start, min(start + GROUP, rows)), apart, dice))


def table(places: NDArray[np.int64], apart: int, dice: np.random.Generator) -> pa.Table:
    """Some rows, so many microseconds apart."""
    score = dice.beta(0.6, 1.4, places.size)
    came = dice.random(places.size) < 0.05 + 0.85 * score
    said = (score >= 0.5).astype(np.int8)  # noqa: PLR2004  the usual cut
    at = pa.array(places * apart, pa.timestamp("us"))
    return pa.table({"ts": at, "score": score, "prediction": said, "label": came.astype(np.int8)})


def say(what: str, measured: float, unit: str, wanted: float | None = None, *, more: bool = False) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": float(f"{measured:.3g}"), "unit": unit, "wanted": wanted, "more": more}), flush=True)


if __name__ == "__main__":
    main()
