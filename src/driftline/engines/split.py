"""Cutting batches into pieces, each of one segment in one window."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.engines.cells import encode, nulls, plain, raw, stored, texts
from driftline.engines.clock import NO_TIME, Clock
from driftline.engines.conditions import condition
from driftline.verdicts.report import Finding
from driftline.window import CALENDAR, WHOLE, Cadence, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from driftline.monitor import ColumnHints
    from driftline.profile.plan import Plan
    from driftline.window import Windowing

MOST_SEGMENTS = 50
"""At most this many values of a column are segments of their own; the rest is the segment "other"."""

RUN = 256
"""Rows are brought in order where the runs of one window are shorter than this on average."""

Key = tuple[str | None, Window]
"""A segment (None for all rows) and a window."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Rows of a batch in an order in which each piece lies in one run.

    Attributes:
        order: the rows to take, in that order; None for all rows as they are.
        pieces: first row, rows, and whose they are.
    """

    order: pa.Array | None
    pieces: tuple[tuple[int, int, Key], ...]

    @property
    def rows(self) -> int:
        """How many rows are counted."""
        return sum(length for _, length, _ in self.pieces)


class Splitter:
    """Cuts batch after batch, in the order of the source.

    A column named for segments is cut into the levels it has in the plan, most frequent first;
    where the plan has none, into the values that come first.
    """

    def __init__(self, windowing: Windowing, hints: ColumnHints, plan: Plan, time: str | None) -> None:
        self._windowing = windowing
        self._time = time
        self._clock = Clock(windowing)
        self._row = 0
        self._names: dict[str, Window] = {}
        self._segments = {name: _Values.of(name, plan) for name in hints.segments}
        self._conditions = {name: condition(text) for name, text in hints.conditions.items()}
        self._missing: dict[str, str] = {}

    @property
    def cuts(self) -> int:
        """How many cuts a batch gives at most."""
        return 1 + len(self._segments) + len(self._conditions)

    def columns(self) -> set[str]:
        """Columns that are needed to cut, whether or not they are counted."""
        named = {name for read in self._conditions.values() for name in read.columns} | set(self._segments)
        return named | {name for name in (self._time, self._windowing.column) if name}

    def cut(self, batch: pa.RecordBatch) -> Iterator[Cut]:
        """Cut a batch into windows, then each segment's rows into windows."""
        if self.cuts == 1 and self._windowing.cadence is Cadence.ROWS:
            yield Cut(None, tuple(self._runs(batch.num_rows)))
            self._row += batch.num_rows
            return
        runs = self._spells(batch)
        if runs is not None:
            self._row += batch.num_rows
            yield Cut(None, tuple((start, length, (None, window)) for start, length, window in runs))
            return
        codes, windows = self._windows(batch)
        self._row += batch.num_rows
        yield _grouped(codes, [(None, window) for window in windows], None)
        for name, values in self._segments.items():
            array = self._column(batch, name, f"the segments of {name!r}")
            if array is None:
                continue
            parts, labels = values.codes(array)
            keys: list[Key] = [(label, window) for label in labels for window in windows]
            yield _grouped(parts * len(windows) + codes, keys, None)
        for name, read in self._conditions.items():
            if any(self._column(batch, column, f"the segment {name!r}") is None for column in read.columns):
                continue
            inside = np.flatnonzero(read.holds(batch))
            if inside.size:
                yield _grouped(codes[inside], [(name, window) for window in windows], inside)

    def final(self, keys: tuple[Key, ...]) -> dict[Key, Key]:
        """Say where each window finally stands, once all rows have been cut.

        Windows named by a value are put in natural order; the last window of n rows ends where the rows end.
        """
        named = sorted({window.label for _, window in keys if window != NO_TIME}, key=natural)
        places = {label: index for index, label in enumerate(named)}
        final: dict[Key, Key] = {}
        for segment, window in keys:
            settled = window
            if window != NO_TIME and self._windowing.cadence is Cadence.COLUMN:
                settled = replace(window, index=places[window.label])
            elif self._windowing.cadence is Cadence.ROWS and isinstance(window.end, int) and window.end > self._row:
                settled = _row_window(window.index, window.index * (self._windowing.rows or 1), self._row)
            final[segment, window] = (segment, settled)
        return final

    def findings(self) -> tuple[Finding, ...]:
        """Columns that were wanted for cutting and were not there."""
        return tuple(Finding(where=name, what=f"the column is missing: {what} cannot be counted") for name, what in self._missing.items())

    def _runs(self, rows: int) -> Iterator[tuple[int, int, Key]]:
        """The next rows cut at every so many."""
        size, start = self._windowing.rows or 1, 0
        while start < rows:
            index = (self._row + start) // size
            end = min(rows, (index + 1) * size - self._row)
            yield start, end - start, (None, _row_window(index, index * size, (index + 1) * size))
            start = end

    def _spells(self, batch: pa.RecordBatch) -> list[tuple[int, int, Window]] | None:
        """Runs of rows of one window, where they can be told without looking at each row; None where they cannot."""
        if self.cuts > 1 or self._windowing.cadence not in CALENDAR:
            return None
        array = self._column(batch, self._time or "", "windows of time")
        return self._clock.runs(array) if array is not None else None

    def _windows(self, batch: pa.RecordBatch) -> tuple[NDArray[np.int64], list[Window]]:
        """For each row the place of its window in a list."""
        cadence, rows = self._windowing.cadence, batch.num_rows
        if cadence is Cadence.ROWS:
            size = self._windowing.rows or 1
            codes = (np.arange(self._row, self._row + rows) // size).astype(np.int64)
            first = self._row // size
            last = (self._row + max(rows, 1) - 1) // size
            return codes - first, [_row_window(i, i * size, (i + 1) * size) for i in range(first, last + 1)]
        if cadence in CALENDAR:
            array = self._column(batch, self._time or "", "windows of time")
            return self._clock.of(array) if array is not None else (np.zeros(rows, dtype=np.int64), [NO_TIME])
        if cadence is Cadence.COLUMN:
            array = self._column(batch, self._windowing.column or "", "windows by value")
            return self._named(array) if array is not None else (np.zeros(rows, dtype=np.int64), [NO_TIME])
        return np.zeros(rows, dtype=np.int64), [WHOLE]

    def _named(self, array: pa.Array) -> tuple[NDArray[np.int64], list[Window]]:
        rows, labels = _labels(array)
        windows = [NO_TIME if label is None else Window(0, label) for label in labels]
        return rows, [*windows, NO_TIME]

    def _column(self, batch: pa.RecordBatch, name: str, what: str) -> pa.Array | None:
        places = batch.schema.get_all_field_indices(name)
        if not places:
            self._missing.setdefault(name, what)
            return None
        return batch.column(places[0])


class _Values:
    """The values of one column that are segments."""

    def __init__(self, name: str, levels: tuple[str, ...], *, fixed: bool) -> None:
        self._name = name
        self._known = {level: code for code, level in enumerate(levels)}
        self._fixed = fixed

    @classmethod
    def of(cls, name: str, plan: Plan) -> _Values:
        levels = next((getattr(planned.bins, "levels", ()) for planned in plan.columns if planned.name == name), ())
        return cls(name, levels[:MOST_SEGMENTS], fixed=bool(levels))

    def codes(self, array: pa.Array) -> tuple[NDArray[np.int64], list[str]]:
        """Each row's segment, and what the segments are called; the last two are other values and null."""
        rows, labels = _labels(array)
        if not self._fixed:
            for label in _in_order(rows, labels):
                if len(self._known) < MOST_SEGMENTS:
                    self._known.setdefault(label, len(self._known))
        other, null = len(self._known), len(self._known) + 1
        places = [null if label is None else self._known.get(label, other) for label in labels]
        names = [f"{self._name}={label}" for label in [*self._known, "other", "null"]]
        return np.array([*places, null], dtype=np.int64)[rows], names


def natural(label: str) -> tuple[list[tuple[int, float, str]], str]:
    """What to sort labels by so that numbers in them go by size.

    >>> sorted(["b10", "b9", "10", "9.5"], key=natural)
    ['9.5', '10', 'b9', 'b10']
    """
    parts = re.split(r"([0-9]+(?:\.[0-9]+)?)", label)
    # A pattern in brackets splits into texts and, at every second place, numbers.
    return [(0, float(part), "") if i % 2 else (1, 0.0, part) for i, part in enumerate(parts) if part], label


def _row_window(index: int, start: int, end: int) -> Window:
    return Window(index, f"rows {start}-{end - 1}", start, end)


def _labels(array: pa.Array) -> tuple[NDArray[np.int64], list[str | None]]:
    """For each row the place of its text among the distinct ones; one beyond the last where null."""
    codes, distinct = encode(stored(array))
    said, null, wrong = texts(plain(distinct))
    labels = [None if gone else text for text, gone in zip(said, null | wrong, strict=True)]
    return np.where(nulls(codes), len(labels), raw(codes)).astype(np.int64), labels


def _in_order(rows: NDArray[np.int64], labels: list[str | None]) -> list[str]:
    """The labels in the order in which rows show them."""
    codes, firsts = np.unique(rows, return_index=True)
    ranked = [int(code) for code in codes[np.argsort(firsts)] if code < len(labels)]
    return [label for label in (labels[code] for code in ranked) if label is not None]


def _grouped(codes: NDArray[np.int64], keys: list[Key], inside: NDArray[np.intp] | None) -> Cut:
    """Find runs of equal codes; bring the rows in order first where runs are short."""
    if not codes.size:
        return Cut(None, ())
    ends = np.append(np.flatnonzero(codes[1:] != codes[:-1]) + 1, codes.size)
    order = inside
    if ends.size > 1 and ends.size * RUN > codes.size and ends.size > np.unique(codes).size:
        small = codes.astype(np.uint16) if codes.max() < 1 << 16 else codes
        sort = np.argsort(small, kind="stable")
        codes, order = codes[sort], sort if inside is None else inside[sort]
        ends = np.append(np.flatnonzero(codes[1:] != codes[:-1]) + 1, codes.size)
    starts = np.append(0, ends[:-1])
    pieces = tuple(
        (start, end - start, keys[code]) for start, end, code in zip(starts.tolist(), ends.tolist(), codes[starts].tolist(), strict=True)
    )
    return Cut(None if order is None else pa.array(order), pieces)
