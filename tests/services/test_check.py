"""Check: what is said of counted windows, by the definition of counting and without any adapter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.errors import DataError
from driftline.monitor import Monitor
from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.profile import Profile
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role
from driftline.services.check import Counted, blocks_enough, check
from driftline.verdicts.policy import Against, Budget, HandSet, Limit, Policy
from driftline.verdicts.report import Cause, Concern, Finding, Verdict
from driftline.window import Cadence, Window, Windowing, calendar_window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from driftline.verdicts.report import ColumnReport, Report, WindowReport

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
SHIFT = 1.0
Table = dict[str, np.ndarray]


def rows(n: int, seed: int, shift: float = 0.0) -> Table:
    """A number that may have moved, another that has not, and a level."""
    rng = np.random.default_rng(seed)
    return {"x": rng.normal(shift, 1.0, n), "y": rng.exponential(size=n), "c": rng.choice(["a", "b"], n, p=[0.7, 0.3])}


def plan(reference: Table, *more: Planned) -> Plan:
    """Bins for the three columns, and more columns."""
    numbers = [Planned(Column(name=name, kind=Kind.NUMBER), fit_number_bins(reference[name])) for name in "xy"]
    return Plan((*numbers, Planned(Column(name="c", kind=Kind.CATEGORY), LevelBins(("a", "b"))), *more), sample=50)


def cells(values: np.ndarray) -> Cells:
    """A column whose every value is there."""
    none = np.zeros(len(values), dtype=bool)
    text = values.dtype.kind == "U"
    return Cells(np.zeros(len(values)) if text else values, values.tolist() if text else [None] * len(values), none, none)


def profile(by: Plan, table: Table) -> Profile:
    """A table, counted."""
    return count(by, {name: cells(values) for name, values in table.items()}, len(table["x"]))


BASE = rows(8000, 0)
PLAN = plan(BASE)
REFERENCE = Counted(
    {(None, Window(i, f"block {i}")): profile(PLAN, {k: v[i * 500 : (i + 1) * 500] for k, v in BASE.items()}) for i in range(16)}
)


def current(*tables: Table, segment: str | None = None) -> Counted:
    """Consecutive windows of rows."""
    return Counted({(segment, Window(i, f"w{i}")): profile(PLAN, table) for i, table in enumerate(tables)})


def run(now: Counted, reference: Counted = REFERENCE, cadence: Cadence = Cadence.WHOLE, **policy: Any) -> Report:
    """A check."""
    return check(reference, now, Monitor(name="m", windowing=Windowing(cadence), policy=Policy(**policy)), NOW)


def column(report: WindowReport, name: str) -> ColumnReport:
    """What is said of a column in a window."""
    return next(column for column in report.columns if column.name == name)


def verdicts(report: Report) -> list[str]:
    """The windows' verdicts, in one letter each."""
    return [window.verdict.value[0] for window in report.windows]


class TestOneWindow:
    """A window by itself."""

    def test_nothing_changed(self) -> None:
        """The same law gives stable, with the upper end of what may have changed."""
        report = run(current(rows(3000, 1)))
        assert (report.verdict, report.since) == (Verdict.STABLE, None)
        assert report.reason == "none of 3 columns changed by as much as matters"
        assert {c.verdict for c in report.windows[0].columns} == {Verdict.STABLE}

    def test_one_column_moved(self) -> None:
        """It is drifted, seen, first in weight; the others are judged by themselves."""
        report = run(current(rows(3000, 1, SHIFT)))
        moved = column(report.windows[0], "x")
        assert (report.verdict, report.since, moved.cause, moved.seen) == (Verdict.DRIFTED, "w0", Cause.CHANGED, True)
        assert report.reason == report.windows[0].reason == f"x: {moved.reason}"
        assert moved.concern is Concern.INPUT
        assert {column(report.windows[0], name).verdict for name in "yc"} == {Verdict.STABLE}

    @pytest.mark.parametrize("n", [1, 5, 30])
    def test_too_few_rows(self, n: int) -> None:
        """A handful of rows of the same law settle nothing, and are no success."""
        report = run(current(rows(n, 1)))
        assert report.verdict is Verdict.INCONCLUSIVE
        assert report.reason == f"3 of 3 columns cannot be told from {n} row{'' if n == 1 else 's'}; no change was shown in the others"
        assert column(report.windows[0], "c").cause is Cause.TOO_FEW_ROWS

    def test_no_rows(self) -> None:
        """A window without rows says so, and neither drifts nor stands for stable."""
        report = run(current(rows(0, 1)))
        assert (report.verdict, report.windows[0].reason) == (Verdict.INCONCLUSIVE, "the window has no rows")
        assert {c.cause for c in report.windows[0].columns} == {Cause.EMPTY_WINDOW}

    def test_no_windows(self) -> None:
        """Without current data there is nothing to judge."""
        report = run(Counted({}))
        assert (report.verdict, report.windows, report.since) == (Verdict.INCONCLUSIVE, (), None)
        assert report.reason == "there is nothing to judge: the current data has no rows"

    @pytest.mark.parametrize("reference", [Counted({}), Counted({(None, Window(0, "all")): Profile.empty(PLAN)})])
    def test_no_reference(self, reference: Counted) -> None:
        """Without a reference there is nothing to judge by, and that is an error."""
        with pytest.raises(DataError, match=r"the reference has no rows\nHint: give the data"):
            run(current(rows(10, 0)), reference)


