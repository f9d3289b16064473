"""CBPE from counts: what a binary model's metrics must be by its scores alone, for any window or segment, without a single row.

Isotonic calibration is learnt on the reference's score bins, and each bin of a window gets as many positives as its curve says.
That makes a window's counts complete, so every metric of counts can be read from them. Where each distinct score has a bin of
its own this is CBPE on the raw rows; else the curve can only rise within a bin, and a share differs by at most twice the share of
rows in the fullest bin (0.2 to 0.3 points where a thousand bins hold like shares; `bench/bench_scores.py` finds a twentieth of it).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import scipy

from driftline.errors import ConfigError
from driftline.performance.assumption import FEWEST_ROWS, Grounds, Trust
from driftline.performance.estimate import CONFIDENCE, Estimated
from driftline.performance.interval import critical
from driftline.performance.metric import answer, metric_of
from driftline.performance.probability import LEAST, like_groups
from driftline.performance.question import Question
from driftline.profile.bins import FIXED_POINT_BITS
from driftline.profile.moments import SQUARE_LIMBS, SUM_LIMBS, to_limbs
from driftline.profile.outcome import SUM_STEP, OutcomeCounts, Said
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.performance.interval import Value
    from driftline.profile.outcome import Outcome

GROUPS = 50
"""Bins are joined into so many groups of like size before the reference's scores are held against a window's."""

SCORES_ALONE = "it is told by scores alone, and sees nothing that moved beside them"


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """What scores meant in the reference.

    Attributes:
        at: float64[k], mean scores of the bins that hold labelled rows, increasing.
        share: float64[k], the calibrated share of positives there.
        group: int[bins], a group of like scores for each bin.
        usual: float64[groups], labelled rows of the reference by group.
        fewest: labels of the rarer class.
    """

    at: NDArray[np.float64]
    share: NDArray[np.float64]
    group: NDArray[np.intp]
    usual: NDArray[np.float64]
    fewest: int

    def chances(self, mean: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of positives in each of a window's bins, whose mean scores are these. Shape: bins."""
        return np.asarray(np.interp(mean, self.at, self.share))

    def likeness(self, held: NDArray[np.float64]) -> tuple[float, float]:
        """How many of the reference's labels count in effect, and the share of a window's rows, by bin, with scores it never had."""
        rows = np.bincount(self.group, held, self.usual.size)
        share, known = rows / max(rows.sum(), 1.0), self.usual > 0
        # Kish 1965, for the weights that would make the reference's groups as large as the window's.
        spread = float((share[known] ** 2 / self.usual[known]).sum())
        return 1 / spread if spread > 0 else 0.0, float(share[~known].sum())


def learn(outcome: Outcome, reference: OutcomeCounts) -> Binned | None:
    """Calibrate a binary model's score bins; None where it has no scores or the reference too few labels."""
    if outcome.task is not Task.BINARY or not outcome.scores:
        return None
    told = reference.scores[0][:-1].sum(axis=1)[:, : Said.UNKNOWN].astype(np.float64)
    rows, positives = told.sum(axis=1), told[:, Said.POSITIVE]
    if rows.sum() < FEWEST_ROWS:
        return None
    held = rows > 0
    at = reference.sums[0][:-1, : Said.UNKNOWN].sum(axis=1)[held] * SUM_STEP / rows[held]
    share = np.asarray(scipy.optimize.isotonic_regression(positives[held] / rows[held], weights=rows[held]).x)
    group = like_groups(rows, GROUPS)
    fewest = round(min(positives.sum(), rows.sum() - positives.sum()))
    return Binned(at, share, group, np.bincount(group, rows).astype(np.float64), fewest)


def by_said(counts: OutcomeCounts) -> NDArray[np.float64]:
    """A binary model's rows with a score, by what was said and by score bin, whatever their labels. Shape: 3 × bins."""
    cells = counts.scores[0][:-1].astype(np.float64)
    # A product is many times as fast as sums along an axis of three.
    return np.asarray((cells.reshape(-1, len(Said)) @ np.ones(len(Said))).reshape(-1, len(Said)).T)


