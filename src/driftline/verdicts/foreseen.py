"""Performance where labels have not come: each window's metrics as they must be, how far to trust that, and what inputs explain.

Estimates are made from the rows that profiles keep, for the newest windows that lack labels, and for the newest that have them,
so that it shows how good they are. Everything random follows from the plan's seed: the same profiles give the same numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError
from driftline.inference.significance import normal_quantile
from driftline.performance.assumption import CONCEPT_LEVEL, FEWEST_ROWS, Trust
from driftline.performance.concept import labels_needed
from driftline.performance.estimate import estimate
from driftline.performance.fitted import fit
from driftline.performance.plugin import Loss
from driftline.performance.plugin import check as check_classes
from driftline.performance.residual import means_of
from driftline.schema import Task
from driftline.verdicts.gauge import MOST_UNREAD, facing
from driftline.verdicts.health import VALUE, matrix
from driftline.verdicts.report import Cause, Estimate, TrackRecord, Verdict
from driftline.verdicts.sampled import pooled, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.performance.estimate import Estimated
    from driftline.performance.fitted import Fitted, Metric
    from driftline.performance.overlap import Shared
    from driftline.performance.rows import Rows
    from driftline.profile.profile import Profile
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.gauge import Standard
    from driftline.verdicts.policy import Goal
    from driftline.verdicts.report import MetricReport

REFERENCE_ROWS = 30_000
"""So many of the reference's sampled rows are learnt from: with a rare class of one in a hundred, 300 of it."""

BLIND, KNOWN, WORSE = 30, 5, 3
"""So many of the newest windows that lack labels are estimated, so many of those that have them, and so many of those that are worse."""

MOST_CLASSES = 20
"""A model of more classes is not estimated: each has a model of its own."""

NEARLY = 0.95
"""A window lacks labels while it has less than this share of the coverage that the reference has."""

FEWEST_KNOWN, MISSES, SHARE = 3, 2, 0.25
"""Estimates have a record once so many windows have both, and a bad one where so many of them, and more than this share, missed."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What was estimated.

    Attributes:
        found: by window and metric.
        known: windows that have as many labels as is usual.
    """

    found: Mapping[tuple[int, str], Estimated]
    known: frozenset[int] = frozenset()


def foresee(comparison: Comparison, standards: Sequence[Standard], reports: Sequence[tuple[MetricReport, ...]], goal: Goal) -> Foreseen:
    """Estimate the windows that lack labels, and some that do not.

    Args:
        comparison: the reference's blocks and the windows.
        standards: the metrics.
        reports: what was said of each window by its labels.
        goal: what decisions are worth.
    """
    plan = comparison.plan
    blocks = [block for block in comparison.blocks if block.outcome is not None]
    known = _known(comparison, reports)
    chosen = _chosen(comparison, reports, known)
    if (
        plan.outcome is None
        or plan.outcome.task is Task.RANKING
        or len(plan.outcome.classes) > MOST_CLASSES
        or not chosen
        or not scored(comparison.total)
        or sum(block.outcome.labelled for block in blocks if block.outcome) < FEWEST_ROWS
    ):
        return Foreseen({})
    reference = rows_of(plan, plan.outcome, pooled(blocks, REFERENCE_ROWS))
    metrics = [metric for one in standards if (metric := _metric(one.gauge.name, reference, goal)) is not None]
    fitted = fit(reference, metrics, np.random.Generator(np.random.PCG64(plan.seed)), plain=False)
    if fitted.why or not metrics:
        return Foreseen({})
    found: dict[tuple[int, str], Estimated] = {}
    for w in chosen:
        told = _window(comparison, w, fitted, settled=w in known)
        found |= {(w, one.metric): one for one in told if one.trust is not Trust.NONE}
    return Foreseen(found, known)


