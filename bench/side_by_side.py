"""Measures libraries side by side on the same Parquet files, and writes the table and the figure of docs/benchmarks.md.

Rows are 20 columns, 1,000 to a window, against a reference of 42 windows. In one file rows are independent, and from the
eleventh window on seven columns have changed, each in its way. In the other nothing changes, but each row is like the one
before it. What is measured is kept, cell by cell, in `bench/peers/measured.json`: a run that was stopped goes on where it
was, and `--anew` forgets it. Environments are those of `bench/bench_peers.py --install`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from bench_peers import PEERS, QUIET, python
from scipy.signal import lfilter

HERE = Path(__file__).parent
KEPT = HERE / "peers" / "measured.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"
FIGURE = HERE.parent / "docs" / "images" / "benchmarks.svg"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
ROWS, REFERENCE, WINDOWS, CHANGED_FROM = 1000, 42, 20, 10
NUMBERS, LEVELS = 14, (3, 5, 8, 20, 50, 100)
CHANGES = {
    "n0": "mean moves 0.1 sd",
    "n1": "mean moves 0.2 sd",
    "n2": "spread × 1.5",
    "n3": "5% become null",
    "n4": "5% in another unit",
    "c0": "10% move to one level",
    "c1": "1% in a new level",
}
SETTINGS = ("default", "best")


def main() -> None:
    """Measure what is not measured yet, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anew", action="store_true", help="forget what was measured before")
    parser.add_argument("--install", action="store_true", help="make the environments that are not there yet")
    parser.add_argument("--seconds", type=float, default=600, help="a cell that takes longer is given up")
    options = parser.parse_args()
    if options.anew:
        KEPT.unlink(missing_ok=True)
    places = {"driftline": sys.executable, **{peer: python(peer, install=options.install) for peer in PEERS}}
    with tempfile.TemporaryDirectory() as folder:
        files = made(Path(folder))
        for setting in SETTINGS:
            for name, (reference, current) in files.items():
                for peer, place in places.items():
                    if place:
                        measure(f"{peer} {setting} {name}", [place, peer, setting, str(reference), str(current)], options.seconds)
    written(kept())


def kept() -> dict[str, Any]:
    """What has been measured."""
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    return found


