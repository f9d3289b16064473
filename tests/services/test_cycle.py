"""The cycle: what waits and what is due, told by a desk that lies in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.monitor import Monitor
from driftline.profile.bins import fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind
from driftline.services.check import Counted
from driftline.services.cycle import TOGETHER, Done, Judged, Pace, Standing, Tallied, Wait, apart, is_again, judge_due, turn, waits
from driftline.services.decide import Recalled, decide_due
from driftline.verdicts.report import Verdict
from driftline.window import Cadence, Window, Windowing, calendar_window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.decisions.course import Decided
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import Report

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOURS = Windowing(Cadence.HOUR)
HOUR = timedelta(hours=1)
PACE = Pace(lateness=timedelta(minutes=10), patience=timedelta(minutes=10))


def counted(shift: float, rows: int, seed: int) -> Profile:
    """Some rows of a number."""
    values = np.random.default_rng(seed).normal(shift, 1, rows)
    none = np.zeros(rows, dtype=bool)
    return count(PLAN, {"x": Cells(values, [None] * rows, none, none)}, rows)


PLAN = Plan((Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.random.default_rng(0).normal(size=3000))),), sample=20)
REFERENCE = Counted({(None, Window(i, f"b{i}")): counted(0, 500, 100 + i) for i in range(12)})
MONITOR = Monitor(name="m", windowing=HOURS)


def hour(number: int) -> Window:
    """An hour before now; 0 is the one that has just ended."""
    return calendar_window(NOW - HOUR * (number + 1), HOURS)


def standing(window: Window | None = None, **given: Any) -> Standing:
    """A window that is due."""
    long_ago = NOW - timedelta(days=1)
    usual: dict[str, Any] = {"id": 1, "rows": 9, "whole": None, "revision": 1, "stale": False, "way": "w", "judged_revision": 0}
    return Standing(window=window or hour(1), **{**usual, "changed": long_ago, "counted": long_ago, **given})


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (standing(), Wait.DUE),
        (standing(hour(0)), Wait.OPEN),
        (standing(judged_revision=1), Wait.JUDGED),
        (standing(stale=True), Wait.STALE),
        (standing(judged=NOW - timedelta(minutes=9)), Wait.PATIENCE),
        (standing(judged=NOW - timedelta(minutes=10)), Wait.DUE),
        (standing(judged=NOW + timedelta(minutes=4)), Wait.PATIENCE),
        (standing(judged=NOW + timedelta(hours=1)), Wait.DUE),
        (standing(Window(0, "rows 0-9", 0, 10), rows=10, whole=10), Wait.DUE),
        (standing(Window(0, "rows 0-9", 0, 10), rows=9, whole=10), Wait.OPEN),
        (standing(Window(0, "a value")), Wait.DUE),
        (standing(Window(0, "a value"), changed=NOW - timedelta(minutes=9)), Wait.OPEN),
    ],
)
def test_when_a_window_is_due(case: Standing, expected: Wait) -> None:
    """It is over, late rows have had time, its counts have changed and hold, and it was not judged a moment ago, whatever clocks did."""
    assert waits(case, PACE, NOW) is expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (standing(stale=True), True),
        (standing(stale=True, counted=NOW), True),
        (standing(hour(0), stale=True, counted=NOW - timedelta(minutes=9)), False),
        (standing(hour(0), stale=True, counted=NOW - timedelta(minutes=10)), True),
        (standing(stale=True, judged=NOW, counted=NOW - timedelta(minutes=9)), False),
        (standing(stale=True, judged=NOW, counted=NOW - timedelta(minutes=10)), True),
        (standing(stale=True, judged=NOW, counted=NOW + timedelta(hours=1)), True),
    ],
)
def test_when_a_stale_window_is_counted_again(case: Standing, *, expected: bool) -> None:
    """When it is to be judged first; while it goes on, and after it was judged, when it was counted long enough ago."""
    assert is_again(case, PACE, NOW) is expected


class _Desk:
    """A desk in memory: parcels are numbers of rows, and each is of one window."""

    def __init__(self, parcels: Sequence[tuple[Window, float, int]]) -> None:
        self.waiting = [list(parcels[i : i + 2]) for i in range(0, len(parcels), 2)]
        self.windows: dict[Window, Standing] = {}
        self.profiles: dict[tuple[str | None, Window], Profile] = {}
        self.calls: list[str] = []
        self.judged: list[Judged] = []
        self.labels: list[Window] = []
        self.decided: list[Decided] = []

    def gather(self) -> int:
        self.calls.append("gather")
        return 7

    def uncounted(self, upto: int) -> list[Any]:
        assert upto == 7
        return self.waiting[0] if self.waiting else []

    def position(self) -> int:
        return 0

    def add(self, parcels: Sequence[Any], tallied: Tallied) -> None:
        self.calls.append(f"add {len(parcels)}")
        self.waiting.pop(0)
        for key, profile in tallied.profiles.items():
            self.profiles[key] = self.profiles[key] + profile if key in self.profiles else profile
            before = self.windows.get(key[1]) or standing(key[1], id=len(self.windows) + 1, rows=0, revision=0)
            self.windows[key[1]] = replace(before, rows=self.profiles[key].rows, revision=before.revision + 1)

    def match_labels(self, since: datetime, upto: int) -> None:
        assert (since, upto) == (NOW - PACE.horizon, 7)
        for window in self.labels:
            self.windows[window] = replace(self.windows[window], stale=True)
        self.labels = []

    def stale(self) -> list[Standing]:
        return [one for one in self.windows.values() if one.stale]

    def parcels_of(self, standings: Sequence[Standing]) -> tuple[list[Any], list[Any]]:
        return [(one.window, 0.0, 300) for one in standings], []

    def replace(self, standings: Sequence[Standing], tallied: Tallied) -> None:
        self.calls.append(f"replace {len(standings)}")
        for one in standings:
            self.windows[one.window] = replace(one, stale=False, revision=one.revision + 1, counted=NOW)

    def unjudged(self) -> list[Standing]:
        return [one for one in self.windows.values() if one.revision > one.judged_revision]

    def history(self, due: Sequence[Standing], most: int) -> dict[Any, Profile]:
        return self.profiles

    def ripen(self, now: datetime) -> None:
        assert now == NOW

    def delays(self, now: datetime) -> None:
        return None

    def recall(self, report: Report, due: Sequence[Standing]) -> Recalled:
        return Recalled()

    def record(self, judged: Sequence[Judged], decided: Sequence[Decided]) -> None:
        self.calls.append(f"record {len(judged)}")
        self.decided += decided
        self.judged += judged
        for one in judged:
            self.windows[one.standing.window] = replace(one.standing, judged_revision=one.standing.revision, judged=NOW)


class _Counter:
    """Counts parcels of that desk."""

    monitor = MONITOR
    reference = REFERENCE

    def count(self, parcels: Sequence[Any], position: int) -> Tallied:
        found: dict[tuple[str | None, Window], Profile] = {}
        for place, (window, shift, rows) in enumerate(parcels):
            profile = counted(shift, rows, place)
            found[None, window] = found[None, window] + profile if (None, window) in found else profile
        return Tallied(found)

    def recount(self, windows: Sequence[Window], parcels: Sequence[Any], labels: Sequence[Any]) -> Tallied:
        return self.count(parcels, 0)


def test_a_turn_counts_all_and_judges_what_is_over() -> None:
    """Parcel by parcel; the hour that goes on is counted and not judged."""
    desk = _Desk([(hour(2), 0.0, 300), (hour(2), 0.0, 100), (hour(1), 3.0, 300), (hour(0), 0.0, 300)])
    done = turn(desk, _Counter(), PACE, NOW)
    assert (done.counted, done.recounted, desk.calls) == (4, 0, ["gather", "add 2", "add 2", "record 2"])
    assert [(one.standing.window.label, one.verdict) for one in done.judged] == [
        ("2026-01-05 09:00", Verdict.STABLE),
        ("2026-01-05 10:00", Verdict.DRIFTED),
    ]
    assert done.judged[1].reason.startswith("x: ")


def test_windows_that_were_judged_are_decided_on() -> None:
    """Each that is new, the newest last, in the transaction that keeps the verdicts."""
    desk = _Desk([(hour(2), 0.0, 300), (hour(1), 3.0, 300)])
    turn(desk, _Counter(), PACE, NOW, lambda *known: decide_due(*known, MONITOR, lambda: np.random.default_rng(0)))
    assert [one.evidence.window for one in desk.decided] == ["2026-01-05 09:00", "2026-01-05 10:00"]
    assert [one.evidence.now for one in desk.decided] == [NOW - 2 * HOUR, NOW]


def test_the_next_turn_has_nothing_to_do() -> None:
    """Nothing is counted or judged twice."""
    desk = _Desk([(hour(1), 0.0, 300)])
    turn(desk, _Counter(), PACE, NOW)
    assert turn(desk, _Counter(), PACE, NOW) == Done()


def test_labels_count_a_window_again() -> None:
    """Those never judged at once, many in one go; one that was judged only when it was long enough ago."""
    desk = _Desk([(hour(number), 0.0, 50) for number in range(1, TOGETHER + 4)])
    desk.labels = [hour(number) for number in range(1, TOGETHER + 4)]
    done = turn(desk, _Counter(), PACE, NOW)
    assert (done.recounted, [call for call in desk.calls if "replace" in call]) == (TOGETHER + 3, [f"replace {TOGETHER}", "replace 3"])
    desk.labels = [hour(1)]
    assert turn(desk, _Counter(), PACE, NOW).recounted == 0
    desk.windows[hour(1)] = replace(desk.windows[hour(1)], counted=NOW - timedelta(hours=1), judged=NOW - timedelta(hours=1))
    again = turn(desk, _Counter(), PACE, NOW)
    assert (again.recounted, len(again.judged)) == (1, 1)


def test_a_report_tells_of_its_window_alone() -> None:
    """Whatever else was judged with it; a segment that is worse than all rows speaks for the window."""
    one, two = hour(2), hour(1)
    profiles = {(None, one): counted(3, 300, 1), (None, two): counted(0, 300, 2), ("s=a", two): counted(3, 300, 3)}
    reference = Counted({**REFERENCE.profiles, **{("s=a", w): p for (_, w), p in REFERENCE.profiles.items()}})
    (judged,) = apart(judge_due(reference, profiles, [standing(two)], MONITOR, NOW), [standing(two)])
    assert (judged.verdict, judged.report.verdict, judged.reason[:6]) == (Verdict.DRIFTED, Verdict.DRIFTED, "s=a: x")
    assert [(window.window, window.segment) for window in judged.report.windows] == [(two, None), (two, "s=a")]
    assert len(judged.report.profiles) == 2


def test_a_window_without_counts_is_not_told_of() -> None:
    """There is nothing to say of it."""
    due = [standing(hour(1))]
    assert apart(judge_due(REFERENCE, {(None, hour(2)): counted(0, 300, 1)}, due, MONITOR, NOW), due) == []
