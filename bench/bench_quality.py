"""Measures detection: false alarms on unchanged rows, and what is found of changes, beside the best of the peers.

The streams are those on which the peers were measured (NannyML 0.13.1, Evidently 0.7.23, Alibi Detect 0.13.0, Deepchecks
0.19.1, popmon 1.4.12, whylogs 1.6.4 and TensorFlow Data Validation 1.16.1, each by its defaults): twenty columns, fourteen
numbers and six categories; for changes a reference of twenty windows of a thousand rows, ten windows unchanged and ten
changed in one column. What is wanted is the best peer's number, whatever false alarms it paid for it. All peers that
find half of the changes raise an alarm in most windows of autoregressive or seasonal rows.

`--grid` measures false alarms over everything that is promised: windows of 30 to a million rows, categories of 2 to 1,000
levels, 1 to 1,000 columns, rows of every kind. It takes hours, and says how long each of its cells took.
"""

from __future__ import annotations

import argparse
import json
import os
import time

# Small matrices are multiplied faster by one thread than by several that wait for each other.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr
from scipy.stats import poisson
from worlds import MIXED, World, judged, judgement, unchanged

from driftline.window import Cadence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Table = dict[str, NDArray[np.float64] | NDArray[np.intp]]
    Change = Callable[[Table, np.random.Generator, float], None]

SIZE, KNOWN, QUIET, CHANGED = 1000, 20, 10, 10
LEVELS = (3, 5, 8, 12, 30, 100)
DRIFTED = 2
"""The place of drifted among verdicts."""

PROMISED, NOTICED = 100 / 30, 5.0
"""Percent of unchanged windows that may raise an alarm, and of unchanged columns that may be seen to change in one."""

MANY, MOST_CELLS = 100_000, 6_000_000
"""Rows of a window from which references are short, and values of a window that a cell of the grid may have."""

PEER_TABLE: tuple[str | int, ...] = (*["normal"] * 6, *["lognormal"] * 3, *["cauchy"] * 2, *["whole"] * 2, "nulls", *LEVELS)


@dataclass(frozen=True, slots=True)
class Case:
    """A change: which columns it touches, what it does to rows, and how often the best peer flags it.

    The size grows from 0.1 to 1 over the windows, for changes that grow; `best` is in percent of the changed windows,
    measured by the peers on ten to five hundred of them.
    """

    columns: tuple[str, ...]
    change: Change
    best: float | None


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10, help="references for each number")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only these changes, and no false alarms")
    parser.add_argument("--grid", action="store_true", help="only false alarms, over all that is promised")
    parser.add_argument("--only", default="", help="only cells of the grid with this in their name")
    options = parser.parse_args()
    if options.grid:
        for name, world, shapes, repeats in grid():
            if options.only in name:
                start = time.process_time()
                say(name, *false_alarms(world, shapes, repeats))
                print(f"  took {time.process_time() - start:.0f} s", flush=True)
        return
    if not options.case:
        for kind, world in WORLDS:
            say(f"{kind} rows, {world.rows:,} in a window", *false_alarms(world, PEER_TABLE, 3 * options.repeats))
    for name in options.case or CASES:
        measure(name, CASES[name], options.repeats)


def false_alarms(world: World, shapes: Sequence[str | int], repeats: int) -> tuple[float, float]:
    """Percent of unchanged windows in which any column is called drifted, and of columns in them that are seen to change."""
    alarms, sightings = [], []
    # Of a million rows a reference of few windows is as much as a machine holds.
    known, windows = (42, 21) if world.rows <= MANY else (12, 6)
    if world.cadence is Cadence.HOUR:
        known, windows = 504, 48
    for repeat in range(repeats):
        dice = np.random.default_rng([1, repeat])
        found = judgement(unchanged(world, shapes, dice, known=known, windows=windows))
        alarms.append((found.verdict == DRIFTED).any(0).mean())
        sightings.append(found.seen.mean())
    return float(100 * np.mean(alarms)), float(100 * np.mean(sightings))


