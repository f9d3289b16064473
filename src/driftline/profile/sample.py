"""A sample of rows that merges exactly: the k rows with the smallest keys (bottom-k; Cohen and Kaplan 2007)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Keys (uint64, ascending) and values (rows × columns of the plan, float64).

    A number or an instant is itself (instants as seconds since 1970); a level is its bin's number;
    what is null, not a number, of the wrong type or absent is NaN.
    """

    keys: NDArray[np.uint64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, keys: NDArray[np.uint64], values: NDArray[np.float64], size: int) -> Sample:
        """Keep the `size` rows with the smallest keys; equal keys are ordered by their values."""
        if keys.size > size:
            cut = np.partition(keys, size - 1)[size - 1]
            near = np.flatnonzero(keys <= cut)
            keys, values = keys[near], values[near]
        order = np.argsort(keys, kind="stable")
        ranked = keys[order]
        twins = np.zeros(keys.size, dtype=bool)
        twins[1:] |= ranked[1:] == ranked[:-1]
        twins[:-1] |= twins[1:]
        if twins.any():
            # NaN compares as nothing, so rows of equal key are ordered by their bits.
            bits = np.ascontiguousarray(values[order[twins]]).view(np.int64)
            order[twins] = order[twins][np.lexsort([*bits.T[::-1], ranked[twins]])]
        order = order[:size]
        return cls(keys[order], values[order])

    @classmethod
    def total(cls, samples: Sequence[Sample], size: int) -> Sample:
        """The sample of all samples' rows together."""
        keys = np.concatenate([one.keys for one in samples])
        cut = np.partition(keys, size - 1)[size - 1] if keys.size > size > 0 else None
        # Only rows that may be in it are laid side by side.
        near = [slice(None) if cut is None else one.keys <= cut for one in samples]
        parts = [(one.keys[some], one.values[some]) for one, some in zip(samples, near, strict=True)]
        return cls.of(np.concatenate([part for part, _ in parts]), np.concatenate([part for _, part in parts]), size)

    def merge(self, other: Sample, size: int) -> Sample:
        """The sample of both samples' rows together."""
        return Sample.of(np.concatenate([self.keys, other.keys]), np.concatenate([self.values, other.values]), size)

    def duplicate_share(self) -> float:
        """Share of rows that repeat the id (or, without ids, the content) of another row.

        Rows with equal ids have equal keys and enter the sample together, so the sample's share of
        repeats estimates the window's; it is exact while the window fits in the sample.
        """
        if not self.keys.size:
            return float("nan")
        # Twins of the last key may have been cut off, which does not show among hundreds of rows.
        return 1.0 - np.unique(self.keys).size / self.keys.size
