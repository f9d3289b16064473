"""One column's part of some profiles, added up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.profile import merge_unseen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.profile.profile import Profile

    Floats = NDArray[np.float64]

MOST_VALUES = 8000
"""At most about so many sampled values of the reference are looked at."""


@dataclass(frozen=True, slots=True)
class Side:
    """One column's part of a profile.

    Attributes:
        rows: all rows.
        counts: float64[B], its value bins.
        odd: float64[4], rows without a value, by `profile.Odd`.
        extremes: its least and greatest finite value.
        values: float64[m], sampled rows' finite values.
        sampled: how many rows were sampled.
        unseen: values outside its levels and how many rows had them.
    """

    rows: float
    counts: Floats
    odd: Floats
    extremes: tuple[float, float]
    values: Floats
    sampled: int
    unseen: Mapping[str, int]

    @property
    def held(self) -> float:
        """Rows that have a value of the column's kind."""
        return float(self.counts.sum())


def side(profiles: Sequence[Profile], column: int, sampled: Sequence[Profile] = ()) -> Side:
    """Take one column out of profiles; sampled rows come from `sampled` where that is given."""
    values = np.concatenate([part.sample.values[:, column] for part in sampled or profiles])
    values = values[:: max(1, values.size // MOST_VALUES)]
    return Side(
        rows=float(sum(part.rows for part in profiles)),
        counts=np.sum([part.bins(column) for part in profiles], axis=0).astype(np.float64),
        odd=np.sum([part.odd[column] for part in profiles], axis=0).astype(np.float64),
        extremes=(min(float(part.extremes[column, 0]) for part in profiles), max(float(part.extremes[column, 1]) for part in profiles)),
        values=values[np.isfinite(values)],
        sampled=values.size,
        unseen=reduce(merge_unseen, [part.unseen[column] for part in profiles]),
    )