class TestTheReport:
    """What is said of all windows together."""

    def test_it_carries_what_it_was_made_of(self) -> None:
        """Name, time, counts and findings; windows and their counts lie side by side."""
        found = Finding(where="a.csv:7", what="the line is short", rows=1)
        tables = [rows(n, 1) for n in (1000, 2000)]
        report = run(replace(current(*tables), findings=(found,)))
        assert (report.monitor, report.created, report.findings) == ("m", NOW, (found,))
        assert (report.reference.rows, [w.rows for w in report.windows]) == (8000, [1000, 2000])
        assert report.profiles[1] == profile(PLAN, tables[1])

    def test_since_is_where_the_last_run_of_drift_began(self) -> None:
        """An episode that is over does not count, windows that drift without a break do."""
        good, bad = rows(2000, 1), rows(2000, 2, SHIFT)
        report = run(current(bad, good, bad, bad))
        assert (verdicts(report), report.since) == (["d", "s", "d", "d"], "w2")
        assert report.reason.startswith("3 of 4 windows drifted, still in the last one: x: ")
        assert run(current(good, bad, good)).reason.startswith("1 of 3 windows drifted, last in w1: x: ")

    def test_the_reason_is_of_a_window_that_has_the_verdict(self) -> None:
        """One window of three that settles nothing makes the whole inconclusive, and is the one that is explained."""
        report = run(current(rows(3000, 1), rows(3, 2), rows(3000, 3)))
        assert (verdicts(report), report.verdict) == (["s", "i", "s"], Verdict.INCONCLUSIVE)
        assert (
            report.reason == "1 of 3 windows are inconclusive: 3 of 3 columns cannot be told from 3 rows; no change was shown in the others"
        )

    def test_windows_without_rows_do_not_count(self) -> None:
        """A stable window beside an empty one is stable."""
        assert run(current(rows(3000, 1), rows(0, 2))).verdict is Verdict.STABLE

    @pytest.mark.parametrize(
        ("budget", "cadence", "promise"),
        [
            (Budget(), Cadence.DAY, "at most 1 false alarm in 30 days"),
            (Budget(2, timedelta(hours=12)), Cadence.HOUR, "at most 2 false alarms in 12 hours"),
            (Budget(0.5, timedelta(days=1)), Cadence.HOUR, "at most 0.5 false alarms in 1 day"),
            (Budget(1, timedelta(days=9), 50), Cadence.WHOLE, "at most 1 false alarm in 50 windows"),
        ],
    )
    def test_the_promise_is_said(self, budget: Budget, cadence: Cadence, promise: str) -> None:
        """In time where windows last a known time, else in windows."""
        assert run(Counted({}), cadence=cadence, budget=budget).promise == promise

    def test_rows_of_the_future_are_told(self) -> None:
        """They are judged like others, and a finding counts them; a day ahead is a matter of clocks."""
        now = calendar(PLAN, [rows(300, i) for i in range(4)], Cadence.DAY, NOW, days=1)
        report = run(replace(now, like_windows=False), cadence=Cadence.DAY)
        assert [(f.where, f.rows) for f in report.findings] == [("window 2026-06-03", 600)]
        assert report.findings[0].what == "600 rows have times that lie in the future, seen from 2026-06-01T00:00+00:00"

    def test_days_that_were_read_as_seconds_are_told(self) -> None:
        """20240101 is a day to people and a moment of August 1970 to clocks: a finding says so."""
        then = calendar(PLAN, [rows(300, i) for i in range(2)], Cadence.DAY, datetime(1970, 8, 23, tzinfo=UTC), days=1)
        (found,) = run(replace(then, like_windows=False), cadence=Cadence.DAY).findings
        assert (found.where, found.what) == ("window 1970-08-23", "600 rows have times in 1970")
        assert "20261231" in found.hint

    def test_a_smaller_budget_asks_for_more(self) -> None:
        """The p-value that is believed shrinks with the alarms that are accepted."""
        thresholds = []
        for alarms in (1.0, 0.01):
            report = run(current(rows(3000, 1)), budget=Budget(alarms))
            thresholds += [s.threshold for s in column(report.windows[0], "x").scores if s.statistic == "psi"]
        assert thresholds[0] < thresholds[1]


