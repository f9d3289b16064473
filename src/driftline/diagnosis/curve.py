"""The distribution function of a number, from exact counts of bins and, inside wide bins, from sampled rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import LARGEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.side import Side
    from driftline.profile.bins import NumberBins

    Floats = NDArray[np.float64]

WIDE = 0.02
"""A bin with more of the rows than this is not taken for evenly filled: sampled rows say how it is filled."""

ATOM = 0.02
"""A value with at least this share of the rows is a group of its own."""

NEAR = 1e-6
"""Values this near to each other, relative to their size, are the same one: arithmetic in 32 bits errs by less."""

PARTS = 20
"""Distributions are compared in groups of about this share of the rows (methods: 19 quantiles)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A distribution function, linear between knots.

    Attributes:
        x: knots, increasing.
        f: the share of values up to each.
        rows: how many values were counted.
        atoms: values with a large share of the rows.
        wide: float64[k, 4], bins filled as the sample says: lower and upper edge, share of rows, sampled rows.
    """

    x: Floats
    f: Floats
    rows: float
    atoms: Floats
    wide: Floats

    def at(self, x: Floats) -> Floats:
        """The share of values up to each x."""
        return np.asarray(np.interp(x, self.x, self.f, left=0.0, right=1.0))

    def quantile(self, shares: Floats) -> Floats:
        """The value up to which each share of the rows lies."""
        return np.asarray(np.interp(shares, self.f, self.x))

    def doubt(self, x: Floats) -> Floats:
        """Variance of `at` that comes from a wide bin's being known by its sampled rows alone."""
        variance = np.zeros(x.size)
        f = self.at(x)
        for low, high, share, sampled in self.wide:
            inside = (x > low) & (x < high)
            below = (f[inside] - self.at(np.array([low]))[0]) / share
            variance[inside] += share**2 * np.clip(below * (1 - below), 0.25 / sampled, 0.25) / sampled
        return variance

    def cuts(self) -> Floats:
        """Where to cut values into groups of about a twentieth of the rows, large atoms apart. Increasing."""
        quantiles = self.quantile(np.arange(1, PARTS) / PARTS)
        lone = np.abs(quantiles[:, None] - self.atoms) > near(self.atoms)
        return np.unique(np.concatenate([quantiles[lone.all(1)], *around(self.atoms)]))

    def snapped(self, cuts: Floats, edges: Floats) -> Floats:
        """Move cuts to the nearest edge of a bin, where counts are exact; those within wide bins stay. Increasing."""
        after = np.clip(np.searchsorted(edges, cuts), 1, edges.size - 1)
        low, high = edges[after - 1], edges[after]
        nearest = np.where(cuts - low < high - cuts, low, high)
        wide = ((cuts[:, None] > self.wide[:, 0]) & (cuts[:, None] < self.wide[:, 1])).any(1)
        inside = (low > -LARGEST) & np.isfinite(high)
        return np.unique(np.where(inside & ~wide, nearest, cuts))

    def moved(self, factor: float, offset: float = 0.0) -> Curve:
        """The distribution of factor · value + offset."""
        way = 1 if factor > 0 else -1
        wide = self.wide.copy()
        wide[:, :2] = (self.wide[:, :2] * factor + offset)[:, ::way]
        f = self.f if factor > 0 else 1.0 - self.f[::-1]
        return Curve((self.x * factor + offset)[::way], f, self.rows, (self.atoms * factor + offset)[::way], wide)


def near(values: Floats) -> Floats:
    """By how much values may differ from these and still be the same."""
    return np.asarray(np.maximum(np.abs(values) * NEAR, 1e-12))


def around(values: Floats) -> tuple[Floats, Floats]:
    """Cuts below and above single values, which `masses` takes for groups of their own."""
    slack = near(values)
    return values - slack, values + 3 * slack


def curve(bins: NumberBins, side: Side) -> Curve | None:
    """Draw a side's distribution; None where it has no finite values."""
    counts = side.counts.astype(np.float64)
    counts[[0, -1]] = 0.0
    rows = counts.sum()
    if not rows:
        return None
    edges = np.concatenate([[-np.inf], bins.array, [np.inf]])
    filled = np.flatnonzero(counts)
    upto = np.concatenate([[0.0], np.cumsum(counts)]) / rows
    low, high = (edges[filled + end].clip(*side.extremes) for end in (0, 1))
    high = np.maximum(high, np.nextafter(low, np.inf))
    share = counts[filled] / rows
    single = high - low <= near(low)
    knots = [np.stack([low, high], 1).ravel(), np.stack([upto[filled], upto[filled + 1]], 1).ravel()]
    atoms, wide = [low[single & (share >= ATOM)]], []
    for i in np.flatnonzero((share > WIDE) & ~single):
        inside = side.values[(side.values >= edges[filled[i]]) & (side.values < edges[filled[i] + 1])]
        if inside.size:
            x, f, repeated = _filling(inside)
            knots[0] = np.concatenate([knots[0], x])
            knots[1] = np.concatenate([knots[1], upto[filled[i]] + share[i] * f])
            atoms.append(repeated[0][repeated[1] * share[i] >= ATOM])
        wide.append((low[i], high[i], share[i], max(inside.size, 1)))
    order = np.lexsort((knots[1], knots[0]))
    found = np.concatenate(atoms)
    return Curve(knots[0][order], knots[1][order], float(rows), np.sort(found), np.array(wide, dtype=np.float64).reshape(-1, 4))


def _filling(inside: Floats) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Knots within a bin from its sampled values; values that repeat are steps. Also those values and their shares."""
    values, counts = np.unique(inside, return_counts=True)
    upto = np.cumsum(counts) / inside.size
    share = counts / inside.size
    step = counts > 1
    x = np.concatenate([values[~step], values[step], np.nextafter(values[step], np.inf)])
    f = np.concatenate([(upto - share / 2)[~step], (upto - share)[step], upto[step]])
    return x, f, (values[step], share[step])


def masses(drawn: Curve, cuts: Floats) -> Floats:
    """The share of rows in each group between cuts; a value at a cut belongs above it. Shape: len(cuts) + 1."""
    return np.diff(np.concatenate([[0.0], drawn.at(cuts - near(cuts)), [1.0]]))
