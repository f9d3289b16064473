"""What is asked of a window's counts: one metric, and the counts in the shape in which metrics read them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from driftline.errors import ConfigError
from driftline.performance.interval import Value, unknown
from driftline.profile import moments
from driftline.profile.outcome import SUM_STEP, OutcomeCounts, Said
from driftline.profile.ranks import RankCounts, ranks_of
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One metric asked of one window.

    Attributes:
        outcome: how predictions and labels were counted.
        counts: the window's counts; for a ranking `RankCounts` do too.
        confidence: of the interval.
        parameter: the number in the metric's name: beta, the share, the quantile or k; NaN where it has none.
        target: the class that counts as positive, against all the others; None for the binary positive class.
        read: what questions about the same counts have read from them already.
    """

    outcome: Outcome
    counts: OutcomeCounts | RankCounts
    confidence: float = 0.95
    parameter: float = math.nan
    target: str | None = None
    read: dict[tuple[str, int], Any] = field(default_factory=dict, repr=False)

    @property
    def counted(self) -> OutcomeCounts:
        """The counts of a classification or a regression."""
        if isinstance(self.counts, OutcomeCounts) and self.outcome.task is not Task.RANKING:
            return self.counts
        raise ConfigError(f"these are counts of a ranking, not of a {self.outcome.task.value} model", hint="ask for metrics of a ranking")

    @property
    def ranked(self) -> RankCounts:
        """The counts of a ranking."""
        if isinstance(self.counts, RankCounts):
            return self.counts
        if self.outcome.task is not Task.RANKING or self.outcome.query is None:
            raise ConfigError("metrics of a ranking need its counts by query", hint="say task: ranking, and columns: {query: …}")
        return ranks_of(self.outcome, self.counts)

    def about(self, parameter: float, target: str | None) -> Question:
        """Another question about the same counts."""
        return Question(self.outcome, self.counts, self.confidence, parameter, target, self.read)

    def once(self, what: str, place: int, make: Callable[[], T]) -> T:
        """What was made of the counts before, for this class; made now if it was not."""
        key = what, place
        found: T | None = self.read.get(key)
        if found is None:
            found = self.read[key] = make()
        return found

    @property
    def labelled(self) -> int:
        """How many rows have a label that can be read."""
        return self.once("labelled", 0, lambda: self.counts.labelled if isinstance(self.counts, OutcomeCounts) else 0)

    def confusion(self) -> NDArray[np.float64]:
        """Said × came true, of the rows that have both; not to be written to. Shape: K × K."""
        return self.once("confusion", 0, lambda: self.counted.table[:-1, :-1].astype(np.float64))

    def two_by_two(self) -> NDArray[np.float64]:
        """The same for one class against the rest, (negative, positive) × (negative, positive); not to be written to."""
        place = self.place
        return self.once("two by two", place, lambda: self._two_by_two(place))

    def _two_by_two(self, place: int) -> NDArray[np.float64]:
        table = self.confusion()
        positive, said, came = table[place, place], table[place].sum(), table[:, place].sum()
        return np.array([[table.sum() - said - came + positive, came - positive], [said - positive, positive]])

    @property
    def place(self) -> int:
        """The place of the class that counts as positive."""
        return len(self.outcome.classes) - 1 if self.target is None else self.outcome.classes.index(self.target)

    @property
    def positive(self) -> str:
        """What the positive class is called in a sentence."""
        return "positive" if self.target is None else repr(self.target)

    def only_one_class(self, rows: float) -> Value:
        """The answer where a metric needs both classes and there is one."""
        return unknown("all labels are of one class" if rows else "no row has a label and a score", round(rows))

    def scored(self, place: int | None = None) -> Scored:
        """Rows by score bin and label, for one class against the rest; by default the positive one."""
        place = self.place if place is None else place
        return self.once("scored", place, lambda: self._scored(place))

    def held(self) -> Scored:
        """The same, only the bins that hold rows."""
        return self.once("held", self.place, lambda: self.scored().held())

    def _scored(self, place: int) -> Scored:
        counts, sums = (parts[0 if self.outcome.task is Task.BINARY else place] for parts in (self.counted.scores, self.counted.sums))
        cells = counts[:-1].reshape(len(counts) - 1, -1).astype(np.float64)
        # Of a binary model rows are counted by what was said, too: a product adds that up several times as fast as a sum would.
        sides = np.tile(np.eye(len(Said)), cells.shape[1] // len(Said))[: Said.UNKNOWN]
        negatives, positives = sides @ cells.T
        negative_scores, positive_scores = np.ascontiguousarray(sums[:-1, : Said.UNKNOWN].T) * SUM_STEP
        found = Scored(negatives, positives, negative_scores, positive_scores)
        return found if self.outcome.task is not Task.BINARY or place else found.mirrored()

    def loss(self, name: str) -> Loss:
        """Mean and variance of a row-wise loss that was summed exactly."""
        return self.once("losses", 0, self._losses)[name]

    def _losses(self) -> dict[str, Loss]:
        counted, grids = self.counted, np.array(self.outcome.grids)
        found = moments.means(counted.measures, counted.measured, grids[:, 0], grids[:, 1])
        rows = zip(self.outcome.measures, found.tolist(), counted.measured.tolist(), strict=True)
        return {name: Loss(mean, variance, many) for name, (mean, variance), many in rows}


@dataclass(frozen=True, slots=True)
class Loss:
    """Mean and variance (divisor n) of a row-wise loss over so many rows."""

    mean: float
    variance: float
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows with a usable score and a label, by score bin from the lowest to the highest.

    Attributes:
        negatives: float64[bins], rows of the other classes.
        positives: float64[bins], rows of the class that counts as positive.
        negative_scores: float64[bins], the sum of the negatives' scores.
        positive_scores: float64[bins], the sum of the positives' scores.
    """

    negatives: NDArray[np.float64]
    positives: NDArray[np.float64]
    negative_scores: NDArray[np.float64]
    positive_scores: NDArray[np.float64]

    @property
    def rows(self) -> NDArray[np.float64]:
        """Rows by bin."""
        return self.negatives + self.positives

    @property
    def means(self) -> NDArray[np.float64]:
        """The mean score in each bin; 0 in empty ones."""
        return _over(self.negative_scores + self.positive_scores, self.rows)

    @property
    def negative_means(self) -> NDArray[np.float64]:
        """The mean score of each bin's negatives; 0 where there are none."""
        return _over(self.negative_scores, self.negatives)

    @property
    def positive_means(self) -> NDArray[np.float64]:
        """The mean score of each bin's positives; 0 where there are none."""
        return _over(self.positive_scores, self.positives)

    @property
    def one_sided(self) -> bool:
        """Whether a class is missing."""
        return not (self.negatives.any() and self.positives.any())

    def only(self, bins: NDArray[np.bool_]) -> Scored:
        """Only some of the bins."""
        return Scored(self.negatives[bins], self.positives[bins], self.negative_scores[bins], self.positive_scores[bins])

    def held(self) -> Scored:
        """Only the bins that hold rows."""
        return self.only(self.rows > 0)

    def mirrored(self) -> Scored:
        """The same rows as the other class sees them: its score is 1 − score."""
        return replace(
            self,
            negatives=self.positives[::-1],
            positives=self.negatives[::-1],
            negative_scores=(self.positives - self.positive_scores)[::-1],
            positive_scores=(self.negatives - self.negative_scores)[::-1],
        )


def _over(sums: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(sums, rows, out=np.zeros_like(sums), where=rows > 0)