class TestSegments:
    """All rows, and parts of them."""

    def test_each_segment_is_judged_against_its_own(self) -> None:
        """A part that moved is drifted where the others are stable; all rows come first, segments follow by name."""
        reference = Counted({**REFERENCE.profiles, **{(s, w): p for (_, w), p in REFERENCE.profiles.items() for s in ("g=b", "g=a")}})
        good, bad = current(rows(3000, 1)).profiles, current(rows(3000, 2, SHIFT)).profiles
        (window, fine), (_, moved) = (next((w, p) for (_, w), p in found.items()) for found in (good, bad))
        report = run(Counted({("g=b", window): moved, (None, window): fine, ("g=a", window): fine}), reference)
        assert [(w.segment, w.verdict.value) for w in report.windows] == [(None, "stable"), ("g=a", "stable"), ("g=b", "drifted")]
        assert (report.verdict, report.since) == (Verdict.DRIFTED, "w0")
        assert report.reason.startswith("1 of 3 windows drifted, still in the last one: x: moved up")

    def test_a_segment_that_the_reference_never_had_is_told(self) -> None:
        """It cannot be judged, and is named with its rows."""
        found = Counted({**current(rows(3000, 1)).profiles, **current(rows(700, 2), segment="g=new").profiles})
        report = run(found)
        assert [w.segment for w in report.windows] == [None]
        assert report.findings == (Finding(where="g=new", what="this segment is not in the reference and was not judged", rows=700),)

    def test_segments_share_the_budget(self) -> None:
        """Three groups of windows may alarm together as often as one: each asks for more."""
        alone = run(current(rows(3000, 1)))
        reference = Counted({**REFERENCE.profiles, **{("g=a", w): p for (_, w), p in REFERENCE.profiles.items()}})
        both = run(Counted({**current(rows(3000, 1)).profiles, **current(rows(3000, 1), segment="g=a").profiles}), reference)
        psi = [next(s.threshold for s in column(report.windows[0], "x").scores if s.statistic == "psi") or 0 for report in (alone, both)]
        assert psi[0] < psi[1]


def calendar(by: Plan, tables: Iterable[Table], cadence: Cadence, start: datetime, **step: float) -> Counted:
    """Consecutive calendar windows."""
    windowing, at = Windowing(cadence), start
    found: dict[tuple[str | None, Window], Profile] = {}
    for table in tables:
        found[None, calendar_window(at, windowing)] = profile(by, table)
        at += timedelta(**step)
    return Counted(found, like_windows=True)


def weekly(days: int, seed: int, order: int = 0) -> list[Table]:
    """Days whose mean depends on the weekday, from a Monday on; with `order` the weekdays have changed places."""
    return [rows(400, seed * 1000 + day, 0.5 * ((day + order) % 7 in {5, 6})) for day in range(days)]


