"""Columns of one kind, with the reference, its blocks and the windows stacked for arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.rare import expected

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.drift.pair import Pair
    from driftline.inference.facet import Ask
    from driftline.inference.variation import Blocks


@dataclass(frozen=True, slots=True)
class Group:
    """C columns of one kind in B padded bins.

    Attributes:
        pair: reference (C × 1 × B, or C × W × B where each window has its own) and windows (C × W × B).
        blocks: float64[C, K, B], the reference in consecutive blocks.
        whole: float64[C, B], the whole reference, on which bins and row scores are fixed.
        layout: the blocks' and windows' slots.
        ask: levels of tests and intervals.
        shared: bool[C], columns in whose last bin are levels too rare for one of their own; None for no column.
    """

    pair: Pair
    blocks: NDArray[np.float64]
    whole: NDArray[np.float64]
    layout: Blocks
    ask: Ask
    shared: NDArray[np.bool_] | None = None

    @property
    def window_rows(self) -> float:
        """The usual number of values in a window."""
        _, rows = self.pair.rows()
        return float(np.median(rows[rows > 0])) if (rows > 0).any() else 0.0

    @property
    def own_reference(self) -> bool:
        """Whether every window is held against a reference of its own."""
        return self.pair.reference.shape[1] > 1 or (
            self.pair.current.shape[1] == 1 and not np.array_equal(self.pair.reference[:, 0], self.whole)
        )

    def expected(self, reference: NDArray[np.float64]) -> NDArray[np.float64]:
        """Counts of the reference, C × R × B, as windows of the same law would have them."""
        if self.shared is None:
            return reference
        return expected(reference, self.whole, self.shared, self.pair.real[:, 0].sum(-1) - 1)

    def take(self, columns: slice) -> Group:
        """Some of the columns."""
        pair = self.pair
        part = replace(
            pair,
            reference=pair.reference[columns],
            current=pair.current[columns],
            real=pair.real[columns],
            edges=None if pair.edges is None else pair.edges[columns],
            moments=None if pair.moments is None else pair.moments[columns],
            extremes=None if pair.extremes is None else pair.extremes[columns],
        )
        shared = None if self.shared is None else self.shared[columns]
        return replace(self, pair=part, blocks=self.blocks[columns], whole=self.whole[columns], shared=shared)
