"""Early labels: whether those that come soon are like those that come late, so that a model may be judged before all have come.

Of predictions so old that nearly all labels have come, delays are counted by what the label says and by whether the model was right.
Where both kinds of each wait equally long (χ² on the quarters of all delays), labels that came early are a fair sample of all.
Where one class comes sooner, but of each class what the model met and what it missed wait equally long, they are a fair sample of each
class: enough for what does not depend on how many there are of each, as the area under the ROC curve.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.performance.maturity import AGES, NEARLY_ALL, DelayCounts, learn_delays, places
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.performance.maturity import Delays
    from driftline.profile.outcome import Outcome
    from driftline.profile.outcome_rows import OutcomeRows

MOST_CLASSES = 20
"""Of more classes only right and wrong are told apart."""

FEWEST = 50
"""Of a rarer kind nobody can tell how late its labels come."""

COVERED = 0.95
"""Kinds that are told of must make up so much of all labels."""

UNLIKELY, FLOOR = 0.01, 0.02
"""Labels are not alike where their delays differ by more than chance and by a population stability index above this."""

QUARTERS = 4

SPREAD = 16
"""So many points stand for the predictions of a window."""


def sorts(outcome: Outcome) -> int:
    """How many sorts of labels are told apart by what they say; of each those that the model met and those that it missed."""
    return 2 if outcome.task in {Task.REGRESSION, Task.RANKING} or len(outcome.classes) > MOST_CLASSES else len(outcome.classes)


def sort_labels(outcome: Outcome, rows: OutcomeRows) -> NDArray[np.int64]:
    """Each row's sort: twice that of its label, and one more where the model missed it; -1 without a label."""
    came, said = np.asarray(rows.came), np.asarray(rows.said)
    if outcome.task is Task.RANKING:
        # Whether a single row was well placed cannot be said.
        return np.where(np.isfinite(came), 2 * (came > 0), -1)
    if outcome.task is Task.REGRESSION:
        # Residuals have bins of their own; half of the reference's lie beyond the middle ones.
        usual = float(np.median(np.abs(outcome.arrays[1]))) if len(outcome.arrays) > 1 and outcome.arrays[1].size else outcome.scale
        what = (came > outcome.center).astype(np.int64)
        return np.where(np.isfinite(came), 2 * what + ~(np.abs(came - said) <= usual), -1)
    classes = len(outcome.classes)
    what = came.astype(np.int64) if sorts(outcome) == classes else np.zeros(came.size, dtype=np.int64)
    return np.where(came < classes, 2 * what + (came != said), -1)


def count_early(
    sort: NDArray[np.int64], many: int, predicted: NDArray[np.float64], labelled: NDArray[np.float64], as_of: float
) -> NDArray[np.int64]:
    """Labels by sort, by the age of their prediction and by their delay: int64[2 · many, bins, bins]. Counts of different rows add.

    Args:
        sort: each row's, -1 without a label.
        many: how many sorts there are.
        predicted: when each prediction was made, in seconds since 1970.
        labelled: when its label came; NaN where none has.
        as_of: now.
    """
    found = np.zeros((2 * many, AGES.size, AGES.size), dtype=np.int64)
    known = (sort >= 0) & (labelled <= as_of) & (predicted <= as_of)
    delay = np.maximum(labelled[known] - predicted[known], 0.0)
    np.add.at(found, (sort[known], places(as_of - predicted[known]), places(delay)), 1)
    return found


def settled_age(delays: Delays) -> int:
    """The bin of ages from which on nearly all labels have come."""
    return int(np.searchsorted(delays.share, NEARLY_ALL * delays.ever)) + 1


def with_likeness(delays: Delays, came: NDArray[np.int64]) -> Delays:
    """The delays, knowing how far labels that come early are like the others.

    Args:
        delays: what was learnt.
        came: int64[2 · sorts, bins], labels of predictions that are old enough, by their delay.
    """
    return replace(delays, alike=alike(came), by_class=alike_by_class(came))


