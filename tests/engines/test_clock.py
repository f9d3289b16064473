from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.engines.clock import NO_TIME, UNKNOWN, Clock, seconds
from driftline.window import Cadence, Windowing, calendar_window

if TYPE_CHECKING:
    from typing import Any

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"]
CALENDARS = [Cadence.HOUR, Cadence.DAY, Cadence.WEEK, Cadence.MONTH]


class TestSeconds:
    @pytest.mark.parametrize(
        ("array", "expected"),
        [
            (pa.array([1500, -1, None], pa.timestamp("ms")), [1, -1, UNKNOWN]),
            (pa.array([1_999_999_999, -1], pa.timestamp("ns")), [1, -1]),
            (pa.array([2**62], pa.timestamp("s")), [UNKNOWN]),
            (pa.array([dt.date(1970, 1, 2), None]), [86400, UNKNOWN]),
            (pa.array(["1970-01-01T00:00:01+00:00", "soon", "", None]), [1, UNKNOWN, UNKNOWN, UNKNOWN]),
            (pa.array([1.7e9, float("nan"), float("inf")]), [1_700_000_000, UNKNOWN, UNKNOWN]),
            (pa.array(["1970-01-01"]).dictionary_encode(), [0]),
            (pa.array([[1]]), [UNKNOWN]),
        ],
        ids=str,
    )
    def test_reads_every_type_of_time(self, array: pa.Array, expected: Any) -> None:
        """Whole seconds, rounded down; unknown where there is no time within the calendar."""
        assert seconds(array).tolist() == expected

    def test_does_not_round_the_last_nanosecond_up(self) -> None:
        """A nanosecond before midnight is still today."""
        midnight = 1_700_006_400
        assert seconds(pa.array([midnight * 10**9 - 1], pa.timestamp("ns"))).tolist() == [midnight - 1]


class TestClock:
    @given(
        times=st.lists(st.integers(-(10**9), 2 * 10**9), min_size=1, max_size=60),
        near=st.lists(st.integers(-7200, 7200), max_size=20),
        zone=st.sampled_from(ZONES),
        cadence=st.sampled_from(CALENDARS),
    )
    def test_finds_the_window_that_the_calendar_finds(self, times: list[int], near: list[int], zone: str | None, cadence: Cadence) -> None:
        """Looked up between ends or asked one by one, the window is the same: in every zone and across every change of clocks."""
        windowing = Windowing(cadence, timezone=zone)
        every = np.array(times + [times[0] + step for step in near], dtype=np.int64)
        clock = Clock(windowing)
        for part in (every[:3], every, every[::-1].copy()):
            codes, windows = clock.windows(part)
            expected = [calendar_window(dt.datetime.fromtimestamp(at, dt.UTC), windowing) for at in part.tolist()]
            assert [windows[code] for code in codes] == expected

    @given(
        times=st.lists(st.one_of(st.integers(-(2**62), 2**62), st.integers(0, 10**11), st.integers(10**9, 10**9 + 10**6)), max_size=20),
        null=st.booleans(),
        ordered=st.booleans(),
        unit=st.sampled_from(["s", "ms", "us", "ns"]),
        zone=st.sampled_from(ZONES),
        cadence=st.sampled_from(CALENDARS),
    )
    def test_reads_a_column_as_it_reads_its_seconds(
        self, times: list[int], unit: str, zone: str, cadence: Cadence, *, null: bool, ordered: bool
    ) -> None:
        """In one window or many, in order or not, with nulls, beyond the calendar or sliced: a column's windows are its seconds'."""
        listed: list[int | None] = [0, *(sorted(times) if ordered else times)]
        array = pa.array([*listed, *([None] if null else [])], pa.int64()).view(pa.timestamp(unit, "UTC"))[1:]
        windowing = Windowing(cadence, timezone=zone)
        codes, windows = Clock(windowing).of(array)
        expected, held = Clock(windowing).windows(seconds(array))
        assert [windows[code] for code in codes] == [held[code] for code in expected]
        runs = Clock(windowing).runs(array)
        if runs is not None:
            assert [window for _, length, window in runs for _ in range(length)] == [held[code] for code in expected]
            assert [start for start, _, _ in runs] == np.cumsum([0, *(length for _, length, _ in runs)]).tolist()[:-1]

    def test_runs_are_told_of_instants_that_go_up(self) -> None:
        """A column in order is cut where windows end; of one that goes down somewhere each row must be looked at."""
        clock, hours = Clock(Windowing(Cadence.HOUR)), pa.array([0, 3599, 3600, 3600, 10_000], pa.int64())
        runs = clock.runs(hours.view(pa.timestamp("s")))
        assert runs is not None
        assert [(start, length, window.label) for start, length, window in runs] == [
            *[(0, 2, "1970-01-01 00:00"), (2, 2, "1970-01-01 01:00"), (4, 1, "1970-01-01 02:00")]
        ]
        assert clock.runs(hours[::-1].view(pa.timestamp("s"))) is None
        assert clock.runs(hours) is None

    @pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
    def test_days_follow_the_wall_clock(self, day: str, hours: int) -> None:
        """On the day the clocks change a day has 23 or 25 hours, and every one of them is in it."""
        start = dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC)
        around = np.array([int(start.timestamp()) + 900 * quarter for quarter in range(-96, 240)], dtype=np.int64)
        codes, windows = Clock(Windowing(Cadence.DAY, timezone="Europe/Berlin")).windows(around)
        assert sum(windows[code].label == day for code in codes) == 4 * hours

    def test_rows_without_a_time_have_no_window(self) -> None:
        """Unknown times go to their own place, whatever the others are."""
        clock = Clock(Windowing(Cadence.DAY))
        codes, windows = clock.windows(np.array([UNKNOWN, 0, UNKNOWN], dtype=np.int64))
        assert [windows[code].label for code in codes] == ["no time", "1970-01-01", "no time"]
        codes, windows = clock.windows(np.array([UNKNOWN], dtype=np.int64))
        assert [windows[code] for code in codes] == [NO_TIME]
        assert clock.windows(np.empty(0, dtype=np.int64))[0].size == 0
