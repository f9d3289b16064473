"""A model that gets worse, made up: outcomes counted from rows, labels that come late, estimates where they have not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome, said_by
from driftline.schema import Task
from driftline.verdicts.report import Cause, Estimate, MetricReport, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.verdicts.report import Report, WindowReport

EDGES = tuple(np.linspace(0, 1, 257)[1:].tolist())
BINARY = Outcome(Task.BINARY, "paid", scores=("score",), classes=("0", "1"), edges=(EDGES,))
CLASSES = ("cat", "dog", "<b>bird</b>")
MULTICLASS = Outcome(Task.MULTICLASS, "animal", scores=("p1", "p2", "p3"), classes=CLASSES, edges=(EDGES,) * 3)
GRID = tuple(np.linspace(-60, 160, 64).tolist()), tuple(np.linspace(-60, 60, 128).tolist())
REGRESSION = Outcome(Task.REGRESSION, "price", prediction="guess", edges=GRID, center=50.0, scale=32.0)

Said = tuple[float | None, tuple[float, float] | None]


def with_model(report: Report, outcome: Outcome = BINARY, *, seed: int = 1, late: int = 4, pace: float = 4.0) -> Report:
    """Give a report a model, which loses its skill at this pace in the last quarter; the last `late` windows lack labels."""
    rng = np.random.default_rng(seed)
    plan = replace(report.reference.plan, outcome=outcome)
    reference = count_outcome(outcome, drawn(outcome, 40_000, 0.0, 1.0, rng))
    windows, profiles = [], []
    last = max((window.window.index for window in report.windows), default=0)
    first = min((window.window.index for window in report.windows), default=0)
    for window, profile in zip(report.windows, report.profiles, strict=True):
        part = (window.window.index - first) / max(last - first, 1)
        loss = max(part - 0.75, 0.0) * (2 * pace if window.segment else pace)
        coverage = min(0.94, (last - window.window.index) / late) if late else 0.94
        counts = count_outcome(outcome, drawn(outcome, profile.rows, loss, coverage, rng))
        windows.append(_judged(window, outcome, counts, reference, loss))
        profiles.append(replace(profile, plan=plan, outcome=counts))
    return replace(
        report,
        reference=replace(report.reference, plan=plan, outcome=reference),
        windows=tuple(windows),
        profiles=tuple(profiles),
    )


def drawn(outcome: Outcome, rows: int, loss: float, coverage: float, rng: np.random.Generator) -> OutcomeRows:
    """Rows of a model that has lost so much of its skill, of which so many have a label."""
    known = rng.random(rows) < coverage
    if outcome.task is Task.REGRESSION:
        price = rng.gamma(4, 12, rows)
        guess = price + rng.normal(2 * loss, (4 + price / 20) * (1 + loss), rows)
        return OutcomeRows(guess, np.where(known, price, np.nan))
    if outcome.task is Task.MULTICLASS:
        came = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
        skill = rng.gamma(1.0, 1.0, (rows, 3)) + 3 * (1 - 0.6 * loss) * rng.random((rows, 1)) * np.eye(3)[came]
        scores = tuple((skill / skill.sum(axis=1, keepdims=True)).T)
        return OutcomeRows(said_by(outcome, scores), np.where(known, came, 3), scores)
    score = rng.beta(0.6, 1.8, rows)
    truth = rng.random(rows) < np.clip(score * (1 - loss) + 0.25 * loss, 0, 1)
    return OutcomeRows(said_by(outcome, [score]), np.where(known, truth.astype(np.int64), 2), (score,))


def _judged(window: WindowReport, outcome: Outcome, counts: OutcomeCounts, reference: OutcomeCounts, loss: float) -> WindowReport:
    if outcome.task is Task.REGRESSION:
        metrics = [_metric("mae", "mean absolute error", "lower", _mae, counts, reference, window, loss)]
    else:
        metrics = [_metric("accuracy", "accuracy", "higher", _accuracy, counts, reference, window, loss)]
    if outcome.task is Task.BINARY:
        metrics.insert(0, _metric("roc_auc", "ROC AUC", "higher", _auc, counts, reference, window, loss))
    metrics[0] = replace(metrics[0], decides=True)
    return replace(window, performance=tuple(metrics))


def _metric(
    name: str,
    title: str,
    better: str,
    read: Callable[[OutcomeCounts], float],
    counts: OutcomeCounts,
    reference: OutcomeCounts,
    window: WindowReport,
    loss: float,
) -> MetricReport:
    n, usual, sign = counts.labelled, read(reference), 1.0 if better == "lower" else -1.0
    floor = 0.02 if better == "higher" else 0.1 * usual
    error = (0.5 if better == "higher" else 6.0) / math.sqrt(max(n, 1))
    value = read(counts) if n > 20 else None
    worsening = None if value is None else sign * (value - usual)
    half = 1.64 * error
    verdict, cause = Verdict.INCONCLUSIVE, Cause.NO_LABELS if not n else Cause.TOO_FEW_ROWS
    if worsening is not None and worsening - half > floor:
        verdict, cause = Verdict.DRIFTED, Cause.WORSE
    elif worsening is not None and worsening + half < floor:
        verdict, cause = Verdict.STABLE, Cause.NO_CHANGE
    guess = usual + sign * loss * (0.12 if better == "higher" else usual)
    guessed = Estimate(
        value=guess,
        interval=(guess - 2 * floor, guess + 2 * floor),
        method="PAPE",
        trusted=loss < 0.7,
        why="" if loss < 0.7 else "the relation changed",
    )
    return MetricReport(
        metric=name,
        title=title,
        better=better,
        decides=False,
        verdict=verdict,
        cause=cause,
        reason=f"{title} is {value or 0:.3g} on {n:,} rows, and was {usual:.3g}",
        since=window.window.label if verdict is Verdict.DRIFTED else None,
        rows=n,
        coverage=n / window.rows if window.rows else 0.0,
        value=value,
        interval=None if value is None else (value - 1.96 * error, value + 1.96 * error),
        estimate=guessed if loss or not n else None,
        reference=usual,
        worsening=worsening,
        worsening_interval=None if worsening is None else (worsening - half, worsening + half),
        p_value=None if worsening is None else 0.5 * math.erfc(worsening / error / math.sqrt(2)),
        floor=floor,
        threshold=None if value is None else usual + sign * (floor + half),
        detectable=None if value is None else floor + 2.5 * error,
        rows_needed=2 * n if verdict is Verdict.INCONCLUSIVE and n else None,
    )


def _accuracy(counts: OutcomeCounts) -> float:
    table = counts.table[:-1, :-1]
    return float(table.trace() / table.sum())


def _auc(counts: OutcomeCounts) -> float:
    table: NDArray[np.float64] = counts.scores[0][:-1].sum(axis=1)[:, :2].astype(float)
    negatives, positives = table.T
    below = np.cumsum(negatives) - negatives / 2
    return float((positives * below).sum() / (positives.sum() * negatives.sum()))


def _mae(counts: OutcomeCounts) -> float:
    middles = np.concatenate([GRID[1][:1], (np.array(GRID[1][1:]) + np.array(GRID[1][:-1])) / 2, GRID[1][-1:]])
    rows = counts.table[:-1, :-1].sum(axis=0)
    return float((np.abs(middles) * rows).sum() / rows.sum())
