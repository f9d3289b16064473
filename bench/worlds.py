"""Made-up tables, unchanged or changed, counted straight into profiles: what quality is measured on.

A number's column is an array of floats (NaN is null), a category's an array of whole codes. Counting here is a shortcut
for simulations of many windows: it fills the counts that verdicts rest on, and leaves out sums, extremes and samples.
`tests/test_promise.py` shows that it counts as the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtr

from driftline.monitor import Monitor
from driftline.profile.bins import LevelBins, NumberBins, fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.schema import Column, Kind
from driftline.services.check import Counted, blocks_enough, check
from driftline.window import Cadence, Window, Windowing, calendar_window
from driftline.wiring import block_rows

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

MOST_FITTED = 1_000_000


@dataclass(frozen=True, slots=True)
class World:
    """A law by which unchanged rows come.

    Attributes:
        rows: how many a window has.
        rho: correlation of each row with the next.
        day: windows in a day, 0 for rows without a season; a season is a daily and a weekly cycle, the same for all columns.
        cadence: how windows are cut: by rows, or by the calendar with `rows` rows an hour or a day.
    """

    rows: int
    rho: float = 0.0
    day: int = 0
    cadence: Cadence = Cadence.ROWS

    def latent(self, rows: int, dice: np.random.Generator) -> NDArray[np.float64]:
        """One column's hidden normal values, in the order of the rows."""
        noise = dice.standard_normal(rows + WARM_UP * (self.rho > 0))
        if self.rho:
            noise = lfilter([np.sqrt(1 - self.rho**2)], [1.0, -self.rho], noise)[WARM_UP:]
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


def pieces(column: Planned, values: Rows, size: int) -> NDArray[np.int64]:
    """Counts of every `size` rows in a row, nulls in the last place; the last piece may be shorter. Shape: pieces × bins + 1."""
    width = column.width + 1
    match column.bins:
        case NumberBins() as bins:
            place = np.where(np.isnan(values), column.width, np.searchsorted(bins.array, values, side="right"))
        case LevelBins() as bins:
            levels = np.array([int(level) for level in bins.levels], dtype=np.intp)
            code = np.full(max(int(values.max(initial=0)), int(levels.max(initial=0))) + 1, levels.size, dtype=np.intp)
            code[levels] = np.arange(levels.size)
            place = code[values]
    count = -(-values.size // size)
    return np.bincount(np.arange(values.size) // size * width + place, minlength=count * width).reshape(count, width)


def profiles(plan: Plan, columns: Sequence[NDArray[np.int64]], size: int, rows: int) -> list[Profile]:
    """Put the columns' counts together."""
    empty, made = Profile.empty(plan), []
    for k in range(len(columns[0])):
        odd = np.zeros_like(empty.odd)
        odd[:, Odd.NULL] = [part[k, -1] for part in columns]
        counts = np.concatenate([part[k, :-1] for part in columns])
        made.append(replace(empty, rows=min(size, rows - k * size), counts=counts, odd=odd))
    return made


def judged(world: World, columns: Iterable[tuple[str, Rows]], known: int) -> Report:
    """Check the rows after the first `known` against these, cut as the product cuts them, at the default budget."""
    calendar = world.cadence is not Cadence.ROWS and blocks_enough(known // world.rows)
    windowing = Windowing(world.cadence, rows=world.rows)
    size = world.rows if calendar else block_rows(known, windowing)
    fixed, before, after = [], [], []
    total = known
    for name, values in columns:
        total = values.size
        fixed.append(planned(name, values[:known]))
        before.append(pieces(fixed[-1], values[:known], size))
        after.append(pieces(fixed[-1], values[known:], world.rows))
    plan = Plan(tuple(fixed), sample=1)
    blocks, seen = profiles(plan, before, size, known), profiles(plan, after, world.rows, total - known)
    kept = counted(blocks, world.windows(0, len(blocks)), like_windows=calendar)
    return check(kept, counted(seen, world.windows(known // world.rows, len(seen))), Monitor(windowing=windowing), FIRST)


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
    return judged(world, made, known * world.rows)
