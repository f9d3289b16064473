"""Explanations over the windows in which they lasted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.reports.reasons import reasons
from driftline.verdicts.diagnosis import Change
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_a_reason_is_told_once_for_all_its_windows(report: Report) -> None:
    """A fault of two days and a drift of thirty are two reasons, the fault first."""
    fault, moved = reasons(report)
    assert (fault.told.kind, fault.first, fault.windows, fault.now) == ("unit_change", "2026-01-29", 2, True)
    assert moved.told.kind == "covariate_shift"
    assert moved.windows == sum(window.verdict is Verdict.DRIFTED for window in report.windows)
    assert "not to be trained on" in fault.footing
    assert "95% sure" in fault.footing


def test_what_is_over_comes_after_what_goes_on(report: Report) -> None:
    """A fault that ended is told with its span, behind a drift that lasts."""
    last = replace(report.windows[-1], diagnosis=report.windows[-1].diagnosis[1:])
    moved, fault = reasons(replace(report, windows=(*report.windows[:-1], last)))
    assert moved.now
    assert not fault.now
    assert fault.footing.startswith("over: 2026-01-29, 1 window")


def test_a_window_that_is_not_whole_ends_nothing(report: Report) -> None:
    """Where its column waits for the rest of the window a reason goes on, whatever else is known there."""
    fault, *others = report.windows[-1].diagnosis
    waits = tuple(replace(c, cause=Cause.UNFINISHED) if c.name in fault.columns else c for c in report.windows[-1].columns)
    last = replace(report.windows[-1], diagnosis=tuple(others), columns=waits, unfinished="its time is not over")
    assert {one.told.kind: one.now for one in reasons(replace(report, windows=(*report.windows[:-1], last)))}[fault.kind]


def test_what_is_told_of_all_rows_is_not_told_of_segments(hostile: Report) -> None:
    """Two segments with the same fault are one story."""
    assert {one.segment for one in reasons(hostile)} == {None}
    alone = tuple(replace(window, diagnosis=() if window.segment is None else window.diagnosis) for window in hostile.windows)
    assert {one.segment for one in reasons(replace(hostile, windows=alone))} == {"<EU>"}


def test_what_nobody_knows_is_not_told(report: Report) -> None:
    """An unknown cause says no more than the verdict did."""
    unknown = replace(report.windows[-1].diagnosis[0], change=Change.UNKNOWN)
    blank = tuple(replace(window, diagnosis=(unknown,)) for window in report.windows)
    assert reasons(replace(report, windows=blank)) == ()


def test_without_explanations_there_is_nothing_to_say(report: Report) -> None:
    """A stable report has no reasons."""
    assert reasons(replace(report, windows=tuple(replace(window, diagnosis=()) for window in report.windows))) == ()