def alike_by_class(came: NDArray[np.int64]) -> bool:
    """Whether of each class what the model met and what it missed wait equally long; false where too few have come to know."""
    by = came.reshape(-1, 2, came.shape[-1])
    return len(by) > 1 and all(_same(one) for one in by)


def alike(came: NDArray[np.int64]) -> bool:
    """Whether all sorts of labels wait equally long; false where too few have come to know.

    Args:
        came: int64[2 · sorts, bins], labels of predictions that are old enough, by their delay.
    """
    by = came.reshape(-1, 2, came.shape[-1])
    what, missed = by.sum(1), by.sum(0)
    return _same(what) and _same(missed) if len(what) > 1 else _same(missed)


def _same(counts: NDArray[np.int64]) -> bool:
    """Whether the rows of a table of delays are the same but for chance. Shape: sorts × bins."""
    upto = counts.sum(0).cumsum()
    total = int(upto[-1])
    rows = counts[counts.sum(1) >= FEWEST]
    if not len(rows) or rows.sum() < COVERED * total:
        return False
    if len(rows) == 1:
        # All but a few are of one sort: there is nothing to be unlike.
        return True
    ends = np.unique(np.searchsorted(upto, total * np.arange(1, QUARTERS) / QUARTERS))
    # Delays that many labels share, such as the end of a term, are a quarter of their own.
    starts = np.unique(np.concatenate([[0], ends, np.minimum(ends + 1, counts.shape[1] - 1)]))
    table = np.add.reduceat(rows, starts, axis=1).astype(np.float64)
    table = table[:, table.sum(0) > 0]
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    statistic, freedom = float(((table - expected) ** 2 / expected).sum()), (len(table) - 1) * (table.shape[1] - 1)
    return not freedom or float(special.chdtrc(freedom, statistic)) >= UNLIKELY or _distance(table) <= FLOOR


def _distance(table: NDArray[np.float64]) -> float:
    """The greatest population stability index between a sort's delays and those of all."""
    shares = (table + 0.5) / (table + 0.5).sum(1, keepdims=True)
    usual = (table.sum(0) + 0.5) / (table.sum(0) + 0.5).sum()
    return float(((shares - usual) * np.log(shares / usual)).sum(1).max())


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The predictions of a window, spread evenly over it, and the labels of theirs that have come.

    Attributes:
        start, end: in seconds since 1970.
        rows: how many predictions.
        came: int64[2 · sorts, bins], labels by sort and delay.
    """

    start: float
    end: float
    rows: int
    came: NDArray[np.int64]


def learn_cohorts(cohorts: Sequence[Cohort], as_of: float) -> Delays | None:
    """How late labels come, from windows' counts; None where too few predictions are old enough, or none has a label."""
    if not cohorts:
        return None
    start, end, rows = (np.array([getattr(one, name) for one in cohorts], dtype=np.float64) for name in ("start", "end", "rows"))
    labelled = np.array([one.came.sum() for one in cohorts], dtype=np.float64)
    last = np.clip(as_of, start, end)
    ages = np.maximum(as_of - start[:, None] - (np.arange(SPREAD) + 0.5) / SPREAD * (last - start)[:, None], 0.0)
    bins = places(ages.ravel())

    def spread(many: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.rint(np.bincount(bins, np.repeat(many / SPREAD, SPREAD), AGES.size)).astype(np.int64)

    came = np.sum([one.came.sum(0) for one in cohorts], axis=0)
    found = learn_delays(DelayCounts(came=came, waiting=spread(np.maximum(rows - labelled, 0.0)), made=spread(rows)))
    if found is None or found.still_coming:
        return found
    old = [one.came for one in cohorts if as_of - one.end >= AGES[min(settled_age(found), AGES.size - 1)]]
    return with_likeness(found, np.sum(old, axis=0)) if old else found
