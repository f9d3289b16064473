"""Base and window in the same groups, and how well a suspicion explains the change: some rows follow it, the others the base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import design, effective, gap, noise, two_shares, usual
from driftline.diagnosis.curve import masses
from driftline.profile.bins import NumberBins

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.curve import Curve
    from driftline.diagnosis.look import Look

    Floats = NDArray[np.float64]

LEAST_ROOM = 1e-9


@dataclass(frozen=True, slots=True)
class Grid:
    """Base and window in G groups of values.

    Attributes:
        base, now: float64[G], shares of the rows.
        base_rows, rows: how many rows there are.
        blocks: float64[K, G], rows in each block of the reference.
        doubt: float64[G - 1], variance of the share up to each cut from wide bins' being known by sampled rows.
        sampled: how many of the window's rows were sampled.
    """

    base: Floats
    now: Floats
    base_rows: float
    rows: float
    blocks: Floats
    doubt: Floats
    sampled: float = 0.0

    @property
    def allowed(self) -> float:
        """The total variation that chance makes, and that the reference's own blocks show beyond it."""
        doubt = np.concatenate([self.doubt, [0.0]]) + np.concatenate([[0.0], self.doubt])
        return noise(self.now, self.base, self.rows, self.base_rows, doubt) + usual(self.blocks)

    def explained(self, expected: Floats) -> float:
        """Which share of the change an expectation explains: what it leaves beyond chance, against the whole change."""
        before = gap(self.now, self.base)
        left = max(gap(self.now, expected) - self.allowed, 0.0)
        return float(np.clip(1 - left / before, 0.0, 1.0)) if left > 0 else 1.0


@dataclass(frozen=True, slots=True)
class Mixture:
    """A suspicion, measured: some rows follow an expectation, the others the base.

    Attributes:
        share: share of rows that follow it.
        interval: its 95% interval.
        p_value: probability of as many if none did.
        explained: share of the change that the mixture explains.
        apart: share of the expectation that lies where the base does not.
        region: bool[G], groups in which the expectation has more than the base.
        mixed: float64[G], the mixture.
    """

    share: float
    interval: tuple[float, float]
    p_value: float
    explained: float
    apart: float
    region: NDArray[np.bool_]
    mixed: Floats


def on_cuts(look: Look, cuts: Floats, base: Curve, now: Curve) -> Grid:
    """Numbers in the groups between cuts."""
    bins = look.planned.bins
    edges = bins.array if isinstance(bins, NumberBins) else np.empty(0)
    ends = np.concatenate([[0], np.searchsorted(edges, cuts) + 1, [edges.size + 1]])
    blocks = np.diff(look.upto[:, ends], axis=1)
    sampled = min(float(look.now.values.size), now.rows)
    return Grid(masses(base, cuts), masses(now, cuts), base.rows, now.rows, blocks, now.doubt(cuts) + base.doubt(cuts), sampled)


def mix(both: Grid, expected: Floats) -> Mixture:
    """Estimate how many rows follow an expectation, by the groups in which it has more than the base."""
    region = expected > both.base
    usually, fully, found = (float(part[region].sum()) for part in (both.base, expected, both.now))
    room = max(fully - usually, LEAST_ROOM)
    # Doubt about a share is doubt about where its groups begin and end; no more is in doubt than beside the sampled rows.
    rows = max(effective(found, both.rows, float(both.doubt[region[1:] != region[:-1]].sum())), both.sampled)
    spread = design(both.blocks[:, region].sum(1), both.blocks.sum(1))
    p_value, (low, high) = two_shares(found * rows, rows, usually * both.base_rows, both.base_rows, spread)
    share = float(np.clip((found - usually) / room, 0.0, 1.0))
    mixed = (1 - share) * both.base + share * expected
    return Mixture(
        share=share,
        interval=(float(np.clip(low / room, 0.0, 1.0)), float(np.clip(high / room, 0.0, 1.0))),
        p_value=p_value if found > usually else 1.0,
        explained=both.explained(mixed),
        apart=room,
        region=region,
        mixed=mixed,
    )
