"""A loss that grows too slowly for any one window: the labelled losses of all windows, followed by an e-detector."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.stream import Cohorts, error_cohorts, follow, grant, placement_cohorts, residual_cohorts
from driftline.profile.outcome import total_outcome
from driftline.schema import Task
from driftline.verdicts.gauge import facing
from driftline.verdicts.report import Cause, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.inference.variation import Blocks
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.verdicts.gauge import Standard
    from driftline.verdicts.report import MetricReport

RANKS = frozenset({"roc_auc", "average_precision"})
"""Metrics of how well scores rank: their stream is where each row's score lies among the reference's of the other class."""

ONE_SIDED = 1.645
"""The metric has to be worse at one-sided 95% where the losses are."""

LOSSES = frozenset({"accuracy", "error", "mae", "mse", "rmse", "roc_auc"})
"""Metrics whose floor is in the units of the stream's loss, or nearly; for others nothing is tolerated beyond the reference's bound."""


def lasting_loss(
    outcome: Outcome,
    standard: Standard,
    blocks: Sequence[OutcomeCounts],
    windows: Sequence[OutcomeCounts],
    layout: Blocks,
    level: float,
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Whether a higher loss than the reference's has been shown after each window, and since which.

    Args:
        outcome: how outcomes are counted.
        standard: the metric that decides.
        blocks: the reference's blocks.
        windows: the windows in order.
        layout: how blocks and windows relate; only blocks cut like the windows tell how cohorts vary.
        level: expected false alarms that one window may spend.

    Returns:
        bool[windows] and int[windows], -1 where nothing has been shown.
    """
    nothing = np.zeros(len(windows), dtype=bool), np.full(len(windows), -1, dtype=np.intp)
    if outcome.task is Task.RANKING or not layout.like_windows or not blocks or not windows:
        return nothing
    usual, current = _streams(outcome, standard, blocks, blocks), _streams(outcome, standard, blocks, windows)
    tolerance = standard.floor if standard.gauge.share and standard.gauge.name in LOSSES else 0.0
    granted = grant(replace(usual, slots=layout.slots), tolerance=tolerance)
    # Expected false alarms in T labels are at most T / A, so a window of n labels spends n / A.
    rows = np.maximum(np.median(current.rows, axis=0), 1.0)
    course = follow(granted, replace(current, slots=layout.window_slots), rows * current.rows.shape[1] / level)
    first = np.where(course.active, course.since, len(windows)).min(axis=1)
    shown = [bool(course.active[w].any()) and _worse(standard, windows[first[w] : w + 1]) for w in range(len(windows))]
    active = np.array(shown, dtype=np.bool_)
    return active, np.where(active, first, -1).astype(np.intp)


def _worse(standard: Standard, windows: Sequence[OutcomeCounts]) -> bool:
    """Whether the metric itself is worse over these windows: scores that all move together move losses, and rank as before."""
    value, usual = standard.gauge.read(standard.gauge.joined(windows)), standard.value
    if value.why or usual.why:
        return False
    worse = (usual.value - value.value) * (1.0 if standard.gauge.better == "higher" else -1.0)
    return worse > ONE_SIDED * math.hypot(facing(value, usual.value), facing(usual, value.value))


def _streams(outcome: Outcome, standard: Standard, blocks: Sequence[OutcomeCounts], cohorts: Sequence[OutcomeCounts]) -> Cohorts:
    reference = total_outcome(blocks)
    if outcome.task is Task.REGRESSION:
        return residual_cohorts(outcome, reference, cohorts)
    if standard.gauge.name in RANKS and outcome.task is Task.BINARY and outcome.scores:
        return placement_cohorts(reference, cohorts)
    return error_cohorts(cohorts)


def with_lasting_loss(
    reports: Sequence[tuple[MetricReport, ...]], active: NDArray[np.bool_], since: NDArray[np.intp], labels: Sequence[str]
) -> list[tuple[MetricReport, ...]]:
    """The reports, with the deciding metric worse where the detector has shown a loss that no window shows by itself."""
    found = []
    for w, metrics in enumerate(reports):
        first, *others = metrics
        if active[w] and first.verdict is not Verdict.DRIFTED and first.value is not None:
            begun = labels[int(since[w])]
            reason = f"{first.reason}; but the losses since {begun} together are higher than the reference's by more than chance allows"
            first = replace(first, verdict=Verdict.DRIFTED, cause=Cause.SLOW_CHANGE, since=begun, reason=reason)
        found.append((first, *others))
    return found
