"""A trial: champion and challenger on the same rows, and the metrics in which they can be compared there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from driftline.errors import ConfigError, DataError, near_miss
from driftline.rollout.paired import Gain, auc_gain, mean_gain, ratio_gain, share_gain, untold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

SUREST = 1e-6
"""Scores are kept so far from 0 and 1 before their logarithm is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one model said.

    Attributes:
        score: float64[n], the positive class's score or the predicted number; NaN where it said nothing.
        decision: int[n], the code of the class it chose, −1 where none; None where a number is predicted.
    """

    score: NDArray[np.float64]
    decision: NDArray[np.intp] | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Rows that it answered."""
        there = np.isfinite(self.score)
        return there if self.decision is None else there & (self.decision >= 0)

    def take(self, which: NDArray[np.bool_]) -> Answers:
        """Some of the rows."""
        return Answers(self.score[which], None if self.decision is None else self.decision[which])


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Both models on the same rows, which the challenger never saw.

    Attributes:
        label: float64[n], what came true: a class's code, for binary models 0 or 1, or a number; NaN where not known.
        champion: what it said.
        challenger: what it said.
        segments: by name, what each row belongs to, any values that can be sorted.
        clusters: what hangs together (an entity, a day), if anything does; used for mean losses.
    """

    label: NDArray[np.float64]
    champion: Answers
    challenger: Answers
    segments: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    clusters: NDArray[np.generic] | None = None

    def __post_init__(self) -> None:
        sizes = {"labels": len(self.label), "champion": len(self.champion.score), "challenger": len(self.challenger.score)}
        sizes |= {f"segment {name}": len(codes) for name, codes in self.segments.items()}
        if len(set(sizes.values())) > 1:
            told = ", ".join(f"{name} {size}" for name, size in sizes.items())
            raise DataError(f"rows differ in number: {told}", hint="ask both models about the same rows")
        if (self.champion.decision is None) != (self.challenger.decision is None):
            raise DataError("one model decides and the other does not", hint="give decisions of both, or of neither")

    def __len__(self) -> int:
        return len(self.label)

    def take(self, which: NDArray[np.bool_]) -> Trial:
        """Some of the rows."""
        return Trial(
            self.label[which],
            self.champion.take(which),
            self.challenger.take(which),
            {name: codes[which] for name, codes in self.segments.items()},
            None if self.clusters is None else self.clusters[which],
        )

    def judged(self) -> Trial:
        """The rows that both models answered and whose label is known."""
        return self.take(self.champion.known & self.challenger.known & np.isfinite(self.label))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric in which two models can be compared on the same rows.

    Attributes:
        name: the word by which it is chosen.
        needs: what it is read from: decisions, scores that are probabilities, or predicted numbers.
        function: from judged rows, a margin and a confidence to the gain.
        method: how error and tests come about.
    """

    name: str
    needs: Literal["decisions", "scores", "numbers"]
    function: Callable[[Trial, float, float], Gain]
    method: str


def gain(trial: Trial, metric: str, margin: float = 0.0, confidence: float = 0.95) -> Gain:
    """By how much the challenger is better in a metric, whichever way the metric counts.

    Args:
        trial: the rows; those without label or an answer of either model are left out (the gate counts them).
        metric: its name.
        margin: by how much the challenger may be worse.
        confidence: of the interval.

    Raises:
        ConfigError: there is no such metric, or the models do not say what it needs.
    """
    measure = MEASURES.get(metric)
    if measure is None:
        raise ConfigError(f"no metric {metric!r} compares two models on the same rows", hint=near_miss(metric, MEASURES))
    if measure.needs == "decisions" and trial.champion.decision is None:
        raise ConfigError(f"{metric} needs decisions, and the models give none", hint="give decisions, or choose mae or mse")
    return measure.function(trial.judged(), margin, confidence)