class TestAgainst:
    """What windows are held against."""

    STEP = (0.0, 0.0, SHIFT, SHIFT, SHIFT)

    @pytest.mark.parametrize(
        ("policy", "found"),
        [
            ({"against": Against.REFERENCE}, "ssddd"),
            ({"against": Against.PREVIOUS}, "ssdss"),
            ({"against": Against.TRAILING, "trailing": 2}, "ssdds"),
            ({"against": Against.TRAILING, "trailing": 9}, "ssddd"),
        ],
    )
    def test_a_step_is_new_for_as_long_as_the_old_is_remembered(self, policy: dict[str, Any], found: str) -> None:
        """Against the reference it stays drifted; against the last window, or the last two, it is drifted once, or twice."""
        tables = [rows(3000, 20 + i, shift) for i, shift in enumerate(self.STEP)]
        report = run(current(*tables), **policy)
        assert "".join(verdicts(report)) == found

    def test_the_first_window_is_held_against_the_reference(self) -> None:
        """It has no window before it."""
        report = run(current(rows(3000, 1, SHIFT), rows(3000, 2, SHIFT)), against=Against.PREVIOUS)
        assert verdicts(report) == ["d", "s"]

    def test_a_weekday_is_held_against_its_like(self) -> None:
        """Weekends like the reference's weekends are no drift; a weekend in the middle of the week is."""
        days = weekly(70, 1)
        by = plan({name: np.concatenate([day[name] for day in days]) for name in "xyc"})
        reference = calendar(by, days, Cadence.DAY, MONDAY, days=1)
        for against in (Against.SAME_WEEKDAY, Against.REFERENCE):
            usual = calendar(by, weekly(14, 2), Cadence.DAY, MONDAY + timedelta(days=70), days=1)
            assert run(usual, reference, Cadence.DAY, against=against).verdict is not Verdict.DRIFTED
            odd = calendar(by, weekly(7, 3, order=3), Cadence.DAY, MONDAY + timedelta(days=70), days=1)
            report = run(odd, reference, Cadence.DAY, against=against)
            assert [w.window.start.weekday() for w in report.windows if w.verdict is Verdict.DRIFTED] == [2, 3, 5, 6]  # type: ignore[union-attr]

    def test_an_hour_is_held_against_its_like(self) -> None:
        """Nights that are like the reference's nights are no drift; a night at noon is."""
        hours = [rows(300, hour, SHIFT * (hour % 24 < 8)) for hour in range(24 * 5)]
        by = plan({name: np.concatenate([hour[name] for hour in hours]) for name in "xyc"})
        reference = calendar(by, hours, Cadence.HOUR, MONDAY, hours=1)
        for against in (Against.SAME_HOUR, Against.REFERENCE):
            now = [rows(300, 900 + hour, SHIFT * (hour < 8 or hour == 12)) for hour in range(24)]
            report = run(calendar(by, now, Cadence.HOUR, MONDAY + timedelta(days=5), hours=1), reference, Cadence.HOUR, against=against)
            assert [w.window.label[-5:] for w in report.windows if column(w, "x").verdict is Verdict.DRIFTED] == ["12:00"]


class TestHandSet:
    """Thresholds that somebody set."""

    @pytest.mark.parametrize(
        ("limit", "value", "shift", "verdict"),
        [
            (Limit.FIXED, 0.2, SHIFT, "drifted"),
            (Limit.FIXED, 5.0, SHIFT, "stable"),
            (Limit.FIXED, 1e-9, 0.0, "drifted"),
            (Limit.STANDARD_DEVIATION, 5.0, 0.0, "stable"),
            (Limit.STANDARD_DEVIATION, 5.0, SHIFT, "drifted"),
            (Limit.QUANTILE, 0.99, 0.0, "stable"),
            (Limit.QUANTILE, 0.9, SHIFT, "drifted"),
        ],
    )
    def test_a_column_is_judged_by_its_threshold(self, limit: Limit, value: float, shift: float, verdict: str) -> None:
        """By it alone, whatever the statistics say; the threshold and its verdict are shown."""
        report = run(current(rows(500, 2, shift)), hand_set=(HandSet("x", "psi", limit, value),))
        found = column(report.windows[0], "x")
        score = next(score for score in found.scores if score.statistic == "psi (set)")
        assert (found.verdict.value, score.verdict) == (verdict, found.verdict)
        assert score.threshold == (value if limit is Limit.FIXED else pytest.approx(score.threshold, abs=0.2))
        assert (found.cause is Cause.BEYOND_THRESHOLD) == (verdict == "drifted")
        assert column(report.windows[0], "y").cause is not Cause.BEYOND_THRESHOLD

    def test_a_columns_threshold_goes_before_that_of_all(self) -> None:
        """'*' means every column that has none of its own, of kinds that the statistic serves."""
        sets = (HandSet("x", "ks", Limit.FIXED, 0.9), HandSet("*", "ks", Limit.FIXED, 0.0))
        report = run(current(rows(500, 1)), hand_set=sets)
        assert {c.name: c.verdict.value for c in report.windows[0].columns if c.name != "c"} == {"x": "stable", "y": "drifted"}

    def test_a_threshold_that_cannot_be_applied_silences_nothing(self) -> None:
        """A statistic of numbers says nothing of levels: the column is judged as if it had no threshold."""
        table = rows(2000, 1) | {"c": np.full(2000, "b")}
        report = run(current(table), hand_set=(HandSet("*", "ks", Limit.FIXED, 0.9),))
        assert column(report.windows[0], "c").verdict is Verdict.DRIFTED

    def test_statistics_that_were_asked_for_are_shown(self) -> None:
        """Beside the judged ones, with their values and no verdict."""
        report = run(current(rows(2000, 1)), statistics=("wasserstein", "cramers_v"))
        shown = {c.name: {s.statistic: s.verdict for s in c.scores} for c in report.windows[0].columns}
        assert shown["x"].keys() >= {"wasserstein", "cramers_v"}
        assert shown["c"].keys() & {"wasserstein", "cramers_v"} == {"cramers_v"}
        assert shown["x"]["wasserstein"] is None


