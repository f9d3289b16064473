"""Metrics of ranks by score: ROC AUC, average precision, and what is found among the highest scores.

Within a score bin rows count as tied, so these are the raw rows' numbers as far as bins tell scores apart: AUC is within
half the sum over bins of (share of positives × share of negatives), 0.0005 where 1,024 bins hold a like share of both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.performance.interval import Value, bounded, critical, logit, through, unknown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.question import Question, Scored

PRIOR = 1.0
"""The variance of placements is learnt from so many rows more, of the variance that Hanley and McNeil 1982 expect."""

LEAST = 1e-12
"""What is nearer to 1 than this differs from it by rounding."""

NEIGHBOURS, FEWEST_NEIGHBOURS = 0.25, 10.0
"""The share of positives at a cut is learnt from so large a part of the rows above it, on either side, and from at least so many rows."""


@dataclass(frozen=True, slots=True)
class Placements:
    """An AUC and where its error comes from (DeLong, DeLong and Clarke-Pearson 1988).

    Attributes:
        value: the AUC, ties counting half.
        center: the same, kept off 0 and 1.
        of_positives: variance that comes from which positives there are.
        of_negatives: variance that comes from which negatives there are.
        positives: how many there are.
        negatives: how many there are.
    """

    value: float
    center: float
    of_positives: float
    of_negatives: float
    positives: float
    negatives: float

    @property
    def variance(self) -> float:
        """The AUC's variance: both terms."""
        return self.of_positives + self.of_negatives

    @property
    def df(self) -> float:
        """Degrees of freedom behind the variance (Welch 1947)."""
        one = self.of_positives**2 / max(self.positives - 1, 1.0)
        return self.variance**2 / (one + self.of_negatives**2 / max(self.negatives - 1, 1.0))


def placements(scored: Scored) -> Placements:
    """ROC AUC with midranks within bins, and DeLong's variance from binned counts. Both classes must have rows."""
    negatives, positives = scored.negatives, scored.positives
    many, few = float(negatives.sum()), float(positives.sum())
    below = (np.cumsum(negatives) - negatives / 2) / many
    above = 1 - (np.cumsum(positives) - positives / 2) / few
    value = float(positives @ below) / few
    center = (value * many * few + 0.5) / (many * few + 1)
    of_positives = float(positives @ (below - value) ** 2) + PRIOR * (center / (2 - center) - center**2)
    of_negatives = float(negatives @ (above - value) ** 2) + PRIOR * (2 * center**2 / (1 + center) - center**2)
    return Placements(
        value=value,
        center=center,
        of_positives=of_positives / (few - 1 + PRIOR) / few,
        of_negatives=of_negatives / (many - 1 + PRIOR) / many,
        positives=few,
        negatives=many,
    )


def roc_auc(asked: Question) -> Value:
    """Area under the ROC curve: how often a positive scores higher than a negative, ties counting half."""
    scored = asked.scored()
    rows = round(scored.rows.sum())
    if scored.one_sided:
        return asked.only_one_class(rows)
    found = placements(scored)
    if found.value in {0.0, 1.0}:
        return flawless(found.value, min(found.positives, found.negatives), rows, asked.confidence)
    return logit(found.value, found.center, found.variance, rows, asked.confidence, found.df)


def flawless(value: float, fewest: float, rows: int, confidence: float) -> Value:
    """A ranking without any mistake (or, at 0, with nothing else).

    What was seen has no variance to learn from, so as much is granted as would go unseen in the rarer class (or query) of
    `fewest` rows: a share ε of them at the wrong end, with (1 − ε)^fewest = (1 − confidence) / 2.
    """
    unseen = 1 - ((1 - confidence) / 2) ** (1 / fewest)
    low, high = (1 - unseen, 1.0) if value else (0.0, unseen)
    return Value(value, unseen / (2 * critical(confidence)), low, high, rows)


