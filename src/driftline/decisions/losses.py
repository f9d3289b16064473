"""Whether the model does worse, measured again over the windows that are not spoilt, and how much of their truth is known."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from driftline.decisions.decision import Gain
from driftline.decisions.evidence import Known, Loss
from driftline.decisions.wording import Z90
from driftline.errors import ConfigError
from driftline.performance.metric import measure
from driftline.performance.value import value_per_row, worth_change
from driftline.profile.outcome import total_outcome
from driftline.schema import Task
from driftline.verdicts.gauge import facing
from driftline.verdicts.health import VALUE, matrix, valued
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from driftline.decisions.terms import Terms
    from driftline.performance.interval import Value
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.profile import Profile
    from driftline.verdicts.policy import Goal
    from driftline.verdicts.report import MetricReport, Report, WindowReport

RECENT = 7
"""A loss goes on over at most so many windows that show nothing."""

RANKS = frozenset({"roc_auc", "average_precision", "roc_auc_macro", "roc_auc_weighted"})
"""Metrics that look only at the order of scores."""


def whole(report: Report) -> list[tuple[WindowReport, Profile]]:
    """The windows of all rows, in order, with what was counted of them."""
    both = [(window, profile) for window, profile in zip(report.windows, report.profiles, strict=True) if window.segment is None]
    return sorted(both, key=lambda pair: pair[0].window)


def deciding(window: WindowReport) -> MetricReport | None:
    """The metric on which a window's performance rests."""
    return next((metric for metric in window.performance if metric.decides), None)


def newest_word(windows: Sequence[tuple[WindowReport, Profile]]) -> MetricReport | None:
    """What the newest window says in which performance could be told."""
    for window, _ in reversed(windows):
        metric = deciding(window)
        if metric is not None and metric.verdict is not Verdict.INCONCLUSIVE:
            return metric
    return None


def loss_of(report: Report, goal: Goal, spoilt: Collection[str]) -> Loss | None:
    """The loss that was shown, or that is estimated, over windows that are not spoilt; None where there is neither.

    Args:
        report: of a check.
        goal: what a healthy model means.
        spoilt: labels of windows that do not count.
    """
    windows = whole(report)
    told = newest_word(windows)
    if told is None or told.verdict is not Verdict.DRIFTED or told.since is None:
        return _estimated(windows, told)
    span = since(windows, told.since)
    clean = [profile.outcome for window, profile in span if window.window.label not in spoilt and profile.outcome is not None]
    mixed = len(clean) < len(span)
    outcome, reference = report.reference.plan.outcome, report.reference.outcome
    measured = None if outcome is None or reference is None else _worsening(told, goal, outcome, reference, clean)
    if measured is None:
        low, high = told.worsening_interval or (told.worsening or told.floor, told.worsening or told.floor)
        measured = (told.worsening or (low + high) / 2, low, high, told.rows)
    worsening, low, high, rows = measured
    return Loss(
        metric=told.metric,
        title=told.title,
        since=told.since,
        worsening=worsening,
        low=low,
        high=high,
        floor=told.floor,
        rows=rows,
        sentence=told.reason,
        ranks=told.metric in RANKS,
        spoilt=mixed and (not clean or not rows or low <= 0),
    )


def since(windows: Sequence[tuple[WindowReport, Profile]], label: str | None) -> list[tuple[WindowReport, Profile]]:
    """The windows from one on; all where there is none of that label."""
    first = next((place for place, (window, _) in enumerate(windows) if window.window.label == label), 0)
    return list(windows[first:])


def _worsening(
    told: MetricReport, goal: Goal, outcome: Outcome, reference: OutcomeCounts, clean: Sequence[OutcomeCounts]
) -> tuple[float, float, float, int] | None:
    """The worsening over some windows together with its 90% interval and rows; None where the metric is not counted."""
    if not clean or told.better == "either":
        return None
    now, then = (_read(told.metric, goal, outcome, counts) for counts in (total_outcome(list(clean)), reference))
    if now is None or then is None or now.why or then.why:
        return (0.0, 0.0, 0.0, 0) if now is not None and now.why else None
    worsening = (then.value - now.value) * (1.0 if told.better == "higher" else -1.0)
    half = Z90 * math.hypot(facing(now, then.value), facing(then, now.value))
    return worsening, worsening - half, worsening + half, now.rows


def _read(metric: str, goal: Goal, outcome: Outcome, counts: OutcomeCounts) -> Value | None:
    if metric == VALUE:
        return value_per_row(matrix(goal), outcome, counts)
    try:
        return measure(metric, outcome, counts)
    except ConfigError:
        return None


