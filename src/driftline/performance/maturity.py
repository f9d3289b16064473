"""Maturity: how many of a window's labels have come, how many usually have at its age, and when nearly all will have.

How late labels come is learnt from predictions whose labels came and from those that still wait, which are censored at
their age (Kaplan and Meier 1958). Delays are counted in fixed bins, so that the counts of any two sets of predictions add;
within a bin a row that still waits counts as half at risk (the actuarial estimate of Berkson and Gage 1950).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from numpy.typing import NDArray

EIGHTHS = np.cumprod([1.0, *[np.sqrt(np.sqrt(np.sqrt(2.0)))] * 7])
"""Square roots and products are rounded in the same way by every machine; powers need not be."""

OCTAVES = 27
"""Ages from one second to 2²⁷ seconds, four years and three months."""

AGES = np.concatenate([[0.0], np.outer(2.0 ** np.arange(OCTAVES), EIGHTHS).ravel(), [2.0**OCTAVES]])
"""Where the bins of delays and ages begin, in seconds: eight to a doubling; the last is open."""

FEWEST = 100
"""A delay is known only as far as so many predictions were old enough to show it."""

NEARLY_ALL = 0.95
"""A window is mature when so much of what will ever come is expected to have come."""

LATEST, STILL_COMING = 0.9, 0.02
"""Where the last tenth of the ages that were seen brought more than this share of the labels, more will come later."""

SURPRISING = 0.01
"""Fewer labels than this probable are missing, not late."""

POINTS = 64
"""A window's predictions are taken to be spread evenly over it: so many points stand for them."""


@dataclass(frozen=True, slots=True, eq=False)
class DelayCounts:
    """How late labels came, and for how long predictions without one have waited. Counts of different predictions add.

    Attributes:
        came: int64[bins], predictions whose label came, by its delay.
        waiting: int64[bins], predictions without a label, by their age.
        made: int64[bins], all predictions, by their age: so many were old enough to show a delay.
        early: how many labels are older than their prediction; they count as come at once.
    """

    came: NDArray[np.int64]
    waiting: NDArray[np.int64]
    made: NDArray[np.int64]
    early: int = 0

    def __add__(self, other: DelayCounts) -> DelayCounts:
        """Count both together."""
        return DelayCounts(self.came + other.came, self.waiting + other.waiting, self.made + other.made, self.early + other.early)


