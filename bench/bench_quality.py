"""Measures detection: false alarms on unchanged rows, and what is found of changes, beside the best of the peers.

The streams are those on which the peers were measured (NannyML 0.13.1, Evidently 0.7.23, Alibi Detect 0.13.0, Deepchecks
0.19.1, popmon 1.4.12, whylogs 1.6.4 and TensorFlow Data Validation 1.16.1, each by its defaults): twenty columns, fourteen
numbers and six categories; for changes a reference of twenty windows of a thousand rows, ten windows unchanged and ten
changed in one column. What is wanted is the best peer's number, whatever false alarms it paid for it. All peers that
find half of the changes raise an alarm in most windows of autoregressive or seasonal rows.
"""

from __future__ import annotations

import argparse
import json
import os

# Small matrices are multiplied faster by one thread than by several that wait for each other.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr
from scipy.stats import poisson
from worlds import World, judged, judgement, unchanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Table = dict[str, NDArray[np.float64] | NDArray[np.intp]]
    Change = Callable[[Table, np.random.Generator, float], None]

SIZE, KNOWN, QUIET, CHANGED = 1000, 20, 10, 10
LEVELS = (3, 5, 8, 12, 30, 100)
PROMISED = 100 / 30
PEER_TABLE: tuple[str | int, ...] = (*["normal"] * 6, *["lognormal"] * 3, *["cauchy"] * 2, *["whole"] * 2, "nulls", *LEVELS)


@dataclass(frozen=True, slots=True)
class Case:
    """A change: which columns it touches, what it does to rows, and how often the best peer flags it.

    The size grows from 0.1 to 1 over the windows, for changes that grow; `best` is in percent of the changed windows.
    """

    columns: tuple[str, ...]
    change: Change
    best: float | None


def main() -> None:
    """Measure, and print one line of JSON for each number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10, help="references for each number")
    parser.add_argument("--case", action="append", choices=list(CASES), help="only these changes, and no false alarms")
    options = parser.parse_args()
    if not options.case:
        for name, world in WORLDS.items():
            say(f"false alarms, {name}, {world.rows:,} rows", false_alarms(world, 3 * options.repeats), PROMISED)
    for name in options.case or CASES:
        measure(name, CASES[name], options.repeats)


def false_alarms(world: World, repeats: int) -> float:
    """Percent of unchanged windows in which any column is called drifted."""
    found = 0
    for repeat in range(repeats):
        report = unchanged(world, PEER_TABLE, np.random.default_rng([1, repeat]))
        found += sum(window.verdict == "drifted" for window in report.windows)
    return 100 * found / (21 * repeats)


def measure(name: str, case: Case, repeats: int) -> None:
    """Percent of the changed windows in which the touched columns are seen to change, and called drifted; delay; others."""
    seen, drifted, delay, others = [], [], [], []
    for repeat in range(repeats):
        dice = np.random.default_rng([2, repeat])
        found = judgement(judged(World(SIZE), stream(case, dice).items(), KNOWN * SIZE))
        touched = [place for place, column in enumerate(names()) if column in case.columns]
        after = found.seen[touched, QUIET:]
        seen.append(after.mean())
        drifted.append((found.verdict[touched, QUIET:] == 2).mean())  # noqa: PLR2004  the place of drifted
        delay.append(np.where(after.any(1), after.argmax(1), CHANGED).mean())
        untouched = np.delete(found.verdict, touched, 0)
        others.append(np.concatenate([(found.verdict[:, :QUIET] == 2).any(0), (untouched[:, QUIET:] == 2).any(0)]).mean())  # noqa: PLR2004  likewise
    say(f"{name}: seen in the column touched", 100 * np.mean(seen), case.best, more=True)
    say(f"{name}: called drifted", 100 * np.mean(drifted), None)
    say(f"{name}: windows until seen", np.mean(delay), None, unit="windows")
    say(f"{name}: false alarms elsewhere", 100 * np.mean(others), PROMISED)


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

WORLDS = {
    "independent rows": World(200),
    "independent rows ": World(1000),
    "autoregressive rows": World(200, rho=0.9),
    "autoregressive rows ": World(1000, rho=0.9),
    "seasonal rows": World(200, day=3),
    "seasonal rows ": World(1000, day=3),
}

CASES = {
    "mean +0.05 sd": Case(("normal-0",), moved(0.05), 32),
    "mean +0.1 sd": Case(("normal-0",), moved(0.1), 77),
    "mean +0.2 sd": Case(("normal-0",), moved(0.2), 100),
    "mean +0.5 sd": Case(("normal-0",), moved(0.5), 100),
    "mean +0.2 sd in 5 of 20": Case(FIVE, moved(0.2, FIVE), 100),
    "mean +0.5 sd by and by": Case(("normal-0",), grown(0.5), 88),
    "variance x1.5": Case(("normal-0",), scaled("normal-0", 1.5**0.5), 100),
    "new category 5%": Case(("8-16",), replaced("8-16", 0.05, 99), 100),
    "new category 0.5%": Case(("8-16",), replaced("8-16", 0.005, 99), 100),
    "mix 10%": Case(("12-17",), replaced("12-17", 0.1, 3), 97),
    "nulls 5%": Case(("normal-1",), replaced("normal-1", 0.05, np.nan), 100),
    "x1000": Case(("lognormal-6",), scaled("lognormal-6", 1000.0), 100),
    "x1000 in 5% of rows": Case(("lognormal-6",), scaled("lognormal-6", 1000.0, 0.05), 100),
    "correlation only": Case(("normal-0", "normal-1"), tied(0.8), None),
}


def say(what: str, measured: float, wanted: float | None, *, unit: str = "%", more: bool = False) -> None:
    """Print a measurement."""
    print(json.dumps({"what": what.strip(), "measured": float(measured), "unit": unit, "wanted": wanted, "more": more}), flush=True)


if __name__ == "__main__":
    main()
