from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.reports.brief import facts, latest, notes, when
from driftline.reports.outline import Outline, outline

if TYPE_CHECKING:
    from driftline.verdicts.report import Report


def test_facts_say_what_was_looked_at(report: Report, hostile: Report) -> None:
    """Windows, columns, segments, rows and the reference's rows."""
    total = sum(window.rows for window in report.windows)
    assert facts(report) == ["30 windows, 2026-01-01 to 2026-01-30", "12 columns", f"{total:,} rows", "reference of 40,000 rows"]
    assert "2 segments" in facts(hostile)


def test_rows_of_segments_are_not_counted_twice(hostile: Report) -> None:
    """A row that lies in a segment also lies in the whole."""
    whole = sum(w.rows for w in hostile.windows if w.segment is None)
    assert f"{whole:,} rows" in facts(hostile)


def test_a_report_without_windows_says_so(report: Report) -> None:
    """Nothing was looked at."""
    assert facts(replace(report, windows=()))[0] == "no windows"


def test_a_story_says_since_when_or_from_when_to_when(report: Report) -> None:
    """A drift that goes on has a beginning, one that is over has an end."""
    stories = {story.told.name: when(story) for story in outline(report).stories}
    assert stories["amount"] == "since 2026-01-27, 2 windows"
    assert stories["country"] == "over: 2026-01-16 only"
    assert stories["age_days"].startswith("over: 2026-01-16 to ")


def test_a_report_says_whether_it_still_goes_on(report: Report) -> None:
    """Where the last window says something else than the report, that is said on top."""
    assert latest(report) == ""
    cut = replace(report, windows=report.windows[:1], profiles=report.profiles[:1])
    assert latest(cut) == "the last window, 2026-01-01, is stable"
    assert latest(replace(report, windows=())) == ""


def test_notes_count_what_is_open() -> None:
    """What cannot be told is said with its cause; what is settled is not mentioned."""
    brief = Outline(stories=(), open={"too few rows": 2}, stable=1, small=1)
    assert notes(brief)[0] == "2 columns cannot be told yet in the last window: too few rows (2)."
    assert notes(Outline(stories=(), open={}, stable=3, small=0)) == []
