"""From a report to evidence: what a check found, as a decision needs it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.decisions.cheap import cheap_remedies
from driftline.decisions.decision import Gain
from driftline.decisions.evidence import Evidence, Past
from driftline.decisions.faults import causes, explained, more_rows, polluted, spoilt, unexplained
from driftline.decisions.gaps import last_told, unequal
from driftline.decisions.losses import begun_before, deciding, known_since, loss_of, since, whole, worth_of
from driftline.schema import Role
from driftline.verdicts.report import Cause, Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from driftline.decisions.evidence import Loss
    from driftline.decisions.terms import Terms
    from driftline.profile.profile import Profile
    from driftline.verdicts.policy import Goal
    from driftline.verdicts.report import ColumnReport, Report, WindowReport

DEAD = frozenset({"absent", "silence"})
"""Statistics of a feed that does not run; so is a volume that fell."""

SETTLED = frozenset({Role.LABEL})

LEFT_OPEN = frozenset({Cause.UNFINISHED, Cause.EMPTY_WINDOW})
"""Of such a column it cannot be said that its fault is over."""


def read(
    report: Report,
    terms: Terms,
    goal: Goal,
    rng: np.random.Generator,
    *,
    past: Past | None = None,
) -> Evidence:
    """Gather what a decision rests on from a report.

    Args:
        report: of a check; labels that it did not know are not known here either.
        terms: what the owner allows.
        goal: what a healthy model means.
        rng: halves rows where cheap remedies are tried; only its seed matters.
        past: what was done before.
    """
    pairs = whole(report)
    labels = tuple(window.window.label for window, _ in pairs)
    if not pairs:
        return Evidence(monitor=report.monitor, now=report.created, past=past or Past())
    told = causes([window for window, _ in pairs])
    bad = polluted(told, labels)
    loss = loss_of(report, goal, bad)
    newest = pairs[-1][0]
    settled, healthy = _health(pairs)
    why = told[newest.window.label]
    moved = _moved(newest, set(explained(why)))
    outcome, reference = report.reference.plan.outcome, report.reference.outcome
    span = since(pairs, loss.since) if loss else pairs
    return Evidence(
        monitor=report.monitor,
        now=report.created,
        window=newest.window.label,
        windows=labels,
        spoilt=spoilt(told, labels, _untold([window for window, _ in pairs])),
        polluted=bad,
        loss=loss,
        settled=settled,
        healthy=healthy,
        known=replace(
            known_since(report, loss.since if loss else None, bad),
            first=begun_before([window for window, _ in pairs], loss.since) if loss else None,
        ),
        inputs=_names(moved, {Concern.INPUT, Concern.FAULT}),
        predictions=_names(moved, {Concern.PREDICTION}),
        labels=_labels(pairs),
        broken=_broken(newest),
        unexplained=unexplained(why),
        unequal=unequal(last_told([window for window, _ in pairs], bad)),
        cheap=cheap_remedies(outcome, reference, span, loss, goal, bad, rng, remedies=terms.remedies),
        worth=worth_of(report, goal, loss, bad, terms) or _in_units(loss),
        past=past or Past(),
    )


def _untold(windows: Sequence[WindowReport]) -> Callable[[str, Sequence[str]], bool]:
    """Whether a window leaves open how some columns are: it is not whole, or empty."""
    by_label = {window.window.label: window for window in windows}

    def untold(label: str, names: Sequence[str]) -> bool:
        return any(column.cause in LEFT_OPEN for column in by_label[label].columns if column.name in names)

    return untold


def _health(pairs: Sequence[tuple[WindowReport, Profile]]) -> tuple[str | None, str]:
    """The newest window in which labels show the model to be well, and what they say."""
    for window, _ in reversed(pairs):
        metric = deciding(window)
        if metric is not None and metric.verdict is Verdict.STABLE:
            return window.window.label, f"in {window.window.label} {metric.reason}"
    return None, ""


def _moved(newest: WindowReport, explained_names: set[str]) -> list[ColumnReport]:
    """Columns that drift in the newest window and are not a fault's doing."""
    drifted = [column for column in newest.columns if column.verdict is Verdict.DRIFTED and column.name not in explained_names]
    return sorted((column for column in drifted if column.role not in SETTLED and not more_rows(column)), key=lambda one: -one.weight)


def _names(columns: Sequence[ColumnReport], concerns: set[Concern]) -> tuple[str, ...]:
    return tuple(column.name for column in columns if column.concern in concerns)


def _labels(pairs: Sequence[tuple[WindowReport, Profile]]) -> tuple[str, ...]:
    """Labels that drift in the newest window whose labels are all there."""
    ripe = [window for window, _ in pairs if window.labels is not None and window.labels.settled]
    return tuple(
        column.name
        for window in ripe[-1:]
        for column in window.columns
        if column.role is Role.LABEL and column.verdict is Verdict.DRIFTED and column.worst not in {None, "null"}
    )


def _broken(newest: WindowReport) -> str:
    """A service that fails or a feed that is dead, in words; empty where both run."""
    for metric in newest.operations:
        if metric.decides and metric.verdict is Verdict.DRIFTED:
            return metric.reason
    dead = [c for c in newest.columns if c.verdict is Verdict.DRIFTED and c.role not in SETTLED and _is_dead(c)]
    return f"{dead[0].name}: {dead[0].reason}" if dead else ""


def _is_dead(column: ColumnReport) -> bool:
    return column.worst in DEAD or (column.worst == "volume" and not more_rows(column))


def _in_units(loss: Loss | None) -> Gain | None:
    """Without a price, what can be gained is the loss itself."""
    return None if loss is None else Gain(loss.worsening, loss.low, loss.high, loss.title)
