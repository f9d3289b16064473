"""Made-up tables, unchanged or changed, counted straight into profiles: what quality is measured on.

A number's column is an array of floats (NaN is null), a category's an array of whole codes. Counting here is a
vectorised shortcut for simulations of many windows; `tests/test_promise.py` shows that it counts as the engine does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtr

from driftline.monitor import Monitor
from driftline.profile import moments
from driftline.profile.bins import LevelBins, NumberBins, fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Odd, Profile
from driftline.schema import Column, Kind
from driftline.services.check import Counted, check
from driftline.window import Cadence, Window, Windowing, calendar_window
from driftline.wiring import block_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from driftline.verdicts.judge import Judgement
    from driftline.verdicts.policy import Policy
    from driftline.verdicts.report import Report

Table = dict[str, "NDArray[np.float64] | NDArray[np.intp]"]
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

DAILY, WEEKLY = 0.4, 0.2
"""Sizes of the daily and the weekly cycle, in standard deviations of the rows."""


@dataclass(frozen=True, slots=True)
class World:
    """A law by which unchanged rows come.

    Attributes:
        rows: how many a window has.
        rho: correlation of each row with the next.
        day: windows in a day, 0 for rows without a season; a season has a daily and a weekly cycle.
        cadence: how windows are cut: by rows, or by the calendar with `rows` rows an hour or a day.
    """

    rows: int
    rho: float = 0.0
    day: int = 0
    cadence: Cadence = Cadence.ROWS

    def latent(self, rows: int, dice: np.random.Generator) -> NDArray[np.float64]:
        """One column's hidden normal values, in the order of the rows."""
        noise = dice.standard_normal(rows + 200 * (self.rho > 0))
        if self.rho:
            noise = lfilter([np.sqrt(1 - self.rho**2)], [1.0, -self.rho], noise)[200:]
        if not self.day:
            return noise
        days = np.arange(rows) / (self.rows * self.day)
        return noise + DAILY * np.sin(2 * np.pi * days) + WEEKLY * np.sin(2 * np.pi * days / 7)


def number(shape: str, z: NDArray[np.float64]) -> NDArray[np.float64]:
    """A column of a known shape from hidden normal values."""
    match shape:
        case "normal":
            return z
        case "lognormal":
            return np.exp(2 * z)
        case "cauchy":
            return np.tan(np.pi * (ndtr(z) * 0.999999 - 0.4999995))
        case "zeros":
            return np.maximum(z - 1.5, 0.0)
        case "whole":
            return np.floor(2 * z)
        case "nulls":
            return np.where(z > 2, np.nan, z)
    raise ValueError(shape)


def category(levels: int, z: NDArray[np.float64]) -> NDArray[np.intp]:
    """A column of so many levels whose shares fall as 1, 1/2, 1/3, …, from hidden normal values."""
    share = 1 / np.arange(1, levels + 1)
    return np.searchsorted(np.cumsum(share / share.sum())[:-1], ndtr(z)).astype(np.intp)


MIXED = ("normal",) * 6 + ("lognormal",) * 2 + ("cauchy",) * 2 + ("zeros",) * 2 + ("whole", "nulls", 2, 3, 10, 50, 200, 1000)
"""Twenty columns of every shape; a whole number is a category of so many levels."""


def table(shapes: tuple[str | int, ...], world: World, rows: int, dice: np.random.Generator) -> Table:
    """Unchanged rows of a table with columns of these shapes."""
    made: Table = {}
    for i, shape in enumerate(shapes):
        z = world.latent(rows, dice)
        made[f"{shape}-{i}"] = number(shape, z) if isinstance(shape, str) else category(shape, z)
    return made


def fitted(reference: Mapping[str, NDArray[np.generic]]) -> Plan:
    """Bins fixed on a reference."""
    columns = []
    for name, values in reference.items():
        if values.dtype.kind == "f":
            columns.append(Planned(Column(name=name, kind=Kind.NUMBER), fit_number_bins(values.astype(np.float64))))
        else:
            found, counts = np.unique(values, return_counts=True)
            bins = fit_level_bins(dict(zip(map(str, found), map(int, counts), strict=True)))
            columns.append(Planned(Column(name=name, kind=Kind.CATEGORY), bins))
    return Plan(tuple(columns), sample=1)


