"""Tables thrown at random, whose days are spoilt on purpose: what diagnoses of data that nobody has seen are measured on.

Each table has six to thirteen columns: normal, log-normal, heavy-tailed, even, counted, clipped and half-zero numbers, and
categories of two to nineteen levels; most of them go with a common factor that has a week's season and drifts a little.
Beside them stand an id, the day's hour, two times and the number of the day. Tables of even number are cut by calendar days,
the others by the number of the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from scipy.stats import norm, poisson

from driftline.backtesting.injections import INJECTIONS, Around
from driftline.config.specification import specify
from driftline.engines import count as counting
from driftline.learning import learn
from driftline.services.check import Counted, check
from driftline.services.diagnose import diagnose
from driftline.sources.opening import open_source
from driftline.verdicts.diagnosis import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driftline.verdicts.report import WindowReport

    Day = dict[str, Any]
    Made = tuple[list[Day], set[str], frozenset[str]] | None

SHAPES = ("normal", "lognormal", "counts", "heavy", "uniform", "zero", "temperature", "age", "category", "category", "category")
SYLLABLES = [first + last for first in "bcdfghklmnprstvwz" for last in "aeiouäöüé"]
COURSE = np.array([1, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 13, 12, 12, 13, 15, 17, 16, 12, 8, 4, 2]) / 204
DAYS = 5
NONE = 0.02
SHARES = (0.05, 0.1, 0.2, 0.5)


class Faulty:
    """One table thrown at random."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.seed, self.usual, self.known_days = seed, int(rng.choice([800, 1500, 3000])), int(rng.choice([14, 21, 28]))
        kinds = [str(rng.choice(SHAPES)) for _ in range(rng.integers(6, 14))]
        self.shapes = {f"c{i}_{kind}": shape(kind, rng) for i, kind in enumerate(kinds)}
        self.loads = {name: rng.uniform(-0.7, 0.7) * (rng.random() < 0.6) for name in self.shapes}  # noqa: PLR2004
        self.gaps = {name for name in self.shapes if rng.random() < 0.25}  # noqa: PLR2004  a quarter of the columns lack values
        self.season, self.drift = rng.normal(0, 0.15, 7) * (rng.random() < 0.6), rng.normal(0, 0.004)  # noqa: PLR2004
        cut: Any = {"window": "day", "columns": {"id": "id", "timestamp": "at"}}
        by_number: Any = {"window": {"column": "number"}, "columns": {"id": "id"}}
        settings = {"reference": "r", "current": "c", **(by_number if seed % 2 else cut)}
        self.monitor = specify(settings, {}, name="faulty").monitor
        known = joined([self.day(number, 0) for number in range(self.known_days)])
        self.plan, self.learnt = learn(open_source(known, name="r"), self.monitor)
        self.clean = [self.day(self.known_days + number, 1) for number in range(DAYS)]

    def day(self, number: int, throw: int) -> Day:
        """A day on which nothing is wrong."""
        rng = np.random.default_rng([self.seed, throw, number])
        rows = max(int(rng.poisson(self.usual * (1 + 0.3 * self.season[number % 7]))), 50)
        factor = rng.normal(0, 1, rows) + self.season[number % 7] + self.drift * number
        made: Day = {}
        for name, drawn in self.shapes.items():
            latent = self.loads[name] * factor + np.sqrt(1 - self.loads[name] ** 2) * rng.normal(0, 1, rows)
            made[name] = drawn(np.clip(norm.cdf(latent), 1e-9, 1 - 1e-9))
            if name in self.gaps:
                made[name][rng.random(rows) < NONE] = None if made[name].dtype == object else np.nan
        hour = rng.choice(24, rows, p=COURSE)
        seconds = (hour * 3600 + rng.integers(0, 3600, rows)).astype("m8[s]")
        at = ((np.datetime64("2024-01-01") + number).astype("M8[s]") + seconds).astype("M8[us]")
        ids = np.array([f"{throw}-{number}-{row}" for row in range(rows)], dtype=object)
        sent = at - rng.integers(60, 4 * 3600, rows).astype("m8[s]")
        return made | {"hour": hour.astype(float), "at": at, "sent": sent, "id": ids, "number": np.full(rows, number)}

    def told(self, days: list[Day]) -> list[WindowReport]:
        """Judged and diagnosed windows."""
        counted = counting.count(self.plan, open_source(joined(days), name="c"), self.monitor.windowing, self.monitor.hints)
        current = Counted(counted.profiles)
        report = check(self.learnt, current, self.monitor, datetime(2026, 1, 1, tzinfo=UTC))
        return [window for window in diagnose(self.learnt, current, report).windows if window.segment is None]

    def named(self, *, categories: bool) -> list[str]:
        """The columns of numbers, or of categories."""
        return [name for name in self.shapes if name.endswith("category") == categories]


