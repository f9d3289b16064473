"""Made-up tables, unchanged or changed, counted straight into profiles: what quality is measured on.

A number's column is an array of floats (NaN is null), a category's an array of whole codes. Counting here is a shortcut
for simulations of many windows: it fills the counts and the samples of rows that verdicts rest on, and leaves out sums
and extremes. `tests/test_promise.py` shows that it counts as the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtr

from driftline.engines.fit import kept_rows
from driftline.learning import block_rows
from driftline.monitor import Monitor
from driftline.profile.bins import LevelBins, NumberBins, fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.profile.sample import Sample
from driftline.schema import Column, Kind
from driftline.services.check import Counted, blocks_enough, check
from driftline.window import Cadence, Window, Windowing, calendar_window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from driftline.verdicts.judge import Judgement
    from driftline.verdicts.report import Report

    Rows = NDArray[np.float64] | NDArray[np.intp]

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

DAILY, WEEKLY = 0.4, 0.2
"""Sizes of the daily and the weekly cycle, in standard deviations of the rows."""

WARM_UP = 200
"""Rows thrown away until an autoregressive column has forgotten its beginning."""

PERSISTENCE = 0.98
"""Correlation of each row's log size with the next one's, where sizes come in spells."""

MOST_FITTED = 1_000_000

MOST_COUNTED = 4_000_000
"""Rows are counted in parts of about this many, so that memory does not grow with them."""


@dataclass(frozen=True, slots=True)
class World:
    """A law by which unchanged rows come.

    Attributes:
        rows: how many a window has.
        rho: correlation of each row with the next.
        day: windows in a day, 0 for rows without a season; a season is a daily and a weekly cycle, the same for all columns.
        spells: standard deviation of the log size of rows, which comes in calm and wild spells.
        cadence: how windows are cut: by rows, or by the calendar with `rows` rows an hour or a day.
    """

    rows: int
    rho: float = 0.0
    day: int = 0
    spells: float = 0.0
    cadence: Cadence = Cadence.ROWS

    def latent(self, rows: int, dice: np.random.Generator) -> NDArray[np.float64]:
        """One column's hidden normal values, in the order of the rows."""
        noise = autoregressive(rows, self.rho, dice)
        if self.spells:
            noise = noise * np.exp(self.spells * autoregressive(rows, PERSISTENCE, dice))
        if not self.day:
            return noise
        days = np.arange(rows) / (self.rows * self.day)
        return noise + DAILY * np.sin(2 * np.pi * days) + WEEKLY * np.sin(2 * np.pi * days / 7)

    def windows(self, first: int, count: int) -> list[Window]:
        """So many windows in a row."""
        if self.cadence is Cadence.ROWS:
            return [Window(i, str(i), i * self.rows, (i + 1) * self.rows) for i in range(first, first + count)]
        step = timedelta(days=1) if self.cadence is Cadence.DAY else timedelta(hours=1)
        return [calendar_window(FIRST + i * step, Windowing(self.cadence)) for i in range(first, first + count)]


def autoregressive(rows: int, rho: float, dice: np.random.Generator) -> NDArray[np.float64]:
    """Normal values of variance 1, each correlated with the one before."""
    if not rho:
        return dice.standard_normal(rows)
    found = lfilter([np.sqrt(1 - rho**2)], [1.0, -rho], dice.standard_normal(rows + WARM_UP))
    return np.asarray(found[WARM_UP:])


def column(shape: str | int, z: NDArray[np.float64]) -> Rows:
    """A column of a known shape from hidden normal values; a whole number is a category of so many levels.

    The shares of levels fall as 1, 1/2, 1/3 and so on.
    """
    if isinstance(shape, int):
        share = 1 / np.arange(1, shape + 1)
        return np.searchsorted(np.cumsum(share / share.sum())[:-1], ndtr(z))
    return {
        "normal": lambda: z,
        "lognormal": lambda: np.exp(z),
        "cauchy": lambda: np.tan(np.pi * (ndtr(z) * (1 - 1e-6) - (1 - 1e-6) / 2)),
        "zeros": lambda: np.maximum(z - 1.5, 0.0),
        "whole": lambda: np.floor(2 * z),
        "nulls": lambda: np.where(z > 2, np.nan, z),  # noqa: PLR2004  one row in forty
    }[shape]()


MIXED: tuple[str | int, ...] = (
    *["normal"] * 6,
    "lognormal",
    "lognormal",
    "cauchy",
    "cauchy",
    "zeros",
    "zeros",
    "whole",
    "nulls",
    2,
    3,
    10,
    50,
    200,
    1000,
)
"""Twenty columns of every shape."""