def profiles(plan: Plan, rows: Mapping[str, NDArray[np.generic]], size: int) -> list[Profile]:
    """Count every `size` rows in a row; the last piece may be shorter."""
    total = len(next(iter(rows.values())))
    pieces = -(-total // size)
    piece = np.arange(total) // size
    made = [Profile.empty(plan) for _ in range(pieces)]
    counts, odd = np.zeros((pieces, plan.width), np.int64), np.zeros((pieces, len(plan.columns), len(Odd)), np.int64)
    for i, planned in enumerate(plan.columns):
        values, bins = rows[planned.name], planned.bins
        if isinstance(bins, NumberBins):
            known = ~np.isnan(values)
            odd[:, i, Odd.NULL] = np.bincount(piece[~known], minlength=pieces)
            place = np.searchsorted(bins.array, values[known], side="right")
        else:
            known = np.ones(total, dtype=bool)
            place = _places(bins, values)
        both = np.bincount(piece[known] * planned.width + place, minlength=pieces * planned.width)
        counts[:, plan.slice(i)] = both.reshape(pieces, planned.width)
        if isinstance(bins, NumberBins):
            for k, found in enumerate(np.split(values, range(size, total, size))):
                _measure(made[k], i, bins, found[np.isfinite(found)])
    lengths = np.bincount(piece, minlength=pieces)
    return [
        Profile(
            plan=plan, rows=int(lengths[k]), counts=counts[k], odd=odd[k], sums=empty.sums, extremes=empty.extremes,
            registers=empty.registers, sample=empty.sample, unseen=empty.unseen,
        )
        for k, empty in enumerate(made)
    ]  # fmt: skip


def _places(bins: LevelBins | None, codes: NDArray[np.generic]) -> NDArray[np.intp]:
    levels = np.array([int(level) for level in bins.levels] if bins else [], dtype=np.intp)
    place = np.full(max(int(codes.max(initial=0)), int(levels.max(initial=0))) + 1, levels.size, dtype=np.intp)
    place[levels] = np.arange(levels.size)
    return place[codes.astype(np.intp)]


def _measure(profile: Profile, index: int, bins: NumberBins, values: NDArray[np.generic]) -> None:
    if values.size:
        profile.sums[index] = moments.sums(moments.quantise(values.astype(np.float64), bins))
        profile.extremes[index] = values.min(), values.max()


def windows(world: World, first: int, count: int) -> list[Window]:
    """So many windows in a row."""
    if world.cadence is Cadence.ROWS:
        return [Window(i, str(i), i * world.rows, (i + 1) * world.rows) for i in range(first, first + count)]
    step = timedelta(days=1) if world.cadence is Cadence.DAY else timedelta(hours=1)
    return [calendar_window(FIRST + i * step, Windowing(world.cadence)) for i in range(first, first + count)]


def counted(pieces: list[Profile], marks: list[Window], *, like_windows: bool = False) -> Counted:
    """Profiles with their windows."""
    return Counted({(None, mark): piece for mark, piece in zip(marks, pieces, strict=True)}, like_windows=like_windows)


def judged(world: World, reference: Table, current: Table, policy: Policy | None = None) -> Report:
    """Check current rows against reference rows, cut as the product cuts them."""
    plan = fitted(reference)
    total = len(next(iter(reference.values())))
    calendar = world.cadence is not Cadence.ROWS
    windowing = Windowing(world.cadence, rows=None if calendar else world.rows)
    blocks = profiles(plan, reference, world.rows if calendar else block_rows(total, windowing))
    seen = profiles(plan, current, world.rows)
    first = len(blocks) if calendar else 0
    monitor = Monitor(windowing=windowing, **({} if policy is None else {"policy": policy}))
    kept = counted(blocks, windows(world, 0, len(blocks)), like_windows=calendar)
    return check(kept, counted(seen, windows(world, first, len(seen))), monitor, FIRST)


def judgement(report: Report) -> Judgement:
    """The arrays behind a report of one segment."""
    return report.windows[0].columns.judgement


Change = "Callable[[Table, np.random.Generator], None]"