def shape(kind: str, rng: np.random.Generator) -> Callable[[Any], Any]:
    """Values of one kind from shares, its parameters thrown."""
    mean, spread, tail = rng.choice([-1, 1]) * 10 ** rng.uniform(-1, 4), rng.uniform(0.3, 1.5), rng.uniform(1.3, 3)
    width, some = 10 ** rng.uniform(0, 3), rng.uniform(0.2, 0.7)
    digits = int(max(rng.choice([1, 2, 3, 9]) - np.floor(np.log10(abs(mean) * spread)), 0))
    return {
        "normal": lambda u: np.round(mean + abs(mean) * spread * norm.ppf(u), digits),
        "lognormal": lambda u: np.round(np.exp(np.log10(width) * 2 + spread * norm.ppf(u)), 2),
        "counts": lambda u: poisson.ppf(u, 10 ** (tail * 1.6 - 2.4)),
        "heavy": lambda u: np.round(width * (1 - u) ** (-1 / tail), 2),
        "uniform": lambda u: width * u,
        "zero": lambda u: np.where(u < some, 0.0, np.round(np.exp(3 + norm.ppf(np.clip((u - some) / (1 - some), 1e-9, 1 - 1e-9))), 2)),
        "temperature": lambda u: np.round(15 + 6 * spread * norm.ppf(u), 1),
        "age": lambda u: np.clip(np.round(42 + 16 * norm.ppf(u)), 18, 95),
        "category": levels(rng),
    }[kind]


def levels(rng: np.random.Generator) -> Callable[[Any], Any]:
    """A category whose levels and their shares are thrown."""
    shares = np.sort(rng.dirichlet(np.full(rng.integers(2, 20), rng.uniform(0.6, 3))))[::-1]
    short, names = rng.random() < 0.3, dict[str, None]()  # noqa: PLR2004
    while len(names) < shares.size:
        word = "".join(rng.choice(SYLLABLES) for _ in range(rng.integers(2, 5)))
        names[word[:3].upper() if short else word.capitalize()] = None
    known = np.array(list(names), dtype=object)
    return lambda u: known[np.minimum(np.searchsorted(np.cumsum(shares), u), shares.size - 1)]


def joined(days: list[Day]) -> pa.Table:
    """Days as one table; a column is text where any day has text in it."""
    made = {}
    for name in days[0]:
        parts = [day[name] for day in days]
        if any(part.dtype == object for part in parts):
            values = np.concatenate([part.astype(object) for part in parts])
            texts = [None if value is None or value != value else str(value) for value in values]  # noqa: PLR0124  NaN alone differs
            made[name] = pa.array(texts)
        else:
            made[name] = pa.array(np.concatenate(parts), from_pandas=True)
    return pa.table(made)


def taken(day: Day, which: Any) -> Day:
    """Some rows of a day."""
    return {name: values[which] for name, values in day.items()}


def both(day: Day, more: Day) -> Day:
    """Rows of two days as one."""
    return {name: np.concatenate([values, more[name]]) for name, values in day.items()}


def _replaced(days: list[Day], at: int, day: Day) -> list[Day]:
    return [*days[:at], day, *days[at + 1 :]]


def duplicated(table: Faulty, at: int, rng: np.random.Generator) -> Made:
    """Rows are there twice."""
    day = table.clean[at]
    twice = taken(day, rng.random(len(day["id"])) < rng.choice([0.05, 0.2, 1.0]))
    return _replaced(table.clean, at, both(day, twice)), {"*"}, frozenset({"duplicated_batch"})


def replayed(table: Faulty, at: int, rng: np.random.Generator) -> Made:
    """Rows of the day before come again, dated anew."""
    before, day = table.clean[at - 1], table.clean[at]
    again = taken(before, rng.random(len(before["id"])) < rng.choice([0.05, 0.2, 0.8]))
    again = again | {"number": again["number"] + 1, "at": again["at"] + np.timedelta64(1, "D")}
    return _replaced(table.clean, at, both(day, again)), {"*"}, frozenset({"replayed_rows"})


