"""Metrics of scores as probabilities: log loss, Brier score, and the expected calibration error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.performance.interval import Value, critical, mean, skewness, unknown, within
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from driftline.performance.question import Question, Scored

LEAST = float(np.finfo(np.float64).eps)
"""Probabilities are kept so far from 0 and 1 before their logarithm is taken, as `OutcomeCounts.measures` does."""

GROUPS = 15
"""Scores are grouped into so many groups of like size for the expected calibration error (Guo et al. 2017)."""

ROUNDS, CLOSE = 60, 1e-9
"""The true calibration error is sought in at most so many steps, until what would be found differs by no more from what was."""

PRIOR = 6.0
"""The variance within a group is learnt from so many rows more, of the variance that the scores promise."""


def log_loss(asked: Question) -> Value:
    """Mean of −ln of the probability given to what came true; exact to 2⁻²⁹ of a nat."""
    return within(_mean_loss(asked, "log_loss", lambda given: -np.log(np.clip(given, LEAST, 1.0))), 0.0, math.inf)


def brier(asked: Question) -> Value:
    """Mean squared distance of the scores from what came true (Brier 1950); for many classes summed over classes."""
    most = 1.0 if asked.outcome.task is Task.BINARY else 2.0
    return within(_mean_loss(asked, "brier", lambda given: (1 - given) ** 2), 0.0, most)


def _mean_loss(asked: Question, name: str, of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Value:
    """A mean loss, exact; its skewness as the bins tell it by the probability `given` to what came true."""
    loss = asked.loss(name)
    if not loss.rows:
        return unknown("no row has a label and usable scores")
    counts, given = asked.once("given", 0, lambda: _given(asked))
    return mean(loss.mean, loss.variance, skewness(counts, of(given)), loss.rows, asked.confidence)


def _given(asked: Question) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many rows gave about which probability to what came true."""
    if asked.outcome.task is Task.BINARY:
        scored = asked.scored()
        return np.concatenate([scored.negatives, scored.positives]), np.concatenate([1 - scored.negative_means, scored.positive_means])
    every = [asked.scored(place) for place in range(len(asked.outcome.classes))]
    return np.concatenate([one.positives for one in every]), np.concatenate([one.positive_means for one in every])


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Rows in groups of like score, from the lowest to the highest; no group is empty.

    Attributes:
        rows: float64[groups].
        positives: float64[groups].
        scores: float64[groups], the sum of the scores.
        promised: float64[groups], Σ s (1 − s): the variance of the positives' number if the scores are probabilities.
        squares: float64[groups], Σ (y − s)².
    """

    rows: NDArray[np.float64]
    positives: NDArray[np.float64]
    scores: NDArray[np.float64]
    promised: NDArray[np.float64]
    squares: NDArray[np.float64]

    @property
    def gaps(self) -> NDArray[np.float64]:
        """Share of positives less mean score."""
        return (self.positives - self.scores) / self.rows

    def variances(self, prior: float) -> NDArray[np.float64]:
        """Variance of each gap; it is learnt from `prior` rows more than there are."""
        return np.maximum(self.spreads + prior * self.promised / self.rows, LEAST) / np.maximum(self.rows - 1 + prior, 1.0) / self.rows

    @property
    def spreads(self) -> NDArray[np.float64]:
        """Σ (y − s)² about the group's own gap."""
        return np.maximum(self.squares - self.rows * self.gaps**2, 0.0)


def grouped(scored: Scored, group: NDArray[np.intp]) -> Grouped:
    """Gather bins into groups; `group` names each bin's."""
    count = int(group.max(initial=0)) + 1
    means = scored.means
    # Within a bin scores differ so little that their squares are those of their mean.
    squares = scored.rows * means**2
    parts = [
        scored.rows,
        scored.positives,
        scored.rows * means,
        scored.rows * means - squares,
        scored.positives - 2 * scored.positive_scores + squares,
    ]
    sums = [np.bincount(group, part, count) for part in parts]
    some = sums[0] > 0
    return Grouped(*(np.maximum(part[some], 0.0) for part in sums))


