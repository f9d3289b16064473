"""Champion and challenger on the same rows: by how much the challenger is better, how sure that is, and what speaks against it.

Pairing pays because both models are wrong about mostly the same rows: what they share cancels. Rows are taken as
independent unless clusters (an entity, a day) are given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.errors import DataError
from driftline.performance.interval import critical, mean, skewness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST = 10
"""A ratio's or a ranking's error is learnt from no fewer rows than this in the rarer part."""


@dataclass(frozen=True, slots=True)
class Gain:
    """By how much the challenger is better than the champion; negative where it is worse.

    Attributes:
        value: the gain, in the metric's own units.
        error: its standard error.
        low: lower end of the interval.
        high: upper end.
        p_value: two-sided, of no difference.
        p_worse: one-sided, of the challenger being worse by the margin or more: small where it is shown to be good
            enough, and near 1 where it is shown not to be.
        rows: rows both were asked about.
        why: empty, or the reason why nothing can be concluded.
    """

    value: float
    error: float
    low: float
    high: float
    p_value: float
    p_worse: float
    rows: int
    why: str = ""

    @property
    def known(self) -> bool:
        """Whether something can be concluded."""
        return not self.why


def untold(why: str, rows: int = 0) -> Gain:
    """Nothing can be concluded, and why."""
    return Gain(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, rows, why)


def mean_gain(
    champion: NDArray[np.float64],
    challenger: NDArray[np.float64],
    margin: float = 0.0,
    confidence: float = 0.95,
    clusters: NDArray[np.generic] | None = None,
) -> Gain:
    """Mean loss of the champion less that of the challenger.

    Student's t with Hall 1992's correction for skewness: rows on which only one model errs badly make differences skewed.

    Args:
        champion: float64[n], its loss on each row.
        challenger: float64[n], likewise.
        margin: by how much the challenger may be worse.
        confidence: of the interval.
        clusters: what each row belongs to, if rows hang together; then clusters, not rows, are what is independent.

    Raises:
        DataError: the arrays differ in length, or a loss is not finite.

    >>> found = mean_gain(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 2.0, 2.5, 3.0]))
    >>> round(found.value, 2), found.rows
    (0.5, 4)
    """
    _same_length(champion, challenger)
    gains = champion - challenger
    if odd := int((~np.isfinite(gains)).sum()):
        raise DataError(f"{odd} losses are not numbers", hint="leave out rows that a model did not answer, and count them")
    rows, value = len(gains), float(gains.mean()) if len(gains) else math.nan
    parts = gains if clusters is None else _by_cluster(gains, clusters)
    if len(parts) < 2:  # noqa: PLR2004  one says nothing of how much they differ
        return untold(f"{len(parts)} independent rows or clusters cannot tell how much they differ", rows)
    spread, n = float(parts.var()), len(parts)
    if spread <= (1e-12 * max(abs(value), 1e-300)) ** 2:
        span = float(max(champion.max(), challenger.max()) - min(champion.min(), challenger.min()))
        return _alike(value, span, n, rows, margin, confidence)
    skew = skewness(np.ones(n), parts)
    found = mean(value, spread, skew, n, confidence)
    both = [_hall_tail((value - truth) / found.error, skew, n) for truth in (0.0, -margin)]
    return Gain(value, found.error, found.low, found.high, min(2 * min(both[0], 1 - both[0]), 1.0), both[1], rows)


def share_gain(champion: NDArray[np.bool_], challenger: NDArray[np.bool_], margin: float = 0.0, confidence: float = 0.95) -> Gain:
    """How much more often the challenger is right: McNemar 1947's exact test, Tango 1998's score interval and margin test.

    Args:
        champion: bool[n], whether it was right.
        challenger: bool[n], likewise.
        margin: by how much the challenger may be worse.
        confidence: of the interval.

    Raises:
        DataError: the arrays differ in length.
    """
    _same_length(champion, challenger)
    return discordant_gain(int((challenger & ~champion).sum()), int((champion & ~challenger).sum()), len(champion), margin, confidence)


def discordant_gain(better: int, worse: int, rows: int, margin: float = 0.0, confidence: float = 0.95) -> Gain:
    """`share_gain` from counts: rows on which only the challenger was right, rows on which only the champion was, and all rows.

    >>> found = discordant_gain(9, 1, 100)
    >>> found.value, round(found.p_value, 4)
    (0.08, 0.0215)
    """
    if rows <= 0:
        return untold("there are no rows")
    value, z = (better - worse) / rows, critical(confidence)
    low, high = (_tango_end(better, worse, rows, sign * z) for sign in (1.0, -1.0))
    few, odd = min(better, worse), better + worse
    p_value = min(2 * float(special.bdtr(few, odd, 0.5)), 1.0) if odd else 1.0
    p_worse = float(special.ndtr(-_tango(better, worse, rows, -margin)))
    # The error is the interval's own, for it is never 0 and that of equal models is.
    return Gain(value, (high - low) / (2 * z), low, high, p_value, p_worse, rows)


def ratio_gain(
    champion: tuple[NDArray[np.float64], NDArray[np.float64]],
    challenger: tuple[NDArray[np.float64], NDArray[np.float64]],
    margin: float = 0.0,
    confidence: float = 0.95,
) -> Gain:
    """A ratio of sums over rows, such as precision or F1, of the challenger less that of the champion.

    Each row's influence on either ratio is (numerator − ratio × denominator) / mean denominator; their paired difference is
    averaged (the delta method). Higher is taken as better.

    Args:
        champion: float64[n] numerators and float64[n] denominators.
        challenger: likewise.
        margin: by how much the challenger may be worse.
        confidence: of the interval.

    Raises:
        DataError: the arrays differ in length.
    """
    _same_length(*champion, *challenger)
    rows = len(champion[0])
    behind = min(int((denominator != 0).sum()) for _, denominator in (champion, challenger))
    if behind < FEWEST:
        return untold(f"{behind} rows are behind one of the ratios, which needs {FEWEST}", rows)
    ratios = [float(over.sum() / under.sum()) for over, under in (champion, challenger)]
    pull = [(over - ratio * under) / under.mean() for (over, under), ratio in zip((champion, challenger), ratios, strict=True)]
    value, influence = ratios[1] - ratios[0], pull[1] - pull[0]
    variance = float(influence @ influence) / rows**2 * behind / (behind - 1)
    if variance <= 0:
        return _alike(value, 1.0, behind, rows, margin, confidence)
    return _student(value, math.sqrt(variance), behind - 1, rows, margin, confidence)


def auc_gain(
    champion: NDArray[np.float64],
    challenger: NDArray[np.float64],
    label: NDArray[np.bool_],
    margin: float = 0.0,
    confidence: float = 0.95,
) -> Gain:
    """ROC AUC of the challenger less that of the champion, on the same rows (DeLong, DeLong and Clarke-Pearson 1988).

    Placements come from midranks in O(n log n) (Sun and Xu 2014); Student's t with Welch's degrees of freedom.

    Args:
        champion: float64[n], its scores.
        challenger: float64[n], likewise; only their order counts.
        label: bool[n], which rows are positive.
        margin: by how much the challenger may be worse.
        confidence: of the interval.

    Raises:
        DataError: the arrays differ in length.
    """
    _same_length(champion, challenger, label)
    few, many = int(label.sum()), int((~label).sum())
    if min(few, many) < FEWEST:
        return untold(f"{few} positive and {many} negative rows: a ranking needs {FEWEST} of each", len(label))
    (of_positives, of_negatives), (mine, others) = (placements(scores, label) for scores in (champion, challenger))
    value = float(mine.mean() - of_positives.mean())
    parts = [float((mine - of_positives).var(ddof=1)) / few, float((others - of_negatives).var(ddof=1)) / many]
    variance = sum(parts)
    if variance <= 0:
        return _alike(value, 1.0, min(few, many), len(label), margin, confidence)
    df = variance**2 / (parts[0] ** 2 / (few - 1) + parts[1] ** 2 / (many - 1))
    return _student(value, math.sqrt(variance), df, len(label), margin, confidence)


def placements(scores: NDArray[np.float64], label: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Of each positive row the share of negatives below it, and of each negative row that of positives above it; ties count half."""
    all_ranks = _midranks(scores)
    few, many = int(label.sum()), int((~label).sum())
    of_positives = (all_ranks[label] - _midranks(scores[label])) / many
    return of_positives, 1 - (all_ranks[~label] - _midranks(scores[~label])) / few