def fanned_out(table: Faulty, at: int, rng: np.random.Generator) -> Made:
    """Ids are there several times, with other contents."""
    day = table.clean[at]
    more = taken(day, rng.random(len(day["id"])) < rng.choice([0.05, 0.2, 0.6]))
    more |= {name: rng.permutation(more[name]) for name in list(table.shapes)[: len(table.shapes) // 3]}
    return _replaced(table.clean, at, both(day, more)), {"*"}, frozenset({"join_fan_out"})


def partition(table: Faulty, at: int, rng: np.random.Generator) -> Made:
    """All rows with a level are lacking."""
    day, names = table.clean[at], table.named(categories=True)
    name = str(rng.choice(names)) if names else ""
    found, rows = np.unique(day[name].astype(str), return_counts=True) if names else (np.empty(0), np.empty(0))
    fit = [level for level, share in zip(found, rows / max(rows.sum(), 1), strict=True) if 0.05 < share < 0.8 and level != "None"]  # noqa: PLR2004
    if not fit or found.size < 3:  # noqa: PLR2004
        return None
    return _replaced(table.clean, at, taken(day, day[name] != rng.choice(fit))), {name}, frozenset({"missing_partition"})


def shifted(table: Faulty, at: int, rng: np.random.Generator) -> Made:
    """The hour, or a time, is some hours off."""
    day, by, name = table.clean[at], int(rng.choice([-8, -5, -2, -1, 1, 2, 5, 9])), str(rng.choice(["hour", "sent"]))
    moved = (day["hour"] + by) % 24 if name == "hour" else day["sent"] + np.timedelta64(by, "h")
    return _replaced(table.clean, at, day | {name: moved}), {name}, frozenset({"time_shift"})


def swapped(table: Faulty, at: int, rng: np.random.Generator) -> Made:
    """Two columns of numbers, unlike each other, are in each other's places."""
    day, names = table.clean[at], table.named(categories=False)
    if len(names) < 2:  # noqa: PLR2004
        return None
    one, other = (str(name) for name in rng.choice(names, 2, replace=False))
    tenths = [np.nanquantile(day[name], np.arange(1, 10) / 10) for name in (one, other)]
    apart = np.abs(tenths[0] - tenths[1]) / (np.nanstd(day[one]) + np.nanstd(day[other]))
    if np.median(apart) < 0.2:  # noqa: PLR2004
        return None
    return _replaced(table.clean, at, day | {one: day[other], other: day[one]}), {one, other}, frozenset({"column_swap"})


TABLES = {
    "duplicated rows": duplicated,
    "replayed rows": replayed,
    "join fan-out": fanned_out,
    "missing partition": partition,
    "clock shift": shifted,
    "columns swapped": swapped,
}
NAMES = (*(one.name for one in INJECTIONS), *TABLES)


def spoilt(table: Faulty, name: str, at: int, rng: np.random.Generator) -> Made:
    """Days of which one is spoilt, the columns at fault and what they should be called; None where it cannot be done."""
    if name in TABLES:
        return TABLES[name](table, at, rng)
    injection = next(one for one in INJECTIONS if one.name == name)
    fit = [column for column in table.shapes if ("category" if column.endswith("category") else "number") in injection.kinds]
    if name.startswith("Fahrenheit"):
        fit = [column for column in fit if column.endswith("temperature")]
    if not fit:
        return None
    column, day = str(rng.choice(fit)), table.clean[at]
    share = float(rng.choice(SHARES)) if injection.parts and rng.random() < 0.5 else 1.0  # noqa: PLR2004
    known = np.concatenate([table.day(number, 0)[column] for number in range(7)])
    known = known[np.array([value is not None and value == value for value in known])]  # noqa: PLR0124  NaN alone differs
    made = injection.into(day, column, rng.random(len(day["id"])) < share, Around(known, None, rng))
    # What was filled in everywhere is one value everywhere.
    whole = frozenset({"stuck_value"}) if share == 1 and name.startswith("default") else frozenset()
    return None if made is None else (_replaced(table.clean, at, made), {column}, injection.told | whole)


@dataclass(frozen=True)
class Outcome:
    """What was told first of one spoilt day: of the right column, and by the right name."""

    name: str
    seed: int
    column: bool
    kind: bool
    told: str


def tried(table: Faulty, names: tuple[str, ...] = NAMES) -> Iterator[Outcome]:
    """Spoil a day of a table in every way, and look at what is told first."""
    for name in names:
        rng = np.random.default_rng([table.seed, NAMES.index(name)])
        at = int(rng.integers(1, DAYS - 1))
        made = next((one for one in (spoilt(table, name, at, rng) for _ in range(4)) if one is not None), None)
        if made is None:
            continue
        days, columns, kinds = made
        told = [one for one in table.told(days[: at + 2])[at].diagnosis if one.change is not Change.RISK]
        right = bool(told) and bool(columns & set(told[0].columns))
        yield Outcome(name, table.seed, right, right and told[0].kind in kinds, told[0].sentence if told else "")


def accused(table: Faulty) -> list[bool]:
    """Of each day on which nothing is wrong: whether a fault was named."""
    return [any(one.change is Change.FAULT for one in window.diagnosis) for window in table.told(table.clean)]
