"""Where the model does worst: each segment of a window beside all of its other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.performance.fairness import worst_segments
from driftline.performance.metric import metric_of
from driftline.profile.outcome import total_outcome
from driftline.schema import Task
from driftline.verdicts.health import VALUE
from driftline.verdicts.report import Slice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.performance.fairness import Segment
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.profile import Profile
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.report import MetricReport
    from driftline.window import Window

NEWEST = 12
"""So many of the newest windows with labels are looked at."""

MOST = 20
"""So many segments are told."""

UNLIKELY = 0.05
"""Of the segments that are said to be surely worse at most this share is not, as one expects (Benjamini and Hochberg 1995)."""


def worst_slices(
    comparison: Comparison,
    windows: Sequence[Window],
    performance: Sequence[tuple[MetricReport, ...]],
    profiles: Mapping[tuple[str | None, Window], Profile],
) -> dict[int, tuple[Slice, ...]]:
    """The segments of the newest windows with labels, those that surely do worst first; by the window's place.

    Args:
        comparison: the windows of all rows.
        windows: their places in time.
        performance: what was said of each by its labels.
        profiles: what was counted, by segment and window.
    """
    outcome = comparison.total.plan.outcome
    if outcome is None or not performance:
        return {}
    # By labels that came early nothing is concluded.
    told = [w for w, metrics in enumerate(performance) if metrics[0].value is not None and w not in comparison.awaited][-NEWEST:]
    found: dict[int, tuple[Slice, ...]] = {}
    for w in told:
        whole = comparison.windows[w].outcome
        parts = {
            segment: profile.outcome
            for (segment, window), profile in profiles.items()
            if segment is not None and window == windows[w] and profile.outcome is not None
        }
        name = next((one.metric for one in performance[w] if one.metric != VALUE), None)
        if whole is not None and parts and name is not None:
            found[w] = slices_of(name, outcome, whole, parts)
    return found


def slices_of(name: str, outcome: Outcome, whole: OutcomeCounts, parts: Mapping[str, OutcomeCounts]) -> tuple[Slice, ...]:
    """Each segment beside the rest of one window; those of which nothing can be said are left out.

    Args:
        name: the metric's.
        outcome: how predictions and labels were counted.
        whole: the counts of all rows.
        parts: those of each segment's.
    """
    rests = _siblings(parts) if outcome.task is Task.RANKING else None
    metric = metric_of(name)
    sign = -1.0 if metric.better == "higher" else 1.0
    table = worst_segments(name, outcome, whole, parts, rests=rests)
    return tuple(_slice(one, name, metric.title, sign) for one in table if one.gap.known)[:MOST]


def _siblings(parts: Mapping[str, OutcomeCounts]) -> dict[str, OutcomeCounts]:
    """For each value of a column the rows of all others: a segment may hold a part of a list, which cannot be taken from the whole."""
    found = {}
    for name in parts:
        column, equals, _ = name.partition("=")
        others = [counts for other, counts in parts.items() if equals and other != name and other.partition("=")[0] == column]
        if others:
            found[name] = total_outcome(others)
    return found


def _slice(one: Segment, name: str, title: str, sign: float) -> Slice:
    ends = sign * one.gap.low, sign * one.gap.high
    return Slice(
        segment=one.name,
        metric=name,
        title=title,
        rows=one.value.rows,
        value=one.value.value,
        interval=(one.value.low, one.value.high),
        rest=one.rest.value,
        worse=sign * one.gap.value,
        worse_interval=(min(ends), max(ends)),
        p_value=one.adjusted,
        surely=bool(one.adjusted < UNLIKELY and min(ends) > 0),
    )