def _midranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, often = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(often) - (often - 1) / 2)[place])


def _student(value: float, error: float, df: float, rows: int, margin: float, confidence: float) -> Gain:
    half = critical(confidence, df) * error
    p_value = 2 * float(special.stdtr(df, -abs(value) / error))
    return Gain(value, error, value - half, value + half, p_value, float(special.stdtr(df, -(value + margin) / error)), rows)


def _alike(value: float, span: float, counted: int, rows: int, margin: float, confidence: float) -> Gain:
    """No difference between rows was seen: as much is granted as would go unseen among `counted` rows, each at most `span`."""
    if span <= 0:
        return untold("all losses are equal, which tells nothing", rows)
    half = span * (1 - ((1 - confidence) / 2) ** (1 / counted))
    error = half / critical(confidence)
    # The chance that no row shows what happens to a share of margin / span of them.
    unseen = max(1 - max(value + margin, 0.0) / span, 0.0) ** counted
    return Gain(value, error, value - half, value + half, 1.0 if value == 0 else 0.0, unseen, rows)


def _hall_tail(t: float, skew: float, n: int) -> float:
    """How likely a standardised mean is to be above t, where what is averaged is so skewed."""
    root = math.sqrt(n)
    straightened = t + skew * t**2 / (3 * root) + skew**2 * t**3 / (27 * n) + skew / (6 * root)
    return float(special.stdtr(n - 1, -straightened))


def _by_cluster(gains: NDArray[np.float64], clusters: NDArray[np.generic]) -> NDArray[np.float64]:
    """One number a cluster, with the mean of the rows' gains and the spread that clusters give it."""
    _same_length(gains, clusters)
    _, place = np.unique(clusters, return_inverse=True)
    away = np.bincount(place, gains - gains.mean())
    return np.asarray(gains.mean() + away * len(away) / len(gains))


def _tango(better: int, worse: int, rows: int, truth: float) -> float:
    """Tango's score for a difference of paired shares being `truth`."""
    gap = better - worse - rows * truth
    a, b, c = 2 * rows, -better - worse + (2 * rows - better + worse) * truth, -worse * truth * (1 - truth)
    rarer = (math.sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
    variance = rows * (2 * rarer + truth * (1 - truth))
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _tango_end(better: int, worse: int, rows: int, z: float) -> float:
    """The difference whose score is z: the score falls as the difference rises, so halving finds it."""
    low, high = -1.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _tango(better, worse, rows, middle) > z else (low, middle)
    return (low + high) / 2


def _same_length(*arrays: NDArray[np.generic] | Sequence[object]) -> None:
    if len(lengths := {len(one) for one in arrays}) > 1:
        raise DataError(f"rows differ in number: {sorted(lengths)}", hint="ask both models about the same rows")