def average_precision(asked: Question) -> Value:
    """Average precision: Σ (recall gained at a threshold) × (precision from it on), thresholds lying between bins.

    The interval is symmetric in log odds, with Student's t for as many degrees of freedom as there are positives less one
    (Boyd, Eng and Page 2013, with the delta method's variance for multinomial counts).
    """
    scored = asked.held()
    rows, few = round(scored.rows.sum()), float(scored.positives.sum())
    if not few:
        return unknown("no row with a score is labelled positive" if rows else "no row has a label and a score", rows)
    hits = np.cumsum(scored.positives[::-1])[::-1]
    all_above = np.cumsum(scored.rows[::-1])[::-1]
    gained = scored.positives / few
    value = float(gained @ (hits / all_above))
    # The slopes in the count of each bin's positives and negatives.
    more = (hits / all_above - value) / few + np.cumsum(gained * (all_above - hits) / all_above**2)
    fewer = -np.cumsum(gained * hits / all_above**2)
    if value > 1 - LEAST:
        return flawless(1.0, few, rows, asked.confidence)
    variance = float(scored.positives @ more**2 + scored.negatives @ fewer**2)
    return logit(value, value, variance, rows, asked.confidence, max(few - 1, 1.0))


def precision_at(asked: Question) -> Value:
    """Share of positives among the highest-scored rows; of the bin at the cut only as much as is needed, evenly."""
    scored = asked.scored()
    rows = float(scored.rows.sum())
    if not rows:
        return unknown("no row has a label and a score")
    top = _top(scored, asked.parameter)
    center = (top.hits + 0.5) / (top.rows + 1)
    # A cut that moves takes in or leaves out rows with the cut's own share of positives.
    variance = (center * (1 - center) + (1 - asked.parameter) * (center - top.at_cut) ** 2) / top.rows
    return bounded(top.hits / top.rows, center, variance, math.ceil(top.rows), asked.confidence)


def recall_at(asked: Question) -> Value:
    """Share of all positives that are among the highest-scored rows: the cumulative gain."""
    scored = asked.scored()
    rows, few = float(scored.rows.sum()), float(scored.positives.sum())
    if not few:
        return unknown("no row with a score is labelled positive" if rows else "no row has a label and a score", round(rows))
    top = _top(scored, asked.parameter)
    cells = np.array([top.hits, top.rows - top.hits, few - top.hits, rows - top.rows - few + top.hits]) + 0.5
    cells = np.maximum(cells, 0.5)
    center = float(cells[0] / (cells[0] + cells[2]))
    slope = np.array([1 - top.at_cut - center, -top.at_cut, -center, 0.0]) * cells.sum() / (cells[0] + cells[2])
    share = cells / cells.sum()
    variance = float(share @ slope**2 - (share @ slope) ** 2) / rows
    return bounded(top.hits / few, center, variance, round(few), asked.confidence)


def lift_at(asked: Question) -> Value:
    """Share of positives among the highest-scored rows over that among all rows: the gain over the share looked at."""
    return through(recall_at(asked), lambda gain: gain / asked.parameter, 1 / asked.parameter)


@dataclass(frozen=True, slots=True)
class _Top:
    """The highest-scored rows: how many they are, how many of them are positive, and the share of positives at the cut."""

    rows: float
    hits: float
    at_cut: float


def _top(scored: Scored, share: float) -> _Top:
    rows, positives = scored.rows[::-1], scored.positives[::-1]
    wanted = share * rows.sum()
    upto = np.cumsum(rows)
    taken = _overlap(rows, upto, 0.0, wanted)
    near = max(NEIGHBOURS * wanted, FEWEST_NEIGHBOURS)
    around = _overlap(rows, upto, wanted - near, wanted + near)
    part = np.divide(positives, rows, out=np.zeros_like(rows), where=rows > 0)
    return _Top(float(wanted), float(taken @ part), float(around @ part / around.sum()))


def _overlap(rows: NDArray[np.float64], upto: NDArray[np.float64], start: float, stop: float) -> NDArray[np.float64]:
    """How many of each bin's rows lie between two ranks."""
    return np.asarray(np.maximum(np.minimum(upto, stop) - np.maximum(upto - rows, start), 0.0))
