"""The promise: on unchanged data at most one window in thirty raises an alarm, whatever the rows are like.

Worlds are made and counted by `bench/worlds.py`. Throws are fixed, so a cell that passes today passes tomorrow unless the
code changed. A cell fails where the measured number of false alarms is improbable (one in a hundred) if the promise holds.
"""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from threadpoolctl import threadpool_limits

import driftline as dl
from driftline.engines.count import count
from driftline.profile.plan import Plan
from driftline.sources.opening import open_source
from driftline.verdicts.judge import NOTICED
from driftline.window import Cadence, Windowing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from numpy.typing import NDArray


def loaded() -> ModuleType:
    """The worlds of the bench, which is no package."""
    spec = spec_from_file_location("worlds", Path(__file__).parents[1] / "bench" / "worlds.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["worlds"] = module
    spec.loader.exec_module(module)
    return module


worlds: Any = loaded()

PROMISED = 1 / 30
ROWS = {
    "independent": {},
    "autoregressive 0.5": {"rho": 0.5},
    "autoregressive 0.9": {"rho": 0.9},
    "seasonal": {"day": 3},
}
"""Kinds of rows; of seasonal ones three windows make a day, and nobody tells the monitor."""

SHAPES = ("normal", "lognormal", "cauchy", "zeros", "whole", "nulls", 2, 10, 50, 1000)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small matrices are multiplied faster by one thread than by several that wait for each other."""
    with threadpool_limits(1):
        yield


def alarms(
    world: Any, shapes: Sequence[str | int], trials: int, *, known: int = 42, windows: int = 21, seed: int = 0
) -> tuple[int, int, float]:
    """How many of how many unchanged windows had an alarm, over several references, and the share of columns seen to change."""
    found, seen = 0, []
    for trial in range(trials):
        report = worlds.unchanged(world, shapes, np.random.default_rng([seed, trial]), known=known, windows=windows)
        found += sum(window.verdict == "drifted" for window in report.windows)
        seen.append(worlds.judgement(report).seen.mean())
    return found, trials * windows, float(np.mean(seen))


def assert_promised(found: tuple[int, int, float]) -> None:
    """The number of alarms is not improbably large for one in thirty, and no more columns are seen to change than is said."""
    count_found, asked, seen = found
    assert count_found <= stats.binom.ppf(0.99, asked, PROMISED), f"{count_found} of {asked} windows: {count_found / asked:.2%}"
    assert seen <= NOTICED, f"{seen:.2%} of columns"


def test_worlds_are_counted_as_the_engine_counts() -> None:
    """The simulation's shortcut and the engine give the same counts, nulls and samples for every shape, in bins fixed on the reference."""
    dice, world = np.random.default_rng(5), worlds.World(50, rho=0.5)
    rows = {str(shape): worlds.column(shape, world.latent(640, dice)) for shape in SHAPES}
    rows["50"][-3:] = 77
    fixed = [worlds.planned(name, values[:400]) for name, values in rows.items()]
    plan = Plan(tuple(fixed), sample=50)
    cut = worlds.Cut.of(640, 50, 50, dice)
    made = worlds.profiles(plan, [worlds.parted(column, rows[column.name], cut) for column in fixed], cut)
    table = pa.table({n: pa.array(v, mask=np.isnan(v)) if v.dtype.kind == "f" else pa.array(v).cast(pa.string()) for n, v in rows.items()})
    counted = count(plan, open_source(table), Windowing(Cadence.ROWS, rows=50)).profiles
    assert len(made) == len(counted) == 13
    for mine, (_, theirs) in zip(made, sorted(counted.items(), key=lambda item: item[0][1]), strict=True):
        assert mine.rows == theirs.rows
        assert mine.counts.tolist() == theirs.counts.tolist()
        assert mine.odd.tolist() == theirs.odd.tolist()
        # Windows of fifty rows are kept whole; which rows of longer ones are kept is a throw of the dice here and a hash there.
        kept = [np.sort(np.nan_to_num(side.sample.values, nan=-9.0), axis=0) for side in (mine, theirs)]
        np.testing.assert_array_equal(*kept)


@pytest.mark.parametrize("rows", [30, 200, 1000])
@pytest.mark.parametrize("kind", ROWS)
def test_twenty_columns_of_every_shape(kind: str, rows: int) -> None:
    """A table of twenty columns keeps the promise, windows of so many rows held against forty-two of them."""
    assert_promised(alarms(worlds.World(rows, **ROWS[kind]), worlds.MIXED, 8 if rows < 1000 else 5))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", ["independent", "autoregressive 0.9"])
def test_one_column_alone(kind: str, shape: str | int) -> None:
    """A monitor of a single column, which no other column lends strength, keeps it too."""
    assert_promised(alarms(worlds.World(60, **ROWS[kind]), [shape], 10))


@pytest.mark.parametrize(("cadence", "rows", "day", "known", "windows"), [("day", 300, 1, 42, 21), ("hour", 40, 24, 504, 48)])
def test_a_calendar_with_a_season(cadence: str, rows: int, day: int, known: int, windows: int) -> None:
    """Days with a weekly cycle, and hours with a daily and a weekly one, are held against their like."""
    world = worlds.World(rows, day=day, cadence=Cadence(cadence))
    assert_promised(alarms(world, worlds.MIXED, 3, known=known, windows=windows))


@pytest.mark.parametrize("rows", [60, 300])
def test_calm_and_wild_spells(rows: int) -> None:
    """Rows whose size comes in spells, as prices do, keep the promise too, though their means look independent."""
    assert_promised(alarms(worlds.World(rows, spells=0.7), worlds.MIXED, 6))


@pytest.mark.parametrize("known", [4, 10])
def test_a_short_reference(known: int) -> None:
    """A reference of a few windows is known to be short."""
    assert_promised(alarms(worlds.World(200), worlds.MIXED, 8, known=known))


def weekends(day: NDArray[np.intp], dice: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Columns that lie higher on weekends, by up to a standard deviation."""
    return {f"x{i}": dice.normal(size=day.size) + (day % 7 >= 5) * (i + 1) / 6 for i in range(6)}


def changing_days(day: NDArray[np.intp], dice: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Columns whose days differ a little, each day from its neighbours less than from the others."""
    days = int(day.max()) + 1
    return {f"x{i}": dice.normal(size=day.size) + 0.2 * worlds.autoregressive(days, 0.6, dice)[day] for i in range(6)}


def few_customers(day: NDArray[np.intp], dice: np.random.Generator) -> dict[str, NDArray[Any]]:
    """About twenty rows of each of a few customers a day, alike among themselves."""
    belongs = dice.integers(0, 1 + np.bincount(day)[day] // 20)
    who = np.unique(day * 1000 + belongs, return_inverse=True)[1]
    customers = int(who.max()) + 1
    columns = {f"x{i}": dice.normal(size=customers)[who] + 0.3 * dice.normal(size=day.size) for i in range(4)}
    return {**columns, "town": dice.integers(0, 30, customers)[who].astype(str)}


@pytest.mark.parametrize(("stream", "rows"), [(weekends, 1500), (changing_days, 300), (few_customers, 50)])
def test_streams_as_people_have_them(stream: Callable[..., dict[str, NDArray[Any]]], rows: int) -> None:
    """Sixty days teach what the next thirty may look like: weekends, days like their neighbours, days of few customers."""
    found = 0
    for seed in range(6):
        dice = np.random.default_rng([7, seed])
        spread = dice.geometric(1 / 20, (90, max(rows // 20, 1))).sum(1) if stream is few_customers else dice.poisson(rows, 90)
        day = np.repeat(np.arange(90), spread)
        table = {"ts": np.datetime64("2026-01-05T00:00:00") + (86_400 * (day + dice.random(day.size))).astype("timedelta64[s]")}
        table |= stream(day, dice)
        before, after = ({name: values[part] for name, values in table.items()} for part in (day < 60, day >= 60))
        report = dl.compare(before, after, window="day", columns={"timestamp": "ts"})
        found += sum(window.verdict == "drifted" for window in report.windows)
    assert found <= stats.binom.ppf(0.99, 180, PROMISED), f"{found} of 180 windows"


@pytest.mark.soak
class TestLongRounds:
    """The same in long rounds, and with more rows and columns."""

    @pytest.mark.parametrize("rows", [30, 200, 1000])
    @pytest.mark.parametrize("kind", ROWS)
    @pytest.mark.parametrize("known", [10, 42, 100])
    def test_twenty_columns_of_every_shape(self, kind: str, rows: int, known: int) -> None:
        """Some thousand windows of every kind of rows, with shorter and longer references."""
        assert_promised(alarms(worlds.World(rows, **ROWS[kind]), worlds.MIXED, 250, known=known, seed=1))

    @pytest.mark.parametrize("rows", [60, 200, 1000])
    @pytest.mark.parametrize("shapes", [worlds.MIXED, *([shape] for shape in SHAPES)], ids=lambda shapes: str(shapes[0]))
    def test_calm_and_wild_spells(self, rows: int, shapes: Sequence[str | int]) -> None:
        """Rows whose size comes in spells, together and each shape by itself."""
        assert_promised(alarms(worlds.World(rows, spells=0.7), shapes, 200, seed=1))

    @pytest.mark.parametrize("rows", [200, 1000])
    def test_a_reference_no_longer_than_a_window(self, rows: int) -> None:
        """One window held against another of the same length."""
        assert_promised(alarms(worlds.World(rows), worlds.MIXED, 600, known=1, windows=1, seed=1))

    @pytest.mark.parametrize("shape", SHAPES)
    @pytest.mark.parametrize("rows", [30, 200])
    @pytest.mark.parametrize("kind", ROWS)
    def test_one_column_alone(self, kind: str, rows: int, shape: str | int) -> None:
        """Each shape by itself, in every kind of rows."""
        assert_promised(alarms(worlds.World(rows, **ROWS[kind]), [shape], 200, seed=1))

    @pytest.mark.parametrize(("rows", "trials"), [(10_000, 20), (100_000, 3)])
    @pytest.mark.parametrize("kind", ROWS)
    def test_many_rows(self, kind: str, rows: int, trials: int) -> None:
        """Windows of ten and a hundred thousand rows."""
        assert_promised(alarms(worlds.World(rows, **ROWS[kind]), worlds.MIXED, trials, seed=1))

    @pytest.mark.parametrize("kind", ROWS)
    def test_a_million_rows(self, kind: str) -> None:
        """Windows of a million rows, of one column of each kind of bins."""
        assert_promised(alarms(worlds.World(1_000_000, **ROWS[kind]), ["normal", "zeros", "nulls", 2, 50, 1000], 3, windows=10, seed=1))

    @pytest.mark.parametrize("kind", ROWS)
    @pytest.mark.parametrize("rows", [30, 200])
    def test_a_thousand_columns(self, kind: str, rows: int) -> None:
        """A wide table."""
        assert_promised(alarms(worlds.World(rows, **ROWS[kind]), worlds.MIXED * 50, 12, seed=1))

    @pytest.mark.parametrize("levels", [2, 3, 10, 50, 200, 1000])
    @pytest.mark.parametrize("rows", [30, 200, 1000])
    @pytest.mark.parametrize("kind", ROWS)
    def test_twenty_categories(self, kind: str, rows: int, levels: int) -> None:
        """Twenty categories of as many levels each."""
        assert_promised(alarms(worlds.World(rows, **ROWS[kind]), [levels] * 20, 60, seed=1))

    @pytest.mark.parametrize(("cadence", "rows", "day", "known", "windows"), [("day", 300, 1, 42, 21), ("hour", 40, 24, 504, 48)])
    def test_a_calendar_with_a_season(self, cadence: str, rows: int, day: int, known: int, windows: int) -> None:
        """Days and hours, for longer."""
        assert_promised(
            alarms(worlds.World(rows, day=day, cadence=Cadence(cadence)), worlds.MIXED, 60, known=known, windows=windows, seed=1)
        )
