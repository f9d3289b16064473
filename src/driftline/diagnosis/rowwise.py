"""Sampled rows as codes: whether rows with a value look like those that always had it, or like everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.profile.bins import LevelBins, NumberBins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.verdicts.diagnosis import Mark

    Codes = NDArray[np.int8]
    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

PARTS = 5
"""Numbers are coded by fifths of the reference, levels by the most frequent ones."""

CODES = PARTS + 2
"""The parts, then other levels, then no value."""

MOST_ROWS = 4000
"""At most about so many sampled rows of the reference are looked at."""

FEWEST = 10
"""With fewer sampled rows of a value nothing is said about whom they look like."""

COMPANIONS = 3
"""So many columns are asked, those that go most closely with the value in the reference."""

SMALL = 0.1
"""A smaller association (Cramér's V) is none: Cohen 1988 calls 0.1 small."""

MEDIUM = 0.3
"""Cohen 1988 calls a w of 0.3 medium: by so much rows that only changed a name do not differ."""

SURELY = 3.0
"""What exceeds chance by so many of its standard deviations is not chance."""

UNLIKE = 1e-3
"""Two samples of rows are unlike where chance would make them so this rarely, in any of the columns looked at."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Sampled rows: values as in a profile's sample, float64[m, C], and the same as codes, int8[m, C]."""

    values: Floats
    codes: Codes

    def marked(self, mark: Mark) -> NDArray[np.bool_]:
        """Which rows a mark means."""
        column = self.values[:, mark.column]
        return np.isnan(column) if np.isnan(mark.low) else (column >= mark.low) & (column <= mark.high)


@dataclass(frozen=True, slots=True)
class Rows:
    """Sampled rows of a window and of what it is held against: the reference, and the windows before where there are any."""

    now: Sampled
    bases: tuple[Sampled, ...]

    @property
    def reference(self) -> Sampled:
        """The reference's rows."""
        return self.bases[0]


@dataclass(frozen=True, slots=True)
class Coding:
    """How values become codes: by the least value of each part but the first, one array for each column."""

    cuts: tuple[Floats, ...]

    def of(self, profiles: Sequence[Profile], most: int = MOST_ROWS) -> Sampled:
        """The sampled rows of some profiles."""
        values = np.concatenate([profile.sample.values for profile in profiles])
        values = values[:: max(1, len(values) // most)]
        coded = [np.searchsorted(cuts, values[:, c], side="right") for c, cuts in enumerate(self.cuts)]
        return Sampled(values, np.where(np.isnan(values), CODES - 1, np.stack(coded, axis=1)).astype(np.int8))


def coding(plan: Plan, total: Profile) -> Coding:
    """Fix the codes of all columns on the whole reference. Levels are numbered from the most frequent one."""

    def cuts(column: int) -> Floats:
        match plan.columns[column].bins:
            case NumberBins() as bins:
                counts = total.bins(column)
                upto = np.cumsum(counts) / max(int(counts.sum()), 1)
                first = np.searchsorted(upto, np.arange(1, PARTS) / PARTS, side="right")
                return np.unique(bins.array[np.clip(first, 0, bins.array.size - 1)])
            case LevelBins():
                return np.arange(1.0, PARTS + 1)
        return np.empty(0)

    return Coding(tuple(cuts(column) for column in range(len(plan.columns))))


def spread(codes: Codes) -> Floats:
    """How many rows have each code, per column. Shape: C × CODES."""
    columns = codes.shape[1]
    places = codes + CODES * np.arange(columns)
    return np.bincount(places.ravel(), minlength=columns * CODES).reshape(columns, CODES).astype(np.float64)


def associated(codes: Codes, column: int) -> Floats:
    """How closely each column goes with one: Cramér's V, less what chance gives (Bergsma 2013); 0 for itself. Shape: C."""
    rows, columns = codes.shape
    wide = codes.astype(np.intp)
    pairs = wide[:, [column]] * (columns * CODES) + wide + CODES * np.arange(columns)
    tables = np.bincount(pairs.ravel(), minlength=columns * CODES**2).reshape(CODES, columns, CODES).astype(np.float64)
    height, width = (tables.sum(2) > 0).sum(0) - 1, (tables.sum(0) > 0).sum(1) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = tables.sum(2, keepdims=True) * tables.sum(0) / rows
        chi = np.nansum((tables - expected) ** 2 / expected, axis=(0, 2))
        found = np.sqrt(np.maximum(chi - height * width, 0.0) / rows / np.minimum(height, width))
    found[column] = 0.0
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0))


def whose(rows: Rows, before: Mark, after: Mark, kept: float, ties: Floats) -> float | None:
    """How much likelier some rows are drawn from all rows than from those that had a value before: log likelihood ratio.

    Args:
        rows: sampled rows.
        before: the value.
        after: the rows of the window that are asked about.
        kept: share of these that, by suspicion, are such rows as had it before.
        ties: how closely each column goes with the value's.

    Returns:
        Positive where a value was written over others; negative where more rows of its kind came; minus infinity where
        the rows are like neither, so that the world has changed; None where too few rows have it, or nothing goes with it.
    """
    companions = np.argsort(-ties)[:COMPANIONS]
    companions = companions[ties[companions] >= SMALL]
    # What is missing says nothing of whom a row is like.
    found = spread(rows.now.codes[rows.now.marked(after)][:, companions])[:, :-1]
    told = []
    for base in rows.bases:
        had = base.marked(before)
        if not companions.size or had.sum() < FEWEST or found.sum() < FEWEST * companions.size:
            continue
        theirs, everyone = (spread(codes[:, companions])[:, :-1] for codes in (base.codes[had], base.codes))
        mixed = kept * shares(theirs) + (1 - kept) * shares(everyone)
        likely = float((found * np.log(mixed / shares(theirs))).sum() / companions.size)
        size = theirs.sum(1, keepdims=True)
        alike = np.maximum(unlike(found, theirs), unlike(found, mixed * size))
        told.append(likely if alike.min() * companions.size >= UNLIKE else -np.inf)
    # The windows before tell of the world as it is now, the reference of one long ago: the better fit counts.
    fits = [likely for likely in told if likely > -np.inf]
    return fits[-1] if fits else -np.inf if told else None


def moved_elsewhere(rows: Rows, mark: Mark, ties: Floats) -> bool:
    """Whether rows without a value have changed too, in a column that goes with its column: then the world has, and not the value.

    They must be unlike the reference's and unlike those of the windows before.
    """
    companions = np.flatnonzero(ties >= SMALL)
    if not companions.size:
        return False
    now = spread(rows.now.codes[~rows.now.marked(mark)][:, companions])
    p_values = np.zeros(companions.size)
    for base in rows.bases:
        p_values = np.maximum(p_values, unlike(now, spread(base.codes[~base.marked(mark)][:, companions])))
    return bool(p_values.min() * p_values.size < UNLIKE)


def alike(rows: Rows, before: Sequence[Mark], after: Mark) -> bool:
    """Whether some rows of a window look, in every column, like those with some values: of the window, else of a base.

    Rows of the same window tell of the same world, and are asked by test. Those of a base are of another: there the
    others have moved too, and the rows may have moved further than the others by no more than is little (Cohen's w).
    """
    which = rows.now.marked(after)
    have = spread(rows.now.codes[which])
    had = np.any([rows.now.marked(mark) for mark in before], axis=0)
    if had.sum() >= FEWEST:
        p_values = unlike(have, spread(rows.now.codes[had]))
        p_values[after.column] = 1.0
        return bool(p_values.min() * p_values.size >= UNLIKE)
    others = spread(rows.now.codes[~which])
    told = [True]
    for base in rows.bases:
        was = np.any([base.marked(mark) for mark in before], axis=0)
        if min(was.sum(), which.sum()) >= FEWEST:
            further = distance(have, spread(base.codes[was]), SURELY) - distance(others, spread(base.codes[~was]))
            further[after.column] = 0.0
            told.append(bool(further.max() < MEDIUM))
    return any(told[1:]) if len(told) > 1 else True


def world_moved(rows: Rows, column: int, ties: Floats) -> bool:
    """Whether all columns that go with one have moved by more than little, against every base: then the rows are others, not the values.

    Other columns do not follow where a column's values alone were changed on their way.
    """
    companions = np.flatnonzero(ties >= SMALL)
    companions = companions[companions != column]
    if not companions.size:
        return False
    now = spread(rows.now.codes)
    return all(bool((distance(now, spread(base.codes))[companions] >= MEDIUM).all()) for base in rows.bases)


def distance(one: Floats, other: Floats, beyond: float = 0.0) -> Floats:
    """Cohen's w between each column's codes in two samples of rows, less what chance makes. Shapes: C × CODES.

    With `beyond` so many standard deviations of chance are taken off besides: what is left is surely there.
    """
    n, m = one.sum(1), other.sum(1)
    p, q = shares(one), shares(other)
    pooled = (p + q) / 2
    squared = ((p - q) ** 2 / pooled).sum(1)
    free = np.maximum((one + other > 0).sum(1) - 1, 0)
    chance = (free + beyond * np.sqrt(2 * free)) * (1 / np.maximum(n, 1) + 1 / np.maximum(m, 1))
    return np.asarray(np.sqrt(np.maximum(squared - chance, 0.0)))


def stand_out(rows: Rows, mark: Mark) -> float:
    """P-value of a window's rows with a value being drawn from all of them, whatever the columns looked at."""
    have = rows.now.marked(mark)
    p_values = unlike(spread(rows.now.codes[have]), spread(rows.now.codes[~have]))
    p_values[mark.column] = 1.0
    return float(min(p_values.min() * p_values.size, 1.0))


def unlike(one: Floats, other: Floats) -> Floats:
    """P-value of each column's codes being spread alike in two samples of rows (chi-square). Shapes: C × CODES."""
    n, m = one.sum(1, keepdims=True), other.sum(1, keepdims=True)
    both = one + other
    with np.errstate(invalid="ignore", divide="ignore"):
        chi = np.nansum((one * np.sqrt(m / n) - other * np.sqrt(n / m)) ** 2 / both, axis=1)
    p_values = special.gammaincc(np.maximum((both > 0).sum(1) - 1, 1) / 2, chi / 2)
    # With a handful of rows the law does not hold.
    return np.asarray(np.where(np.minimum(n, m)[:, 0] < FEWEST, 1.0, p_values))


def shares(counts: Floats) -> Floats:
    """Shares with half a row in every code."""
    padded = counts + 0.5
    return np.asarray(padded / padded.sum(-1, keepdims=True))