def measure(cell: str, words: list[str], seconds: float) -> None:
    """One cell, in a process of its own, unless it is there."""
    measured = kept()
    if cell in measured:
        return
    place, *rest = words
    environment = {**os.environ, **QUIET, "PYTHONPATH": str(HERE.parent / "src") if place == sys.executable else ""}
    try:
        done = subprocess.run(
            [place, str(HERE / "side_jobs.py"), *rest], check=True, capture_output=True, text=True, env=environment, timeout=seconds
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"{cell}: given up: {str(error.stderr)[-500:]}", file=sys.stderr)
        return
    measured[cell] = json.loads(done.stdout.splitlines()[-1])
    KEPT.write_text(json.dumps(measured, indent=0, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{cell}: {measured[cell]['cpu']:.1f} s of processor time", file=sys.stderr)


def made(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Pairs of files: the same bytes in every run."""
    files = {}
    for name, memory in (("independent", 0.0), ("in spells", 0.9)):
        rng = np.random.default_rng(20_260_101)
        pair = folder / f"{name}-reference.parquet", folder / f"{name}-current.parquet"
        table = rows(rng, (REFERENCE + WINDOWS) * ROWS, memory)
        current = table.slice(REFERENCE * ROWS)
        pq.write_table(table.slice(0, REFERENCE * ROWS), pair[0])
        pq.write_table(current if memory else changed(rng, current), pair[1])
        files[name] = pair
    return files


def rows(rng: np.random.Generator, size: int, memory: float) -> pa.Table:
    """Numbers of several shapes and levels of several numbers, each row like the one before as far as `memory` says."""

    def normal() -> np.ndarray[Any, Any]:
        fresh = rng.normal(size=size) * np.sqrt(1 - memory**2)
        return np.asarray(lfilter([1.0], [1.0, -memory], fresh))

    columns: dict[str, Any] = {}
    for i in range(NUMBERS):
        columns[f"n{i}"] = np.exp(normal()) if i in (7, 8, 9) else np.round(normal() * 10) if i in (10, 11) else normal()
    for i, levels in enumerate(LEVELS):
        weights = np.cumsum(1 / np.arange(1, levels + 1))
        place = np.searchsorted(weights / weights[-1], 0.5 + 0.5 * np.tanh(normal() * 0.8))
        columns[f"c{i}"] = [f"level {code}" for code in place.tolist()]
    return pa.table(columns)


def changed(rng: np.random.Generator, table: pa.Table) -> pa.Table:
    """Seven columns change from one window on."""
    late = np.arange(table.num_rows) >= CHANGED_FROM * ROWS
    columns = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}

    def some(share: float) -> np.ndarray[Any, Any]:
        return np.asarray(late & (rng.random(late.size) < share))

    columns["n0"] = columns["n0"] + 0.1 * late
    columns["n1"] = columns["n1"] + 0.2 * late
    columns["n2"] = columns["n2"] * np.where(late, 1.5, 1.0)
    columns["n4"] = np.where(some(0.05), columns["n4"] * 1000, columns["n4"])
    columns["c0"] = np.where(some(0.10), "level 2", columns["c0"])
    columns["c1"] = np.where(some(0.01), "level new", columns["c1"])
    return pa.table({**columns, "n3": pa.array(columns["n3"], mask=some(0.05))}).select(table.column_names)


def written(measured: dict[str, Any]) -> None:
    """Put the table and the figure into the page."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(measured)}\n\n{END}{after}", encoding="utf-8")
    FIGURE.write_text(figure(measured), encoding="utf-8")


def table(measured: dict[str, Any]) -> str:
    """Two tables: what it costs and what is flagged though nothing changed; then what is found."""
    heads = ("library", "setting", "processor time", "peak memory", "unchanged columns flagged", "windows with any", "both, rows in spells")
    cost = [f"| {' | '.join(heads)} |"]
    cost += ["|---|---|---|---|---|---|---|"]
    power = ["| library | setting | " + " | ".join(CHANGES.values()) + " |", "|---|---|" + "---|" * len(CHANGES)]
    for peer in ("driftline", *PEERS):
        for setting in SETTINGS:
            calm, spells = (measured.get(f"{peer} {setting} {name}") for name in ("independent", "in spells"))
            if calm is None:
                continue
            one, any_ = false_alarms(calm["flagged"], until=CHANGED_FROM)
            spell = "–" if spells is None else "{:.1%}, {:.0%}".format(*false_alarms(spells["flagged"], until=WINDOWS))
            cost.append(f"| {peer} | {setting} | {calm['cpu']:.1f} s | {calm['megabytes']:.0f} MB | {one:.1%} | {any_:.0%} | {spell} |")
            power.append(f"| {peer} | {setting} | " + " | ".join(f"{found(calm['flagged'], name):.0%}" for name in CHANGES) + " |")
    return "\n".join([*cost, "", "![Changes found against false alarms](images/benchmarks.svg)", "", *power])


def false_alarms(flagged: list[list[str]], until: int) -> tuple[float, float]:
    """Shares of unchanged columns flagged, and of windows with any of them."""
    held = flagged[:until]
    return sum(map(len, held)) / (len(held) * (NUMBERS + len(LEVELS))), sum(map(bool, held)) / len(held)


def found(flagged: list[list[str]], column: str) -> float:
    """Share of changed windows in which a changed column was flagged."""
    held = flagged[CHANGED_FROM:]
    return sum(column in window for window in held) / len(held)


def figure(measured: dict[str, Any]) -> str:
    """A dot for each library and setting: changes found, upwards, against windows with a false alarm, to the right."""
    places: dict[tuple[str, str], list[str]] = {}
    for cell, one in sorted(measured.items()):
        peer, setting, name = cell.split(" ", 2)
        if name == "independent":
            _, x = false_alarms(one["flagged"], until=CHANGED_FROM)
            y = float(np.mean([found(one["flagged"], column) for column in CHANGES]))
            places.setdefault((f"{60 + 480 * x:.0f}", f"{330 - 300 * y:.0f}"), []).append(f"{peer}, {setting}")
    dots = []
    for (at, up), names in places.items():
        shape = f'<circle cx="{at}" cy="{up}" r="5" fill="{"#1a6" if names[0].startswith("driftline") else "#666"}"/>'
        dots.append(f'{shape}<text x="{int(at) + 8}" y="{int(up) + 4}">{"; ".join(names)}</text>')
    axes = '<path d="M60 30V330H540" fill="none" stroke="#999"/><text x="60" y="352">0%</text><text x="515" y="352">100%</text>'
    said = '<text x="200" y="352">windows with a false alarm, of 10</text><text x="8" y="22">changed columns found, mean of seven</text>'
    style = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 700 360" font-family="sans-serif" font-size="12" fill="#333"'
    return f'<svg {style}><rect width="700" height="360" fill="#fff"/>{axes}{said}{"".join(dots)}</svg>\n'


if __name__ == "__main__":
    main()