def _window(comparison: Comparison, w: int, fitted: Fitted, *, settled: bool) -> tuple[Estimated, ...]:
    plan, window = comparison.plan, comparison.windows[w]
    if plan.outcome is None:
        return ()
    rows = rows_of(plan, plan.outcome, window.sample.values)
    # Which other windows are estimated does not change the dice.
    dice = np.random.Generator(np.random.PCG64([plan.seed, w]))
    share = len(rows) / max(window.sample.keys.size, 1)
    return estimate(fitted, rows, fitted.metrics, rng=dice, of=round(share * window.rows), tested=fitted.metrics[:1], settled=settled)


def _known(comparison: Comparison, reports: Sequence[tuple[MetricReport, ...]]) -> frozenset[int]:
    """Windows with nearly as large a share of labels as the reference has."""
    usual = sum(block.outcome.labelled for block in comparison.blocks if block.outcome) / max(comparison.total.rows, 1)
    return frozenset(w for w, metrics in enumerate(reports) if metrics and metrics[0].coverage >= NEARLY * usual)


def _chosen(comparison: Comparison, reports: Sequence[tuple[MetricReport, ...]], known: frozenset[int]) -> list[int]:
    """The windows to estimate: the newest that lack labels, that have them, and that are worse."""
    held = [w for w, window in enumerate(comparison.windows) if window.rows >= FEWEST_ROWS and scored(window)]
    blind, told = [w for w in held if w not in known], [w for w in held if w in known]
    worse = [w for w in told if reports[w][0].verdict is Verdict.DRIFTED]
    return sorted({*blind[-BLIND:], *(told[-KNOWN:] if blind else ()), *worse[-WORSE:]})


def scored(profile: Profile) -> bool:
    """Whether most rows have the scores that an estimate is read from, labelled or not."""
    counts = profile.outcome
    return counts is None or all(int(cells[-1].sum()) <= MOST_UNREAD * profile.rows for cells in counts.scores)


def _metric(name: str, rows: Rows, goal: Goal) -> Metric | None:
    """A metric as it is estimated; None where it cannot be."""
    if name == VALUE:
        if (worth := matrix(goal)) is None:
            return None
        amounts = worth.amounts
        return Loss(VALUE, lambda label, _, said: amounts[said, label.astype(np.intp)])
    try:
        if rows.classes:
            check_classes(name, rows.classes)
        elif not np.isfinite(means_of(name).matrix(rows.take(rows.labelled()))).all():
            return None
    except ConfigError:
        return None
    return name


def with_estimates(
    reports: Sequence[tuple[MetricReport, ...]],
    foreseen: Foreseen,
    standards: Sequence[Standard],
    labels: Sequence[str],
    *,
    level: float,
    confidence: float,
) -> list[tuple[MetricReport, ...]]:
    """The reports with what was estimated beside what was realised, and in words.

    A window that cannot be judged by its labels is worse where a trusted estimate says so, if earlier estimates came true.

    Args:
        reports: what was said of each window by its labels.
        foreseen: what was estimated.
        standards: the metrics, in the reports' order.
        labels: what the windows are called.
        level: probability of a false alarm that one window may spend.
        confidence: level of the interval that decides.
    """
    z = float(normal_quantile((1 - confidence) / 2)), float(normal_quantile(level))
    changed = [list(metrics) for metrics in reports]
    for place, standard in enumerate(standards):
        past: list[tuple[float, bool]] = []
        since: str | None = None
        for w in range(len(reports)):
            told, one = changed[w][place], foreseen.found.get((w, standard.gauge.name))
            if one is not None:
                told = _beside(told, one, standard, _record(past), z)
                if told.verdict is Verdict.DRIFTED:
                    told = _parted(told)
                elif w not in foreseen.known:
                    told = _foretold(told, since or labels[w])
                changed[w][place] = told
                if w in foreseen.known and told.value is not None:
                    past.append((abs(one.value - told.value), one.realised_low <= told.value <= one.realised_high))
            since = told.since if told.verdict is Verdict.DRIFTED else None
    return [tuple(metrics) for metrics in changed]