def like_groups(weight: NDArray[np.float64], groups: int) -> NDArray[np.intp]:
    """Name a group for each bin, so that groups hold about the same weight; a bin is never split."""
    middle = np.cumsum(weight) - weight / 2
    return np.asarray(np.minimum(middle * groups / max(weight.sum(), LEAST), groups - 1), dtype=np.intp)


def expected_calibration_error(asked: Question) -> Value:
    """Mean of |share of positives − mean score| over 15 groups of like size, each weighted by its rows (Naeini et al. 2015).

    The number is too large by what chance alone makes of gaps, and so may lie at the upper end of its interval, or be all
    chance. The interval asks which true gaps give a number like this one: gaps in the proportions that were found, larger or
    smaller, each found with normal error, so that its size has a folded normal law.
    """
    scored = asked.held()
    rows = round(scored.rows.sum())
    if not rows:
        return unknown("no row has a label and a score")
    found = grouped(scored, like_groups(scored.rows, GROUPS))
    weight, size, error = found.rows / rows, np.abs(found.gaps), np.sqrt(found.variances(PRIOR))
    # Even gaps hide most behind chance: for the upper end the proportions are evened out by it.
    likely = _Likely(np.array([size, size + error]), weight, error, rows)
    value, z = float(weight @ size), critical(asked.confidence)
    _, spread = likely.found(np.ones(2))
    low, high = _ends(value, z, likely)
    return within(Value(value, float(spread[0]), low, max(high, value), rows), 0.0, 1.0)


class _Likely:
    """What calibration error would be found if the true gaps were so many times those of some shapes.

    Args:
        shapes: float64[shapes, groups], sizes of gaps.
        weight: float64[groups], each group's share of the rows.
        error: float64[groups], the standard error of each gap.
        rows: how many there are.
    """

    def __init__(self, shapes: NDArray[np.float64], weight: NDArray[np.float64], error: NDArray[np.float64], rows: int) -> None:
        self._shapes, self._weight, self._rows = shapes, weight, rows
        self._relative, self._mass, self._even = shapes / error, weight**2, error * math.sqrt(2 / math.pi)
        self._variance, self._squares = error**2, shapes**2 @ weight
        self.whole = shapes @ weight

    def found(self, times: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean and standard deviation, for each shape so many times. Each gap's size has a folded normal law."""
        relative = times[:, None] * self._relative
        gaps, squares = times[:, None] * self._shapes, relative * relative
        folded = self._even * np.exp(squares * -0.5) + gaps * special.erf(relative * math.sqrt(0.5))
        within_groups = ((squares + 1) * self._variance - folded * folded) @ self._mass
        between = times**2 * (self._squares - self.whole**2) / self._rows
        return folded @ self._weight, np.sqrt(np.maximum(within_groups + between, LEAST))


def _ends(value: float, z: float, likely: _Likely) -> tuple[float, float]:
    """The true calibration errors beside which `value` lies z standard deviations high, of gaps of the first shape, and low, of the second.

    Both are sought at once by false position, in the Illinois way (Dowell and Jarratt 1971).
    """
    signs = np.array([z, -z])

    def beyond(times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Above 0 where what is sought is larger."""
        middle, spread = likely.found(times)
        return np.asarray(value - middle - signs * spread)

    # No calibration error exceeds 1.
    low, high = np.zeros(2), 1 / np.maximum(likely.whole, LEAST)
    above, below = beyond(low), beyond(high)
    nothing, all_of_it = above <= 0, below > 0
    above, below, before = np.maximum(above, LEAST), np.minimum(below, -LEAST), np.zeros(2)
    for _ in range(ROUNDS):
        middle = low + above * (high - low) / (above - below)
        found = beyond(middle)
        if (np.abs(found)[~nothing & ~all_of_it] < CLOSE).all():
            break
        up = found > 0
        # An end that stays for a second time counts half.
        above, below = (
            np.where(up, found, np.where(before < 0, above / 2, above)),
            np.where(up, np.where(before > 0, below / 2, below), found),
        )
        low, high, before = np.where(up, middle, low), np.where(up, high, middle), np.where(up, 1.0, -1.0)
    ends = np.where(nothing, 0.0, np.where(all_of_it, 1.0, likely.whole * middle))
    return float(ends[0]), float(ends[1])
