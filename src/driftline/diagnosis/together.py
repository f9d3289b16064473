"""Whether the columns of two samples of rows still go together alike, whatever each does by itself: three ways to ask, each with its null.

Every column of either sample is replaced by normal scores of its ranks there, so that both have the same marginal
distributions by construction: what then tells the samples apart is how columns go together. The null is made of the same
rows, dealt at random to both sides. Their columns are no longer exactly alike then, so that tests are careful; `mmd` ranks anew.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST = 100
"""With fewer sampled rows on either side nothing is said."""

MOST_ROWS = 400
"""At most so many rows of either side are looked at: kernels grow with the square."""

DEALT = 399
"""Rows are dealt to both sides anew so often."""

LEVEL = 0.005
"""What chance makes this rarely is told: in one of two hundred unchanged windows."""

HELD = 0.65
"""Components are kept until they hold this share of the variance (NannyML's choice)."""

REPEATS = 2
"""So often a column is shuffled to see what it carries."""

CARRIES = 0.5
"""A column is named if it carries at least this part of what the first one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way to say how far two samples of rows are apart.

    Attributes:
        name: by which a user chooses it.
        unit: what its value is called.
        values: float64[K], one for each deal, larger for sides further apart; of normal scores float64[N, C] and sides
            float64[N, K], 1 for rows of the window and 0 for those of the reference.
    """

    name: str
    unit: str
    values: Callable[[Floats, Floats, np.random.Generator], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """What was found.

    Attributes:
        value: how far the samples are apart, in the measure's own units.
        p_value: how often the same rows, dealt at random, are as far apart (Phipson and Smyth 2010).
        carried: float64[C], by how much less the samples are apart with a column shuffled in both, as shares of all columns';
            0 everywhere where the p-value is above the level.
    """

    value: float
    p_value: float
    carried: Floats

    def carriers(self) -> list[int]:
        """Places of the columns that carry it, the first most of it."""
        ranked = np.argsort(-self.carried, kind="stable")
        return [int(at) for at in ranked if self.carried[at] > 0 and self.carried[at] >= CARRIES * self.carried[ranked[0]]]


def together(measure: str, before: Floats, now: Floats, rng: np.random.Generator, level: float = LEVEL) -> Together | None:
    """Hold how columns go together in a window's rows against how they did in the reference's.

    Args:
        measure: the name of one of `MEASURES`.
        before: float64[n, C], the reference's rows: numbers as they are, levels as numbers, NaN for missing.
        now: float64[m, C], the window's.
        rng: dice, for rows, ties and deals.
        level: up to this p-value it is asked which columns carry the change.

    Returns:
        None where either side has too few rows, or fewer than two columns vary in both.
    """
    way, telling = MEASURES[measure], varied(before) & varied(now)
    if telling.sum() < 2:  # noqa: PLR2004  one column goes with nothing
        return None
    parts = [scores(drawn(rows[:, telling], rng), rng) for rows in (before, now)]
    rows = np.concatenate(parts)
    side = np.repeat([0.0, 1.0], [len(part) for part in parts])
    found = way.values(rows, np.stack([side, *(rng.permutation(side) for _ in range(DEALT))], axis=1), rng)
    p_value = float((1 + (found[1:] >= found[0]).sum()) / (DEALT + 1))
    carried = np.zeros(before.shape[1])
    if p_value <= level:
        carried[telling] = _carried(way, rows, side, rng)
    return Together(float(found[0]), p_value, carried)


def varied(rows: Floats) -> NDArray[np.bool_]:
    """Which columns have enough values, and not all the same. Shape: C."""
    known = np.isfinite(rows)
    low = np.where(known, rows, np.inf).min(0, initial=np.inf)
    high = np.where(known, rows, -np.inf).max(0, initial=-np.inf)
    return np.asarray((known.sum(0) >= FEWEST) & (low < high))


def drawn(rows: Floats, rng: np.random.Generator) -> Floats:
    """Some of the rows, in any order."""
    return rows[rng.permutation(len(rows))[:MOST_ROWS]]


def scores(rows: Floats, rng: np.random.Generator) -> Floats:
    """Normal scores of each column's ranks, ties broken by dice; what is missing lies at the mean. Shape: rows × columns."""
    known = np.isfinite(rows)
    order = np.lexsort((rng.random(rows.shape), np.where(known, rows, np.inf)), axis=0)
    ranks = np.empty(rows.shape)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(len(rows))[:, None] + 0.5, rows.shape), axis=0)
    return np.asarray(np.where(known, special.ndtri(np.where(known, ranks / np.maximum(known.sum(0), 1), 0.5)), 0.0))


