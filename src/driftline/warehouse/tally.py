"""Profiles while groups of a warehouse are read into them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.profile.moments import SQUARE_LIMBS, SUM_LIMBS, to_limbs
from driftline.profile.profile import Odd, Profile, keep_unseen
from driftline.schema import Kind
from driftline.warehouse.cells import HALF, Form, levels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from driftline.engines.split import Key
    from driftline.profile.plan import Plan
    from driftline.warehouse.cells import Cell


@dataclass(slots=True)
class Tally:
    """Profiles by segment and window.

    Args:
        plan: the bins that groups were made by.
    """

    plan: Plan
    _held: dict[Key, Profile] = field(default_factory=dict)
    _rows: dict[Key, int] = field(default_factory=dict)
    _levels: dict[tuple[Key, int], dict[str, int]] = field(default_factory=dict)
    _unseen: dict[tuple[Key, int], dict[str, int]] = field(default_factory=dict)

    def rows(self, key: Key, rows: int) -> None:
        """A window's number of rows."""
        self._of(key)
        self._rows[key] = rows

    def bin(self, key: Key, one: Cell, code: Any, rows: int) -> None:
        """Rows in one bin of a column of numbers, or of one level."""
        profile = self._of(key)
        if one.form is Form.TEXT:
            self._levels.setdefault((key, one.place), {})[str(code)] = rows
        elif int(code) == one.planned.width:
            profile.odd[one.place, Odd.NAN] = rows
        else:
            profile.counts[self.plan.offsets[one.place] + int(code)] = rows

    def present(self, key: Key, one: Cell, there: int) -> None:
        """Rows in which a column holds something."""
        profile, start = self._of(key), self.plan.offsets[one.place]
        profile.odd[one.place, Odd.NULL] = self._rows[key] - there
        if one.form is Form.WRONG:
            profile.odd[one.place, Odd.WRONG_TYPE] = there
        elif one.form is Form.PRESENT:
            profile.counts[start] = there
        else:
            known, found = levels(one), self._levels.get((key, one.place), {})
            profile.counts[start : start + len(known)] = [found.get(level, 0) for level in known]
            rest = there - sum(found.values())
            if one.planned.column.kind is Kind.BOOLEAN:
                profile.odd[one.place, Odd.WRONG_TYPE] = rest
            else:
                profile.counts[start + len(known)] = rest

    def extremes(self, key: Key, one: Cell, least: float | None, greatest: float | None) -> None:
        """The least and the greatest of a column of numbers; what is in none of its bins is null."""
        profile = self._of(key)
        there = int(profile.counts[self.plan.slice(one.place)].sum() + profile.odd[one.place, Odd.NAN])
        profile.odd[one.place, Odd.NULL] = self._rows[key] - there
        if least is not None and greatest is not None:
            # Adding 0.0 turns -0.0 into 0.0.
            profile.extremes[one.place] = float(least) + 0.0, float(greatest) + 0.0

    def ends(self, one: Cell) -> tuple[float | None, float | None]:
        """The least and the greatest of a column in all windows; None where there is none."""
        found = np.array([part.extremes[one.place] for part in self._held.values()] or [[np.inf, -np.inf]])
        least, greatest = float(found[:, 0].min()), float(found[:, 1].max())
        return (least, greatest) if least <= greatest else (None, None)

    def sums(self, key: Key, one: Cell, sums: Sequence[Any]) -> None:
        """Sums of a column's parts on the grid: of one and its square, or of two and their products."""
        first, square = joined(sums)
        self._of(key).sums[one.place] = np.concatenate([to_limbs(first, SUM_LIMBS), to_limbs(square, SQUARE_LIMBS)])

    def absent(self, one: Cell) -> None:
        """A column that is not there."""
        for key, rows in self._rows.items():
            self._of(key).odd[one.place, Odd.ABSENT] = rows

    def note(self, key: Key, one: Cell, text: str, rows: int) -> None:
        """A value outside the column's levels."""
        self._unseen.setdefault((key, one.place), {})[text] = rows

    def held(self, one: Cell) -> tuple[NDArray[np.int64], bool]:
        """A column's bins in all windows together, and whether anything was not a number."""
        bins = np.sum(
            [np.zeros(one.planned.width, np.int64), *(part.counts[self.plan.slice(one.place)] for part in self._held.values())], axis=0
        )
        return bins, any(part.odd[one.place, Odd.NAN] for part in self._held.values())

    def profiles(self) -> Mapping[Key, Profile]:
        """The profiles, with rows and unseen values."""
        places = range(len(self.plan.columns))
        return {
            key: replace(self._held[key], rows=rows, unseen=tuple(keep_unseen(self._unseen.get((key, place), {})) for place in places))
            for key, rows in self._rows.items()
        }

    def _of(self, key: Key) -> Profile:
        if key not in self._held:
            self._held[key] = Profile.empty(self.plan)
        return self._held[key]


def joined(sums: Sequence[Any]) -> tuple[int, int]:
    """The sum and the sum of squares, from the sums of one part (q, q²) or of two (h, l, h², hl, l²) with q = 2^26 h + l."""
    whole, half = [int(value) for value in sums], int(HALF)
    if len(whole) == 2:  # noqa: PLR2004  q and q²
        return whole[0], whole[1]
    high, low, squared, crossed, rest = whole
    return high * half + low, squared * half * half + 2 * crossed * half + rest
