"""What is compared: windows, the references they are held against, and the columns that are judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from driftline.profile.profile import Odd
from driftline.schema import JUDGED_ROLES, WATCHED_ROLES, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from driftline.inference.variation import Blocks
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile

COMPARED_KINDS = frozenset({Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN})
"""Kinds whose distribution is compared; others are only checked for presence."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    Attributes:
        total: the whole reference.
        blocks: the reference in consecutive blocks.
        references: one profile for all windows, or one for each.
        windows: the windows that are judged.
        layout: how blocks and windows relate.
        ends, block_ends: where windows and blocks end, in seconds since 1970; NaN where they do not go by time.
        length: how long a window is, in seconds; None where windows do not go by time.
        awaited: places of the windows of which nothing is concluded from the labels that have come, and why.
        telling: those of them that tell of the model, because labels that come early are like the others.
        ranking: those that tell how the model ranks, because of each class they are.
        unfinished: places of the windows that are not whole, and why that is believed.
    """

    total: Profile
    blocks: Sequence[Profile]
    references: Sequence[Profile]
    windows: Sequence[Profile]
    layout: Blocks
    ends: NDArray[np.float64]
    block_ends: NDArray[np.float64]
    length: float | None = None
    awaited: Mapping[int, str] = field(default_factory=dict)
    telling: frozenset[int] = frozenset()
    ranking: frozenset[int] = frozenset()
    unfinished: Mapping[int, str] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        """The plan everything was counted by."""
        return self.total.plan


def judged_columns(comparison: Comparison) -> tuple[int, ...]:
    """Places of the columns that are judged: all but those ignored, and a label that has not come at all."""
    return tuple(
        i
        for i, planned in enumerate(comparison.plan.columns)
        if planned.column.role in JUDGED_ROLES | WATCHED_ROLES
        and not (planned.column.role is Role.LABEL and all(p.odd[i, Odd.ABSENT] == p.rows for p in comparison.windows))
    )
