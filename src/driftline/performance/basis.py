"""The columns of rows in bins, as an additive model reads them: steps, slopes, and cells of columns that are crossed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SHARES = (0.0, 0.01, 0.03, *(k / 16 for k in range(1, 16)), 0.97, 0.99)
"""A number's bins begin at these quantiles of the reference: sixteen of one size, and finer ones in the tails, where shifts lead."""

LEVELS = 30
"""So many of a category's codes, the commonest, have bins of their own."""

GROUPS = 8
"""Bins are merged into so many groups, the last for what is missing or rare, before two columns are crossed."""

FAR = 3.0
"""Numbers count as so many deviations from the median at most, so that no outlier tilts a slope."""

UNPENALISED = 1e-6
"""The ridge of the constant: next to none, so that the equations can be solved."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """How one column is binned.

    Attributes:
        edges: a number's lower bin edges, from a deviation below the reference's least value to one above its greatest; or the
            codes of a category that have a bin.
        group: int8[width], which of at most `GROUPS` groups each bin belongs to: what pairs of columns are crossed by.
        categorical: whether they are codes.
        middle: a number's median in the reference.
        spread: its deviation there; 0 for a column without a slope.
    """

    edges: NDArray[np.float64]
    group: NDArray[np.int8]
    categorical: bool
    middle: float = 0.0
    spread: float = 0.0

    @property
    def width(self) -> int:
        """How many bins there are: one from each of `edges` on, one before or for any other code, one for what is missing."""
        return self.edges.size + 2

    def codes(self, values: NDArray[np.float64]) -> NDArray[np.intp]:
        """The bin of each value: 0 below all edges, or for a code without a bin; the last but one above all, the last where missing."""
        place = np.searchsorted(self.edges, values, side="right")
        if self.categorical and self.edges.size:
            place = np.where(self.edges[place - 1] == values, place, 0)
        return np.where(np.isnan(values), self.edges.size + 1, place)

    def slope(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value in deviations from the median; 0 where missing."""
        with np.errstate(over="ignore"):
            return np.nan_to_num(np.clip((values - self.middle) / self.spread, -FAR, FAR))


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Rows as a model reads them.

    Attributes:
        design: n × p: a 1 in each column's bin, the slopes, and a constant.
        groups: int8[n, d], the group of each column's bin.
    """

    design: scipy.sparse.csr_array
    groups: NDArray[np.int8]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Coded:
        """Some of the rows."""
        return Coded(self.design[rows], self.groups[rows])

    def below(self, other: Coded) -> Coded:
        """Other rows, and these below them."""
        return Coded(scipy.sparse.vstack([other.design, self.design], format="csr"), np.concatenate([other.groups, self.groups]))

    def crossed(self, pairs: Sequence[tuple[int, int]]) -> scipy.sparse.csr_array:
        """The design with a 1 in each pair's cell beside it. Shape: n × (p + `GROUPS`² a pair)."""
        if not pairs:
            return self.design
        n, each = len(self.groups), GROUPS**2
        cells = [self.groups[:, i].astype(np.int32) * GROUPS + self.groups[:, j] + each * k for k, (i, j) in enumerate(pairs)]
        starts = np.arange(0, n * len(pairs) + 1, len(pairs), dtype=np.int32)
        beside = scipy.sparse.csr_array((np.ones(n * len(pairs)), np.stack(cells, axis=1).ravel(), starts), shape=(n, each * len(pairs)))
        return scipy.sparse.csr_array(scipy.sparse.hstack([self.design, beside], format="csr"))


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """The columns' bins, learnt from the reference.

    Attributes:
        bins: of each column.
        seen: bool[p], which of all bins the reference has rows in; slopes and the constant count as seen.
    """

    bins: tuple[Bins, ...]
    seen: NDArray[np.bool_]

    @property
    def slopes(self) -> tuple[int, ...]:
        """The columns with a slope."""
        return tuple(place for place, bins in enumerate(self.bins) if bins.spread > 0)

    def ridge(self, step: float, slope: float, pairs: int = 0) -> NDArray[np.float64]:
        """The penalty of every coefficient: steps, slopes, the constant, and the cells of pairs. Shape: p (+ cells)."""
        steps = sum(bins.width for bins in self.bins)
        sizes = [steps, len(self.slopes), 1, pairs * GROUPS**2]
        return np.repeat([step, slope, UNPENALISED, step], sizes)

    def code(self, columns: NDArray[np.float64]) -> Coded:
        """Read rows. `columns`: float64[n, d]."""
        n, d = columns.shape
        offsets = np.cumsum([0, *(bins.width for bins in self.bins)])
        slopes = self.slopes
        width = d + len(slopes) + 1
        places, values, groups = np.empty((n, width), dtype=np.int32), np.ones((n, width)), np.empty((n, d), dtype=np.int8)
        for column, bins in enumerate(self.bins):
            codes = bins.codes(columns[:, column])
            places[:, column], groups[:, column] = offsets[column] + codes, bins.group[codes]
        for place, column in enumerate(slopes):
            values[:, d + place] = self.bins[column].slope(columns[:, column])
        places[:, d:] = offsets[-1] + np.arange(width - d)
        starts = np.arange(0, n * width + 1, width, dtype=np.int32)
        design = scipy.sparse.csr_array((values.ravel(), places.ravel(), starts), shape=(n, int(offsets[-1]) + width - d))
        return Coded(design, groups)


def learn_basis(columns: NDArray[np.float64], categorical: tuple[bool, ...]) -> Basis:
    """Bins for columns float64[n, d]: quantiles for numbers, the commonest codes for categories."""
    bins = tuple(_levels(values) if codes else _quantiles(values) for values, codes in zip(columns.T, categorical, strict=True))
    present = np.asarray(abs(Basis(bins, np.zeros(0, dtype=np.bool_)).code(columns).design).sum(axis=0)) > 0
    present[sum(one.width for one in bins) :] = True
    return Basis(bins, present)


def _quantiles(values: NDArray[np.float64]) -> Bins:
    known = values[np.isfinite(values)]
    if not known.size:
        return Bins(np.zeros(0), np.zeros(2, dtype=np.int8), categorical=False)
    edges = np.unique(np.quantile(known, SHARES, method="inverted_cdf"))
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    spread = (high - low) / 1.349 or known.std()
    # A little beyond the extremes is nothing strange: every sample has its own.
    edges[0] -= spread
    edges = np.append(edges, np.nextafter(known.max() + spread, np.inf))
    inside = np.arange(edges.size - 1) * (GROUPS - 1) // (edges.size - 1)
    group = np.concatenate([[0], inside, [inside[-1], GROUPS - 1]]).astype(np.int8)
    return Bins(edges, group, categorical=False, middle=float(middle), spread=float(spread))


def _levels(values: NDArray[np.float64]) -> Bins:
    levels, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    by_count = np.argsort(-counts, kind="stable")[:LEVELS]
    order = np.argsort(levels[by_count])
    group = np.minimum(order, GROUPS - 1)
    return Bins(levels[by_count][order], np.concatenate([[GROUPS - 1], group, [GROUPS - 1]]).astype(np.int8), categorical=True)
