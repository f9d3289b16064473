"""What is said of the model itself in each window: how well it did, how far its labels have come, how its service ran."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from driftline.operations.traffic import traffic
from driftline.performance.metric import measure
from driftline.performance.value import worth_change
from driftline.profile.outcome import total_outcome
from driftline.quality.odd import MISSING
from driftline.schema import Role, Task
from driftline.verdicts.awaited import BY_CLASS, SEVERAL, ripe, without_verdict
from driftline.verdicts.gauge import FEW_UNREAD, MOST_UNREAD, judge_windows
from driftline.verdicts.health import VALUE, matrix, standards, valued
from driftline.verdicts.loss import lasting_loss, with_lasting_loss
from driftline.verdicts.report import Cause, Finding, Verdict
from driftline.verdicts.truth import NEARLY, by_segment, label_report, selection
from driftline.verdicts.upkeep import standards as upkeep_standards

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from driftline.performance.maturity import Delays
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.policy import Goal, Policy
    from driftline.verdicts.report import LabelReport, MetricReport
    from driftline.window import Window

PERFORMANCE = 0.2
"""The share of the budget that is spent on performance, where labels are known."""

SLOW_LOSS = 0.3
"""The part of it that goes to the detector of losses that grow slowly."""

LOOKS = 4
"""A window is judged again whenever labels come: about as often as so many times that have nothing to do with each other."""

TWICE = 2.0
"""Standard errors within which two shares of labels are the same."""

TOSS = 0.5
"""The area under the ROC curve of scores that say nothing; below it, they say the opposite."""

OPERATIONS = 0.1
"""The share that is spent on errors and latencies, where columns tell of them."""


def performance_of(
    comparison: Comparison, windows: Sequence[Window], policy: Policy, level: float, *, estimated: bool = False, sampled: bool = True
) -> list[tuple[MetricReport, ...]]:
    """Each window's performance; nothing where outcomes are not counted.

    Args:
        comparison: the reference and the windows.
        windows: their places in time.
        policy: how they are judged.
        level: probability of a false alarm that one window may spend.
        estimated: also where labels have not come.
        sampled: the newest such windows from sampled rows; the others, and all without it, from their scores' counts.
    """
    outcome, reference = comparison.total.plan.outcome, comparison.total.outcome
    if outcome is None or reference is None:
        return []
    blocks = [block.outcome for block in comparison.blocks if block.outcome is not None]
    standard = standards(outcome, reference, blocks, policy.goal)
    counted = [window.outcome for window in comparison.windows if window.outcome is not None]
    labels, rows = [window.label for window in windows], [window.rows for window in comparison.windows]
    instant, slow = level * (1 - SLOW_LOSS), level * SLOW_LOSS

    def judged(places: Sequence[int], level: float = instant) -> list[tuple[MetricReport, ...]]:
        some, called = [counted[w] for w in places], [labels[w] for w in places]
        return judge_windows(standard, some, called, [rows[w] for w in places], level=level, confidence=policy.confidence)

    late = {w: why for w, why in comparison.awaited.items() if w not in comparison.telling}
    told = ripe(len(counted), late)
    layout = replace(comparison.layout, window_slots=comparison.layout.window_slots[told])
    lasting = lasting_loss(outcome, standard[0], blocks, [counted[w] for w in told], layout, slow)
    by_place = dict(zip(told, with_lasting_loss(judged(told), *lasting, [labels[w] for w in told]), strict=True))
    # Each by itself: what came early is not added to what the windows around it show.
    early = sorted(comparison.ranking & late.keys())
    by_place |= {w: without_verdict(judged([w])[0], late[w]) for w in late.keys() - comparison.ranking}
    # How the model ranks is seen in windows with few labels and many alike.
    ranked = sorted([*told, *early]) if early else []
    joint = dict(zip(ranked, judged(ranked, instant / LOOKS), strict=True))
    by_place |= {w: without_verdict(joint[w], late[w], BY_CLASS) for w in early}
    found = [by_place[w] for w in range(len(counted))]
    found = _priced(found, outcome, reference, counted, windows, policy.goal)
    if not estimated or not reference.labelled or len(counted) < len(windows):
        return found
    from driftline.verdicts.foreseen import Foreseen, foresee, with_estimates  # noqa: PLC0415  its optimisers are loaded where they are needed
    from driftline.verdicts.unsampled import with_scores  # noqa: PLC0415  likewise

    foreseen = with_scores(comparison, standard, found, foresee(comparison, standard, found, policy.goal) if sampled else Foreseen({}))
    # A window with few labels is tested twice.
    return with_estimates(found, foreseen, standard, labels, level=instant / 2, confidence=policy.confidence)


def _priced(
    found: list[tuple[MetricReport, ...]],
    outcome: Outcome,
    reference: OutcomeCounts,
    counted: Sequence[OutcomeCounts],
    windows: Sequence[Window],
    goal: Goal,
) -> list[tuple[MetricReport, ...]]:
    """The reports, with what the change in the value of decisions costs a day."""
    if not valued(goal, outcome):
        return found
    priced = []
    for reports, counts, window in zip(found, counted, windows, strict=True):
        days = (
            (window.end - window.start) / timedelta(days=1)
            if isinstance(window.start, datetime) and isinstance(window.end, datetime)
            else 0.0
        )
        change = worth_change(matrix(goal), outcome, reference, counts, days).per_day if days else None
        day = (change.value, change.low, change.high) if change is not None and not change.why else None
        priced.append(tuple(replace(one, per_day=day) if one.metric == VALUE else one for one in reports))
    return priced


def operations_of(comparison: Comparison, windows: Sequence[Window], policy: Policy, level: float) -> list[tuple[MetricReport, ...]]:
    """Each window's errors and latencies; nothing where no column tells of them."""
    standard = upkeep_standards(traffic(comparison.total), [traffic(block) for block in comparison.blocks])
    if not standard:
        return []
    counted = [traffic(window) for window in comparison.windows]
    labels, rows = [window.label for window in windows], [window.rows for window in comparison.windows]
    return judge_windows(standard, counted, labels, rows, level=level, confidence=policy.confidence)


