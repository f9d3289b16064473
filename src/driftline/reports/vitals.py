"""Sentences about performance that every form of the report says alike: the metric now, its reference, the labels it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.reports.track import About
from driftline.reports.wording import clean, number, percent, plural, rows, signed, since
from driftline.schema import Task
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.reports.track import Course, Track
    from driftline.verdicts.report import MetricReport

STANDINGS = {Verdict.DRIFTED: "worse", Verdict.STABLE: "stable", Verdict.INCONCLUSIVE: "cannot be told"}
"""What a verdict means where it is about a metric."""

WITHOUT_LABELS = "demographic_parity"
"""Gaps between groups whose names begin so ask for no labels."""

LEVELS = "▁▂▃▄▅▆▇█"
UNKNOWN = "·"
STEPS = 4
"""A sparkline spans at least so many times the smallest worsening that matters."""


def standing(told: MetricReport) -> str:
    """The verdict in the words of performance."""
    return STANDINGS[told.verdict]


def bounds(interval: tuple[float, float] | None) -> str:
    """An interval in brackets, after a blank; nothing where there is none.

    >>> bounds((0.8, 0.9)), bounds(None)
    (' (0.8 to 0.9)', '')
    """
    return "" if interval is None else f" ({number(interval[0])} to {number(interval[1])})"


def measured(told: MetricReport) -> str:
    """The realised value with its interval and the rows it rests on."""
    if told.value is None:
        return f"{clean(told.title)} is not known: {told.cause.value}"
    return f"{clean(told.title)} {number(told.value)}{bounds(told.interval)} on {rows(told.rows)}, {percent(told.coverage)} of the window"


def estimated(told: MetricReport) -> str:
    """What it must be over all rows; nothing where that was not estimated."""
    if told.estimate is None:
        return ""
    one = told.estimate
    doubt = "" if one.trusted else f", not to be trusted: {clean(one.why)}" if one.why else ", not to be trusted"
    record = f"; {plural(one.record.windows, 'earlier one')} off by {number(one.record.error)} on average" if one.record else ""
    return f"estimated {number(one.value)}{bounds(one.interval)} by {clean(one.method)}{doubt}{record}"


def headline(course: Course) -> str:
    """The metric now against the reference, and the verdict, on one line."""
    told = course.told
    now = "not known" if told.value is None else f"{number(told.value)}{bounds(told.interval)}"
    was = "" if told.reference is None else f", {number(told.reference)} in the reference"
    if course.track.about is About.FAIRNESS and told.threshold is not None:
        was = f", and {accepted(told)}"
    title = clean(told.title)
    return f"{title[:1].upper()}{title[1:]} {now}{was}: {verdict_of(course)}"


def accepted(told: MetricReport) -> str:
    """The limit that a gap between groups is held against."""
    return f"at {'least' if told.better == 'higher' else 'most'} {number(told.threshold)} is accepted"


def verdict_of(course: Course) -> str:
    """Since when it is worse, or from when to when it was, or what is said of it now."""
    labels = course.track.labels()
    if course.now:
        return f"{'beyond that' if course.track.about is About.FAIRNESS else 'worse'} {since(course.since)}"
    if course.worse:
        first, last = clean(labels[course.worse[0]]), clean(labels[course.worse[-1]])
        return f"{standing(course.told)}; was worse {f'from {first} to {last}' if first != last else f'in {first}'}"
    return standing(course.told)


def labelled(course: Course) -> str:
    """How many rows of the window that is told of have a label, whether more will come, and how many later windows have none."""
    later, subject = course.later, "labels"
    if course.track.about is About.OPERATIONS or course.metric.startswith(WITHOUT_LABELS):
        subject = "numbers"
    if course.track.latest(course.metric) is None:
        return f"no window has {subject} yet"
    labels = course.track.windows[course.at].labels if course.track.about is About.PERFORMANCE else None
    said = f"{subject} for {percent(course.told.coverage)} of {clean(course.track.labels()[course.at])}"
    if labels is not None and labels.provisional:
        said += ", provisional" + ("" if labels.mature_on is None else f" until {labels.mature_on:%Y-%m-%d}")
    if labels is not None and labels.skewed and labels.skew:
        said += f", {clean(labels.skew)}"
    some = "few" if any(one is not None and one.rows for one in later) else "none"
    return said + (f", {some} yet for the last {plural(len(later), 'window') if len(later) > 1 else 'window'}" if later else "")


def worth(told: MetricReport) -> str:
    """What the change since the reference is worth a day; nothing where nobody said what decisions are worth."""
    if told.per_day is None:
        return ""
    value, low, high = told.per_day
    return f"the change is worth {signed(value)}{bounds((low, high))} a day"


def parted(told: MetricReport) -> str:
    """What of the change since the reference the inputs explain, and what they do not; nothing where that is not known."""
    if told.change is None:
        return ""
    return f"inputs explain {signed(told.change.inputs)} of it, a changed relation {signed(told.change.relation)}"


def footing(course: Course) -> str:
    """What the metric rests on, in one line: labels, what changed it, the newest estimate, what the change is worth."""
    prices = [one[course.at] for one in course.track.told.values()]
    priced = next((worth(one) for one in prices if one is not None and one.per_day is not None), "")
    change = parted(course.told) if course.now else ""
    return "; ".join(filter(None, [labelled(course), change, newest_estimate(course) or unforeseen(course), priced]))


def unforeseen(course: Course) -> str:
    """Why later windows have no estimate, where no window ever has one."""
    outcome = course.track.profiles[course.at].plan.outcome if course.later and course.track.about is About.PERFORMANCE else None
    return "rankings are not estimated before labels come" if outcome is not None and outcome.task is Task.RANKING else ""


def newest_estimate(course: Course) -> str:
    """The estimate for the last window, where labels have not come for all of it."""
    last = course.track.told[course.metric][-1]
    if last is None or last.estimate is None:
        return ""
    return f"{clean(course.track.labels()[-1])} {estimated(last)}"


def sparkline(track: Track, metric: str) -> str:
    """One bar a window; a dot where the metric is not known. What moves by less than matters moves by few steps."""
    told = [one for one in track.told[metric] if one is not None]
    return bars([None if one is None else one.value for one in track.told[metric]], STEPS * max((one.floor for one in told), default=0.0))


def bars(values: Sequence[float | None], span: float = 0.0) -> str:
    """Write numbers as bars between the least and the greatest of them, which are taken to be at least `span` apart.

    >>> bars([1.0, None, 2.0, 3.0]), bars([5.0, 5.1], 10.0)
    ('▁·▅█', '▄▅')
    """
    known = [value for value in values if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    wide = max(high - low, span, 1e-300)
    start, last = (low + high - wide) / 2, len(LEVELS) - 1
    return "".join(UNKNOWN if value is None else LEVELS[round((value - start) / wide * last)] for value in values)
