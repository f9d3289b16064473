"""Sampled rows as scores: the rows that profiles keep, each value by its rank in the reference.

A number gets the normal score of its sixteenth of the reference, so that a wild value weighs no more than a high
rank; a level counts as the most frequent one or another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.location import normal_scores
from driftline.inference.variation import FEWEST_BLOCKS
from driftline.profile.bins import NumberBins

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile

PARTS = 16
"""Into so many parts of the reference numbers are put; finer ones cost time and hardly change a correlation."""

FEWEST_TELLING = 10
"""Nothing is said of a column whose variance fewer sampled rows make than that; of normal ones thirty make ten."""

LEAST_VARIANCE = 1e-6
"""Of scores, whose variance is 1 in the reference."""

MOST_ROWS = 20_000
"""At most about so many of the reference's sampled rows are looked at."""

LIKE_A_WINDOW = 0.75
"""Runs at least this long, in windows, need not be joined."""


ONE_THREAD = 2**18
"""So many products OpenBLAS adds up in one thread; of more, threads wait for each other, long where others want the processor."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """Scores of the sampled rows of G groups of rows, such as windows, one group after another.

    Attributes:
        scores: float32[n, C], in each group of mean 0 and variance 1; 0 where a value is missing.
        sizes: int[G], sampled rows of each group; none is empty.
        every: float64[G], how many rows each sample was taken from.
        telling: float32[G, C], as many rows as make a column's variance, if each made as much; 1 where a single row is
            unlike all others.
    """

    scores: NDArray[np.float32]
    sizes: NDArray[np.intp]
    every: NDArray[np.float64]
    telling: NDArray[np.float32]

    @property
    def told(self) -> NDArray[np.bool_]:
        """Columns of which enough values differ in a group to say anything of them. Shape: G × C."""
        return np.asarray(self.telling >= FEWEST_TELLING)

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where each group begins."""
        return np.asarray(np.cumsum(self.sizes) - self.sizes)

    def means(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Means over each group of values that rows have. Shape: G × whatever a row has."""
        return np.asarray(_sums(rows, self.starts) / self.sizes[:, None].astype(np.float32))


@dataclass(frozen=True, slots=True)
class Coding:
    """How the values of C columns of a plan become scores.

    Attributes:
        columns: int[C], places in the plan.
        cuts: float64[PARTS - 1, C], the least value of each part but the first; inf where there is no such part.
        scores: float32[C × PARTS], the parts' scores, column by column.
    """

    columns: NDArray[np.intp]
    cuts: NDArray[np.float64]
    scores: NDArray[np.float32]

    def sampled(self, groups: Sequence[Sequence[Profile]]) -> Sampled:
        """The sampled rows of groups of profiles; each group has at least one row."""
        values = np.concatenate([profile.sample.values.take(self.columns, axis=1) for group in groups for profile in group])
        sizes = np.array([sum(profile.sample.keys.size for profile in group) for group in groups], dtype=np.intp)
        part = np.zeros(values.shape, dtype=np.int8)
        for cut in self.cuts:
            part += values >= cut
        scores = self.scores.take(part + np.arange(self.columns.size, dtype=np.int32) * PARTS)
        missing = np.isnan(values)
        starts = np.cumsum(sizes) - sizes
        scores[missing] = 0.0
        mean = _sums(scores, starts) / np.maximum(_sums((~missing).astype(np.float32), starts), 1)
        scores -= np.repeat(mean, sizes, axis=0)
        scores[missing] = 0.0
        squares = scores * scores
        size = _sums(squares, starts)
        with np.errstate(divide="ignore", invalid="ignore"):
            # What rounding leaves of a constant is no variance.
            telling = np.where(size > LEAST_VARIANCE * sizes[:, None], size * size / _sums(squares * squares, starts), 0.0)
            unit = np.where(telling >= FEWEST_TELLING, np.sqrt(sizes[:, None] / size), 0.0).astype(np.float32)
        scores *= np.repeat(unit, sizes, axis=0)
        every = np.array([sum(profile.rows for profile in group) for group in groups], dtype=np.float64)
        return Sampled(scores, sizes, every, telling)


def code(total: Profile, columns: Sequence[int]) -> Coding:
    """Fix the scores of some columns, of any kind whose values are counted, on the whole reference."""
    counts = np.zeros((len(columns), PARTS))
    cuts = np.full((PARTS - 1, len(columns)), np.inf)
    levels = np.zeros(len(columns), dtype=bool)
    for c, place in enumerate(columns):
        held, bins = total.bins(place), total.plan.columns[place].bins
        if isinstance(bins, NumberBins):
            rank = (np.cumsum(held) - held / 2) / max(held.sum(), 1)
            part = np.minimum((rank * PARTS).astype(np.intp), PARTS - 1)
            edges = np.concatenate([[-np.inf], bins.array, [np.inf]])
            cuts[:, c] = edges[np.searchsorted(part, np.arange(1, PARTS))]
            counts[c] = np.bincount(part, weights=held, minlength=PARTS)
        else:
            # Levels are numbered from the most frequent one, which is to have the higher score.
            cuts[0, c], levels[c] = 1.0, True
            counts[c, :2] = held[1:].sum(), held[0]
    scores = normal_scores(counts)
    scores[levels, :2] = scores[levels, 1::-1]
    return Coding(np.array(columns, dtype=np.intp), cuts, scores.astype(np.float32).ravel())


def runs(blocks: Sequence[Profile], window_rows: float) -> list[Sequence[Profile]]:
    """The reference's blocks, joined until they are about as long as windows or only a few runs are left.

    Of very many rows, runs spread evenly over the reference are taken.
    """
    blocks = [block for block in blocks if block.sample.keys.size]
    usual = float(np.median([block.rows for block in blocks])) if blocks else 0.0
    step = 1
    while len(blocks) >= 2 * step * FEWEST_BLOCKS and usual * step < LIKE_A_WINDOW * window_rows:
        step *= 2
    joined = [blocks[at : at + step] for at in range(0, len(blocks) - step + 1, step)]
    sampled = sum(block.sample.keys.size for block in blocks)
    wanted = max(FEWEST_BLOCKS, int(len(joined) * min(1.0, MOST_ROWS / max(sampled, 1))))
    chosen = np.linspace(0, len(joined) - 1, min(wanted, len(joined))).round().astype(np.intp)
    return [joined[at] for at in chosen]


def _sums(rows: NDArray[np.float32], starts: NDArray[np.intp]) -> NDArray[np.float32]:
    return np.asarray(np.add.reduceat(rows, starts, axis=0))


def products(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over all rows of the products of each column of one table and each of another, in pieces that one thread takes."""
    (rows, columns), others = left.shape, right.shape[1]
    tall = max(1, min(rows, ONE_THREAD // (16 * others)))
    wide = max(1, ONE_THREAD // (tall * others))
    total = np.zeros((columns, others), dtype=np.float32)
    for top in range(0, rows, tall):
        beside, below = left[top : top + tall].T, right[top : top + tall]
        for first in range(0, columns, wide):
            total[first : first + wide] += beside[first : first + wide] @ below
    return total