def labels_of(
    blocks: Sequence[Profile],
    pieces: Sequence[tuple[Window, Profile]],
    now: datetime,
    delays: Delays | None,
    among: Mapping[tuple[str | None, Window], Profile] | None = None,
) -> list[LabelReport | None]:
    """How far each window's labels have come; None where outcomes are not counted.

    Args:
        blocks: the reference.
        pieces: the windows.
        now: the time.
        delays: how late labels come, where that was learnt.
        among: segments of these windows, for which labels may have come unevenly.
    """
    usual = usual_coverage(blocks, [profile for _, profile in pieces])
    known = [block.outcome for block in blocks if block.outcome is not None]
    outcome = blocks[0].plan.outcome if known else None
    if outcome is None:
        return [None] * len(pieces)
    chosen = selection(outcome, total_outcome(known))
    parts: dict[Window, dict[str, tuple[int, int]]] = {}
    for (segment, window), part in (among or {}).items():
        if segment is not None and part.outcome is not None:
            parts.setdefault(window, {})[segment] = part.outcome.labelled, part.rows - part.outcome.labelled
    told = [(window, _labels(window, profile, (usual, chosen), now, delays)) for window, profile in pieces]
    return [found if found is None or outcome.task is Task.RANKING else by_segment(found, parts.get(window, {})) for window, found in told]


def _labels(window: Window, profile: Profile, reference: tuple[float, float], now: datetime, delays: Delays | None) -> LabelReport | None:
    outcome, counts = profile.plan.outcome, profile.outcome
    if outcome is None or counts is None:
        return None
    usual, chosen = reference
    found = label_report(outcome, counts, window, profile.rows, usual=usual, delays=delays, as_of=now, chosen=chosen)
    strange = _strange(profile)
    if strange <= FEW_UNREAD * profile.rows:
        return found
    return replace(found, reason=f"{found.reason}; {strange:,} more are none of {', '.join(map(repr, outcome.classes))}")


def _strange(profile: Profile) -> int:
    """How many labels name no class that the reference has."""
    label, outcome, counts = profile.plan.with_role(Role.LABEL), profile.plan.outcome, profile.outcome
    if label is None or outcome is None or counts is None or not outcome.classes:
        return 0
    return profile.rows - int(profile.odd[label, MISSING].sum()) - counts.labelled


