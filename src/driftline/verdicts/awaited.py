"""Labels that are still to come: from those that came early, which are not like the rest, nothing is concluded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.facet import NUMBERS
from driftline.schema import Role
from driftline.verdicts.evidence import NAMES, SHARES
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.evidence import Evidence
    from driftline.verdicts.report import LabelReport, MetricReport
    from driftline.window import Window

SHOWN = frozenset({"value", "effect"})
"""Numbers that are shown although nothing is concluded from them."""

FAULT = "wrong_type"
"""A label of the wrong type is a fault whenever it comes."""

SEVERAL = 4
"""Of so many windows the newest and the oldest can be held against each other."""


def awaited(windows: Sequence[Window], labels: Sequence[LabelReport | None]) -> dict[int, str]:
    """The places of the windows of which nothing is concluded from the labels that have come, and why.

    More are still to come, or they came for rows unlike the others. A single window without an end has no age, and nobody waits
    for more of its labels.
    """
    found = {}
    for place, one in enumerate(labels):
        if one is not None and one.provisional and (len(windows) >= SEVERAL or isinstance(windows[place].end, datetime)):
            found[place] = f"not judged before the labels have come: {one.reason}"
        elif one is not None and one.selected:
            found[place] = f"not judged by labels that came for some kinds of rows only: {one.skew}"
    return found


def withhold(evidence: Evidence, comparison: Comparison) -> Evidence:
    """Take back what early labels show: of the label's own column, and of columns that seem not to go with it any more."""
    if not comparison.awaited:
        return evidence
    late, label = sorted(comparison.awaited), comparison.plan.with_role(Role.LABEL)
    place = NAMES.index("dependence")
    for c, column in enumerate(evidence.columns):
        facets = [f for f, name in enumerate(NAMES) if name != FAULT] if column == label else [place]
        hidden = late if column == label else [w for w in late if label is not None and evidence.where[place, c, w] == label]
        for name in NUMBERS:
            if name not in SHOWN:
                evidence.numbers[name][np.ix_(facets, [c], hidden)] = np.nan
        if column == label:
            for values in evidence.streams.values():
                values[:, c, hidden] = np.nan
            for share in SHARES:
                if share != FAULT:
                    for values in evidence.tallies[share].values():
                        values[c, hidden] = np.nan
    return evidence


BY_CLASS = frozenset({"recall", "specificity", "balanced_accuracy", "roc_auc"})
"""Metrics of two classes that stay what they are where the labels of one class come sooner."""


def without_verdict(metrics: tuple[MetricReport, ...], why: str, judged: frozenset[str] = frozenset()) -> tuple[MetricReport, ...]:
    """What early labels show of the model, with nothing concluded from it but of the metrics that are `judged` all the same."""
    return tuple(
        one
        if one.value is None or one.metric in judged
        else replace(
            one,
            verdict=Verdict.INCONCLUSIVE,
            cause=Cause.AWAITED,
            reason=f"{one.title} is {one.value:.3g} on {one.rows:,} rows so far; {why}",
            since=None,
            rows_needed=None,
        )
        for one in metrics
    )


def ripe(many: int, awaited: Mapping[int, str]) -> list[int]:
    """The places of the windows whose labels are there."""
    return [place for place in range(many) if place not in awaited]
