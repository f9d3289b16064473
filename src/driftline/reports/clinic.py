"""What the report's page says of performance before any script runs: the metrics that decide, who should be woken, segments worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from driftline.reports.track import About, courses, severity
from driftline.reports.vitals import bounds, footing, headline, verdict_of
from driftline.reports.wording import NOTHING, clean, number, percent, plural, since
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.reports.track import Course
    from driftline.verdicts.report import MetricReport, Report

SEGMENTS_SHOWN = 30
TITLES = {About.PERFORMANCE: "Performance", About.OPERATIONS: "Operations", About.FAIRNESS: "Fairness"}


def cards(report: Report) -> dict[str, dict[str, Any] | None]:
    """For performance, operations and fairness: what decides in a sentence each, and every segment; None where nothing is watched."""
    return {about.value: _card(report, about) for about in About}


def stories(report: Report) -> list[dict[str, str]]:
    """Metrics that are or were worse, as `html` tells of columns that drifted; what goes on comes first."""
    return [_story(course) for about in About for course in courses(report, about) if course.worse]


def _card(report: Report, about: About) -> dict[str, Any] | None:
    found = courses(report, about)
    if not found:
        return None
    first = found[0].track.segment if all(course.track.segment is not None for course in found) else None
    parts, titles = {course.track.segment for course in found}, {clean(course.told.title, 60) for course in found}
    return {
        "about": about.value,
        "title": TITLES[about],
        "vitals": [vital(course) for course in found if course.track.segment == first],
        "segments": [_segment(course) for course in found[:SEGMENTS_SHOWN]] if len(parts) > 1 else [],
        "metric": next(iter(titles)) if len(titles) == 1 else "",
        "more": plural(len(found) - SEGMENTS_SHOWN, "line") if len(parts) > 1 and len(found) > SEGMENTS_SHOWN else "",
    }


def vital(course: Course) -> dict[str, str]:
    """How a metric stands, in words."""
    return {
        "verdict": _now(course).value,
        "headline": headline(course),
        "more": footing(course),
    }


def _segment(course: Course) -> dict[str, Any]:
    told = course.told
    return {
        "segment": clean(course.track.segment or ""),
        "metric": course.metric,
        "title": clean(told.title, 40),
        "value": NOTHING if told.value is None else f"{number(told.value)}{bounds(told.interval)}",
        "reference": number(told.reference),
        "worsening": NOTHING if told.worsening is None else f"{number(told.worsening)}{bounds(told.worsening_interval)}",
        "verdict": _now(course).value,
        "standing": verdict_of(course),
        "window": clean(course.track.labels()[course.at]),
        "coverage": percent(told.coverage),
        "spark": spark(course),
    }


def spark(course: Course, *, estimates: bool = False) -> dict[str, str | float | None]:
    """A line over the windows in a field of 100 × 26, what was worse drawn over it, and the height of the reference.

    With `estimates` also the line of what must be where labels have not come.
    """
    told = course.track.told[course.metric]
    values = [None if one is None else one.value for one in told]
    guesses = [one.estimate.value if estimates and one is not None and one.estimate is not None else None for one in told]
    reference = course.told.reference
    known = [value for value in [*values, *guesses, reference] if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    # What moves by less than matters is shown as nearly level.
    span = max(high - low, 4 * course.told.floor, 1e-300)
    start = (low + high - span) / 2
    across = 100 / max(course.track.width - 1, 1)

    def points(line: Sequence[float | None]) -> list[tuple[float, float] | None]:
        return [
            None if value is None else (round(slot * across, 1), round(24 - 22 * (value - start) / span, 1))
            for slot, value in zip(course.track.slots, line, strict=True)
        ]

    drawn = points(values)
    worse = [point if at in course.worse else None for at, point in enumerate(drawn)]
    return {
        "path": line_path(drawn),
        "worse": line_path(worse),
        "reference": None if reference is None else round(24 - 22 * (reference - start) / span, 1),
        **({"estimated": line_path(points(guesses))} if estimates else {}),
    }


def figures(report: Report) -> list[dict[str, str]]:
    """Business figures: the newest value, and a sentence."""
    newest = [next((value for value in reversed(one.values) if value is not None), None) for one in report.kpis]
    return [
        {"name": clean(one.name), "now": number(now), "sentence": clean(one.sentence)} for one, now in zip(report.kpis, newest, strict=True)
    ]


def line_path(points: Sequence[tuple[float, float] | None]) -> str:
    """Lines through neighbouring points; a short dash where one stands alone."""
    parts, last = [], None
    for place, point in enumerate(points):
        if point is None:
            last = None
            continue
        x, y = point
        alone = last is None and (place + 1 == len(points) or points[place + 1] is None)
        parts.append(f"M{x:g} {y:g}h1" if alone else f"{'M' if last is None else 'L'}{x:g} {y:g}")
        last = point
    return "".join(parts)


def _story(course: Course) -> dict[str, str]:
    labels = course.track.labels()
    windows = plural(len(course.worse), "window")
    worst = course.alarm if course.now and course.alarm else _worst(course)
    return {
        "name": clean(worst.title),
        "segment": clean(course.track.segment or ""),
        "window": clean(labels[course.at]),
        "metric": course.metric,
        "about": course.track.about.value,
        "concern": Concern.PERFORMANCE.value if course.track.about is About.PERFORMANCE else course.track.about.value,
        "reason": clean(worst.reason),
        "state": "now" if course.now else "over",
        "when": since(course.since, len(course.worse)) if course.now else f"over: {_span(labels, course.worse)}, {windows}",
    }


def _worst(course: Course) -> MetricReport:
    said = [course.track.told[course.metric][at] for at in course.worse]
    return max((one for one in said if one is not None), key=severity)


def _span(labels: Sequence[str], worse: Sequence[int]) -> str:
    first, last = clean(labels[worse[0]]), clean(labels[worse[-1]])
    return f"{first} to {last}" if first != last else f"{last} only"


def _now(course: Course) -> Verdict:
    return Verdict.DRIFTED if course.now else course.told.verdict
