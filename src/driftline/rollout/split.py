"""Evidence from split traffic: champion and challenger on different rows, in the metrics that also compare them on the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError, near_miss
from driftline.rollout.evidence import Evidence, of_means, of_shares
from driftline.rollout.paired import FEWEST, placements
from driftline.rollout.trial import MEASURES, surprise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.rollout.trial import Answers


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The rows of one model.

    Attributes:
        label: float64[n], what came true; NaN where it is not known.
        said: what the model said.
    """

    label: NDArray[np.float64]
    said: Answers

    def judged(self) -> Part:
        """Rows with a label and an answer."""
        known = self.said.known & np.isfinite(self.label)
        return Part(self.label[known], self.said.take(known))


def split_evidence(metric: str, champion: Part, challenger: Part) -> Evidence:
    """By how much the challenger is better in a metric, on rows of its own; nothing where too little is known.

    Shares by their pooled variance, means of losses by each model's own, an AUC by DeLong's variance of each, precision and F1 by
    the delta method.

    Raises:
        ConfigError: there is no such metric, or the models do not say what it needs.
    """
    measure = MEASURES.get(metric)
    if measure is None:
        raise ConfigError(f"no metric {metric!r} compares two models", hint=near_miss(metric, MEASURES))
    if measure.needs == "decisions" and champion.said.decision is None:
        raise ConfigError(f"{metric} needs decisions, and the models give none", hint="give decisions, or choose mae or mse")
    parts = (champion.judged(), challenger.judged())
    if metric in SHARES:
        return of_shares(*(_hits(part, SHARES[metric]) for part in parts))
    if metric in LOSSES:
        return of_means(*(_mean(LOSSES[metric](part.said.score, part.label)) for part in parts))
    found = [ESTIMATES[metric](part) for part in parts]
    if any(one is None for one in found):
        return Evidence()
    (first, spread), (second, own) = (one for one in found if one is not None)
    variance = spread + own
    return Evidence((second - first) / variance, 1 / variance, sum(len(part.label) for part in parts)) if variance > 0 else Evidence()


def _hits(part: Part, among: float | None) -> tuple[int, int]:
    """Right decisions among the rows of a class, or among all."""
    asked = np.ones(len(part.label), dtype=np.bool_) if among is None else part.label == among
    right = np.asarray(part.said.decision == part.label)
    return int(right[asked].sum()), int(asked.sum())


def _mean(losses: NDArray[np.float64]) -> tuple[float, float, int]:
    return (float(losses.mean()), float(losses.var(ddof=1)), len(losses)) if len(losses) > 1 else (0.0, 0.0, len(losses))


def _auc(part: Part) -> tuple[float, float] | None:
    positive = part.label == 1
    if min(int(positive.sum()), int((~positive).sum())) < FEWEST:
        return None
    of_positives, of_negatives = placements(part.said.score, positive)
    variance = float(of_positives.var(ddof=1)) / len(of_positives) + float(of_negatives.var(ddof=1)) / len(of_negatives)
    return float(of_positives.mean()), variance


def _precision(part: Part) -> tuple[float, float] | None:
    yes = np.asarray(part.said.decision == 1)
    return _ratio(1.0 * (yes & (part.label == 1)), 1.0 * yes)


def _f1(part: Part) -> tuple[float, float] | None:
    yes, came = np.asarray(part.said.decision == 1), part.label == 1
    return _ratio(2.0 * (yes & came), 1.0 * yes + came)


def _ratio(over: NDArray[np.float64], under: NDArray[np.float64]) -> tuple[float, float] | None:
    behind = int((under != 0).sum())
    if behind < FEWEST:
        return None
    ratio = float(over.sum() / under.sum())
    influence = over - ratio * under
    return ratio, float(influence @ influence) / float(under.sum()) ** 2 * behind / (behind - 1)


SHARES: dict[str, float | None] = {"accuracy": None, "recall": 1.0, "specificity": 0.0}
LOSSES: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    "log_loss": surprise,
    "brier": lambda score, label: (score - label) ** 2,
    "mse": lambda score, label: (score - label) ** 2,
    "mae": lambda score, label: np.abs(score - label),
}
ESTIMATES: dict[str, Callable[[Part], tuple[float, float] | None]] = {"roc_auc": _auc, "precision": _precision, "f1": _f1}
