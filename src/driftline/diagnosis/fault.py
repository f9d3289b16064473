"""What one signature found in one window: a fault, its share of the rows and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.verdicts.diagnosis import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What one signature found in one window.

    Attributes:
        signature: the signature's name.
        columns: the columns it is in, or `EVERY_COLUMN` alone.
        window: label of the window.
        share: share of the window's rows that are affected.
        interval: its 95% confidence interval.
        evidence: the numbers it rests on; `explained` is the share of the column's change that the fault explains.
        p_value: probability of as strong a sign if nothing had changed.
        confidence: from 0 to 1, how well the fault explains the change, times how rarely the world does the same by itself.
        cause: the suspected cause, in words.
        remedy: what to do.
        mark: which rows are affected, where single rows show it.
        spoils: what the affected rows say is not so.
    """

    signature: str
    columns: tuple[str, ...]
    window: str
    share: float
    interval: tuple[float, float]
    evidence: Mapping[str, float]
    p_value: float
    confidence: float
    cause: str
    remedy: str
    mark: Mark | None = None
    spoils: bool = True

    @property
    def explained(self) -> float:
        """The share of the column's change that the fault explains."""
        return self.evidence.get("explained", 1.0)
