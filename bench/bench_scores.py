"""Measures realised and CBPE performance of many scored rows from counts: time beside that of reading their columns, and NannyML's CBPE.

A Parquet file of timestamps, scores, predictions and labels is counted in windows, and every metric of every window is read from
the counts, as it was and as scores alone say that it must be. Reading is decoding the same columns with the same reader.
NannyML's CBPE is timed in its own environment (made by `bench_peers.py --install`) on a part of the rows, and compared by row;
its accuracy also says how far bins are from raw rows. Each measurement is a process of its own, and the best of some is told.
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

from driftline.engines.count import count
from driftline.engines.fit import fit
from driftline.monitor import ColumnHints, Monitor
from driftline.performance.binned import estimate_counts, learn
from driftline.performance.metric import answer, metrics_for
from driftline.performance.question import Question
from driftline.profile.profile import total
from driftline.sources.opening import open_source
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).parent
REFERENCE, GROUP = 100_000, 250_000
PEER_ROWS = 1_000_000
TIMES = 1.5


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--windows", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--child", choices=["read", "count"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = made(options.rows)
    if options.child:
        print(json.dumps(child(options.child, folder, options.rows // options.windows)))
        return
    read, counted = (best(what, options) for what in ("read", "count"))
    size = f"{options.rows:,} scored rows with labels in {options.windows} windows"
    say(f"{size}: reading their columns, processor time", read["cpu"], "s")
    say(f"... {counted['metrics']:.0f} metrics, realised and CBPE, from the file: processor time", counted["cpu"], "s")
    say("... of it reading metrics and estimates from counts", counted["told"], "s")
    say("... times the processor time of reading", counted["cpu"] / read["cpu"], "×", TIMES)
    say("... times the wall time of reading", counted["seconds"] / read["seconds"], "×")
    beside(folder, options.rows, options.windows, counted)


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


def best(what: str, options: argparse.Namespace) -> dict[str, Any]:
    """The quickest of some runs of a child."""
    command = [sys.executable, __file__, "--rows", str(options.rows), "--windows", str(options.windows), "--child", what]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(options.repeats)]
    return min(runs, key=lambda run: float(run["cpu"]))


def child(what: str, folder: Path, rows: int) -> dict[str, Any]:
    """Do one thing in this process and say what it took; the reference is counted and learnt from beforehand."""
    source, past = (open_source(str(folder / f"{name}.parquet")) for name in ("current", "reference"))
    names = source.schema().names
    plan = fit(past, Monitor())
    before = count(plan, past, Windowing(Cadence.ROWS, rows=REFERENCE), ColumnHints()) if what == "count" else None
    known = total(list(before.profiles.values())).outcome if before is not None else None
    binned = learn(plan.outcome, known) if plan.outcome is not None and known is not None else None
    start, cpu = time.perf_counter(), time.process_time()
    if before is None or plan.outcome is None:
        for batch in source.batches(names):
            del batch
        return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    counted = count(plan, source, Windowing(Cadence.ROWS, rows=rows), ColumnHints())
    so_far, values = time.process_time(), {}
    outcome, metrics = plan.outcome, metrics_for(plan.outcome)
    for (_, _), profile in sorted(counted.profiles.items(), key=lambda one: one[0][1]):
        if binned is None or profile.outcome is None:
            continue
        asked = Question(outcome, profile.outcome)
        for name in metrics:
            answer(name, asked)
        for one in estimate_counts(outcome, binned, profile.outcome, metrics):
            values.setdefault(one.metric, []).append(one.value)
    end, told = time.process_time(), time.process_time() - so_far
    return {"seconds": time.perf_counter() - start, "cpu": end - cpu, "told": told, "metrics": len(values), **values}


def made(rows: int) -> Path:
    """The reference and the rows, made if they are not there yet."""
    folder = Path(tempfile.gettempdir()) / f"driftline-bench-scores-{rows}"
    if not (folder / "current.parquet").exists():
        folder.mkdir(exist_ok=True)
        for name, size, seed in (("reference", REFERENCE, 1), ("current", rows, 0)):
            unfinished = folder / f"{name}.{os.getpid()}"
            write(unfinished, size, np.random.default_rng(seed))
            unfinished.replace(folder / f"{name}.parquet")
    return folder


def write(path: Path, rows: int, dice: np.random.Generator) -> None:
    """Scores of a model that is a little too sure, and labels."""
    first = table(np.arange(0), dice)
    with pq.ParquetWriter(path, first.schema) as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(table(np.arange(start, min(start + GROUP, rows)), dice))


def table(places: NDArray[np.int64], dice: np.random.Generator) -> pa.Table:
    """Some rows, a tenth of a second apart."""
    score = dice.beta(0.6, 1.4, places.size)
    came = dice.random(places.size) < 0.05 + 0.85 * score
    said = (score >= 0.5).astype(np.int8)  # noqa: PLR2004  the usual cut
    at = pa.array(places * 100_000, pa.timestamp("us"))
    return pa.table({"ts": at, "score": score, "prediction": said, "label": came.astype(np.int8)})


def say(what: str, measured: float, unit: str, wanted: float | None = None, *, more: bool = False) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": float(f"{measured:.3g}"), "unit": unit, "wanted": wanted, "more": more}), flush=True)


if __name__ == "__main__":
    main()
