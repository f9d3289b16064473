"""What one pass over the reference keeps of each column: a sample and extremes of numbers, counts of levels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from driftline.engines.cells import CODES, cells, encode, instants, nulls, numbers, plain, raw, stored
from driftline.profile import hashing
from driftline.profile.bins import MAX_LEVELS, LevelBins, NumberBins, fit_level_bins, fit_log_bins, fit_number_bins
from driftline.profile.plan import Planned
from driftline.schema import NAMING_ROLES, NUMERIC_KINDS, Column, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_LEVELS = 100_000
"""More levels than this are not all counted: the rarer half is dropped whenever so many have come together."""

TEXT_SHARE, TEXT_ROWS = 0.5, 200
"""A text column with more than `MAX_LEVELS` levels, and that many per row, in that many rows, is free text."""

TRUTHS = ("false", "true")


class Rows:
    """A sample of rows that does not depend on how they are cut into batches: those with the smallest hashes of their number."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._row = 0
        self._cut = np.uint64(hashing.MASK)
        self._keys = np.empty(0, dtype=np.uint64)

    def choose(self, rows: int) -> NDArray[np.int64]:
        """Which of the next rows are in the sample, as far as can be known now."""
        keys = hashing.mix(np.arange(self._row, self._row + rows, dtype=np.uint64))
        self._row += rows
        near = np.flatnonzero(keys <= self._cut)
        self._keys = np.append(self._keys, keys[near])
        return near

    def narrow(self, last: bool = False) -> NDArray[np.bool_] | None:  # noqa: FBT001, FBT002  said once
        """Which of the rows chosen so far stay; None while all do."""
        if self._keys.size <= self._size * (1 if last else 2):
            return None
        self._cut = np.partition(self._keys, self._size - 1)[self._size - 1]
        kept = self._keys <= self._cut
        self._keys = self._keys[kept]
        return kept


class Numbers:
    """A column counted in ordered bins."""

    def __init__(self, column: Column) -> None:
        self._column = column
        self._sample: list[NDArray[np.float64]] = []
        self.least, self.greatest = math.inf, -math.inf

    def add(self, array: pa.Array, chosen: NDArray[np.int64]) -> None:
        """Take in a batch's values."""
        array = stored(array)
        every = chosen.size == len(array)
        if self._column.kind is Kind.NUMBER and array.type in CODES:
            # Where every row is chosen, the sample is the column itself, which is not copied.
            found = raw(array) if every else raw(array)[chosen]
            null = (nulls(array) if every else nulls(array)[chosen]) if array.null_count else None
            self._sample.append(found.astype(np.float64, copy=False) if null is None else np.where(null, np.nan, found))
            if not every:
                self._widen(array)
            return
        values = self._values(array)
        self._sample.append(values if every else values[chosen])
        if not every:
            self._reach(values)

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop sampled rows that are not kept; the least and the greatest of them stay known."""
        sample = np.concatenate(self._sample)
        self._reach(sample)
        self._sample = [sample[kept]]

    def sample(self) -> NDArray[np.float64]:
        """The sampled rows' values, NaN where there is none: the same rows in every column."""
        return np.concatenate(self._sample) if self._sample else np.empty(0)

    def bins(self) -> NumberBins:
        """Bins fitted to the sample, and to the least and greatest of all values."""
        sample = self.sample()
        return fit_number_bins(sample, **({"least": self.least, "greatest": self.greatest} if self.least <= self.greatest else {}))

    def _values(self, array: pa.Array) -> NDArray[np.float64]:
        found = (numbers if self._column.kind is Kind.NUMBER else instants)(array)
        if found is not None:
            return np.where(nulls(array), np.nan, found) if array.null_count else found
        codes, distinct = encode(array)
        read = cells(Planned(self._column, None), distinct)
        each = np.append(np.where(read.null | read.wrong, np.nan, read.numbers), np.nan)
        return np.asarray(each[np.where(nulls(codes), len(distinct), raw(codes))])

    def _widen(self, array: pa.Array) -> None:
        ends = pc.min_max(array).as_py()
        if ends["min"] is None:
            return
        if math.isfinite(ends["min"]) and math.isfinite(ends["max"]):
            self.least, self.greatest = min(self.least, float(ends["min"])), max(self.greatest, float(ends["max"]))
        else:
            self._reach(self._values(array))

    def _reach(self, values: NDArray[np.float64]) -> None:
        finite = values[np.isfinite(values)]
        if finite.size:
            self.least, self.greatest = min(self.least, float(finite.min())), max(self.greatest, float(finite.max()))


