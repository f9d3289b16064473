"""Windows and segments that are not estimated from rows: what their scores' counts say of performance where labels have not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.performance.binned import estimate_counts, learn
from driftline.verdicts.foreseen import NEARLY, Foreseen, scored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.gauge import Standard
    from driftline.verdicts.report import MetricReport


def with_scores(
    comparison: Comparison, standards: Sequence[Standard], reports: Sequence[tuple[MetricReport, ...]], foreseen: Foreseen
) -> Foreseen:
    """The same estimates, and for every other window that lacks labels those by its scores' counts.

    Args:
        comparison: the reference and the windows.
        standards: the metrics.
        reports: what was said of each window by its labels.
        foreseen: what was estimated from rows.
    """
    outcome, reference = comparison.plan.outcome, comparison.total.outcome
    binned = learn(outcome, reference) if outcome is not None and reference is not None else None
    if outcome is None or reference is None or binned is None or not scored(comparison.total):
        return foreseen
    usual, names = reference.labelled / max(comparison.total.rows, 1), [one.gauge.name for one in standards]
    estimated, found = {w for w, _ in foreseen.found}, dict(foreseen.found)
    for w, (window, metrics) in enumerate(zip(comparison.windows, reports, strict=True)):
        if w not in estimated and metrics and metrics[0].coverage < NEARLY * usual and window.outcome is not None and scored(window):
            found |= {(w, one.metric): one for one in estimate_counts(outcome, binned, window.outcome, names)}
    return Foreseen(found, foreseen.known)