def completed(outcome: Outcome, binned: Binned, counts: OutcomeCounts, cells: NDArray[np.float64] | None = None) -> OutcomeCounts:
    """A window's counts as they would be if each bin's rows had the labels that are to be expected of them.

    Its numbers of rows are no whole ones. Labels that have come are not looked at; `cells` are what `by_said` makes of the counts.
    """
    cells = by_said(counts) if cells is None else cells
    rows, scores = cells.sum(axis=0), counts.sums[0][:-1] @ np.ones(len(Said))
    mean = np.divide(scores * SUM_STEP, rows, out=np.zeros(rows.size), where=rows > 0)
    chance = binned.chances(mean)
    came = np.zeros((rows.size, len(Said), len(Said)))
    came[:, :, Said.NEGATIVE], came[:, :, Said.POSITIVE] = (cells * (1 - chance)).T, (cells * chance).T
    known = np.column_stack([cells @ (1 - chance), cells @ chance, np.zeros(len(Said))])[: Said.UNKNOWN]
    sums = np.column_stack([scores * (1 - chance), scores * chance, np.zeros(rows.size)])
    losses = -np.log(np.clip([1 - mean, mean], LEAST, 1.0)), np.array([mean**2, (1 - mean) ** 2])
    by_label = np.array([rows * (1 - chance), rows * chance])
    return OutcomeCounts(
        table=cast("NDArray[np.int64]", np.vstack([known, np.zeros((1, 3))])),
        scores=(cast("NDArray[np.int64]", np.concatenate([came, np.zeros((1, 3, 3))])),),
        sums=(cast("NDArray[np.int64]", np.vstack([sums, np.zeros((1, 3))])),),
        # What rows would be worth is not told by their scores.
        measures=np.vstack([*(_limbs(loss, by_label) for loss in losses), *np.zeros_like(counts.measures[len(losses) :])]),
        measured=np.where(np.arange(len(outcome.measures)) < len(losses), round(rows.sum()), 0),
    )


def _limbs(losses: NDArray[np.float64], rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """The sum of losses that occur so often, and of their squares, as `moments.sums` writes them."""
    first, second = (losses * rows).sum(), (losses**2 * rows).sum()
    exact = round(first * 2.0**FIXED_POINT_BITS), round(second * 4.0**FIXED_POINT_BITS)
    return np.concatenate([to_limbs(exact[0], SUM_LIMBS), to_limbs(exact[1], SQUARE_LIMBS)])


def estimate_counts(outcome: Outcome, binned: Binned, counts: OutcomeCounts, metrics: Sequence[str]) -> tuple[Estimated, ...]:
    """Estimate metrics of a window from its scores' counts.

    Its standard error is that of a window's labels, joined with what the reference's labels leave: as much as if there were only
    so many as are effectively like the window's. It is doubtful by nature: see `driftline.performance.estimate` for one that is not.

    Args:
        outcome: how predictions and labels were counted.
        binned: what scores meant in the reference.
        counts: the window's.
        metrics: names as in `driftline.performance.metric`; those that cannot be read from scores are left out.
    """
    cells = by_said(counts)
    whole, (ess, unsupported) = completed(outcome, binned, counts, cells), binned.likeness(cells.sum(axis=0))
    asked = Question(outcome, whole)
    rows = round(float(whole.table.sum()))
    grounds = Grounds(ess=ess, labels=round(binned.usual.sum()), fewest=binned.fewest, unsupported=unsupported, rows=rows)
    why, found = "; ".join(filter(None, [grounds.trust()[1], SCORES_ALONE])), []
    for name in metrics:
        try:
            value = answer(name, asked)
        except ConfigError:
            continue
        if rows >= FEWEST_ROWS and value.known and math.isfinite(value.error):
            found.append(_told(name, value, grounds, why))
    return tuple(found)


def _told(name: str, value: Value, grounds: Grounds, why: str) -> Estimated:
    reference = value.error * math.sqrt(grounds.rows / grounds.ess) if grounds.ess > 0 else math.inf
    error, (least, most) = math.hypot(value.error, reference), metric_of(name).bounds
    half = critical(CONFIDENCE) * error
    low, high = min(max(value.value - half, least), most), min(max(value.value + half, least), most)
    return Estimated(
        metric=name,
        method="cbpe",
        value=value.value,
        error=error,
        low=low,
        high=high,
        realised_low=low,
        realised_high=high,
        rows=grounds.rows,
        ess=grounds.ess,
        unsupported=grounds.unsupported,
        trust=Trust.DOUBTFUL,
        why=why,
        noise=value.error**2 * grounds.rows,
        reference_error=reference,
    )
