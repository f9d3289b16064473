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
FEW = 64
"""So many windows are walked through one by one."""

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


def _instants(array: pa.Array) -> NDArray[np.int64] | None:
    """A column of timestamps, none of them null, in their own unit; None of other columns, and of no rows."""
    whole = pa.types.is_timestamp(array.type) and len(array) and not array.null_count
    return ticks(array) if whole else None


class Clock:
    """The calendar windows met so far."""

    def __init__(self, windowing: Windowing) -> None:
        self._windowing = windowing
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._windows: list[Window] = []

    def runs(self, array: pa.Array) -> list[tuple[int, int, Window]] | None:
        """First row, rows and window of each run of a column of instants that only go up; None of other columns."""
        array = stored(array)
        times = _instants(array)
        if times is None or not (times[1:] >= times[:-1]).all():
            return None
        spanned = self._spanned(array.type, times[0], times[-1])
        if spanned is None:
            return None
        bounds, windows = spanned
        at = [0, *np.searchsorted(times, bounds).tolist(), times.size]
        return [(start, end - start, window) for start, end, window in zip(at, at[1:], windows, strict=False) if end > start]

    def of(self, array: pa.Array) -> tuple[NDArray[np.int64], list[Window]]:
        """What `windows` finds of a column of times, sooner where they lie in few windows; some of these may have no row."""
        array = stored(array)
        times = _instants(array)
        spanned = self._spanned(array.type, times.min(), times.max()) if times is not None else None
        if times is None or spanned is None:
            return self.windows(seconds(array))
        bounds, windows = spanned
        return np.searchsorted(bounds, times, side="right").astype(np.int64, copy=False), windows

    def windows(self, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[Window]]:
        """For each row the place of its window in a list; rows without a time are in `NO_TIME`."""
        if not times.size:
            return times, [NO_TIME]
        places = self._places(times)
        used, codes = np.unique(places, return_inverse=True)
        return codes.astype(np.int64), [NO_TIME if place < 0 else self._windows[place] for place in used.tolist()]

    def _spanned(self, kind: pa.DataType, first: np.int64, last: np.int64) -> tuple[NDArray[np.int64], list[Window]] | None:
        """The windows from one instant to another, and where each but the first begins; None where they are many or beyond the calendar."""
        second = int(PER_SECOND[kind.unit])
        at, end = int(first) // second, int(last) // second
        bounds: list[int] = []
        windows: list[Window] = []
        if at < EARLIEST or end > LATEST:
            return None
        while at <= end:
            if len(windows) == FEW:
                return None
            bounds.append(self._add(at))
            place = self._find(at)
            windows.append(self._windows[place])
            at = self._ends[place]
        return np.array(bounds[1:], dtype=np.int64) * second, windows

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
