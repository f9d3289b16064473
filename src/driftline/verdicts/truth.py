"""Labels of a window: how many have come, whether more will, and whether those that came are like the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.performance.maturity import mature
from driftline.performance.skew import by_class_alone, score_skew, segment_skew
from driftline.schema import Task
from driftline.verdicts.report import LabelReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.performance.maturity import Delays
    from driftline.performance.skew import Skew
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.window import Window

NEARLY = 0.95
"""Where nobody knows how late labels come, a window is final with this share of the coverage the reference has."""

SKEW_FLOOR = 0.02
"""A smaller population stability index between rows with and without a label changes no metric by as much as matters."""

ALIKE = 2.0
"""Where labels have come for some kinds of rows only, and not much less so in the reference, like is held against like."""

INSIDE, OUTSIDE = "yes", "no"
"""Rows for which a segment's condition holds, and the others."""

UNLIKELY = 0.01


def label_report(
    outcome: Outcome,
    counts: OutcomeCounts,
    window: Window,
    rows: int,
    *,
    usual: float,
    delays: Delays | None,
    as_of: datetime,
    chosen: float = 0.0,
) -> LabelReport:
    """What is known of a window's labels.

    Args:
        outcome: how the counts were counted.
        counts: the window's.
        window: its place in time.
        rows: its rows.
        usual: the share of rows that have a label in the end, where no delays were learnt.
        delays: how late labels come, where that was learnt.
        as_of: now.
        chosen: how unlike all rows those with a label are in the reference (`selection`).
    """
    labelled, coverage = counts.labelled, counts.labelled / rows if rows else 0.0
    skewed, skew, unlike = _skew(outcome, counts)
    selected = skewed and unlike > SKEW_FLOOR and unlike > ALIKE * chosen
    if delays is not None and isinstance(window.start, datetime) and isinstance(window.end, datetime):
        found = mature(delays, window.start, window.end, as_of, predictions=rows, labels=labelled)
        return LabelReport(
            labelled=labelled,
            coverage=coverage,
            expected=found.expected,
            maturity=found.maturity,
            provisional=found.provisional,
            mature_on=found.mature_on,
            reason=found.reason,
            skewed=skewed,
            skew=skew,
            selected=selected,
            telling=delays.alike and not skewed,
            ranking=delays.by_class and not (selected and not by_class_alone(outcome, counts)),
        )
    # Where few rows get a label, chance alone gives some windows fewer.
    short = coverage < NEARLY * usual and float(special.bdtr(labelled, rows, usual)) < UNLIKELY
    reason = f"{labelled:,} of {rows:,} labels have come"
    reason += f", and {usual:.0%} usually have one" if short else ""
    return LabelReport(
        labelled=labelled,
        coverage=coverage,
        expected=None,
        maturity=None,
        provisional=short,
        mature_on=None,
        reason=reason,
        skewed=skewed,
        skew=skew,
        selected=selected,
    )


def selection(outcome: Outcome, counts: OutcomeCounts) -> float:
    """How unlike all rows those with a label are: a population stability index; of a ranking that is not counted."""
    return 0.0 if outcome.task is Task.RANKING else score_skew(outcome, counts).selection


def _skew(outcome: Outcome, counts: OutcomeCounts) -> tuple[bool, str, float]:
    """Whether labelled rows differ from the others, the sentence that says in what, and how far they differ from all."""
    if outcome.task is Task.RANKING:
        return False, "", 0.0
    found = score_skew(outcome, counts)
    if found.p_value is None or found.effect is None:
        return False, "", 0.0
    skewed = found.p_value < UNLIKELY and found.effect > SKEW_FLOOR
    return skewed, found.reason if skewed else "", found.selection


def by_segment(report: LabelReport, parts: Mapping[str, tuple[int, int]]) -> LabelReport:
    """What is known of a window's labels, and whether they came evenly for its segments; what is most uneven is told.

    Args:
        report: what is known of all its rows.
        parts: of each segment, `column=value` or a condition's name, rows whose label has come, and rows whose label has not.
    """
    columns: dict[str, dict[str, tuple[int, int]]] = {}
    for name, pair in parts.items():
        column, cut, value = name.partition("=")
        columns.setdefault(column, {})[value if cut else INSIDE] = pair
    waiting = round(report.labelled / report.coverage) - report.labelled if report.coverage else 0
    told: list[Skew] = []
    for column, groups in columns.items():
        if INSIDE in groups:
            groups[OUTSIDE] = report.labelled - groups[INSIDE][0], waiting - groups[INSIDE][1]
        found = segment_skew(column, tuple(groups), *np.array(list(groups.values())).T)
        if found.p_value is not None and found.p_value < UNLIKELY / len(columns) and (found.effect or 0.0) > SKEW_FLOOR:
            told.append(found)
    if not told:
        return report
    worst = max(told, key=lambda one: one.effect or 0.0)
    return replace(report, skewed=True, skew="; ".join(filter(None, [report.skew, worst.reason])), telling=False)
