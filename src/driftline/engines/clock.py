"""From instants to calendar windows: each window is found once, then instants are looked up between its ends."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from driftline.engines.cells import PER_SECOND, cells, encode, instants, nulls, plain, raw, stored, ticks
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind
from driftline.window import Window, calendar_window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.window import Windowing

UNKNOWN = np.iinfo(np.int64).min
"""Stands for the time of a row that has none."""

EARLIEST, LATEST = -62_000_000_000, 253_000_000_000
"""Years 5 to 9987: beyond, the calendar ends."""

QUARTER = 900
NO_TIME = Window(-1, "no time")
"""Where rows go whose time, or whose window's name, is null or unreadable: counted, not judged."""


def seconds(array: pa.Array) -> NDArray[np.int64]:
    """Whole seconds since 1970 of a column of times, rounded down; `UNKNOWN` where there is none."""
    array = stored(array)
    if pa.types.is_timestamp(array.type):
        found = ticks(array)
        found = found if array.type.unit == "s" else found // int(PER_SECOND[array.type.unit])
        return np.where(_outside(found) | nulls(array), UNKNOWN, found) if array.null_count or _outside(found).any() else found
    floats = instants(array)
    if floats is not None:
        return _floor(floats, nulls(array))
    codes, distinct = encode(array)
    read = cells(Planned(Column(name="", kind=Kind.TIMESTAMP), None), plain(distinct))
    each = np.append(_floor(read.numbers, read.null | read.wrong), UNKNOWN)
    return np.asarray(each[np.where(nulls(codes), len(distinct), raw(codes))])


def _outside(found: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.bool_]:
    return ~((found >= EARLIEST) & (found <= LATEST))


def _floor(found: NDArray[np.float64], null: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.where(null | _outside(found), UNKNOWN, np.floor(np.where(_outside(found), 0.0, found)).astype(np.int64))


class Clock:
    """The calendar windows met so far."""

    def __init__(self, windowing: Windowing) -> None:
        self._windowing = windowing
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._windows: list[Window] = []

    def of(self, array: pa.Array) -> tuple[NDArray[np.int64], list[Window]]:
        """What `windows` finds of a column of times, sooner where all lie in one window."""
        array = stored(array)
        if pa.types.is_timestamp(array.type) and len(array) and not array.null_count:
            found = ticks(array)
            one = self._one(seconds(pa.array([found.min(), found.max()], pa.int64()).view(array.type)))
            if one is not None:
                return np.zeros(len(array), dtype=np.int64), [one]
        return self.windows(seconds(array))

    def windows(self, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Window]]:
        """For each row the place of its window in a list; rows without a time are in `NO_TIME`."""
        if not times.size:
            return times, [NO_TIME]
        one = self._one(times[[times.argmin(), times.argmax()]])
        if one is not None:
            return np.zeros(times.size, dtype=np.int64), [one]
        places = self._places(times)
        used, codes = np.unique(places, return_inverse=True)
        return codes.astype(np.int64), [NO_TIME if place < 0 else self._windows[place] for place in used.tolist()]

    def _one(self, ends: NDArray[np.int64]) -> Window | None:
        """The window in which both the first and the last time lie, if it is one."""
        first, last = ends.tolist()
        same = UNKNOWN not in {first, last} and self._add(first) == self._add(last)
        return self._windows[self._find(first)] if same else None

    def _places(self, times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each time's window among those known; all windows that are met become known."""
        for quarter in np.unique(times[times != UNKNOWN] // QUARTER).tolist():
            if self._find(quarter * QUARTER) < 0:
                self._add(quarter * QUARTER)
        while True:
            places = np.searchsorted(self._starts, times, side="right") - 1
            lost = (times != UNKNOWN) & ((places < 0) | (times >= np.append(self._ends, 0)[places]))
            if not lost.any():
                return np.where(times == UNKNOWN, -1, places)
            # A window began within a quarter of an hour, as local time once did.
            self._add(int(times[lost].min()))

    def _find(self, at: int) -> int:
        """The place of the window that holds an instant; -1 if it is not known."""
        place = bisect_right(self._starts, at) - 1
        return place if place >= 0 and at < self._ends[place] else -1

    def _add(self, at: int) -> int:
        """Make the window that holds an instant known; returns its first second."""
        place = self._find(at)
        if place < 0:
            window = calendar_window(datetime.fromtimestamp(at, UTC), self._windowing)
            start, end = (int(bound.timestamp()) for bound in (window.start, window.end) if isinstance(bound, datetime))
            if not start <= at < end:
                # Where clocks go back by half an hour, an hour on the clock lasts longer than it says.
                start, end = at, at - at % QUARTER + QUARTER
            place = bisect_right(self._starts, at)
            start = max(start, self._ends[place - 1]) if place else start
            end = min(end, self._starts[place]) if place < len(self._starts) else end
            self._starts.insert(place, start)
            self._ends.insert(place, end)
            self._windows.insert(place, window)
        return self._starts[place]
