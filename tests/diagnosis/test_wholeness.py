"""Tests of what is said of windows that are not whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import driftline
from driftline.diagnosis.wholeness import unfinished
from driftline.reports.document import to_dict
from driftline.reports.ledger import ledger
from driftline.reports.outline import outline
from driftline.reports.page import timeline
from driftline.reports.reading import window_of
from driftline.reports.text import to_text
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import ColumnReport, Report

MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
PER_DAY = 120


def weeks(begin: datetime, days: float, seed: int, *, nulls_from: float = np.inf) -> dict[str, Any]:
    """Rows that tell of their weekday, with an amount that does not depend on it."""
    rng = np.random.default_rng(seed)
    rows = int(days * PER_DAY)
    seconds = np.sort(rng.random(rows)) * days * 86400
    at = np.datetime64(begin.replace(tzinfo=None), "us") + (seconds * 1e6).astype("timedelta64[us]")
    weekday = (at.astype("M8[D]").astype(int) + 3) % 7
    amount = rng.normal(50.0, 9.0, rows)
    amount[seconds >= nulls_from * 86400] = np.nan
    return {"at": at, "weekday": weekday * 1.0, "amount": amount}


def found(current: dict[str, Any]) -> Report:
    """Weeks held against ten whole ones."""
    return driftline.compare(weeks(MONDAY, 70, 0), current, window="week", columns={"timestamp": "at"}).found


NEXT = MONDAY + timedelta(days=70)


@pytest.fixture(scope="module")
def half() -> Report:
    """One week, and the first three days of another."""
    return found(weeks(NEXT, 10, 1))


def columns(report: Report, at: int) -> dict[str, ColumnReport]:
    """A window's columns by name."""
    return {column.name: column for column in report.windows[at].columns}


def test_what_depends_on_missing_days_is_inconclusive(half: Report) -> None:
    """Three days have no weekend: weekdays and the number of rows are not judged, and the reason is said; the amount is judged."""
    last = columns(half, -1)
    assert {name: last[name].verdict for name in ("at", "weekday", "amount")} == {
        "at": Verdict.INCONCLUSIVE,
        "weekday": Verdict.INCONCLUSIVE,
        "amount": Verdict.STABLE,
    }
    assert last["weekday"].cause.value == "the window is unfinished"
    assert last["weekday"].reason == "not judged before the window is whole: its last rows are not there"
    assert not any(score.verdict is Verdict.DRIFTED for column in last.values() for score in column.scores)
    assert [window.unfinished for window in half.windows] == ["", "its last rows are not there"]
    assert half.verdict is Verdict.INCONCLUSIVE


def test_a_whole_window_without_a_weekend_has_drifted() -> None:
    """Where Saturdays and Sundays are gone from a window that goes on after them, the weekdays drifted."""
    current = weeks(NEXT, 14, 2)
    kept = (current["weekday"] < 5) | (current["at"] >= np.datetime64((NEXT + timedelta(days=7)).replace(tzinfo=None)))
    kept[0 if current["weekday"][0] < 1 else 1] = True
    report = found({name: np.r_[values[kept], values[-1:]] for name, values in current.items()})
    assert report.windows[-1].unfinished == ""


def test_what_no_further_row_undoes_has_drifted() -> None:
    """An amount that is no longer there has drifted, however few days have come."""
    report = found(weeks(NEXT, 10, 3, nulls_from=7))
    last = columns(report, -1)
    assert (last["amount"].verdict, last["weekday"].verdict) == (Verdict.DRIFTED, Verdict.INCONCLUSIVE)
    assert report.windows[-1].verdict is Verdict.DRIFTED


def test_what_the_week_before_shows_too_has_drifted() -> None:
    """An amount that moved a week ago has not come back because the days to come are missing."""
    current = weeks(NEXT, 10, 6)
    report = found(current | {"amount": current["amount"] + 4.0})
    assert [columns(report, at)["amount"].verdict for at in (0, 1)] == [Verdict.DRIFTED] * 2
    assert columns(report, 1)["weekday"].verdict is Verdict.INCONCLUSIVE
    (told,) = (one for one in report.windows[1].diagnosis if one.kind == "unfinished_window")
    assert told.sentence == "the window is not whole, its last rows are not there; weekday as in the same part of the reference's windows"


def test_a_window_that_ends_a_little_early_is_whole() -> None:
    """Where its last row comes a few hours before its end, as it does where rows are few, nobody is told to wait for more."""
    current = weeks(NEXT, 14, 7)
    kept = np.random.default_rng(0).random(current["at"].size) < 0.1
    kept &= current["at"] < np.datetime64((NEXT + timedelta(days=13.85)).replace(tzinfo=None))
    report = found({name: values[kept] for name, values in (current | {"amount": current["amount"] + 20}).items()})
    assert report.windows[-1].unfinished == ""
    assert report.windows[-1].verdict is Verdict.DRIFTED
    assert "unfinished_window" not in {one.kind for one in report.windows[-1].diagnosis}


def test_a_first_window_that_begins_late_starts_no_drift() -> None:
    """Data that begins on a Thursday has too few rows in its first week, and nobody is told that it drifted."""
    report = found(weeks(NEXT + timedelta(days=3), 11, 4))
    assert [window.unfinished for window in report.windows] == ["its first rows are not there", ""]
    assert not any(column.verdict is Verdict.DRIFTED for at in (0, 1) for column in columns(report, at).values())


def test_a_window_whose_time_goes_on_is_unfinished(half: Report) -> None:
    """Before its end a window is not whole, whatever has come; after it, only where rows are plainly missing."""
    windows, profiles = [one.window for one in half.windows], half.profiles
    end = windows[0].end
    assert isinstance(end, datetime)
    soon, later = end - timedelta(minutes=1), end + timedelta(days=1)
    assert unfinished(windows[:1], profiles[:1], [half.reference], soon) == {0: "its time is not over"}
    assert unfinished(windows[:1], profiles[:1], [half.reference], later) == {}
    # So few rows leave three days empty by chance.
    few = replace(profiles[1], rows=5)
    assert unfinished(windows, [profiles[0], few], [half.reference], end + timedelta(days=30)) == {}
    assert unfinished([], [], [half.reference], later) == {}


def test_all_that_is_shown_says_so(half: Report) -> None:
    """The JSON has the reason, and gives it back; the terminal says a word; the page knows which windows to hatch."""
    told = to_dict(half)["windows"]
    assert [one["unfinished"] for one in told] == [None, "its last rows are not there"]
    assert window_of(told[-1], half.windows[-1].window).unfinished == "its last rows are not there"
    assert "2024-W12, is unfinished" in to_text(half)
    assert timeline(half, outline(half), ledger(half))["unfinished"] == [1]