def _record(past: Sequence[tuple[float, bool]]) -> TrackRecord | None:
    if not past:
        return None
    return TrackRecord(len(past), float(np.mean([error for error, _ in past])), sum(held for _, held in past))


def _beside(told: MetricReport, one: Estimated, standard: Standard, record: TrackRecord | None, z: tuple[float, float]) -> MetricReport:
    """The report with its estimate, and with the parts of a change."""
    failed = 0 if record is None else record.windows - record.held
    missed = record is not None and failed >= MISSES and failed > SHARE * record.windows
    misses = f"{failed} of {record.windows} earlier ones missed what came true" if record and missed else ""
    estimate = Estimate(
        value=one.value,
        interval=(one.realised_low, one.realised_high),
        method=one.method,
        trusted=one.trust is Trust.SOUND and not missed,
        why="; ".join(filter(None, [one.why, misses])),
        worse=_is_worse(one, standard, z),
        record=record,
        labels_needed=labels_needed(told.floor, one.noise, one.reference_error) if told.floor > 0 else None,
    )
    change = one.change
    if change is not None and told.value is not None and told.reference is not None:
        # Rows were sampled; what was observed is known from all of them. What the relation did is tested on the rows alone.
        observed = told.value - told.reference
        change = replace(change, observed=observed, inputs=observed - change.relation)
    return replace(told, estimate=estimate, change=change)


def _is_worse(one: Estimated, standard: Standard, z: tuple[float, float]) -> bool:
    """Whether an estimate is worse than the reference by more than chance allows and by more than matters."""
    usual = standard.value
    if usual.why:
        return False
    off = one.value - usual.value
    worsening = {"higher": -off, "lower": off}.get(standard.gauge.better, abs(off))
    error = math.hypot(one.error * standard.spread, facing(usual, one.value))
    return worsening >= max(standard.floor + z[0] * error, z[1] * error)


def _parted(told: MetricReport) -> MetricReport:
    """Where labels have come: what of the change they show the inputs explain."""
    change = told.change
    if change is None:
        return told
    parts = f"of the change of {change.observed:+.3g} the inputs explain {change.inputs:+.3g}, and {change.relation:+.3g} is left"
    verdict = "their relation to labels has changed" if change.p_value < CONCEPT_LEVEL else "no change of their relation to labels is shown"
    return replace(told, reason=f"{told.reason}; {parts}: {verdict} (p = {change.p_value:.2g}){_in_common(change.shared)}")


def _in_common(shared: Shared | None) -> str:
    """Where reference and window have little in common: what can be said of that alone."""
    if shared is None:
        return ""
    relation = f"both have {shared.overlap:.0%} in common, where the relation makes {shared.relation:+.3g} (p = {shared.p_value:.2g})"
    seen = f"{shared.seen:+.3g} comes of seen rows that became more frequent"
    return f"; {relation}, {seen}, and {shared.unseen:+.3g} of rows of which the reference has few"


def _foretold(told: MetricReport, since: str) -> MetricReport:
    """Where labels are lacking: what must be, and what cannot be known."""
    guess = told.estimate
    if guess is None or guess.interval is None:
        return told
    said = f"{told.reason}; estimated {guess.value:.3g} ({guess.interval[0]:.3g} to {guess.interval[1]:.3g})"
    if guess.worse and told.reference is not None:
        said += f", worse than {told.reference:.3g} by more than matters"
    if not guess.trusted:
        said += f", but not to be trusted: {guess.why}"
    if told.change is None:
        said += "; whether inputs relate to labels as before cannot be known without labels"
        if guess.labels_needed is None:
            said += ", and the reference has too few to show one that matters"
        else:
            said += f", and about {guess.labels_needed:,} would show a change that matters"
    told = _parted(replace(told, reason=said))
    proven = guess.record is not None and guess.record.windows >= FEWEST_KNOWN
    if told.decides and told.verdict is Verdict.INCONCLUSIVE and guess.worse and guess.trusted and proven:
        return replace(told, verdict=Verdict.DRIFTED, cause=Cause.FORESEEN, since=since)
    return told
