"""Dice: one independent random stream for every purpose, day and lane, so that no day needs another to be thrown first."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEFORE = 1_000_000
"""Days before the watched ones are negative; a seed may not be."""


class Purpose(IntEnum):
    """What a random stream decides; the numbers are part of what a seed means and do not change."""

    POPULATION = 0
    VISITS = 1
    DETAILS = 2
    ROBBERIES = 3
    FRAUDS = 4
    TRIPS = 5
    SAMPLING = 6
    FAULT = 7
    LABELS = 8
    COMPANIONS = 9


def dice(seed: int, purpose: Purpose, day: int = 0, lane: int = 0) -> np.random.Generator:
    """The random stream of one purpose on one day in one lane.

    A lane is another throw of the same world: the same customers on the same day, who happened to do
    something else.
    """
    return np.random.default_rng((seed, int(purpose), day + BEFORE, lane))


def pick(cumulated: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose a level for each uniform number in [0, 1), from cumulated shares: one row of them, or one per number.

    >>> pick(np.array([0.25, 1.0]), np.array([0.1, 0.25, 0.9])).tolist()
    [0, 1, 1]
    """
    if cumulated.ndim == 1:
        return np.searchsorted(cumulated, uniform, side="right")
    return np.asarray((cumulated <= uniform[:, None]).sum(axis=1), dtype=np.int64)
