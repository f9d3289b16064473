"""One column of one window beside what it is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.curve import Curve, curve
from driftline.profile.bins import LevelBins, NumberBins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.side import Side
    from driftline.profile.plan import Planned

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """One column in one window.

    Attributes:
        planned: the column and its bins.
        place: its place in the plan.
        base: what it is held against: the reference, or the last windows in which nothing was wrong with it.
        now: the window.
        blocks: float64[K, B], the column's bins in each block of the reference.
        odd: float64[K, 5], likewise its rows without a value, by `profile.Odd`, then all rows.
        curves: base and window as distribution functions; None where either has no numbers.
        upto: float64[K, B + 1], rows of each block in the bins before each.
    """

    planned: Planned
    place: int
    base: Side
    now: Side
    blocks: Floats
    odd: Floats
    curves: tuple[Curve, Curve] | None = field(init=False, repr=False, compare=False)
    upto: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        drawn = None
        if isinstance(self.planned.bins, NumberBins):
            base, now = curve(self.planned.bins, self.base), curve(self.planned.bins, self.now)
            drawn = None if base is None or now is None else (base, now)
        object.__setattr__(self, "curves", drawn)
        object.__setattr__(self, "upto", np.pad(np.cumsum(self.blocks, axis=1), ((0, 0), (1, 0))))

    @property
    def name(self) -> str:
        """The column's name."""
        return self.planned.name

    @property
    def levels(self) -> tuple[str, ...]:
        """The column's levels; none for numbers."""
        return self.planned.bins.levels if isinstance(self.planned.bins, LevelBins) else ()