def grid() -> Iterator[tuple[str, World, Sequence[str | int], int]]:
    """Every combination of what is promised: a name, a law of rows, columns, and how many references are thrown."""
    for kind, law in KINDS.items():
        for rows in (30, 200, 1000, 10_000, 100_000, 1_000_000):
            for table, shapes in TABLES.items():
                cells = rows * len(shapes)
                if cells <= MOST_CELLS:
                    repeats = int(np.clip(MOST_CELLS / 4 / cells, 2, 100))
                    yield f"{kind}, {rows:,} rows, {table}", World(rows, **law), shapes, repeats
    for cadence, rows, day in ((Cadence.DAY, 300, 1), (Cadence.DAY, 10_000, 1), (Cadence.HOUR, 40, 24), (Cadence.HOUR, 1000, 24)):
        yield f"weekly-seasonal, {rows:,} rows, every {cadence.value}, 20 columns", World(rows, day=day, cadence=cadence), MIXED, 20


def measure(name: str, case: Case, repeats: int) -> None:
    """Percent of the changed windows in which the touched columns are seen to change, and called drifted; delay; others."""
    seen, drifted, delay, alarms, sightings = [], [], [], [], []
    for repeat in range(repeats):
        dice = np.random.default_rng([2, repeat])
        found = judgement(judged(World(SIZE), stream(case, dice).items(), KNOWN * SIZE))
        touched = np.isin(names(), case.columns)
        after = found.seen[touched, QUIET:]
        seen.append(after.mean())
        drifted.append((found.verdict[touched, QUIET:] == DRIFTED).mean())
        delay.append(np.where(after.any(1), after.argmax(1), CHANGED).mean())
        # Before the change all columns are unchanged, afterwards those that it does not touch.
        quiet, untouched = found.verdict[:, :QUIET] == DRIFTED, found.verdict[~touched, QUIET:] == DRIFTED
        alarms.append(np.concatenate([quiet.any(0), untouched.any(0)]).mean())
        sightings.append(found.seen[~touched].mean())
    say_found(f"{name}: seen in the column touched", 100 * np.mean(seen), "%", wanted=case.best)
    say_found(f"{name}: called drifted", 100 * np.mean(drifted), "%")
    print_line(f"{name}: windows until seen", np.mean(delay), "windows", None)
    print_line(f"{name}: false alarms elsewhere", 100 * np.mean(alarms), "%", PROMISED)
    print_line(f"{name}: seen in columns not touched", 100 * np.mean(sightings), "%", NOTICED)


def names() -> list[str]:
    """The columns' names: their shape, and a number."""
    return [f"{shape}-{i}" for i, shape in enumerate(PEER_TABLE)]


def rows(dice: np.random.Generator, count: int) -> Table:
    """Unchanged rows, of the very laws on which the peers were measured."""
    made: Table = {name: dice.standard_normal(count) for name in names()[:14]}
    for i in range(6, 9):
        made[f"lognormal-{i}"] = np.exp(made[f"lognormal-{i}"])
    for i in (9, 10):
        made[f"cauchy-{i}"] = dice.standard_cauchy(count)
    for i in (11, 12):
        made[f"whole-{i}"] = poisson.ppf(ndtr(made[f"whole-{i}"]), 4)
    made["nulls-13"][dice.random(count) < 0.02] = np.nan  # noqa: PLR2004  a share
    for i, levels in enumerate(LEVELS, 14):
        share = 1 / np.arange(1, levels + 1)
        made[f"{levels}-{i}"] = dice.choice(levels, count, p=share / share.sum())
    return made


def stream(case: Case, dice: np.random.Generator) -> Table:
    """The reference, the quiet windows and the changed ones, one after another."""
    parts = [rows(dice, (KNOWN + QUIET) * SIZE)]
    for window in range(CHANGED):
        part = rows(dice, SIZE)
        case.change(part, dice, (window + 1) / CHANGED)
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def moved(by: float, columns: tuple[str, ...] = ("normal-0",)) -> Change:
    """Add so many standard deviations."""

    def change(table: Table, dice: np.random.Generator, size: float) -> None:
        del dice, size
        for column in columns:
            table[column] = table[column] + by

    return change


def grown(by: float) -> Change:
    """Add more and more, up to so many standard deviations."""

    def change(table: Table, dice: np.random.Generator, size: float) -> None:
        del dice
        table["normal-0"] = table["normal-0"] + by * size

    return change