def usual_coverage(blocks: Sequence[Profile], windows: Sequence[Profile] = ()) -> float:
    """The share of rows that get a label, where nobody knows how late labels come.

    It is the reference's, unless the newest windows have as many labels as the oldest: then no more will come to either, and it is theirs.
    """
    usual = _coverage(blocks)
    held = [window for window in windows if window.rows]
    if len(held) < SEVERAL:
        return usual
    middle = len(held) // 2
    old, new = _coverage(held[:middle]), _coverage(held[middle:])
    noise = math.sqrt(old * (1 - old) * sum(1 / sum(window.rows for window in half) for half in (held[:middle], held[middle:])))
    return min(usual, _coverage(held)) if old and new >= NEARLY * old - TWICE * noise else usual


def _coverage(profiles: Sequence[Profile]) -> float:
    return sum(one.outcome.labelled for one in profiles if one.outcome) / max(sum(one.rows for one in profiles), 1)


def has_label(profile: Profile) -> bool:
    """Whether any value of the label's column is one, where there is such a column with bins."""
    label = profile.plan.with_role(Role.LABEL)
    return label is None or profile.plan.columns[label].bins is None or bool(profile.bins(label).any())


def unwatched(plan: Plan, task: Task, goal: Goal, *, labelled: bool = True) -> tuple[Finding, ...]:
    """Where a model is watched whose performance cannot be, say what is missing; `labelled` says that the reference has labels."""
    label, said = plan.with_role(Role.LABEL), [plan.with_role(role) for role in (Role.PREDICTION, Role.SCORE)]
    unlabelled = label is not None and not labelled and said != [None, None]
    silent = task in {Task.NONE, Task.TEXT} and goal.metric is None and not unlabelled
    if plan.outcome is not None or silent:
        return ()
    missing = "no column is known to hold what the model said"
    hint = "name them: columns: {label: …, prediction: …, score: …}"
    if task is Task.RANKING and said != [None, None] and plan.with_role(Role.QUERY) is None:
        what = "performance is not watched: no column is known to hold what each row answers"
        return (Finding(where="the reference", what=what, hint="name it: columns: {query: …}"),)
    if label is None:
        missing = "no column is known to hold the label"
    elif unlabelled:
        missing = f"no row of the reference has a label in {plan.columns[label].name!r}"
        hint = "take a reference whose labels are known, or say where they lie: labels: {from: …}; ids must be those of the reference"
    elif said != [None, None]:
        missing = "labels and predictions are not of one kind"
    return (Finding(where="the reference", what=f"performance is not watched: {missing}", hint=hint),)


def with_performance(
    reason: str, worse: MetricReport | None, metrics: Sequence[MetricReport], labels: LabelReport | None, *, drifted: bool
) -> str:
    """A window's reason: a worse model is told before columns that drifted, and one of which nobody knows after those that did not.

    Args:
        reason: what is said of the columns.
        worse: the metric that shows a worse model.
        metrics: what is said of the model.
        labels: how far labels have come; where more are awaited, it is no news that nobody knows.
        drifted: a column drifted.
    """
    if worse is not None:
        return f"{worse.reason}. {reason}" if drifted else worse.reason
    unknown = [one.title for one in metrics if one.decides and one.verdict is Verdict.INCONCLUSIVE and one.cause is not Cause.NO_LABELS]
    return f"{reason}; {unknown[0]} cannot be told" if unknown and labels is not None and not labels.provisional else reason


def strange_scores(reference: Profile) -> tuple[Finding, ...]:
    """Where most of the reference's scores are no probabilities, or those of the other class, say so: what rests on them is not right."""
    outcome, counts = reference.plan.outcome, reference.outcome
    if outcome is None or counts is None or outcome.task is Task.RANKING:
        return ()
    if counts.unscored > MOST_UNREAD * counts.labelled:
        lack = f"{counts.unscored:,} of {counts.labelled:,} rows with labels have no score between 0 and 1"
        what = f"performance by {', '.join(outcome.scores)} is not watched: {lack}"
        hint = "give probabilities: a percentage divided by 100, 1 / (1 + exp(-z)) of log-odds z"
        return (Finding(where="the reference", what=what, rows=counts.unscored, hint=hint),)
    ranked = measure("roc_auc", outcome, counts) if outcome.task is Task.BINARY else None
    if ranked is None or ranked.why or ranked.high >= TOSS:
        return ()
    negative, positive = outcome.classes
    what = f"the lower {outcome.scores[0]}, the likelier {outcome.label} is {positive!r}: area under the ROC curve {ranked.value:.3g}"
    hint = f"where it is the chance of {negative!r}, say so: performance: {{positive: {negative!r}}}"
    return (Finding(where="the reference", what=what, rows=counts.labelled, hint=hint),)
