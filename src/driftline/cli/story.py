"""What truly happened in a simulated stream, beside what was found: when, in which columns, and how late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from driftline.verdicts.report import Report, WindowReport

ADVICE = {
    "no_retrain": "right to do: nothing, the model is as right as before",
    "investigate_no_retrain": "right to do: repair the data, and do not train on it",
    "retrain": "right to do: retrain once labels are in",
}
"""What somebody who knew the truth would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One event: what happened, from when to when, and on which day and in which columns it was found.

    `found` is None where no window said anything while it lasted; `last` is None where it lasts to the end.
    """

    what: str
    advice: str
    first: date
    last: date | None
    found: date | None = None
    columns: tuple[str, ...] = ()

    @property
    def late(self) -> int:
        """How many days after the first it was found."""
        return (self.found - self.first).days if self.found else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All events, and how many windows drifted while nothing happened, of how many."""

    chapters: tuple[Chapter, ...]
    false: int
    quiet: int


def retell(truth: Mapping[str, Any], report: Report) -> Story:
    """Lay the truth beside the report.

    Args:
        truth: as `truth.json` of a simulated stream has it.
        report: of a check of that stream in daily windows.
    """
    days = {day: window for window in report.windows if window.segment is None and (day := _day(window)) is not None}
    events = [(event, date.fromisoformat(event["from_date"]), _last(event)) for event in truth["events"]]
    chapters = tuple(_chapter(event, first, last, days) for event, first, last in events)
    quiet = [window for day, window in days.items() if not any(first <= day <= (last or day) for _, first, last in events)]
    return Story(chapters=chapters, false=sum(window.verdict is Verdict.DRIFTED for window in quiet), quiet=len(quiet))


def told(story: Story) -> Iterator[str]:
    """The story in lines."""
    for chapter in story.chapters:
        until = f" to {chapter.last}" if chapter.last else " on"
        span = f"on {chapter.first}" if chapter.last == chapter.first else f"from {chapter.first}{until}"
        yield f"{span}: {chapter.what}"
        if chapter.found:
            late = "on the same day" if not chapter.late else f"after {chapter.late} day{'s' if chapter.late > 1 else ''}"
            yield f"  found {late}, in {', '.join(chapter.columns)}"
        else:
            yield "  not found: the model's inputs hardly show it; labels will, when they arrive"
        yield f"  {chapter.advice}"
    yield f"while nothing happened, {story.false} of {story.quiet} days drifted: these are false alarms"


def _chapter(event: Mapping[str, Any], first: date, last: date | None, days: Mapping[date, WindowReport]) -> Chapter:
    """One event, and the first window in which something drifted that it changes."""
    touched = {*event["columns"], *event["slightly"]}
    for day in sorted(day for day in days if first <= day <= (last or day)):
        drifted = sorted((c for c in days[day].columns if c.verdict is Verdict.DRIFTED and c.name in touched), key=lambda c: -c.weight)
        if drifted:
            found = tuple(column.name for column in drifted)
            return Chapter(
                what=event["description"], advice=ADVICE[event["right_decision"]], first=first, last=last, found=day, columns=found
            )
    return Chapter(what=event["description"], advice=ADVICE[event["right_decision"]], first=first, last=last)


def _last(event: Mapping[str, Any]) -> date | None:
    return date.fromisoformat(event["to_date"]) if event["to_date"] else None


def _day(window: WindowReport) -> date | None:
    return window.window.start.date() if isinstance(window.window.start, datetime) else None
