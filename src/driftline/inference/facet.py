"""A facet: one judged way in which columns can change, with everything a verdict needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the judge asks of every test of a window.

    Attributes:
        column: level of all of one column's tests together; thresholds and detectable effects refer to it.
        confidence: level of the two-sided interval.
    """

    column: float
    confidence: float

    def level(self, facet: str) -> float:
        """Level of one facet's test."""
        return self.column * WEIGHTS[facet]


WEIGHTS = {
    "shift": 0.3, "spread": 0.12, "psi": 0.19, "atom": 0.1, "tail": 0.05, "dependence": 0.04,
    "level": 0.22, "unseen": 0.35,
    "null": 0.1, "nan": 0.02, "wrong_type": 0.04, "absent": 0.04,
    "duplicate": 0.3, "volume": 0.3, "silence": 0.2,
}  # fmt: skip
"""How a column's level is shared out between its tests (weighted Bonferroni; Holm 1979): more to what is likelier.

Numbers use the first line, levels psi, dependence and the second, all columns the third, the id and the time also the
fourth; whichever it is, the weights sum to at most 1.
"""

SIGHTS = {
    "shift": 0.5, "spread": 0.12, "psi": 0.19, "atom": 0.06, "tail": 0.04, "dependence": 0.04,
    "level": 0.42, "unseen": 0.3,
    "null": 0.02, "nan": 0.01, "wrong_type": 0.01, "absent": 0.01,
    "duplicate": 0.3, "volume": 0.3, "silence": 0.2,
}  # fmt: skip
"""Likewise of what is only seen, which is asked at a higher level: faults show beyond any doubt, what is small moves a mean."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts behind a share, float64[C, W] each: hits and rows of the window and of the reference, and the design effect."""

    hits: NDArray[np.float64]
    rows: NDArray[np.float64]
    ref_hits: NDArray[np.float64]
    ref_rows: NDArray[np.float64]
    design: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One judged statistic for C columns in W windows; every array is float64[C, W], NaN where it cannot be said.

    Attributes:
        name: the statistic's name in reports and settings.
        value: the statistic as convention has it.
        effect: the change, freed of what noise alone adds; its sign says the direction.
        low, high: ends of the interval of the effect, with its sign.
        p_value: probability of as large a change if nothing had changed.
        threshold: the size of `value` from which it is called a change at this sample size.
        detectable: the effect that this sample would show with probability 0.8.
        where: int[C, W], the bin a change is in, for facets that look at single bins; -1 elsewhere.
        tally: the counts behind a share that means the same in every window; None for other facets.
        linear: the effect as a difference of means, for the sequential detector; None where it does not follow.
        error: standard error of the window's part of `linear`.
        base_error: standard error of the reference's part, which all windows share.
        rehearsal: float64[C, K], the deviations, in their standard errors, of the reference's own blocks where these
            are about as long as the windows; K is 0 where they are not.
        skew_up, skew_down: skewness of the window's part towards higher and towards lower values, at its worst.
    """

    name: str
    value: NDArray[np.float64]
    effect: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p_value: NDArray[np.float64]
    threshold: NDArray[np.float64]
    detectable: NDArray[np.float64]
    where: NDArray[np.intp] | None = None
    tally: Tally | None = None
    linear: NDArray[np.float64] | None = None
    error: NDArray[np.float64] | None = None
    base_error: NDArray[np.float64] | None = None
    rehearsal: NDArray[np.float64] | None = None
    skew_up: NDArray[np.float64] | None = None
    skew_down: NDArray[np.float64] | None = None

    def masked(self, where: NDArray[np.bool_]) -> Facet:
        """The same facet with NaN where nothing may be said."""
        numbers: dict[str, Any] = {name: np.where(where, getattr(self, name), np.nan) for name in NUMBERS}
        return replace(self, **numbers)


NUMBERS = ("value", "effect", "low", "high", "p_value", "threshold", "detectable")
"""The fields that every facet has numbers in."""


def join(parts: Sequence[Facet]) -> Facet:
    """Put facets of different columns one below the other."""
    names = [*NUMBERS, *(("where",) if parts[0].where is not None else ())]
    joined: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return Facet(name=parts[0].name, **joined)


def size_bounds(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the effect's size, its absolute value, from an interval that has a sign.

    >>> [float(b) for b in size_bounds(np.array(-0.5), np.array(-0.1))]
    [0.1, 0.5]
    >>> [float(b) for b in size_bounds(np.array(-0.1), np.array(0.3))]
    [0.0, 0.3]
    """
    inside = (low <= 0) & (high >= 0)
    near = np.where(inside, 0.0, np.minimum(np.abs(low), np.abs(high)))
    return near, np.maximum(np.abs(low), np.abs(high))
