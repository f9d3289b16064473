"""One segment's performance, window by window: what its figure, its tables and its sentences are made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from driftline.reports.ledger import slots
from driftline.reports.outline import segments, windows_of
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.profile.profile import Profile
    from driftline.verdicts.report import MetricReport, Report, WindowReport

PROVISIONAL = 0.8
"""A window with less than this part of the usual share of labels is drawn lighter."""

TELLING = 2.5
"""An interval so many times as wide as is usual still says something."""

USUAL = 75
"""The usual share of labels: so many percent of the windows have no more."""


class About(StrEnum):
    """What is watched alike: how well the model does, how well it is served, and how equally it treats groups."""

    PERFORMANCE = "performance"
    OPERATIONS = "operations"
    FAIRNESS = "fairness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One segment's metrics over its windows.

    Attributes:
        windows: the segment's windows in the order of time; `profiles` are theirs.
        slots: where each window stands on the axis of time, from 0; gaps are windows without rows.
        told: by metric, what each window says of it, that metric first which decides; None where a window does not know it.
    """

    about: About
    segment: str | None
    windows: tuple[WindowReport, ...]
    profiles: tuple[Profile, ...]
    slots: tuple[int, ...]
    told: Mapping[str, tuple[MetricReport | None, ...]]

    @property
    def width(self) -> int:
        """How many slots the axis of time has."""
        return self.slots[-1] + 1 if self.slots else 0

    def labels(self) -> tuple[str, ...]:
        """The windows' labels."""
        return tuple(window.window.label for window in self.windows)

    def provisional(self, metric: str) -> tuple[bool, ...]:
        """For each window, whether what is known of it may still change: more labels are to come.

        Where nobody knows how late labels come: whether clearly fewer of its rows have a label than is usual.
        """
        if any(window.labels is not None for window in self.windows):
            return tuple(window.labels is not None and window.labels.provisional for window in self.windows)
        shares = [0.0 if one is None else one.coverage for one in self.told[metric]]
        known = [share for share in shares if share > 0]
        usual = float(np.percentile(known, USUAL)) if known else 0.0
        return tuple(share < PROVISIONAL * usual for share in shares)

    def latest(self, metric: str) -> int | None:
        """The last window in which the metric is known about as well as it usually is; None where it never was.

        A window in which only the first few labels have come says next to nothing.
        """
        widths = {at: _width(one) for at, one in enumerate(self.told[metric]) if one is not None and one.value is not None}
        widths = {at: width for at, width in widths.items() if not self.windows[at].unfinished} or widths
        if self.about is About.FAIRNESS:
            # Intervals of gaps are wide anyway: what is said of a window that waits for its labels is not the news.
            widths = {at: width for at, width in widths.items() if not self._awaited(metric, at)} or widths
        usual = float(np.median(list(widths.values()))) if widths else 0.0
        known = [at for at, width in widths.items() if width <= TELLING * usual] or list(widths)
        return known[-1] if known else None

    def _awaited(self, metric: str, at: int) -> bool:
        told = self.told[metric][at]
        return told is not None and told.cause is Cause.AWAITED


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a metric that decides went in one segment.

    Attributes:
        told: what was said in the last window that knows its value (`Track.latest`); in the last window, where none does.
        at: that window.
        worse: the windows in which it was worse; a window without labels may be, where a loss goes on.
        alarm: what was said in the last of those; None where there is none.
        now: whether it was worse and no later window was stable.
    """

    track: Track
    metric: str
    told: MetricReport
    at: int
    worse: tuple[int, ...]
    alarm: MetricReport | None
    now: bool

    @property
    def since(self) -> str:
        """Label of the window since which it is worse; that of the first worse one where nobody said."""
        return (self.alarm and self.alarm.since) or self.track.windows[self.worse[0]].window.label

    @property
    def later(self) -> tuple[MetricReport | None, ...]:
        """What is said of the windows after that which is told of: too few labels of them have come."""
        return self.track.told[self.metric][self.at + 1 :]


def track(report: Report, about: About, segment: str | None = None) -> Track | None:
    """Gather one segment's metrics; None where none is watched."""
    places = windows_of(report, segment)
    windows = tuple(report.windows[i] for i in places)
    said = [watched(window, about) for window in windows]
    names = dict.fromkeys(one.metric for metrics in said for one in metrics)
    if not names:
        return None
    tables = [{one.metric: one for one in metrics} for metrics in said]
    return Track(
        about=about,
        segment=segment,
        windows=windows,
        profiles=tuple(report.profiles[i] for i in places),
        slots=slots([window.window.index for window in windows]),
        told={name: tuple(table.get(name) for table in tables) for name in names},
    )


def watched(window: WindowReport, about: About) -> tuple[MetricReport, ...]:
    """What a window says of one of the things that are watched."""
    return {About.PERFORMANCE: window.performance, About.OPERATIONS: window.operations, About.FAIRNESS: window.fairness}[about]


def tracks(report: Report, about: About) -> tuple[Track, ...]:
    """Every segment's, in the order in which the segments come."""
    found = (track(report, about, segment) for segment in segments(report))
    return tuple(one for one in found if one is not None)


def courses(report: Report, about: About) -> tuple[Course, ...]:
    """How every metric that decides went in every segment: those worse now first, then those that were, by how much."""
    found = [_course(one, metric) for one in tracks(report, about) for metric in one.told if _decides(one, metric)]
    return tuple(sorted(found, key=_urgency))


def severity(told: MetricReport) -> float:
    """How many times the smallest worsening that matters the worsening is; 0 where it is not known."""
    if told.worsening is None:
        return 0.0
    return told.worsening / told.floor if told.floor > 0 else told.worsening


def _width(told: MetricReport) -> float:
    return math.inf if told.interval is None else told.interval[1] - told.interval[0]


def _decides(one: Track, metric: str) -> bool:
    return any(said is not None and said.decides for said in one.told[metric])


def _course(one: Track, metric: str) -> Course:
    said = [(at, told) for at, told in enumerate(one.told[metric]) if told is not None]
    worse = [at for at, told in said if told.verdict is Verdict.DRIFTED]
    # As with columns, an inconclusive window neither raises nor ends it.
    now = bool(worse) and not any(told.verdict is Verdict.STABLE for at, told in said if at > worse[-1])
    latest = one.latest(metric)
    at = said[-1][0] if latest is None else latest
    by_place = dict(said)
    alarm = by_place[worse[-1]] if worse else None
    return Course(track=one, metric=metric, told=by_place[at], at=at, worse=tuple(worse), alarm=alarm, now=now)


def _urgency(course: Course) -> tuple[bool, bool, float]:
    return not course.now, not course.worse, -severity(course.told)
