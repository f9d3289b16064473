"""Cheap remedies, tried on the labelled rows since a loss: scores calibrated anew, or another threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from driftline.decisions.decision import Gain
from driftline.decisions.evidence import Cheap
from driftline.performance.calibration import against_reference
from driftline.performance.remedy import OBJECTIVES, best_threshold, recalibrate
from driftline.profile.outcome import total_outcome
from driftline.schema import Task
from driftline.verdicts.health import VALUE, matrix
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np

    from driftline.decisions.evidence import Loss
    from driftline.performance.interval import Value
    from driftline.profile.outcome import Outcome, OutcomeCounts
    from driftline.profile.profile import Profile
    from driftline.verdicts.policy import Goal
    from driftline.verdicts.report import WindowReport

LOSSES = {"log_loss": "log_loss", "brier": "brier"}
"""Metrics that calibrated scores may mend."""

MAPS: tuple[Literal["isotonic", "platt"], ...] = ("isotonic", "platt")
"""Ways to calibrate."""

UNLIKELY, CONFIDENT = 1e-4, 0.99
"""Scores have lost their meaning where chance says so this rarely, and a remedy gains at this level: nobody's budget pays for it."""

RECENT = 14
"""Without a loss to begin from, so many of the newest windows whose labels are all there are looked at."""


def cheap_remedies(
    outcome: Outcome | None,
    reference: OutcomeCounts | None,
    windows: Sequence[tuple[WindowReport, Profile]],
    loss: Loss | None,
    goal: Goal,
    spoilt: Collection[str],
    rng: np.random.Generator,
    *,
    remedies: Collection[str] = ("isotonic", "threshold"),
) -> tuple[Cheap, ...]:
    """Try what costs nothing but a setting.

    Args:
        outcome: how outcomes were counted.
        reference: the reference's.
        windows: those since the loss; without a loss, all.
        loss: the loss to mend; None where there is none, and only the scores' meaning is looked at.
        goal: what a healthy model means.
        spoilt: labels of windows that do not count.
        rng: halves the rows.
        remedies: which, of `driftline.decisions.terms.REMEDIES`.
    """
    maps = [one for one in MAPS if one in remedies]
    if outcome is None or reference is None or outcome.task is not Task.BINARY or not outcome.scores:
        return ()
    if loss is None:
        return _meaning(outcome, reference, windows, spoilt, rng, maps)
    counts = _counted(windows, spoilt)
    if counts is None or loss.estimated or loss.ranks or loss.worsening <= 0:
        return ()
    if loss.metric in LOSSES:
        return _calibrated(outcome, counts, loss.metric, loss.worsening, rng, maps)
    if "threshold" in remedies and (loss.metric in OBJECTIVES or loss.metric in {"f1", VALUE}):
        return _moved(outcome, counts, loss, goal, rng)
    return ()


def _counted(windows: Sequence[tuple[WindowReport, Profile]], spoilt: Collection[str]) -> OutcomeCounts | None:
    found = [profile.outcome for window, profile in windows if window.window.label not in spoilt and profile.outcome is not None]
    return total_outcome(found) if found else None


def _meaning(
    outcome: Outcome,
    reference: OutcomeCounts,
    windows: Sequence[tuple[WindowReport, Profile]],
    spoilt: Collection[str],
    rng: np.random.Generator,
    maps: Sequence[Literal["isotonic", "platt"]],
) -> tuple[Cheap, ...]:
    """Scores that rank as well as before, and no longer mean what they meant."""
    ripe = [pair for pair in windows if pair[0].labels is not None and pair[0].labels.settled][-RECENT:]
    worse = [metric for window, _ in ripe[-1:] for metric in window.performance if metric.metric == "log_loss"]
    counts = _counted(ripe, spoilt)
    if counts is None or not any(metric.verdict is Verdict.DRIFTED for metric in worse):
        return ()
    # Fewer outcomes than the test can use give NaN, which is not below anything.
    if not against_reference(outcome, reference, counts).p_value < UNLIKELY:
        return ()
    return _calibrated(outcome, counts, "log_loss", max(worse[0].worsening or 0.0, worse[0].floor), rng, maps)


def _calibrated(
    outcome: Outcome,
    counts: OutcomeCounts,
    metric: str,
    worsening: float,
    rng: np.random.Generator,
    maps: Sequence[Literal["isotonic", "platt"]],
) -> tuple[Cheap, ...]:
    told: list[Cheap] = []
    for method in maps:
        found = recalibrate(outcome, counts, rng, method, confidence=CONFIDENT)
        gain = found.log_loss if metric == "log_loss" else found.brier
        how = " by a logistic curve" if method == "platt" else ""
        told += _remedy(f"recalibrate{how}", metric, metric, gain, worsening, f"scores calibrated anew{how} bring {metric} down by")
    return tuple(told)


def _moved(outcome: Outcome, counts: OutcomeCounts, loss: Loss, goal: Goal, rng: np.random.Generator) -> tuple[Cheap, ...]:
    objective = matrix(goal) if loss.metric == VALUE else loss.metric
    if objective is None:
        # What another threshold would bring is not in sums of what rows were worth.
        return ()
    found = best_threshold(objective, outcome, counts, rng, confidence=CONFIDENT)
    said = f"a threshold of {found.at:.3g} brings {loss.title} up by"
    return _remedy(f"move the threshold to {found.at:.3g}", loss.metric, loss.title, found.gain, loss.worsening, said)


def _remedy(kind: str, metric: str, unit: str, gain: Value, worsening: float, said: str) -> tuple[Cheap, ...]:
    """The remedy with what it gains; none where that cannot be told."""
    if gain.why:
        return ()
    sentence = f"{said} {gain.value:.3g} ({gain.low:.3g} to {gain.high:.3g}) on {gain.rows:,} rows"
    kept = Gain(gain.value, gain.low, gain.high, unit, 0.0)
    return (Cheap(kind=kind, what=metric, gain=kept, restores=gain.value / worsening, sentence=sentence),)
