"""What an estimate without labels rests on, and what shakes it.

An estimate says what the metric must be if inputs have moved and the relation between inputs and labels has not. Nothing
without labels can show that the relation is unchanged; what can be seen is checked here, and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LEAST_ESS = 0.05
"""With a smaller share of the reference's rows in effect, a few of them speak for the whole window."""

MOST_UNSUPPORTED = 0.05
"""From this share of the window's rows on that have no like in the reference, what holds for them is a guess."""

FEWEST_LABELS = 200
"""The reference has at least so many labels of every class (numbers: so many at all)."""

CONCEPT_LEVEL = 0.001
"""The relation is taken to have changed where the labelled part shows it at this level; some thirty windows are asked."""

FEWEST_ROWS = 30
"""Below this many rows on either side nothing is estimated at all."""


class Trust(StrEnum):
    """How far an estimate may be trusted."""

    SOUND = "sound"
    DOUBTFUL = "doubtful"
    """It rests on little; its interval does not tell all."""
    BROKEN = "broken"
    """Labels show that what it assumes is not so."""
    NONE = "none"
    """There is no estimate."""


class Doubt(StrEnum):
    """What shakes an estimate."""

    FEW_EFFECTIVE = "few of the reference's rows are like the window's"
    UNSUPPORTED = "many of the window's rows are like none of the reference's"
    FEW_LABELS = "the reference has few labels of a class"
    CONCEPT = "labels that came show that the relation between inputs and labels has changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What an estimate rests on.

    Attributes:
        ess: effective number of the reference's rows.
        labels: rows of the reference with a label.
        fewest: labels of its rarest class; of numbers, all.
        unsupported: share of the window's rows without a like in the reference.
        rows: the window's.
        concept_p: p-value of the test for a changed relation on the labelled part; 1 without one.
    """

    ess: float
    labels: int
    fewest: int
    unsupported: float
    rows: int
    concept_p: float = 1.0

    def doubts(self) -> tuple[Doubt, ...]:
        """All that shakes it, the worst first."""
        held = {
            Doubt.CONCEPT: self.concept_p < CONCEPT_LEVEL,
            Doubt.UNSUPPORTED: self.unsupported > MOST_UNSUPPORTED,
            Doubt.FEW_EFFECTIVE: self.ess < LEAST_ESS * self.labels,
            Doubt.FEW_LABELS: self.fewest < FEWEST_LABELS,
        }
        return tuple(doubt for doubt, is_so in held.items() if is_so)

    def trust(self) -> tuple[Trust, str]:
        """How far it may be trusted, and why not further, in a sentence.

        >>> Grounds(ess=900, labels=20_000, fewest=4_000, unsupported=0.0, rows=2_000).trust()[1]
        "few of the reference's rows are like the window's (900 of 20,000 in effect)"
        """
        numbers = {
            Doubt.CONCEPT: f" (p = {self.concept_p:.2g}): the estimate cannot be trusted",
            Doubt.UNSUPPORTED: f" ({self.unsupported:.1%})",
            Doubt.FEW_EFFECTIVE: f" ({self.ess:,.0f} of {self.labels:,} in effect)",
            Doubt.FEW_LABELS: f" ({self.fewest:,})",
        }
        doubts = self.doubts()
        trust = Trust.SOUND if not doubts else Trust.BROKEN if Doubt.CONCEPT in doubts else Trust.DOUBTFUL
        return trust, "; ".join(f"{doubt}{numbers[doubt]}" for doubt in doubts)
