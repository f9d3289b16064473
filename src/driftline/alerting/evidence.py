"""What a window says, by the names that rules use: `drift.psi.max`, `performance.f1.drop`, `feature("amount").unseen`."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from driftline.alerting.signals import FEED, kept
from driftline.drift.statistic import STATISTICS
from driftline.errors import ConfigError, near_miss
from driftline.performance.metric import metric_of
from driftline.verdicts.health import VALUE
from driftline.verdicts.policy import DEFAULT_FLOORS
from driftline.verdicts.report import Concern, Verdict
from driftline.verdicts.upkeep import ERROR_RATE, QUANTILES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from driftline.verdicts.report import ColumnReport, MetricReport, WindowReport

    Evidence = dict[str, Any]
    """Names to numbers, truths, and groups of them. What is not known is left out."""

FACTS: Mapping[str, str] = {
    "rows": "rows of the window",
    "loss": "the greatest loss that was shown, in times of the smallest that matters; 0 without one",
    "coverage": "the share of rows that have a label",
    "on_accuracy_drop": "the metric that decides is worse",
    "on_accuracy_kept": "it is shown that the model does as well as before",
    "on_error_spike": "errors or latencies are worse",
    "on_fault": "a column has a data fault",
    "on_feed_dead": "a column, or the rows, stopped coming",
    "on_prediction_drift": "what the model says drifted",
    "on_label_drift": "what turned out to be true drifted",
    "on_drift": "any column drifted",
    "scheduled_daily": "a day begins in the window",
    "scheduled_weekly": "a Monday begins in the window",
    "scheduled_monthly": "a month begins in the window",
}
"""Names that stand alone."""

TRUTHS = frozenset(name for name in FACTS if name.startswith(("on_", "scheduled_")))

DRIFT: Mapping[str, str] = {
    "max": "the greatest value among the columns",
    "mean": "their mean",
    "share": "the share of columns in which it says drifted",
}
"""What `drift.STATISTIC` offers."""

METRIC: Mapping[str, str] = {
    "drop": "how much worse than in the reference: realised, or, before labels come, estimated where the estimate can be trusted",
    "value": "the metric where labels have come",
    "estimate": "what it must be where they have not",
    "reference": "the metric in the reference",
    "loss": "the drop in times of the smallest that matters",
    "worse": "its verdict is drifted",
}
"""What `performance.METRIC` and `operations.METRIC` offer."""

FEATURE: Mapping[str, str] = {
    "drifted": "its verdict is drifted",
    "fault": "it has a data fault",
    "weight": "how far it drifted, in times of the smallest change that matters, times its importance",
}
"""What `feature("NAME")` offers beside every statistic."""

OPERATIONS = (ERROR_RATE, *QUANTILES)
ROOTS = ("drift", "performance", "operations", "feature", "segment", *FACTS)
PARTS = 3
"""`drift.psi.max` has so many parts."""


def evidence(window: WindowReport) -> Evidence:
    """All that a window says, but for single columns, which `feature` looks up."""
    found: Evidence = {
        "rows": window.rows,
        "loss": _loss(window),
        "drift": _drift(window.columns),
        "performance": {one.metric: _metric(one) for one in window.performance},
        "operations": {one.metric: _metric(one) for one in window.operations},
        "on_accuracy_drop": _any([one.verdict for one in window.performance if one.decides]),
        "on_accuracy_kept": kept(window),
        "on_error_spike": _any([one.verdict for one in window.operations if one.decides]),
        **_of_columns(window.columns),
        **_calendar(window.window.start, window.window.end),
    }
    if window.performance:
        found["coverage"] = window.performance[0].coverage
    return {name: value for name, value in found.items() if value is not None}


def feature(window: WindowReport, name: str) -> Evidence | None:
    """What a window says of one column; None where it says nothing of it."""
    column = next((one for one in window.columns if one.name == name), None)
    if column is None:
        return None
    found: Evidence = {score.statistic: score.value for score in column.scores}
    found["weight"] = column.weight
    if column.verdict is not Verdict.INCONCLUSIVE:
        found["drifted"] = column.verdict is Verdict.DRIFTED
        found["fault"] = found["drifted"] and column.concern is Concern.FAULT
    return found


def segment(windows: Iterable[WindowReport], name: str) -> Evidence | None:
    """All that is said of one segment, with its columns under `feature`; None where it has no rows.

    Args:
        windows: of one time.
        name: as reports call it, such as `region=north`.
    """
    found = next((one for one in windows if one.segment == name), None)
    return None if found is None else {**evidence(found), "feature": {one.name: feature(found, one.name) for one in found.columns}}


def unknown(path: Sequence[str], reported: Iterable[str], cuts: Collection[str] = ()) -> tuple[str, str] | None:
    """What is wrong with a name that a rule uses, and what to do; None where it exists.

    Args:
        path: its parts, such as `drift`, `psi`, `max`.
        reported: statistics that are reported beside the judged ones.
        cuts: what windows are cut by into segments: conditions' names, and columns' names with an equals sign.
    """
    root, said = path[0], ".".join(path)
    if root == "segment":
        return _wrong_segment(path, cuts) or unknown(path[2:], reported)
    if root not in ROOTS:
        return f"there is no evidence called {root!r}", near_miss(root, ROOTS)
    if root in FACTS:
        return None if len(path) == 1 else (f"{root!r} has no parts", f"write {root} alone")
    if len(path) != PARTS:
        shape = {"drift": "drift.psi.max", "feature": 'feature("amount").unseen'}.get(root, f"{root}.NAME.drop")
        return f"{said!r} does not name a number", f"write it like {shape}"
    if root == "feature":
        return _wrong_part(f'feature("{path[1]}")', path[2], [*FEATURE, *DEFAULT_FLOORS, *reported])
    offered = DRIFT if root == "drift" else METRIC
    return _wrong_name(root, path[1], reported) or _wrong_part(f"{root}.{path[1]}", path[2], list(offered))


def _wrong_segment(path: Sequence[str], cuts: Collection[str]) -> tuple[str, str] | None:
    """What is wrong with `segment("region=north").` and what follows; None where that may be."""
    if len(path) <= PARTS - 1 or path[2] == "segment":
        return f"'{'.'.join(path)}' does not name a number", 'write it like segment("region=north").performance.f1.drop'
    column, equal, _ = path[1].partition("=")
    if f"{column}=" in cuts:
        return None if equal else (f"{column!r} is cut into a segment for each value", f'write segment("{column}=…")')
    if path[1] in cuts:
        return None
    known = [one.removesuffix("=") for one in cuts]
    return f"there are no segments by {column!r}", near_miss(column, known) if known else f"add it: segments: [{column}]"


def _wrong_part(whole: str, part: str, offered: Sequence[str]) -> tuple[str, str] | None:
    if part in offered:
        return None
    if any(part == statistic.name for statistic in STATISTICS):
        return f"the statistic {part!r} is not reported", f"add it: statistics: [{part}]"
    return f"{whole} has no {part!r}", near_miss(part, offered)


def _wrong_name(root: str, name: str, reported: Iterable[str]) -> tuple[str, str] | None:
    if root == "drift":
        return _wrong_part(root, name, [*DEFAULT_FLOORS, *reported])
    if root == "operations":
        return None if name in OPERATIONS else (f"there is no {name!r} among the operations", near_miss(name, OPERATIONS))
    if name != VALUE:
        try:
            metric_of(name)
        except ConfigError as error:
            return error.fact, error.hint
    return None


def _loss(window: WindowReport) -> float:
    worse = [one for one in (*window.performance, *window.operations, *window.fairness) if one.decides and one.verdict is Verdict.DRIFTED]
    return max((loss(one) for one in worse), default=0.0)


def loss(metric: MetricReport) -> float:
    """How much worse a metric is than in the reference, in times of the smallest worsening that matters."""
    worse = drop(metric) or 0.0
    return worse / metric.floor if metric.floor else worse


def drop(metric: MetricReport) -> float | None:
    """How much worse than in the reference: realised, else estimated where that is trusted; None where nobody knows."""
    if metric.worsening is not None:
        return metric.worsening
    if metric.estimate is None or not metric.estimate.trusted or metric.reference is None:
        return None
    moved = metric.estimate.value - metric.reference
    return abs(moved) if metric.better == "either" else moved if metric.better == "lower" else -moved


def _metric(metric: MetricReport) -> Evidence:
    dropped = drop(metric)
    found: Evidence = {
        "drop": dropped,
        "value": metric.value,
        "estimate": metric.estimate.value if metric.estimate else None,
        "reference": metric.reference,
        "loss": None if dropped is None else loss(metric),
        "worse": None if metric.verdict is Verdict.INCONCLUSIVE else metric.verdict is Verdict.DRIFTED,
    }
    return {name: value for name, value in found.items() if value is not None}


def _drift(columns: Sequence[ColumnReport]) -> Evidence:
    values: dict[str, list[float]] = defaultdict(list)
    drifted: dict[str, int] = defaultdict(int)
    for column in columns:
        for score in column.scores:
            values[score.statistic].append(score.value)
            drifted[score.statistic] += score.verdict is Verdict.DRIFTED
    return {name: {"max": max(v), "mean": sum(v) / len(v), "share": drifted[name] / len(v)} for name, v in values.items()}


def _of_columns(columns: Sequence[ColumnReport]) -> Evidence:
    concerns = {"on_prediction_drift": Concern.PREDICTION, "on_label_drift": Concern.LABEL, "on_fault": Concern.FAULT}
    of = {name: [_verdict_about(one, concern) for one in columns] for name, concern in concerns.items()}
    feed = [one.verdict if one.worst in FEED else _unless_drifted(one) for one in columns]
    named = {name: _any(verdicts) for name, verdicts in of.items()}
    return {**named, "on_feed_dead": _any(feed), "on_drift": _any([one.verdict for one in columns])}


def _verdict_about(column: ColumnReport, concern: Concern) -> Verdict:
    return column.verdict if column.concern is concern else _unless_drifted(column)


def _unless_drifted(column: ColumnReport) -> Verdict:
    """A column that drifted for another reason says that this is not the one."""
    return Verdict.STABLE if column.verdict is Verdict.DRIFTED else column.verdict


def _any(verdicts: Sequence[Verdict]) -> bool | None:
    """Whether any is drifted; None where none is and not one of them can be told. Nothing at all is nothing wrong."""
    if Verdict.DRIFTED in verdicts:
        return True
    return None if verdicts and Verdict.STABLE not in verdicts else False


def _calendar(start: object, end: object) -> Evidence:
    """Which days begin in a window, by UTC; nothing for windows that are no stretch of time."""
    if not (isinstance(start, datetime) and isinstance(end, datetime)):
        return {}
    first = start.replace(hour=0, minute=0, second=0, microsecond=0)
    midnights = [first + timedelta(days=n) for n in range((end - first).days + 1)]
    begun = [midnight for midnight in midnights if start <= midnight < end]
    return {
        "scheduled_daily": bool(begun),
        "scheduled_weekly": any(midnight.weekday() == 0 for midnight in begun),
        "scheduled_monthly": any(midnight.day == 1 for midnight in begun),
    }
