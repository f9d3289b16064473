"""How a monitor stands, as the page of the whole fleet shows it: verdict, health in words, sparkline, labels, drifted columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.decisions.health import health
from driftline.pages.glance import drifted
from driftline.pages.headline import headline
from driftline.reports.clinic import line_path, spark, vital
from driftline.reports.ledger import slots
from driftline.reports.track import About, courses
from driftline.reports.vitals import worth
from driftline.reports.wording import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.decisions.evidence import Evidence
    from driftline.pages.history import History
    from driftline.reports.track import Course
    from driftline.verdicts.report import Report

WINDOWS = 60
"""So many windows are in a sparkline."""

FULL = 0.25
"""From this share of drifted columns on the line of drift is at its top."""

NAMED = 3
"""So many drifted columns are named."""

NEARLY = 0.995
"""A part of the health score that is shown as 1 wants nothing."""

WANTING = {
    "performance": "it does worse",
    "fairness": "groups are treated unequally",
    "data": "spoilt windows",
    "knowledge": "too few labels to tell",
}
"""What each part of the health score means where it is not whole."""


def standing(history: History, evidence: Evidence | None = None) -> dict[str, Any]:
    """What the fleet's page shows of a monitor, as JSON that is kept until the next verdict.

    Args:
        history: its last windows.
        evidence: what its newest decision rests on; without it nobody can say how healthy it is.
    """
    last, report = history.last, history.report()
    part = last["parts"][0]
    course = _health(report)
    return {
        "verdict": history.verdict.value,
        "reason": headline(history, report),
        "since": clean(history.since),
        "window": clean(history.windows[-1].label),
        "rows": part["rows"],
        "judged": history.judged[-1].isoformat(),
        "health": None if course is None else {**vital(course), "title": clean(course.told.title, 40), "worse": course.now},
        "spark": None if course is None else spark(course, estimates=True),
        "drift": _drift(history, report),
        "stake": _stake(course),
        "score": None if evidence is None else scored(report, evidence),
        "labels": _labels(report),
        "columns": len(part["names"]),
        "drifted": len(drifted(part)),
        "named": [clean(one["name"], 40) for one in _heaviest(part)[:NAMED]],
    }


def _health(report: Report) -> Course | None:
    """The metric that tells how well the model does: that of all rows, where all rows are judged together."""
    found = courses(report, About.PERFORMANCE)
    return next((course for course in found if course.track.segment is None), found[0] if found else None)


def _drift(history: History, report: Report) -> str:
    """A line of the share of columns that drifted, window by window, in a field of 100 × 26; the top is a quarter of them, or more."""
    first = report.windows[0].segment
    parts = [next((part for part in glance["parts"] if part["segment"] == first), None) for glance in history.glances]
    places = slots([window.index for window in history.windows])
    across = 100 / max(places[-1], 1)
    points = [
        None
        if part is None
        else (round(slot * across, 1), round(24 - 22 * min(len(drifted(part)) / max(len(part["names"]), 1) / FULL, 1), 1))
        for slot, part in zip(places, parts, strict=True)
    ]
    return line_path(points)


def scored(report: Report, evidence: Evidence) -> dict[str, Any]:
    """The model's health from 0 to 100, its parts from 0 to 1, and in words what keeps it from being whole."""
    found = health(report, evidence)
    parts = {name: getattr(found, name) for name in WANTING}
    short = [WANTING[name] for name, value in sorted(parts.items(), key=lambda part: part[1]) if value < NEARLY]
    return {"value": round(found.score), "parts": {name: round(value, 2) for name, value in parts.items()}, "why": ", ".join(short)}


def _stake(course: Course | None) -> dict[str, Any] | None:
    """What the change since the reference is worth a day, where somebody said what decisions are worth; less than nothing is lost."""
    priced = [] if course is None else [one[course.at] for one in course.track.told.values()]
    told = next((one for one in priced if one is not None and one.per_day is not None), None)
    return None if told is None or told.per_day is None else {"value": told.per_day[0], "words": worth(told)}


def _labels(report: Report) -> dict[str, Any] | None:
    """Labels of the newest window for which they have come as far as they usually do; of the newest, where of none."""
    first = report.windows[0].segment
    told = [(one.window.label, one.labels) for one in report.windows if one.segment == first and one.labels is not None]
    ripe = [(label, one) for label, one in told if not one.provisional] or told
    if not ripe:
        return None
    label, one = ripe[-1]
    return {"coverage": one.coverage, "window": clean(label), "provisional": one.provisional, "reason": clean(one.reason, 200)}


def _heaviest(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(drifted(part), key=lambda one: -(one["weight"] or 0.0))
