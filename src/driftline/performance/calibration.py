"""Calibration: whether scores are the probabilities they claim to be, group by group, and as good ones as in the reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.significance import wilson
from driftline.performance.interval import Value, critical, mean, unknown
from driftline.performance.probability import LEAST, Grouped, grouped, like_groups
from driftline.performance.question import Question

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.performance.question import Scored
    from driftline.profile.outcome import Outcome, OutcomeCounts

GROUPS = 10
"""A curve has so many points, and a test so many groups."""

LEAST_VARIANCE = 5.0
"""A group of a test holds at least so much of the positives' variance, Σ s (1 − s), so that their number is about normal."""

NO_ROWS = "no row has a label and a score"


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """A reliability diagram (Murphy and Winkler 1977): groups of like score, from the lowest to the highest.

    Attributes:
        starts: float64[groups], where each group's scores begin.
        stops: float64[groups], where they end.
        scores: float64[groups], mean score.
        shares: float64[groups], share of positives.
        low: float64[groups], lower end of the share's interval.
        high: float64[groups], upper end.
        rows: int64[groups].
        gap: share of positives less mean score, over all rows; positive where scores are too low.
    """

    starts: NDArray[np.float64]
    stops: NDArray[np.float64]
    scores: NDArray[np.float64]
    shares: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    rows: NDArray[np.int64]
    gap: Value


@dataclass(frozen=True, slots=True)
class CalibrationTest:
    """A chi-square test of calibration.

    Attributes:
        statistic: the sum over groups of squared standardised gaps.
        df: how many groups were compared.
        p_value: the probability of as large a sum where there is no gap; NaN where nothing can be concluded.
        rows: labelled rows with a score.
        why: empty, or the reason why nothing can be concluded.
    """

    statistic: float
    df: int
    p_value: float
    rows: int
    why: str = ""


def reliability(
    outcome: Outcome, counts: OutcomeCounts, groups: int = GROUPS, confidence: float = 0.95, target: str | None = None
) -> Reliability:
    """Group rows by score and hold each group's share of positives beside its mean score.

    Args:
        outcome: how predictions and labels were counted.
        counts: the window's.
        groups: at most so many, of about like size; a score bin is never split.
        confidence: of the intervals, which are Wilson's.
        target: one class against the rest; None for the binary positive class.
    """
    asked = Question(outcome, counts, confidence, target=target)
    scored = asked.scored()
    group = like_groups(scored.rows, groups)
    held = scored.rows > 0
    bounds = np.concatenate([[0.0], _edges(asked), [1.0]])
    named, place = np.unique(group[held], return_inverse=True)
    bins = np.flatnonzero(held)
    starts = [bounds[bins[place == i][0]] for i in range(named.size)]
    stops = [bounds[bins[place == i][-1] + 1] for i in range(named.size)]
    found = grouped(scored.held(), place)
    low, high = wilson(found.positives, found.rows, critical(confidence))
    return Reliability(
        starts=np.array(starts, dtype=np.float64),
        stops=np.array(stops, dtype=np.float64),
        scores=found.scores / found.rows,
        shares=found.positives / found.rows,
        low=low,
        high=high,
        rows=found.rows.astype(np.int64),
        gap=_gap(found, confidence),
    )


def _edges(asked: Question) -> NDArray[np.float64]:
    """The inner edges of the bins, as the asked class sees them."""
    if asked.target is None or len(asked.outcome.scores) > 1:
        return asked.outcome.arrays[asked.place if len(asked.outcome.scores) > 1 else 0]
    edges = asked.outcome.arrays[0]
    return edges if asked.place else 1 - edges[::-1]


def _gap(found: Grouped, confidence: float) -> Value:
    rows = round(found.rows.sum())
    if not rows:
        return unknown(NO_ROWS)
    value = float((found.positives - found.scores).sum() / rows)
    return mean(value, float(found.squares.sum() / rows) - value**2, 0.0, rows, confidence)


def against_perfect(outcome: Outcome, counts: OutcomeCounts, target: str | None = None) -> CalibrationTest:
    """Whether scores may be probabilities: Σ (positives − Σ s)² / Σ s (1 − s) over groups that promise like variance.

    That is Hosmer and Lemeshow 1980's statistic on rows the model was not fitted to, so that each group counts as one degree
    of freedom. Scores beyond what labels can refute (all 0 or 1, and right) pass.
    """
    scored = Question(outcome, counts, target=target).scored().held()
    rows = round(scored.rows.sum())
    if not rows:
        return _untold(NO_ROWS, rows)
    promised = _promised(scored)
    found = grouped(scored, like_groups(promised, _affordable(float(promised.sum()))))
    beyond = np.abs(found.positives - found.scores)
    # Where scores allow no chance, any gap is impossible; a billionth of a row is rounding.
    variance = np.maximum(found.promised, 1e-9)
    statistic = float((beyond**2 / variance).sum())
    return CalibrationTest(statistic, found.rows.size, float(special.chdtrc(found.rows.size, statistic)), rows)


def against_reference(outcome: Outcome, reference: OutcomeCounts, counts: OutcomeCounts, target: str | None = None) -> CalibrationTest:
    """Whether scores mean what they meant in the reference: the gaps of both, group by group, held against each other.

    Comparing gaps, not shares, keeps the test blind to scores that moved within a group.
    """
    old, new = (Question(outcome, side, target=target).scored() for side in (reference, counts))
    rows = round(new.rows.sum())
    if not rows:
        return _untold(NO_ROWS, rows)
    if not old.rows.any():
        return _untold("the reference has no row with a label and a score", rows)
    told = [_promised(side) for side in (old, new)]
    totals = [max(float(part.sum()), 1e-9) for part in told]
    group = like_groups(told[0] / totals[0] + told[1] / totals[1], _affordable(min(totals)))
    both = np.bincount(group, old.rows) * np.bincount(group, new.rows) > 0
    if not both.any():
        return _untold("no group of scores occurs both here and in the reference", rows)
    kept = both[group]
    renamed = (np.cumsum(both) - 1)[group[kept]]
    was, now = (grouped(side.only(kept), renamed) for side in (old, new))
    # Unchanged rows vary alike on both sides, and the reference, which is longer, knows better by how much.
    per_row = (was.spreads + now.spreads) / np.maximum(was.rows + now.rows - 2, 1.0)
    variance = np.maximum(per_row, LEAST) * (1 / was.rows + 1 / now.rows)
    statistic = float(((now.gaps - was.gaps) ** 2 / variance).sum())
    df = int(both.sum())
    return CalibrationTest(statistic, df, float(special.chdtrc(df, statistic)), rows)


def _promised(scored: Scored) -> NDArray[np.float64]:
    """Σ s (1 − s) by bin."""
    means = scored.means
    return scored.rows * means * (1 - means)


def _affordable(promised: float) -> int:
    """How many groups may be told apart where all of them promise so much variance."""
    return int(np.clip(promised / LEAST_VARIANCE, 1, GROUPS))


def _untold(why: str, rows: int) -> CalibrationTest:
    return CalibrationTest(math.nan, 0, math.nan, rows, why)
