"""Why it drifted, told once for all windows in which it lasted: what goes on first, faults before changes of the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.reports.outline import segments, windows_of
from driftline.reports.wording import clean, plural, since, sureness
from driftline.verdicts.diagnosis import Change
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report, WindowReport

SENTENCE = 400
"""A sentence is cut after so many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One explanation over the windows in which it was told.

    Attributes:
        segment: the segment it was told of; None for all rows.
        told: the explanation, as the window has it in which it was surest.
        first: label of the first window in which it was told.
        last: label of the last.
        windows: how many there were.
        now: whether it still goes on at the end of the report.
    """

    segment: str | None
    told: Diagnosis
    first: str
    last: str
    windows: int
    now: bool

    @property
    def sentence(self) -> str:
        """What happened, fit to be printed."""
        where = f"{clean(self.segment, 40)}: " if self.segment else ""
        return where + clean(self.told.sentence, SENTENCE)

    @property
    def footing(self) -> str:
        """When, how sure, and that the rows are not to be learnt from."""
        lasted = plural(self.windows, "window")
        first = clean(self.told.since or self.first)
        span = first if first == clean(self.last) else f"{first} to {clean(self.last)}"
        when = since(self.told.since or self.first, self.windows) if self.now else f"over: {span}, {lasted}"
        learn = ["not to be trained on"] if self.told.polluted else []
        return ", ".join([when, f"{sureness(self.told.confidence)} sure", *learn])


def reasons(report: Report) -> tuple[Reason, ...]:
    """All explanations of a report, those that matter now first.

    What is told of all rows is not told again of their segments, and what nobody knows is not told.
    """
    found: list[Reason] = []
    for segment in segments(report):
        windows = [report.windows[i] for i in windows_of(report, segment)]
        found += [one for one in _lasting(windows, segment) if segment is None or not any(_same(one.told, other.told) for other in found)]
    return tuple(
        sorted(
            found, key=lambda one: (not one.now, one.told.change is Change.RISK, one.told.change is not Change.FAULT, -one.told.confidence)
        )
    )


def _lasting(windows: Sequence[WindowReport], segment: str | None) -> Iterator[Reason]:
    """Explanations of one segment, each with the windows in which it was told."""
    runs: list[list[tuple[int, Diagnosis]]] = []
    for at, window in enumerate(windows):
        for told in window.diagnosis:
            if told.change is Change.UNKNOWN:
                continue
            run = next((run for run in runs if run[-1][0] < at and _goes_on(run[-1][1], told)), None)
            if run is None:
                runs.append([(at, told)])
            else:
                run.append((at, told))
    for run in runs:
        last = run[-1][0]
        now = all(_left_open(window, run[-1][1]) for window in windows[last + 1 :])
        surest = run[-1][1] if now else max(run, key=lambda one: one[1].confidence)[1]
        labels = windows[run[0][0]].window.label, windows[last].window.label
        yield Reason(segment=segment, told=surest, first=labels[0], last=labels[1], windows=len(run), now=now)


def _left_open(window: WindowReport, told: Diagnosis) -> bool:
    """Whether a window in which it was not told does not end it: nothing is known of it, or its columns wait until it is whole."""
    if window.verdict is Verdict.INCONCLUSIVE:
        return True
    return bool(window.unfinished) and any(c.cause is Cause.UNFINISHED for c in window.columns if c.name in told.columns)


def _goes_on(before: Diagnosis, told: Diagnosis) -> bool:
    return _same(before, told) and (not told.new or before.since == told.since)


def _same(one: Diagnosis, other: Diagnosis) -> bool:
    return one.kind == other.kind and (one.columns == other.columns or bool(set(one.columns) & set(other.columns)))