def classifier(rows: Floats, sides: Floats, rng: np.random.Generator) -> Floats:
    """The area under the ROC curve of a classifier that tells window from reference (C2ST; Lopez-Paz and Oquab 2017).

    It learns on one half of the rows and is asked about the other, and the other way round: ridge regression on all products of
    two columns, and of one's square and another, by their kernel. What each column is by itself is the same on both sides.
    """
    half, kernel = rng.permutation(len(rows)) % 2, _products(rows)
    found = np.zeros(sides.shape[1])
    for part in (0, 1):
        learnt, asked = half != part, half == part
        inner = kernel[np.ix_(learnt, learnt)]
        inner[np.diag_indices_from(inner)] += np.trace(inner) / len(inner)
        said = kernel[np.ix_(asked, learnt)] @ np.linalg.solve(inner, sides[learnt] - sides[learnt].mean(0))
        found += _areas(said, sides[asked]) / 2
    return found


def pca(rows: Floats, sides: Floats, rng: np.random.Generator) -> Floats:
    """How much better or worse components of half of the reference describe the window than the other half: log ratio of errors."""
    half = rng.permutation(len(rows)) % 2 == 0
    found = np.empty(sides.shape[1])
    for deal, side in enumerate(sides.T.astype(bool)):
        learnt, usual, window = (rows[part].T @ rows[part] / part.sum() for part in (~side & half, ~side & ~half, side))
        sizes, axes = np.linalg.eigh(learnt)
        # The least come first; at least one is left out, for else there is no error.
        left = axes[:, : max(int((np.cumsum(sizes) <= (1 - HELD) * sizes.sum()).sum()), 1)]
        errors = [float(np.einsum("ik,ij,jk->", left, spread, left, optimize=True)) for spread in (window, usual)]
        found[deal] = abs(np.log(max(errors[0], 1e-12) / max(errors[1], 1e-12)))
    return found


def mmd(rows: Floats, sides: Floats, rng: np.random.Generator) -> Floats:
    """The squared maximum mean discrepancy, unbiased, under a Gaussian kernel of the median distance (Gretton and others 2012).

    It sees every column by itself too, so that each deal is ranked anew: or chance in the columns would hide what they do together.
    """
    width = max(float(np.median(_squared(rows))), 1e-12)
    found = np.empty(sides.shape[1])
    for deal, side in enumerate(sides.T.astype(bool)):
        n, m = int((~side).sum()), int(side.sum())
        ranked = np.concatenate([scores(rows[~side], rng), scores(rows[side], rng)])
        kernel = np.exp(_squared(ranked) / np.float32(-width))
        np.fill_diagonal(kernel, 0.0)
        inside, other, across = (float(part.sum(dtype=np.float64)) for part in (kernel[:n, :n], kernel[n:, n:], kernel[:n, n:]))
        found[deal] = inside / (n * (n - 1)) + other / (m * (m - 1)) - 2 * across / (n * m)
    return found


def _squared(rows: Floats) -> NDArray[np.float32]:
    """Squared distances between rows; single precision is enough, and fast."""
    z = rows.astype(np.float32)
    squares = np.square(z).sum(1)
    return np.asarray(np.maximum(squares[:, None] + squares - 2 * z @ z.T, np.float32(0)))


def _carried(way: Measure, rows: Floats, side: Floats, rng: np.random.Generator) -> Floats:
    """By how much less the samples are apart with one column shuffled in both, as shares."""
    lost, sides = np.zeros(rows.shape[1]), side[:, None]
    for _ in range(REPEATS):
        # The same halves each time: only the column differs.
        halves = rng.spawn(1)[0]
        whole = way.values(rows, sides, deepcopy(halves))[0]
        for column in range(rows.shape[1]):
            shuffled = rows.copy()
            for part in (side == 0, side == 1):
                shuffled[part, column] = rng.permutation(rows[part, column])
            lost[column] += max(whole - way.values(shuffled, sides, deepcopy(halves))[0], 0.0)
    total = lost.sum()
    return lost / total if total > 0 else lost


def _products(z: Floats) -> Floats:
    """Inner products of rows as all products of two columns, and of one's square and another. Shape: rows × rows."""
    # Of unit variance under a normal law, and uncorrelated with what is made of one column alone.
    h = (z * z - 1) / np.sqrt(2)
    linear, same, hz = z @ z.T, (z * z) @ (z * z).T, h * z
    return np.asarray((linear * linear - same) / 2 + (h @ h.T) * linear - hz @ hz.T)


def _areas(said: Floats, sides: Floats) -> Floats:
    """Areas under the ROC curve, by Mann and Whitney's ranks. Shapes: rows × deals."""
    m = sides.sum(0)
    return np.asarray(((scipy.stats.rankdata(said, axis=0) * sides).sum(0) - m * (m + 1) / 2) / (m * (len(said) - m)))


MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (
        Measure(name="classifier", unit="AUC", values=classifier),
        Measure(name="pca", unit="log ratio of errors", values=pca),
        Measure(name="mmd", unit="squared MMD", values=mmd),
    )
}
"""By the name of the setting `together`."""
