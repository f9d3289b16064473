"""Reference and current counts side by side, for many columns and windows at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import NumberBins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile

CONVENTIONAL_BINS = 10
"""PSI's 0.1 and 0.25 are about ten bins of the reference's deciles (Siddiqi 2006)."""

IN_CACHE = 50_000
"""So many cells at a time stay in the processor's cache; what passes over them often takes them in such pieces."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Counts of C columns of one kind, in B bins each, in the reference and in W windows.

    Attributes:
        reference: float64[C, 1, B] or, where every window has a reference of its own, [C, W, B].
        current: float64[C, W, B].
        real: bool[C, 1, B], bins that exist; narrower columns are padded with bins that do not.
        edges: float64[C, 1, B - 1], upper edge of each bin but the last, for numbers; NaN-free:
            infinite edges are replaced by the column's least or greatest finite edge. None for levels.
        moments: float64[C, W + 1, 2], mean and variance of the reference (first) and each window.
        extremes: float64[C, W + 1, 2], likewise the least and the greatest value.
    """

    reference: NDArray[np.float64]
    current: NDArray[np.float64]
    real: NDArray[np.bool_]
    edges: NDArray[np.float64] | None = None
    moments: NDArray[np.float64] | None = None
    extremes: NDArray[np.float64] | None = None
    sizes: tuple[NDArray[np.float64], NDArray[np.float64]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", (self.reference.sum(-1), self.current.sum(-1)))

    @property
    def ordered(self) -> bool:
        """Whether the bins have an order."""
        return self.edges is not None

    def coarse(self) -> Pair:
        """The same counts in the conventional bins: the reference's deciles for numbers, the levels as they are."""
        if not self.ordered:
            return self
        groups = decile_groups(self.reference.sum(1))
        reference, current = (regroup(counts, groups, CONVENTIONAL_BINS) for counts in (self.reference, self.current))
        return Pair(reference, current, reference + current > 0)

    def shares(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares of reference and current, half a row added to every real bin so that none is zero."""
        return smooth(self.reference, self.real), smooth(self.current, self.real)

    def plain(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shares as they are; NaN where there are no rows."""
        with np.errstate(invalid="ignore"):
            return self.reference / self.reference.sum(-1, keepdims=True), self.current / self.current.sum(-1, keepdims=True)

    def rows(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How many values were counted in the reference and in each window. Shapes: C × 1 (or W), C × W."""
        return self.sizes


def smooth(counts: NDArray[np.float64], real: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Turn counts into shares with half a row in every real bin (Jeffreys' prior); padding gets nothing."""
    padded = np.where(real, counts + 0.5, 0.0)
    with np.errstate(invalid="ignore"):
        return np.asarray(padded / padded.sum(-1, keepdims=True))


def decile_groups(reference: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which of the ten conventional bins each fine bin belongs to: by the middle of its ranks. Shape: C × B."""
    total = np.maximum(reference.sum(-1, keepdims=True), 1.0)
    middle = (np.cumsum(reference, -1) - reference / 2) / total
    return np.asarray(np.clip(middle * CONVENTIONAL_BINS, 0, CONVENTIONAL_BINS - 1), dtype=np.intp)


def regroup(counts: NDArray[np.float64], groups: NDArray[np.intp], width: int) -> NDArray[np.float64]:
    """Add fine bins (C × W × B) into groups that follow their order. Shape: C × W × width."""
    # Counts are whole numbers: no order of adding changes them, and a product of matrices is the quickest.
    return np.asarray(counts @ (groups[:, :, None] == np.arange(width)).astype(np.float64))


def pieces(shape: Sequence[int]) -> Iterator[slice]:
    """Slices of the first axis of about `IN_CACHE` cells each."""
    step = max(1, IN_CACHE // max(math.prod(shape[1:]), 1))
    return (slice(at, at + step) for at in range(0, shape[0], step))


def stack(profiles: Sequence[Profile], indices: Sequence[int]) -> NDArray[np.float64]:
    """The value bins of some columns in some profiles, padded to one width. Shape: C × W × B."""
    plan = profiles[0].plan
    widths = np.array([plan.columns[i].width for i in indices])
    starts = np.array([plan.offsets[i] for i in indices])
    out = np.empty((len(indices), len(profiles), widths.max()))
    if (widths == widths[0]).all() and (np.diff(starts) == widths[0]).all():
        # Side by side, as columns of one kind mostly are: nothing has to be looked up.
        side_by_side = slice(int(starts[0]), int(starts[-1] + widths[0]))
        for at, profile in enumerate(profiles):
            out[:, at] = profile.counts[side_by_side].reshape(len(indices), -1)
        return out
    place = np.arange(widths.max())
    padding = place >= widths[:, None]
    bins = np.where(padding, 0, starts[:, None] + place)
    for at, profile in enumerate(profiles):
        out[:, at] = profile.counts[bins]
    out[np.broadcast_to(padding[:, None], out.shape)] = 0.0
    return out


def make_pair(reference: NDArray[np.float64], current: NDArray[np.float64], plan: Plan, indices: Sequence[int]) -> Pair:
    """Put stacked counts of some of the plan's columns side by side."""
    width = reference.shape[-1]
    widths = np.array([plan.columns[i].width for i in indices])
    real = (np.arange(width) < widths[:, None])[:, None, :]
    if not isinstance(plan.columns[indices[0]].bins, NumberBins):
        return Pair(reference, current, real)
    edges = np.stack([_finite_edges(plan.columns[i].bins, width) for i in indices])[:, None, :]
    return Pair(reference, current, real, edges)


def with_moments(pair: Pair, profiles: Sequence[Profile], indices: Sequence[int]) -> Pair:
    """Add means, variances and extremes; `profiles` are the reference's total, then the windows."""
    if not pair.ordered:
        return pair
    means = np.stack([profile.means()[list(indices)] for profile in profiles], axis=1)
    extremes = np.stack([profile.extremes[list(indices)] for profile in profiles], axis=1)
    return replace(pair, moments=means, extremes=extremes)


def _finite_edges(bins: object, width: int) -> NDArray[np.float64]:
    """Edges padded to one width, infinities and the guard edge replaced by the nearest real edge."""
    edges = bins.array[1:-1] if isinstance(bins, NumberBins) else np.zeros(0)
    if not edges.size:
        return np.zeros(width - 1)
    return np.concatenate([[edges[0]], edges, np.full(width - 2 - edges.size, edges[-1])])
