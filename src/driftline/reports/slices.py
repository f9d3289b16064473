"""Segments in which the model does worse than elsewhere: those of the newest window that can be told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports.track import About, courses
from driftline.reports.vitals import bounds, standing
from driftline.reports.wording import NOTHING, clean, number

if TYPE_CHECKING:
    from driftline.reports.track import Course, Track
    from driftline.verdicts.report import MetricReport, Report, Slice, WindowReport

SHOWN = 12
"""So many segments are shown on a page."""

CROSSED = 30
"""So many segments stand in the table of all their metrics."""


def worst(report: Report) -> tuple[WindowReport | None, list[Slice]]:
    """The newest window whose segments were looked at, and those that surely do worse than its other rows."""
    window = next((one for one in reversed(report.windows) if one.slices), None)
    return window, [] if window is None else [one for one in window.slices if one.surely]


def table(report: Report) -> dict[str, Any] | None:
    """The same for a page, all segments of that window, as far as there is room; None where there are none."""
    window, surely = worst(report)
    if window is None:
        return None
    lines = [
        {
            "segment": clean(one.segment, 60),
            "value": f"{number(one.value)}{bounds(one.interval)}",
            "rest": number(one.rest),
            "worse": f"{number(one.worse)}{bounds(one.worse_interval)}",
            "p": number(one.p_value),
            "rows": f"{one.rows:,}",
            "surely": one.surely,
        }
        for one in window.slices[:SHOWN]
    ]
    return {"window": clean(window.window.label), "title": clean(window.slices[0].title), "lines": lines, "surely": len(surely)}


def crossed(report: Report) -> dict[str, Any] | None:
    """Every metric of every segment, the worst segment first, in the newest window that can be told of; None without segments."""
    courses_of: dict[str | None, Course] = {}
    for course in courses(report, About.PERFORMANCE):
        courses_of.setdefault(course.track.segment, course)
    whole = report.windows[0].segment if report.windows else None
    if whole not in courses_of or len(courses_of) < 2:  # noqa: PLR2004  one segment has nothing beside it
        return None
    first = courses_of.pop(whole)
    label, titles = _ripe(first), _titles(first.track)
    shown = [first, *courses_of.values()][: CROSSED + 1]
    return {
        "window": clean(label),
        "heads": list(titles.values()),
        "lines": [
            {"segment": clean(one.track.segment or "", 60) or "all rows", "cells": [_cell(one.track, name, label) for name in titles]}
            for one in shown
        ],
        "more": max(len(courses_of) - CROSSED, 0),
    }


def _ripe(course: Course) -> str:
    """The newest window whose labels have come as far as they do; where that of none is known, the one that is told of."""
    ripe = [window for window, one in zip(course.track.windows, course.track.told[course.metric], strict=True) if _settled(window, one)]
    return (ripe[-1] if ripe else course.track.windows[course.at]).window.label


def _settled(window: WindowReport, one: MetricReport | None) -> bool:
    return one is not None and one.value is not None and window.labels is not None and window.labels.settled


def _titles(track: Track) -> dict[str, str]:
    """What people call each metric."""
    return {name: next(clean(one.title, 40) for one in told if one is not None) for name, told in track.told.items()}


def _cell(track: Track, metric: str, label: str) -> dict[str, str]:
    """A metric of a segment in a window: its value, and how it stands against the segment's own reference."""
    labels = track.labels()
    said = track.told[metric][labels.index(label)] if metric in track.told and label in labels else None
    return {"value": NOTHING, "verdict": "", "told": "not measured"} if said is None else _measured(said)


def _measured(said: MetricReport) -> dict[str, str]:
    was = "" if said.reference is None else f"; {number(said.reference)} in its reference"
    told = f"{number(said.value)}{bounds(said.interval)} on {said.rows:,} rows{was}: {standing(said)}"
    return {"value": number(said.value), "verdict": said.verdict.value, "told": told if said.value is not None else clean(said.reason, 200)}