@dataclass(frozen=True, slots=True, eq=False)
class Delays:
    """What usually has come by which age.

    Attributes:
        share: float64[bins], share of the predictions whose label has come by the end of each bin (the last is never asked).
        horizon: the greatest age, in seconds, of which anything is known.
        ever: share of the predictions whose label comes by then; above 0.
        still_coming: labels still came at the greatest age: those that come later have not been seen.
        alike: labels that come early are like those that come late (`driftline.performance.early`).
        by_class: of each class, those that come early are like those that come late; one class may come sooner than another.
    """

    share: NDArray[np.float64]
    horizon: float
    ever: float
    still_coming: bool
    alike: bool = False
    by_class: bool = False

    def by(self, ages: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the predictions of these ages, in seconds, whose label has come; flat beyond the horizon."""
        return np.asarray(np.interp(np.clip(ages, 0.0, self.horizon), AGES, np.concatenate([[0.0], self.share[:-1]])))

    def until(self, part: float) -> float:
        """The age, in seconds, by which a part of those labels has come that ever come."""
        return min(float(np.interp(part * self.ever, np.concatenate([[0.0], self.share[:-1]]), AGES)), self.horizon)


class Standing(StrEnum):
    """How far a window's labels can be believed to be all there."""

    MATURE = "mature"
    PROVISIONAL = "provisional"
    OVERDUE = "labels are missing"
    UNKNOWN = "nobody knows how late labels come"


@dataclass(frozen=True, slots=True)
class Maturity:
    """How much of a window's truth is known.

    Attributes:
        coverage: labels that have come, as a share of the predictions; 0 without predictions.
        expected: the coverage that is usual at the window's age; None where delays are not known.
        maturity: labels that have come, as a share of those that will ever come; None where delays are not known.
        standing: whether what is computed from them is final.
        mature_on: when nearly all labels are expected to have come; None where nobody knows.
        reason: the standing in a sentence.
    """

    coverage: float
    expected: float | None
    maturity: float | None
    standing: Standing
    mature_on: datetime | None
    reason: str

    @property
    def provisional(self) -> bool:
        """Whether what is computed now may change for no other reason than that labels come."""
        return self.standing is not Standing.MATURE


def count_delays(predicted: NDArray[np.float64], labelled: NDArray[np.float64], as_of: float) -> DelayCounts:
    """Count delays of labels, and ages of predictions without one, as they stood at an instant.

    Args:
        predicted: float64[n], when each prediction was made, in seconds since 1970; NaN is left out.
        labelled: float64[n], when its label came; NaN where none has.
        as_of: what came later has not come yet; predictions made later are left out.
    """
    made = predicted <= as_of
    predicted, labelled = predicted[made], labelled[made]
    known = labelled <= as_of
    delay = labelled[known] - predicted[known]
    return DelayCounts(
        came=_counted(np.maximum(delay, 0.0)),
        waiting=_counted(as_of - predicted[~known]),
        made=_counted(as_of - predicted),
        early=int(np.count_nonzero(delay < 0)),
    )


def _counted(ages: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.bincount(places(ages), minlength=AGES.size).astype(np.int64)


def places(ages: NDArray[np.float64]) -> NDArray[np.intp]:
    """The bins that ages lie in."""
    return np.asarray(np.searchsorted(AGES, ages, side="right") - 1)


def learn_delays(counts: DelayCounts) -> Delays | None:
    """Estimate how late labels come; None where too few predictions are old enough, or none has a label."""
    at_risk = _from(counts.came + counts.waiting)
    exposed = at_risk - counts.waiting / 2
    hazard = np.divide(counts.came, exposed, out=np.zeros(AGES.size), where=exposed > 0)
    share = 1 - np.cumprod(1 - hazard)
    # A bin is known where enough predictions have lived through it, whether or not they still wait.
    shown = np.flatnonzero(_from(counts.made)[1:] >= FEWEST)
    if not shown.size or not share[shown[-1]]:
        return None
    last = int(shown[-1])
    horizon, ever = float(AGES[last + 1]), float(share[last])
    found = Delays(share, horizon, ever, still_coming=False)
    late = ever - float(found.by(np.array([LATEST * horizon]))[0])
    return Delays(share, horizon, ever, still_coming=late > STILL_COMING * ever)


def _from(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many lie in each bin or a later one."""
    return np.asarray(counts[::-1].cumsum()[::-1])


def mature(delays: Delays | None, start: datetime, end: datetime, as_of: datetime, *, predictions: int, labels: int) -> Maturity:
    """Say how much of a window's truth is known.

    Args:
        delays: what `learn_delays` learnt, usually from the reference or from all earlier windows.
        start: when the window begins.
        end: when it ends (excluded); predictions are taken to be spread evenly over it.
        as_of: now.
        predictions: how many the window has.
        labels: how many of them have a label.
    """
    coverage = labels / predictions if predictions else 0.0
    if delays is None:
        reason = f"{Standing.UNKNOWN}: too few predictions were watched for long enough, or no label has come"
        return Maturity(coverage, None, None, Standing.UNKNOWN, None, reason)
    last = max(start, min(end, as_of))
    expected = _expected(delays, start, last, as_of)
    share = min(coverage / delays.ever, 1.0)
    due = None if delays.still_coming else _due(delays, start, max(start, end))
    standing, reason = _standing(delays, expected, due, predictions, labels)
    return Maturity(coverage, expected, share, standing, due, reason)


def _expected(delays: Delays, start: datetime, end: datetime, as_of: datetime) -> float:
    """The mean share of labels that has come, over predictions spread evenly from `start` to `end`."""
    length = (end - start).total_seconds()
    ages = (as_of - start).total_seconds() - (np.arange(POINTS) + 0.5) / POINTS * length
    return float(delays.by(ages).mean())


def _due(delays: Delays, start: datetime, end: datetime) -> datetime:
    """The instant, to the second, at which nearly all of the window's labels are expected."""
    early, late = 0, int((end - start).total_seconds() + delays.horizon) + 1
    while early < late:
        middle = (early + late) // 2
        if _expected(delays, start, end, start + timedelta(seconds=middle)) >= NEARLY_ALL * delays.ever:
            late = middle
        else:
            early = middle + 1
    return start + timedelta(seconds=late)


def _standing(delays: Delays, expected: float, due: datetime | None, predictions: int, labels: int) -> tuple[Standing, str]:
    come = f"{labels:,} of {predictions:,} labels have come"
    if due is None:
        days = delays.horizon / 86400
        return Standing.PROVISIONAL, f"{come}; labels still came after {days:,.1f} days, the longest that was seen, and more may follow"
    if expected < NEARLY_ALL * delays.ever:
        when = due.astimezone(UTC).strftime("%Y-%m-%d %H:%M") + " UTC"
        return Standing.PROVISIONAL, f"{come}; at this age {expected:.0%} usually have, and nearly all of them by {when}"
    short = labels < NEARLY_ALL * expected * predictions
    if short and special.bdtr(labels, predictions, expected) < SURPRISING:
        return Standing.OVERDUE, f"{come}, where at this age {expected:.0%} usually have: the rest are overdue"
    return Standing.MATURE, f"{come}; at this age nearly all usually have"
