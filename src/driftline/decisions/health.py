"""A model's health as one number with its formula: how well and how equally it does, how clean its data is, how much is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from driftline.decisions.gaps import beyond, last_told
from driftline.decisions.losses import deciding, whole
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.decisions.evidence import Evidence
    from driftline.verdicts.report import Report

FORMULA = (
    "100 × (0.5 · performance · fairness + 0.3 · data + 0.2 · knowledge). Performance is 1 without a loss and falls to 0 at a loss of "
    "three times the smallest that matters; fairness is the share of the gaps between groups that, when last told, were within their "
    "limits, 1 where none has a limit; data is the share of the last seven windows that are not spoilt; knowledge is the share of the "
    "last seven windows whose labels were expected and let the metric be told, 1 where no metric is watched."
)
RECENT, FAR = 7, 3.0
PERFORMANCE, DATA, KNOWLEDGE = 0.5, 0.3, 0.2


@dataclass(frozen=True, slots=True)
class Health:
    """The score, from 0 to 100, and its four parts, from 0 to 1."""

    score: float
    performance: float
    fairness: float
    data: float
    knowledge: float


def health(report: Report, evidence: Evidence) -> Health:
    """Score a model.

    Args:
        report: of a check.
        evidence: what was read from it.
    """
    windows = [window for window, _ in whole(report)]
    recent = windows[-RECENT:]
    spoilt = set(evidence.polluted)
    data = sum(window.window.label not in spoilt for window in recent) / len(recent) if recent else 1.0
    loss = evidence.loss
    performance = 1.0 if loss is None or loss.spoilt or not loss.floor else min(max(1 - loss.worsening / (FAR * loss.floor), 0.0), 1.0)
    # A window whose labels have not come yet is not a window of which nothing is known.
    ripe = [metric for window in windows if window.labels is None or not window.labels.provisional if (metric := deciding(window))]
    told = [metric.verdict is not Verdict.INCONCLUSIVE for metric in ripe[-RECENT:]]
    knowledge = sum(told) / len(told) if told else 1.0
    gaps = last_told(windows, spoilt)
    fairness = 1 - len(beyond(gaps)) / len(gaps) if gaps else 1.0
    score = PERFORMANCE * performance * fairness + DATA * data + KNOWLEDGE * knowledge
    return Health(100 * score, performance, fairness, data, knowledge)
