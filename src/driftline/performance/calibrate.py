"""Calibration of scores: an increasing curve from the score to the share of positives, weighted or not, and whether it is needed.

The curve is isotonic regression (Zadrozny and Elkan 2002), joined by straight lines between its steps and constant beyond
them, as in scikit-learn. Whether it is needed is decided as NannyML's CBPE does, on the same splits, so that both agree to
the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ALIKE = 1e-15
"""Scores nearer to each other than this are one score; scikit-learn's rule."""

SPLITS, HELD_OUT, SEED = 10, 0.1, 42
"""NannyML 0.13's: ten stratified shuffles, a tenth of the rows held out, and the seed."""

ECE_BINS = 10
"""Groups of like size for its expected calibration error."""

FLAWLESS = 0.999
"""Scores with an AUC above this are left as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A calibrated share for every score.

    Attributes:
        at: float64[k], scores, increasing.
        share: float64[k], the share of positives there; none where scores are kept as they are.
    """

    at: NDArray[np.float64]
    share: NDArray[np.float64]

    def __call__(self, score: NDArray[np.float64]) -> NDArray[np.float64]:
        """The calibrated share of each score. Shape: as `score`."""
        return np.interp(score, self.at, self.share) if self.at.size else score


AS_IT_IS = Curve(np.zeros(0), np.zeros(0))
"""No calibration."""


def isotonic(score: NDArray[np.float64], label: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> Curve:
    """The increasing curve nearest to the labels, by weighted squares.

    Args:
        score: float64[n].
        label: float64[n], in [0, 1].
        weights: float64[n], at least 0; all 1 if None. Rows of weight 0 do not count.
    """
    weights = np.ones_like(score) if weights is None else weights
    held = weights > 0
    order = np.flatnonzero(held)[np.argsort(score[held], kind="stable")]
    ordered, weights = score[order], weights[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-np.inf) >= ALIKE)
    mass = np.add.reduceat(weights, first)
    mean = np.add.reduceat(weights * label[order], first) / mass
    fitted = np.asarray(scipy.optimize.isotonic_regression(mean, weights=mass).x)
    # The middle of a flat stretch says nothing that its ends do not.
    kept = np.ones(fitted.size, dtype=np.bool_)
    kept[1:-1] = (fitted[1:-1] != fitted[:-2]) | (fitted[1:-1] != fitted[2:])
    return Curve(ordered[first][kept], fitted[kept])


def if_needed(score: NDArray[np.float64], label: NDArray[np.float64]) -> Curve:
    """The isotonic curve, or scores as they are where that would not bring them nearer to the labels (CBPE)."""
    return isotonic(score, label) if needed(score, label) else AS_IT_IS


def needed(score: NDArray[np.float64], label: NDArray[np.float64]) -> bool:
    """Whether calibrating on nine tenths lowers the calibration error on the last tenth, over ten stratified shuffles.

    Args:
        score: float64[n].
        label: float64[n], 0 or 1.
    """
    positives = int(label.sum())
    if min(positives, label.size - positives) < 2 or label.size < 2 * ECE_BINS or _auc(score, label) > FLAWLESS:  # noqa: PLR2004  both parts need one of each
        return False
    parts = []
    for shown, asked in _shuffles(label):
        parts.append((score[asked], isotonic(score[shown], label[shown])(score[asked]), label[asked]))
    before, after, came = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _calibration_error(before, came) > _calibration_error(after, came)


def _auc(score: NDArray[np.float64], label: NDArray[np.float64]) -> float:
    _, place = np.unique(score, return_inverse=True)
    positives, negatives = (np.bincount(place, weights=of) for of in (label, 1 - label))
    below = np.cumsum(negatives) - negatives / 2
    return float(positives @ below / (positives.sum() * negatives.sum()))


def _calibration_error(score: NDArray[np.float64], label: NDArray[np.float64]) -> float:
    """Mean distance of the mean score from the share of positives over groups of one size, weighted by their rows."""
    groups = ECE_BINS if score.size > 2 * ECE_BINS else score.size // 2
    width = score.size // groups
    starts = np.arange(0, width * groups, width)
    # Which of equal scores come first decides a digit or two: this is the order that NannyML has.
    order = np.argsort(score)
    rows = np.diff(np.append(starts, score.size))
    gaps = np.add.reduceat(score[order], starts) / rows - np.add.reduceat(label[order], starts) / rows
    return float((rows / score.size * np.abs(gaps)).sum())


def _shuffles(label: NDArray[np.float64]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to learn from and rows to be asked: the splits that scikit-learn's stratified shuffles give for the seed."""
    # The published algorithm's own generator: NumPy has frozen what it gives.
    dice = np.random.RandomState(SEED)
    kinds = [np.flatnonzero(label == 0), np.flatnonzero(label > 0)]
    sizes = np.array([rows.size for rows in kinds])
    asked_rows = int(np.ceil(HELD_OUT * label.size))
    for _ in range(SPLITS):
        learnt = _share_out(sizes, label.size - asked_rows, dice)
        asked = _share_out(sizes - learnt, asked_rows, dice)
        shuffled = [rows[dice.permutation(rows.size)] for rows in kinds]
        shown = [rows[:n] for rows, n in zip(shuffled, learnt, strict=True)]
        left = [rows[n : n + m] for rows, n, m in zip(shuffled, learnt, asked, strict=True)]
        yield dice.permutation(np.concatenate(shown)), dice.permutation(np.concatenate(left))


def _share_out(sizes: NDArray[np.intp], draws: int, dice: np.random.RandomState) -> NDArray[np.intp]:
    """So many draws among kinds, in proportion; what is left over goes to the largest remainders, ties by lot."""
    exact = sizes / sizes.sum() * draws
    whole = np.floor(exact)
    remainder = exact - whole
    left = int(draws - whole.sum())
    for value in np.sort(np.unique(remainder))[::-1]:
        if left <= 0:
            break
        tied = np.flatnonzero(remainder == value)
        chosen = dice.choice(tied, size=min(tied.size, left), replace=False)
        whole[chosen] += 1
        left -= chosen.size
    return np.asarray(whole, dtype=np.intp)
