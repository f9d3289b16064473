"""Measures driftline beside its peers in one run: Parquet to verdicts, 50 columns, 1 million rows in 24 windows.

Processor seconds are user and system time of a process of its own, less its imports; memory is that process's peak.
Each peer lives in an environment of its own, made by `--install` from `bench/peers/*.txt` in the user's cache; a peer
that is not there is left out, with a sentence. Seven columns move in the second half.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftline-bench"
NUMBERS, LEVELS = 43, (3, 5, 10, 20, 50, 100, 500)
REFERENCE_ROWS = 100_000
GROUP = 100_000
PEERS = ("nannyml", "alibi", "whylogs", "evidently")
TIMES_LESS, MEGABYTES = 10, 300
QUIET = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1", "PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3"}


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peers", nargs="*", help=f"which of {', '.join(PEERS)}; without any, all that are there")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3, help="the median of so many runs is told; slow peers run once")
    parser.add_argument("--install", action="store_true", help="make the environments that are not there yet")
    options = parser.parse_args()
    files = made(options.rows)
    pythons = {peer: python(peer, install=options.install) for peer in options.peers or PEERS}
    size = f"{options.rows:,} rows × {NUMBERS + len(LEVELS)} columns"
    taken = alternately(
        {"driftline": sys.executable, "numpy": sys.executable, "nannyml": pythons.pop("nannyml", None)}, files, options.repeats
    )
    tell(size, taken)
    for peer, place in pythons.items():
        if place:
            show(peer, alternately({peer: place}, files, 1)[peer])


def alternately(pythons: dict[str, str | None], files: tuple[Path, Path], repeats: int) -> dict[str, dict[str, float]]:
    """Medians of runs that take turns, so that a busy minute hits all."""
    there = {peer: place for peer, place in pythons.items() if place}
    runs: dict[str, list[dict[str, float]]] = {peer: [] for peer in there}
    for _ in range(repeats):
        for peer, place in there.items():
            runs[peer].append(run(peer, place, files))
    return {peer: {key: statistics.median(run[key] for run in found) for key in found[0]} for peer, found in runs.items()}


def run(peer: str, place: str, files: tuple[Path, Path]) -> dict[str, float]:
    """One comparison in a process of its own."""
    command = [place, str(HERE / "peer_jobs.py"), peer, *map(str, files)]
    environment = {**os.environ, **QUIET, "PYTHONPATH": str(HERE.parent / "src") if place == sys.executable else ""}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def tell(size: str, taken: dict[str, dict[str, float]]) -> None:
    """Print what driftline took, against what was wanted."""
    ours = taken["driftline"]
    say(f"{size}, Parquet to verdicts: processor time", ours["cpu"], "s")
    say("... wall time", ours["seconds"], "s")
    say("... peak memory of the process", ours["megabytes"], "MB", MEGABYTES)
    say("... columns flagged (7 moved)", ours["flagged"], "columns")
    if "nannyml" in taken:
        say("... times less processor time than NannyML in the same run", taken["nannyml"]["cpu"] / ours["cpu"], "×", TIMES_LESS, more=True)
    for peer in taken.keys() - {"driftline"}:
        show(peer, taken[peer])


def show(peer: str, taken: dict[str, float]) -> None:
    """Print what a peer took."""
    say(f"{peer}: processor time ({taken['flagged']:.0f} columns flagged)", taken["cpu"], "s")
    say(f"{peer}: peak memory", taken["megabytes"], "MB")


def say(what: str, measured: float, unit: str, wanted: float | None = None, *, more: bool = False) -> None:
    """Print one number as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(measured, 2), "unit": unit, "wanted": wanted, "more": more}), flush=True)


def python(peer: str, *, install: bool) -> str | None:
    """The interpreter of a peer's environment; None if it is not there."""
    pins = HERE / "peers" / f"{peer}.txt"
    place = CACHE / f"{peer}-{hashlib.blake2b(pins.read_bytes(), digest_size=6).hexdigest()}"
    interpreter = place / "bin" / "python"
    if not (place / "done").exists():
        if not install:
            print(f"{peer} is left out: its environment is not there (python bench/bench_peers.py --install)", file=sys.stderr)
            return None
        print(f"installing {peer}, once", file=sys.stderr)
        venv.create(place, with_pip=True, clear=True)
        command = [str(interpreter), "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check", "-r", str(pins)]
        if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
            print(f"{peer} is left out: it cannot be installed here", file=sys.stderr)
            return None
        (place / "done").touch()
    return str(interpreter)


def made(rows: int) -> tuple[Path, Path]:
    """Both files, made if they are not there yet."""
    folder = Path(tempfile.gettempdir()) / f"driftline-bench-peers-{rows}"
    paths = folder / "reference.parquet", folder / "current.parquet"
    if not paths[1].exists():
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        write(rng, paths[0], REFERENCE_ROWS, REFERENCE_ROWS)
        write(rng, paths[1], rows, rows // 2)
    return paths


def write(rng: np.random.Generator, path: Path, rows: int, moved_from: int) -> None:
    """Write a file, a row group at a time; from one row on seven columns have moved."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    first = table(rng, np.arange(0) >= 0)
    with pq.ParquetWriter(unfinished, first.schema) as writer:
        for start in range(0, rows, GROUP):
            writer.write_table(table(rng, np.arange(start, min(start + GROUP, rows)) >= moved_from))
    unfinished.replace(path)


def table(rng: np.random.Generator, moved: Any) -> pa.Table:
    """Some rows: 43 columns of numbers, of which 5 move, and 7 of texts, of which 2 do."""
    size, columns = moved.size, {}
    for i in range(NUMBERS):
        values = (
            lambda: rng.normal(100, 15, size),
            lambda: rng.lognormal(3, 1, size),
            lambda: rng.standard_cauchy(size),
            lambda: rng.gamma(2, 30, size),
            lambda: np.floor(rng.exponential(20, size)),
        )[i % 5]()
        columns[f"n{i:02d}"] = np.where(moved, values * 1.5 + 5, values) if i < 5 else values  # noqa: PLR2004  five of them move
    for i, levels in enumerate(LEVELS):
        weights = 1 / np.arange(1, levels + 1)
        codes = rng.choice(levels, size, p=weights / weights.sum())
        codes = np.where(moved & (rng.random(size) < 0.1), 0, codes) if i in (1, 4) else codes  # noqa: PLR2004  a tenth of the rows
        columns[f"c{i}"] = pa.array([f"level {code}" for code in range(levels)]).take(pa.array(codes))
    return pa.table(columns)


if __name__ == "__main__":
    main()
