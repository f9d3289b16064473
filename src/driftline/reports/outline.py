"""What a reader needs first: which columns drifted, in which order to look at them, and what cannot be told yet."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from driftline.verdicts.diagnosis import Change
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.verdicts.report import ColumnReport, Report, WindowReport

WAKES = (Concern.FAULT, Concern.PREDICTION, Concern.LABEL)
"""What somebody should be woken for, in this order; plain input drift is shown and ranked."""


FAULTY = (Change.FAULT, Change.SCHEMA)
"""Explanations that make a column's drift a data fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One column of one segment that drifted in at least one window.

    Attributes:
        told: what was said of the column in the last window in which it drifted; in the worst one if it came back.
        window: that window's label.
        first: label of the first window in which it drifted.
        last: label of the last one.
        windows: in how many windows it drifted.
        now: whether no later window was stable.
    """

    segment: str | None
    told: ColumnReport
    window: str
    first: str
    last: str
    windows: int
    now: bool

    @property
    def since(self) -> str:
        """Label of the window in which the change seems to have begun."""
        return self.told.since or self.first


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A report in brief.

    Attributes:
        stories: columns that drifted, the most urgent first.
        open: for the last window of each segment, how many columns are inconclusive, by cause.
        stable: how many columns are stable in the last window of each segment, all told.
        small: how many columns changed there, but by less than matters.
    """

    stories: tuple[Story, ...]
    open: Mapping[str, int]
    stable: int
    small: int

    def about(self, *concerns: Concern) -> tuple[Story, ...]:
        """Columns whose drift is of these concerns: those drifted at the end of the report, then those that came back."""
        return tuple(story for story in self.stories if story.told.concern in concerns)

    @property
    def inconclusive(self) -> int:
        """Columns of which nothing can be said at the end of the report."""
        return sum(self.open.values())


def segments(report: Report) -> tuple[str | None, ...]:
    """The segments in the order in which they come; (None,) where all rows are judged together."""
    return tuple(dict.fromkeys(window.segment for window in report.windows)) or (None,)


def windows_of(report: Report, segment: str | None) -> tuple[int, ...]:
    """Places in `report.windows` of one segment's windows, in the order of time."""
    places = [i for i, window in enumerate(report.windows) if window.segment == segment]
    return tuple(sorted(places, key=lambda i: report.windows[i].window.index))


def outline(report: Report) -> Outline:
    """Tell a report in brief; only windows that drifted, and the last ones, are looked at column by column."""
    stories: list[Story] = []
    causes: Counter[str] = Counter()
    verdicts: Counter[str] = Counter()
    small = 0
    for segment in segments(report):
        windows = [report.windows[i] for i in windows_of(report, segment)]
        stories += _stories(windows, segment)
        for column in windows[-1].columns if windows else ():
            verdicts[column.verdict] += 1
            small += column.seen and column.verdict is not Verdict.DRIFTED
            if column.verdict is Verdict.INCONCLUSIVE:
                causes[column.cause] += 1
    return Outline(
        stories=tuple(sorted(stories, key=_urgency)),
        open=dict(causes.most_common()),
        stable=verdicts[Verdict.STABLE],
        small=small,
    )


def _stories(windows: Sequence[WindowReport], segment: str | None) -> list[Story]:
    told: dict[str, list[tuple[int, int, ColumnReport]]] = {}
    for at, window in enumerate(windows):
        if window.verdict is Verdict.DRIFTED:
            for place, column in enumerate(window.columns):
                if column.verdict is Verdict.DRIFTED:
                    told.setdefault(column.name, []).append((at, place, column))
    return [_story(windows, said, segment) for said in told.values()]


def _story(windows: Sequence[WindowReport], said: Sequence[tuple[int, int, ColumnReport]], segment: str | None) -> Story:
    last, place, latest = said[-1]
    # An inconclusive window neither raises nor ends a drift: only a stable one ends it.
    now = not any(_verdict(window, place, latest.name) is Verdict.STABLE for window in windows[last + 1 :])
    at, _, column = said[-1] if now else max(said, key=lambda entry: entry[2].weight)
    return Story(
        segment=segment,
        told=replace(column, concern=Concern.FAULT) if _at_fault(windows[at], column.name) else column,
        window=windows[at].window.label,
        first=windows[said[0][0]].window.label,
        last=windows[last].window.label,
        windows=len(said),
        now=now,
    )


def _at_fault(window: WindowReport, name: str) -> bool:
    """Whether the diagnosis names a data fault of a column, whichever of its numbers drifted."""
    return any(one.change in FAULTY and name in one.columns for one in window.diagnosis)


def _verdict(window: WindowReport, place: int, name: str) -> Verdict | None:
    """What a window says of a column; columns are made when looked at, so its place is tried first."""
    if place < len(window.columns) and window.columns[place].name == name:
        return window.columns[place].verdict
    return next((column.verdict for column in window.columns if column.name == name), None)


def _urgency(story: Story) -> tuple[bool, int, float]:
    """Drifted now before earlier, then by concern, then by weight."""
    return not story.now, list(Concern).index(story.told.concern), -story.told.weight
