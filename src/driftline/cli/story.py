"""What truly happened in a simulated stream, beside what was found: when, in which columns, and how late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from textwrap import fill
from typing import TYPE_CHECKING, Any

from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from driftline.verdicts.report import Report, WindowReport

WIDTH = 100

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
    """All events; of the days on which nothing happened, how many still told of an event, and how many drifted without cause."""

    chapters: tuple[Chapter, ...]
    quiet: int
    echoes: int
    false: int


def retell(truth: Mapping[str, Any], report: Report) -> Story:
    """Lay the truth beside the report.

    Args:
        truth: as `truth.json` of a simulated stream has it.
        report: of a check of that stream in daily windows.
    """
    days = {day: window for window in report.windows if window.segment is None and (day := _day(window)) is not None}
    events = [(event, date.fromisoformat(event["from_date"]), _last(event)) for event in truth["events"]]
    chapters = tuple(_chapter(event, first, last, days) for event, first, last in events)
    spans = [(first, last) for _, first, last in events]
    quiet = [window for day, window in days.items() if not _within(day, spans)]
    drifted = [window for window in quiet if window.verdict is Verdict.DRIFTED]
    labels = {window.window.label: day for day, window in days.items()}
    echoes = [
        window for day, window in days.items() if window in drifted and _begun_within(window, labels, [s for s in spans if s[0] <= day])
    ]
    return Story(chapters=chapters, quiet=len(quiet), echoes=len(echoes), false=len(drifted) - len(echoes))


def _within(day: date, spans: Sequence[tuple[date, date | None]]) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in spans)


def _begun_within(window: WindowReport, labels: Mapping[str, date], spans: Sequence[tuple[date, date | None]]) -> bool:
    """Whether all that drifted is said to have begun during an event that is over, or on the day before it: some changes show early."""
    wide = [(first - timedelta(days=1), last) for first, last in spans]
    begun = [labels.get(column.since or "") for column in window.columns if column.verdict is Verdict.DRIFTED]
    return all(day is not None and _within(day, wide) for day in begun)


def told(story: Story) -> Iterator[str]:
    """The story in lines."""
    for chapter in story.chapters:
        until = f" to {chapter.last}" if chapter.last else " on"
        span = f"on {chapter.first}" if chapter.last == chapter.first else f"from {chapter.first}{until}"
        yield fill(f"{span}: {chapter.what}", WIDTH)
        if chapter.found:
            late = "on the same day" if not chapter.late else f"after {chapter.late} day{'s' if chapter.late > 1 else ''}"
            yield f"  found {late}, in {', '.join(chapter.columns)}"
        else:
            yield "  not found: the model's inputs hardly show it; labels will, when they arrive"
        yield f"  {chapter.advice}"
    yield f"on {story.quiet} days nothing happened: {story.false} drifted without cause, {story.echoes} still told of what had ended"


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
