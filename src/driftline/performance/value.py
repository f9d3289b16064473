"""What a model's decisions are worth, in the user's own currency: by an amount for each kind of outcome, or by an expression per row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.errors import ConfigError
from driftline.performance.classification import NO_ROWS, PSEUDO
from driftline.performance.interval import Value, difference, mean, skewness, through, unknown
from driftline.performance.question import Question
from driftline.profile.outcome import WORTH
from driftline.schema import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome, OutcomeCounts


@dataclass(frozen=True, slots=True)
class ValueMatrix:
    """What each kind of row is worth; costs are negative.

    Attributes:
        true_positive: of a row rightly called positive.
        false_positive: of a row wrongly called positive.
        true_negative: of a row rightly called negative.
        false_negative: of a row wrongly called negative.
        currency: what amounts are counted in.
    """

    true_positive: float
    false_positive: float
    true_negative: float
    false_negative: float
    currency: str = ""

    @property
    def amounts(self) -> NDArray[np.float64]:
        """Said × came true, (negative, positive) × (negative, positive)."""
        return np.array([[self.true_negative, self.false_negative], [self.false_positive, self.true_positive]])


@dataclass(frozen=True, slots=True)
class Worth:
    """What a window's decisions are worth.

    Attributes:
        per_row: the mean over labelled rows.
        per_window: that mean times all predicted rows, labelled or not; the interval is for rows that come as these did.
        per_day: the same over the window's days.
    """

    per_row: Value
    per_window: Value
    per_day: Value


def value_per_row(matrix: ValueMatrix | None, outcome: Outcome, counts: OutcomeCounts, confidence: float = 0.95) -> Value:
    """Mean value of the rows that have a prediction and a label.

    The amounts occur as often as they were counted; for the interval's variance and skewness two more rows are spread evenly
    over the four kinds, for a kind that was not seen may still come. Without a matrix it is what was summed of `Outcome.worth`, with
    Student's interval.

    Raises:
        ConfigError: there is a matrix, and the model is not a binary one.
    """
    if matrix is None:
        found = Question(outcome, counts).loss(WORTH)
        return mean(found.mean, found.variance, 0.0, found.rows, confidence) if found.rows else unknown(NO_ROWS)
    if outcome.task is not Task.BINARY:
        raise ConfigError(f"a value matrix is for binary models, and this is a {outcome.task.value} one", hint="leave the value matrix out")
    table = Question(outcome, counts).confusion()
    rows = round(table.sum())
    if not rows:
        return unknown(NO_ROWS)
    amounts = matrix.amounts
    smooth = table + PSEUDO / table.size
    center = float((smooth * amounts).sum() / smooth.sum())
    variance = float((smooth * (amounts - center) ** 2).sum() / smooth.sum())
    skew = skewness(smooth.ravel(), amounts.ravel())
    return mean(float((table * amounts).sum() / rows), variance, skew, rows, confidence)


def worth(matrix: ValueMatrix | None, outcome: Outcome, counts: OutcomeCounts, days: float, confidence: float = 0.95) -> Worth:
    """The value of one window of so many days; rows without a label are taken to be worth what the others are.

    Raises:
        ConfigError: the model is not a binary one, or the window has no length.
    """
    per_row = value_per_row(matrix, outcome, counts, confidence)
    return _worth(per_row, int(counts.table[:-1].sum()), days)


def worth_change(
    matrix: ValueMatrix | None, outcome: Outcome, reference: OutcomeCounts, counts: OutcomeCounts, days: float, confidence: float = 0.95
) -> Worth:
    """The value of one window less what as many rows were worth in the reference: the price of a drop, per day.

    Raises:
        ConfigError: the model is not a binary one, or the window has no length.
    """
    now = value_per_row(matrix, outcome, counts, confidence)
    then = value_per_row(matrix, outcome, reference, confidence)
    return _worth(difference(now, then), int(counts.table[:-1].sum()), days)


def _worth(per_row: Value, rows: int, days: float) -> Worth:
    if not days > 0:
        raise ConfigError(f"a window of {days:g} days has no value per day", hint="give the window's length in days, above 0")
    return Worth(per_row, _times(per_row, rows), _times(per_row, rows / days))


def _times(value: Value, factor: float) -> Value:
    return through(value, lambda amount: amount * factor, factor)