def planned(name: str, values: Rows) -> Planned:
    """A column's bins, fixed on a reference; of very many rows every so many-th is looked at."""
    if values.dtype.kind == "f":
        some = values[:: max(1, values.size // MOST_FITTED)].astype(np.float64)
        ends = {"least": float(np.nanmin(values)), "greatest": float(np.nanmax(values))}
        return Planned(Column(name=name, kind=Kind.NUMBER), fit_number_bins(some, **ends))
    counts = np.bincount(values)
    found = np.flatnonzero(counts)
    levels = fit_level_bins(dict(zip(map(str, found), map(int, counts[found]), strict=True)))
    return Planned(Column(name=name, kind=Kind.CATEGORY), levels)


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows in a row, cut into pieces of equal size (the last may be shorter), and which of them are kept as samples.

    Attributes:
        rows: how many there are.
        size: rows of a piece.
        keys: the kept rows' keys, piece by piece.
        places: the kept rows' places, in the order of their keys.
    """

    rows: int
    size: int
    keys: tuple[NDArray[np.uint64], ...]
    places: tuple[NDArray[np.intp], ...]

    @classmethod
    def of(cls, rows: int, size: int, kept: int, dice: np.random.Generator) -> Cut:
        """Keep up to so many rows of each piece, as good as the hash of a row would choose them."""
        keys, places = [], []
        for start in range(0, rows, size):
            length = min(size, rows - start)
            place = start + dice.choice(length, min(kept, length), replace=False)
            keys.append(np.sort(dice.integers(2**64, size=place.size, dtype=np.uint64)))
            places.append(place)
        return cls(rows, size, tuple(keys), tuple(places))

    def pieces(self) -> int:
        """How many pieces there are."""
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Part:
    """One column of some rows: counts, pieces × (bins and nulls), and the kept rows' values, piece by piece."""

    counts: NDArray[np.int64]
    kept: tuple[NDArray[np.float64], ...]


def parted(column: Planned, values: Rows, cut: Cut) -> Part:
    """Count one column, nulls in the last place; a kept level is its bin's number."""
    place = places_of(column, values)
    width = column.width + 1
    counts = np.empty((cut.pieces(), width), dtype=np.int64)
    step = max(1, MOST_COUNTED // cut.size)
    for first in range(0, cut.pieces(), step):
        some = place[first * cut.size : (first + step) * cut.size]
        count = min(step, cut.pieces() - first)
        cells = np.arange(some.size) // cut.size * width + some
        counts[first : first + count] = np.bincount(cells, minlength=count * width).reshape(count, width)
    sampled = values if isinstance(column.bins, NumberBins) else place
    return Part(counts, tuple(sampled[places].astype(np.float64) for places in cut.places))


def places_of(column: Planned, values: Rows) -> NDArray[np.int16]:
    """The bin of each value; of nulls the one after the last."""
    match column.bins:
        case NumberBins() as bins:
            place = np.searchsorted(bins.array, values, side="right").astype(np.int16)
            place[np.isnan(values)] = column.width
            return place
        case LevelBins() as bins:
            levels = np.array([int(level) for level in bins.levels], dtype=np.intp)
            code = np.full(max(int(values.max(initial=0)), int(levels.max(initial=0))) + 1, levels.size, dtype=np.int16)
            code[levels] = np.arange(levels.size)
            return code[values.astype(np.intp)]
    raise TypeError(column)


def profiles(plan: Plan, columns: Sequence[Part], cut: Cut) -> list[Profile]:
    """Put the columns together, one profile for each piece."""
    empty, made = Profile.empty(plan), []
    for k in range(cut.pieces()):
        odd = np.zeros_like(empty.odd)
        odd[:, Odd.NULL] = [part.counts[k, -1] for part in columns]
        counts = np.concatenate([part.counts[k, :-1] for part in columns])
        sample = Sample(cut.keys[k], np.stack([part.kept[k] for part in columns], axis=1))
        made.append(replace(empty, rows=min(cut.size, cut.rows - k * cut.size), counts=counts, odd=odd, sample=sample))
    return made


def judged(world: World, columns: Iterable[tuple[str, Rows]], known: int, *, kept: int = 500) -> Report:
    """Check the rows after the first `known` against these, cut as the product cuts them, at the default budget.

    Every profile keeps a sample of so many rows; with one, nothing is said about columns together.
    """
    calendar = world.cadence is not Cadence.ROWS and blocks_enough(known // world.rows)
    windowing = Windowing(world.cadence, rows=world.rows)
    size = world.rows if calendar else block_rows(known, windowing)
    dice = np.random.default_rng(known)
    fixed, before, after = [], [], []
    reference, current = Cut.of(known, size, kept, dice), Cut.of(0, 1, kept, dice)
    for name, values in columns:
        if not fixed:
            current = Cut.of(values.size - known, world.rows, kept, dice)
        fixed.append(planned(name, values[:known]))
        before.append(parted(fixed[-1], values[:known], reference))
        after.append(parted(fixed[-1], values[known:], current))
    plan = Plan(tuple(fixed), sample=kept)
    blocks, seen = profiles(plan, before, reference), profiles(plan, after, current)
    past = counted(blocks, world.windows(0, len(blocks)), like_windows=calendar)
    return check(past, counted(seen, world.windows(known // world.rows, len(seen))), Monitor(windowing=windowing), FIRST)


def counted(pieces: Sequence[Profile], marks: Sequence[Window], *, like_windows: bool = False) -> Counted:
    """Profiles with their windows."""
    return Counted({(None, mark): piece for mark, piece in zip(marks, pieces, strict=True)}, like_windows=like_windows)


def judgement(report: Report) -> Judgement:
    """The arrays behind a report of one segment."""
    return report.windows[0].columns.judgement  # type: ignore[attr-defined]  # made by `services.check`


def unchanged(world: World, shapes: Sequence[str | int], dice: np.random.Generator, *, known: int = 42, windows: int = 21) -> Report:
    """The report on so many unchanged windows, held against so many windows before them."""
    rows = (known + windows) * world.rows
    made = ((f"{shape}-{i}", column(shape, world.latent(rows, dice))) for i, shape in enumerate(shapes))
    return judged(world, made, known * world.rows, kept=kept_rows(len(shapes)))