class TestSingleColumns:
    """Columns that need a word of their own."""

    def with_more(self, kind: Kind, role: Role, bins: LevelBins | None) -> tuple[Plan, Counted]:
        """The reference with one more column, `z`."""
        by = plan(BASE, Planned(Column(name="z", kind=kind, role=role), bins))
        table = BASE | {"z": np.where(BASE["y"] > 1, "a", "b")}
        return by, Counted({(None, Window(i, str(i))): profile(by, {k: v[i::16] for k, v in table.items()}) for i in range(16)})

    def test_a_label_that_has_not_come_is_not_judged(self) -> None:
        """It is late, not drifted, and keeps nobody from being stable."""
        by, reference = self.with_more(Kind.CATEGORY, Role.LABEL, LevelBins(("a", "b")))
        report = run(Counted({(None, Window(0, "w")): profile(by, rows(3000, 1))}), reference)
        assert [c.name for c in report.windows[0].columns] == ["x", "y", "c"]
        assert report.verdict is Verdict.STABLE

    def test_a_feature_that_has_not_come_is_missing(self) -> None:
        """The same column as a feature is a data fault."""
        by, reference = self.with_more(Kind.CATEGORY, Role.FEATURE, LevelBins(("a", "b")))
        report = run(Counted({(None, Window(0, "w")): profile(by, rows(3000, 1))}), reference)
        missing = column(report.windows[0], "z")
        assert (missing.verdict, missing.cause, missing.concern) == (Verdict.DRIFTED, Cause.MISSING_COLUMN, Concern.FAULT)
        assert {column(report.windows[0], name).verdict for name in "xyc"} == {Verdict.STABLE}

    def test_text_is_only_checked_for_presence(self) -> None:
        """It never settles, and keeps no window from being stable; if it is gone it is missing."""
        by, reference = self.with_more(Kind.TEXT, Role.FEATURE, None)
        there = rows(3000, 1)
        report = run(Counted({(None, Window(0, "w")): profile(by, there | {"z": there["c"]})}), reference)
        assert (report.verdict, report.reason) == (Verdict.STABLE, "none of 4 columns changed by as much as matters")
        assert column(report.windows[0], "z").cause is Cause.NOT_COUNTED
        gone = run(Counted({(None, Window(0, "w")): profile(by, there)}), reference)
        assert column(gone.windows[0], "z").cause is Cause.MISSING_COLUMN

    def test_a_constant_that_stays_is_stable(self) -> None:
        """A column in which nothing ever varied, and nothing varies now, has not changed."""
        table = BASE | {"x": np.full(8000, 7.0), "c": np.full(8000, "a")}
        by = plan(table)
        reference = Counted({(None, Window(i, str(i))): profile(by, {k: v[i::16] for k, v in table.items()}) for i in range(16)})
        report = run(
            Counted({(None, Window(0, "w")): profile(by, rows(3000, 1) | {"x": np.full(3000, 7.0), "c": np.full(3000, "a")})}), reference
        )
        assert {c.name: c.verdict.value for c in report.windows[0].columns} == {"x": "stable", "y": "stable", "c": "stable"}

    def test_a_column_that_sticks_is_drifted(self) -> None:
        """A number that varied and now does not."""
        report = run(current(rows(3000, 1) | {"x": np.full(3000, 0.1)}))
        assert column(report.windows[0], "x").verdict is Verdict.DRIFTED


def test_eight_windows_are_enough_to_learn_from() -> None:
    """With fewer, the reference is cut into runs of rows."""
    assert [blocks_enough(n) for n in (7, 8)] == [False, True]