def _accuracy(trial: Trial, margin: float, confidence: float) -> Gain:
    return share_gain(_decided(trial.champion) == trial.label, _decided(trial.challenger) == trial.label, margin, confidence)


def _recall(trial: Trial, margin: float, confidence: float) -> Gain:
    found = _accuracy(trial.take(trial.label == 1), margin, confidence)
    return found if found.known else replace(found, why="no row is labelled positive")


def _specificity(trial: Trial, margin: float, confidence: float) -> Gain:
    found = _accuracy(trial.take(trial.label == 0), margin, confidence)
    return found if found.known else replace(found, why="every row is labelled positive")


def _precision(trial: Trial, margin: float, confidence: float) -> Gain:
    return _ratio(trial, margin, confidence, lambda said, came: (said & came, said))


def _f1(trial: Trial, margin: float, confidence: float) -> Gain:
    return _ratio(trial, margin, confidence, lambda said, came: (2.0 * (said & came), said * 1.0 + came))


def _ratio(
    trial: Trial,
    margin: float,
    confidence: float,
    parts: Callable[[NDArray[np.bool_], NDArray[np.bool_]], tuple[NDArray[np.generic], NDArray[np.generic]]],
) -> Gain:
    came = trial.label == 1
    over_under = [
        tuple(np.asarray(part, dtype=np.float64) for part in parts(_decided(side) == 1, came))
        for side in (trial.champion, trial.challenger)
    ]
    (a, b), (c, d) = over_under
    return ratio_gain((a, b), (c, d), margin, confidence)


def _roc_auc(trial: Trial, margin: float, confidence: float) -> Gain:
    return auc_gain(trial.champion.score, trial.challenger.score, trial.label == 1, margin, confidence)


def _mean_of(loss: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]) -> Callable[[Trial, float, float], Gain]:
    def measured(trial: Trial, margin: float, confidence: float) -> Gain:
        if not len(trial):
            return untold("no row has a label and both answers")
        champion, challenger = (loss(side.score, trial.label) for side in (trial.champion, trial.challenger))
        return mean_gain(champion, challenger, margin, confidence, trial.clusters)

    return measured


def _decided(side: Answers) -> NDArray[np.intp]:
    if side.decision is None:
        raise DataError("a model gives no decisions", hint="give them, or choose a metric of scores")
    return side.decision


def _squared(score: NDArray[np.float64], label: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((score - label) ** 2)


def _absolute(score: NDArray[np.float64], label: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.abs(score - label)


def surprise(score: NDArray[np.float64], label: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithmic loss of each row, scores kept a little away from 0 and 1."""
    held = np.clip(score, SUREST, 1 - SUREST)
    return np.asarray(-special.xlogy(label, held) - special.xlog1py(1 - label, -held))


_TABLE = [
    Measure(name="accuracy", needs="decisions", function=_accuracy, method="McNemar 1947, Tango 1998"),
    Measure(name="recall", needs="decisions", function=_recall, method="McNemar 1947, Tango 1998, on the positive rows"),
    Measure(name="specificity", needs="decisions", function=_specificity, method="McNemar 1947, Tango 1998, on the negative rows"),
    Measure(name="precision", needs="decisions", function=_precision, method="paired ratio by the delta method"),
    Measure(name="f1", needs="decisions", function=_f1, method="paired ratio by the delta method"),
    Measure(name="roc_auc", needs="scores", function=_roc_auc, method="DeLong et al. 1988"),
    Measure(name="log_loss", needs="scores", function=_mean_of(surprise), method="paired t, Hall 1992"),
    Measure(name="brier", needs="scores", function=_mean_of(_squared), method="paired t, Hall 1992"),
    Measure(name="mae", needs="numbers", function=_mean_of(_absolute), method="paired t, Hall 1992"),
    Measure(name="mse", needs="numbers", function=_mean_of(_squared), method="paired t, Hall 1992"),
]

MEASURES = {measure.name: measure for measure in _TABLE}
