"""A category's rows by name: its levels, and the unseen texts that were kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import wandering
from driftline.diagnosis.mixture import Grid
from driftline.inference.significance import share_p

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from driftline.diagnosis.look import Look

    Floats = NDArray[np.float64]

FEW = 3
"""Values seen fewer times are stray ones, not levels."""


@dataclass(frozen=True, slots=True)
class Names:
    """A category's shares by name.

    Attributes:
        texts: its levels, then the unseen texts that were kept, then one for those that were not.
        known: how many of them are levels.
        both: shares in base and window, in that order.
    """

    texts: tuple[str, ...]
    known: int
    both: Grid

    @property
    def unknown(self) -> list[str]:
        """Unseen texts."""
        return list(self.texts[self.known : -1])

    @property
    def new(self) -> list[int]:
        """Places of unseen texts that came more than once or twice, the most frequent first."""
        return [i for i in range(self.known, len(self.texts) - 1) if self.both.now[i] * self.both.rows >= FEW]

    def likelihood(self, expected: Floats) -> float:
        """Log likelihood of the window's shares, if these were expected; of independent groups, which is near enough to compare by."""
        return float(self.terms(expected).sum())

    def terms(self, expected: Floats) -> Floats:
        """What each group adds to the log likelihood."""
        both = self.both
        pooled = np.clip((both.now * both.rows + expected * both.base_rows) / (both.rows + both.base_rows), 0.5 / both.rows, 1.0)
        variance = pooled * (1 / both.rows + 1 / both.base_rows) + wandering(both.blocks)
        return np.asarray(-((both.now - expected) ** 2) / variance / 2)

    def lost(self, surely: float) -> NDArray[np.bool_]:
        """Which groups have fewer rows than in the base, where chance alone would do so more rarely than said."""
        both = self.both
        fewer = both.now < both.base
        told = share_p(both.now * both.rows, np.array(both.rows), both.base * both.base_rows, np.array(both.base_rows)) < surely
        return np.asarray(fewer & told)

    def unseen(self) -> tuple[float, float]:
        """The shares of rows with any unseen text, in base and window."""
        return float(self.both.base[self.known :].sum()), float(self.both.now[self.known :].sum())


def names(look: Look) -> Names | None:
    """Put base and window on one list of names; None where there are no levels or no rows."""
    if not look.levels or not look.now.held or not look.base.held:
        return None
    known = len(look.levels)
    texts = sorted({*look.base.unseen, *look.now.unseen}, key=lambda text: (-look.now.unseen.get(text, 0), text))

    def shares(counts: Floats, unseen: Mapping[str, int]) -> Floats:
        kept = np.array([unseen.get(text, 0) for text in texts], dtype=np.float64)
        return np.asarray(np.concatenate([counts[:known], kept, [max(counts[known] - kept.sum(), 0.0)]]) / counts.sum())

    blocks = np.concatenate([look.blocks[:, :known], np.zeros((len(look.blocks), len(texts))), look.blocks[:, known:]], axis=1)
    base, now = shares(look.base.counts, look.base.unseen), shares(look.now.counts, look.now.unseen)
    return Names((*look.levels, *texts, ""), known, Grid(base, now, look.base.held, look.now.held, blocks, np.zeros(base.size - 1)))