class Levels:
    """A column counted by level; while every level reads as a number, also a column of numbers."""

    def __init__(self, column: Column, *, hinted: bool) -> None:
        self._column = column
        self._hinted = hinted
        self._counts: dict[str, int] = {}
        self._dropped = False
        self._unique = False
        self._rows = 0
        self._numbers = None if hinted else Numbers(Column(name=column.name, kind=Kind.NUMBER))
        self._seen: tuple[pa.Array, Sequence[str | None]] | None = None

    def add(self, array: pa.Array, chosen: NDArray[np.int64]) -> None:
        """Take in a batch's values."""
        if self._unique and self._numbers is None:
            return
        array = stored(array)
        codes, distinct = encode(array)
        times = np.bincount(raw(codes)[~nulls(codes)], minlength=len(distinct)) if len(distinct) else np.empty(0, np.int64)
        new = self._count(self._texts(distinct), times.tolist())
        if self._numbers is not None and not all(map(reads_as_number, new)):
            self._numbers = None
        if self._numbers is not None:
            self._numbers.add(array, chosen)
        self._bound()

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop sampled rows that are not kept."""
        if self._numbers is not None:
            self._numbers.keep(kept)

    def planned(self) -> Planned:
        """The column as it turned out: levels, numbers written as text, or free text."""
        name, role, importance = self._column.name, self._column.role, self._column.importance
        many = len(self._counts) > MAX_LEVELS or self._dropped or self._unique
        if not self._hinted and many and role is not Role.SEGMENT:
            if self._numbers is not None:
                return Planned(Column(name=name, kind=Kind.NUMBER, role=role, importance=importance), self._numbers.bins())
            if self._unique or (self._rows > TEXT_ROWS and len(self._counts) > TEXT_SHARE * self._rows):
                return Planned(Column(name=name, kind=Kind.TEXT, role=role, importance=importance), None)
        bins = fit_level_bins(self._counts)
        return Planned(self._column, LevelBins(bins.levels, open=bins.open or self._dropped))

    def _texts(self, distinct: pa.Array) -> Sequence[str | None]:
        if self._seen is None or not self._seen[0].equals(distinct):
            read = cells(Planned(self._column, None), plain(distinct))
            gone = read.null | read.wrong
            self._seen = distinct, [None if lost else text for text, lost in zip(read.texts, gone, strict=True)]
        return self._seen[1]

    def _count(self, texts: Sequence[str | None], times: list[int]) -> list[str]:
        """Add counts; returns the levels that are new."""
        new: list[str] = []
        for text, rows in zip(texts, times, strict=True):
            if text is None or not rows:
                continue
            if text not in self._counts:
                new.append(text)
            self._counts[text] = self._counts.get(text, 0) + rows
            self._rows += rows
        return new

    def _bound(self) -> None:
        if len(self._counts) <= MOST_LEVELS:
            return
        self._unique = self._unique or (not self._hinted and len(self._counts) > TEXT_SHARE * self._rows)
        self._dropped = True
        ranked = sorted(self._counts, key=lambda level: (-self._counts[level], level))
        self._counts = {level: self._counts[level] for level in ranked[: MOST_LEVELS // 2]}


class Presence:
    """A column that is only checked for presence, or whose bins are known beforehand."""

    def __init__(self, column: Column) -> None:
        self._column = column

    def add(self, array: pa.Array, chosen: NDArray[np.int64]) -> None:
        """Nothing is kept."""

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Nothing was kept."""

    def planned(self) -> Planned:
        """The column, with the two levels of truth where it has them."""
        boolean = self._column.kind is Kind.BOOLEAN and self._column.role not in NAMING_ROLES
        return Planned(self._column, LevelBins(TRUTHS) if boolean else None)


class Ordered(Numbers):
    """A column of numbers or instants in the reference."""

    def planned(self) -> Planned:
        """The column in its bins."""
        if self._column.role is Role.LATENCY:
            return Planned(self._column, fit_log_bins(self.sample()))
        return Planned(self._column, self.bins())


Gathered = Ordered | Levels | Presence


def gatherer(column: Column, *, hinted: bool) -> Gathered:
    """What has to be kept of a column, by its kind.

    Args:
        column: what it holds and what it is for.
        hinted: its kind was given, so that it stays what it is.
    """
    if column.role in NAMING_ROLES:
        return Presence(column)
    if column.kind in NUMERIC_KINDS:
        return Ordered(column)
    return Levels(column, hinted=hinted) if column.kind is Kind.CATEGORY else Presence(column)


def reads_as_number(text: str) -> bool:
    """Whether `float` takes a text.

    >>> reads_as_number(" 1e3 "), reads_as_number("1,000")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True
