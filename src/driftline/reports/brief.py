"""Sentences that every form of the report says alike: what was looked at, what is open, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.reports.outline import segments, windows_of
from driftline.reports.wording import clean, plural, rows, since

if TYPE_CHECKING:
    from driftline.reports.outline import Outline, Story
    from driftline.verdicts.report import Report


def facts(report: Report) -> list[str]:
    """What was looked at: windows, columns, rows."""
    parts = segments(report)
    windows = [report.windows[i] for i in windows_of(report, parts[0])]
    reference = f"reference of {rows(report.reference.rows)}"
    if not windows:
        return ["no windows", reference]
    first, last = clean(windows[0].window.label), clean(windows[-1].window.label)
    return [
        plural(len(windows), "window") + (f", {first} to {last}" if len(windows) > 1 else f": {first}"),
        plural(len(windows[0].columns), "column"),
        *([plural(len(parts), "segment")] if len(parts) > 1 else []),
        rows(sum(w.rows for w in windows)),
        reference,
    ]


def latest(report: Report) -> str:
    """What the last window says, where that is not what the whole report says: whether it still goes on."""
    places = windows_of(report, segments(report)[0])
    last = report.windows[places[-1]] if places else None
    if last is None or (last.verdict is report.verdict and not last.unfinished):
        return ""
    return f"the last window, {clean(last.window.label)}, is {'unfinished and ' if last.unfinished else ''}{last.verdict.value}"


def notes(brief: Outline) -> list[str]:
    """What is neither drifted nor stable, in a sentence each."""
    said = []
    if brief.inconclusive:
        causes = ", ".join(f"{cause} ({count:,})" for cause, count in brief.open.items())
        said.append(f"{plural(brief.inconclusive, 'column')} cannot be told yet in the last window: {causes}.")
    if brief.small:
        said.append(f"{plural(brief.small, 'column')} changed there, but by less than matters or less than can be told.")
    return said


def when(story: Story) -> str:
    """Since when, or from when to when, and in how many windows."""
    drifted, first, last = plural(story.windows, "window"), clean(story.first), clean(story.last)
    if story.now:
        return since(story.since, story.windows)
    return f"over: {first} to {last}, {drifted}" if first != last else f"over: {last} only"