def replaced(column: str, share: float, value: float) -> Change:
    """Put one value, or one level, in the place of so many rows."""

    def change(table: Table, dice: np.random.Generator, size: float) -> None:
        del size
        table[column][dice.random(SIZE) < share] = value

    return change


def scaled(column: str, factor: float, share: float = 1.0) -> Change:
    """Multiply so many rows."""

    def change(table: Table, dice: np.random.Generator, size: float) -> None:
        del size
        table[column] = np.where(dice.random(SIZE) < share, table[column] * factor, table[column])

    return change


def tied(correlation: float) -> Change:
    """Let two columns go together; neither changes by itself."""

    def change(table: Table, dice: np.random.Generator, size: float) -> None:
        del dice, size
        table["normal-1"] = correlation * table["normal-0"] + np.sqrt(1 - correlation**2) * table["normal-1"]

    return change


FIVE = tuple(f"normal-{i}" for i in range(5))

KINDS: dict[str, dict[str, float]] = {
    "independent": {},
    "autoregressive 0.5": {"rho": 0.5},
    "autoregressive 0.9": {"rho": 0.9},
    "seasonal": {"day": 3},
    "calm and wild": {"spells": 0.7},
}
"""Kinds of rows; of seasonal ones three windows make a day, and nobody tells the monitor."""

WORLDS = [
    (kind, World(rows, **law))
    for kind, law in {"independent": {}, "autoregressive": {"rho": 0.9}, "seasonal": {"day": 3}}.items()
    for rows in (200, 1000)
]

ALONE = ("normal", "lognormal", "cauchy", "zeros", "whole", "nulls")

TABLES: dict[str, tuple[str | int, ...]] = {
    **{f"1 column ({shape})": (shape,) for shape in ALONE},
    **{f"20 categories of {levels:,} levels": (levels,) * 20 for levels in (2, 3, 10, 50, 200, 1000)},
    "20 columns": MIXED,
    "200 columns": MIXED * 10,
    "1,000 columns": MIXED * 50,
}
"""Tables of the grid, by name."""

CASES = {
    "mean +0.05 sd": Case(("normal-0",), moved(0.05), 32),
    "mean +0.1 sd": Case(("normal-0",), moved(0.1), 77),
    "mean +0.2 sd": Case(("normal-0",), moved(0.2), 100),
    "mean +0.5 sd": Case(("normal-0",), moved(0.5), 100),
    "mean +0.2 sd in 5 of 20": Case(FIVE, moved(0.2, FIVE), 100),
    "mean +0.5 sd by and by": Case(("normal-0",), grown(0.5), 88),
    "variance x1.5": Case(("normal-0",), scaled("normal-0", 1.5**0.5), 100),
    "new category 5%": Case(("8-16",), replaced("8-16", 0.05, 99), 100),
    # One window in 150 has no such row: the peers' 100 is of sixty windows.
    "new category 0.5%": Case(("8-16",), replaced("8-16", 0.005, 99), 99.3),
    "mix 10%": Case(("12-17",), replaced("12-17", 0.1, 3), 97),
    "nulls 5%": Case(("normal-1",), replaced("normal-1", 0.05, np.nan), 100),
    "x1000": Case(("lognormal-6",), scaled("lognormal-6", 1000.0), 100),
    "x1000 in 5% of rows": Case(("lognormal-6",), scaled("lognormal-6", 1000.0, 0.05), 100),
    "correlation only": Case(("normal-0", "normal-1"), tied(0.8), 10),
}


def say(what: str, alarms: float, sightings: float) -> None:
    """Print what was found where nothing had changed."""
    print_line(f"false alarms, {what}", alarms, "%", PROMISED)
    print_line(f"... columns seen to change, {what}", sightings, "%", NOTICED)


def say_found(what: str, measured: float, unit: str, wanted: float | None = None) -> None:
    """Print what was found where something had changed: the more the better."""
    print_line(what, measured, unit, wanted, more=True)


def print_line(what: str, measured: float, unit: str, wanted: float | None, *, more: bool = False) -> None:
    """Print a measurement as `bench/run.py` reads it."""
    print(json.dumps({"what": what, "measured": round(float(measured), 2), "unit": unit, "wanted": wanted, "more": more}), flush=True)


if __name__ == "__main__":
    main()