def _estimated(windows: Sequence[tuple[WindowReport, Profile]], told: MetricReport | None) -> Loss | None:
    """A loss that only an estimate shows, in the newest window; labels that show the contrary go before it."""
    metric = deciding(windows[-1][0]) if windows else None
    if metric is None or metric.verdict is not Verdict.INCONCLUSIVE or metric.estimate is None or metric.reference is None:
        return None
    estimate = metric.estimate
    if not estimate.trusted or estimate.interval is None or metric.better == "either":
        return None
    sign = 1.0 if metric.better == "higher" else -1.0
    ends = sorted(sign * (metric.reference - end) for end in estimate.interval)
    if ends[0] <= metric.floor or (told is not None and told.verdict is Verdict.STABLE and told.rows >= metric.rows > 0):
        return None
    label = windows[-1][0].window.label
    value = f"{estimate.value:.3g} ({estimate.interval[0]:.3g} to {estimate.interval[1]:.3g})"
    return Loss(
        metric=metric.metric,
        title=metric.title,
        since=label,
        worsening=sign * (metric.reference - estimate.value),
        low=ends[0],
        high=ends[1],
        floor=metric.floor,
        rows=metric.rows,
        sentence=f"{metric.title} is estimated at {value}; it was {metric.reference:.3g}",
        estimated=True,
        ranks=metric.metric in RANKS,
    )


def known_since(report: Report, label: str | None, spoilt: Collection[str]) -> Known:
    """How much is known of the windows from one on that are not spoilt; all of them where no label is given."""
    span = [(window, profile) for window, profile in since(whole(report), label) if window.window.label not in spoilt]
    outcomes = [profile.outcome for _, profile in span if profile.outcome is not None]
    outcome = report.reference.plan.outcome
    rows = sum(profile.rows for _, profile in span)
    first = next((window.window.start for window, _ in since(whole(report), label)), None)
    began = first if isinstance(first, datetime) else None
    skew = next((window.labels.skew for window, _ in reversed(span) if window.labels is not None and window.labels.skewed), "")
    if outcome is None or not outcomes:
        return Known(rows=rows, began=began, skew=skew)
    counts = total_outcome(outcomes)
    return Known(rows=rows, labelled=int(counts.labelled), rarer=_rarer(outcome, counts), began=began, skew=skew)


def begun_before(windows: Sequence[WindowReport], label: str) -> datetime | None:
    """When the loss began that the one since a window goes on from, if the model was not shown to be well in between.

    A run of windows that show a loss may be broken by a few that show nothing: the loss was not over for that.
    """
    labels = [window.window.label for window in windows]
    first = at = labels.index(label) if label in labels else 0
    while at > 0 and first - at < RECENT:
        at -= 1
        metric = deciding(windows[at])
        if metric is not None and metric.verdict is Verdict.STABLE:
            break
        if metric is not None and metric.verdict is Verdict.DRIFTED:
            first = at = labels.index(metric.since) if metric.since in labels[:at] else at
    start = windows[first].window.start if windows else None
    return start if isinstance(start, datetime) else None


def _rarer(outcome: Outcome, counts: OutcomeCounts) -> int:
    """Labels of a binary model's rarer class; of a class on average; all of a regression."""
    labelled = int(counts.labelled)
    if outcome.task is Task.BINARY:
        return int(counts.table.sum(axis=0)[:2].min())
    return labelled // max(len(outcome.classes), 1) if outcome.task is Task.MULTICLASS else labelled


def worth_of(report: Report, goal: Goal, loss: Loss | None, spoilt: Collection[str], terms: Terms) -> Gain | None:
    """What undoing a loss brings over the horizon: in money where answers have a worth, else None."""
    outcome, reference = report.reference.plan.outcome, report.reference.outcome
    if loss is None or outcome is None or reference is None or not valued(goal, outcome):
        return None
    span = [(window, profile) for window, profile in since(whole(report), loss.since) if window.window.label not in spoilt]
    days = sum(_days(window) for window, profile in span if profile.outcome is not None)
    counts = [profile.outcome for _, profile in span if profile.outcome is not None]
    if not days or not counts:
        return None
    change = worth_change(matrix(goal), outcome, reference, total_outcome(counts), days).per_day
    if change.why:
        return None
    times = terms.horizon / timedelta(days=1)
    unit = goal.currency or "of value"
    return Gain(-change.value * times, -change.high * times, -change.low * times, unit, terms.cost)


def _days(window: WindowReport) -> float:
    start, end = window.window.start, window.window.end
    return (end - start) / timedelta(days=1) if isinstance(start, datetime) and isinstance(end, datetime) else 0.0
