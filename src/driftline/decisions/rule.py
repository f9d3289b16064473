"""What a rule of the policy is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.decisions.decision import Decision
    from driftline.decisions.evidence import Evidence
    from driftline.decisions.terms import Terms


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: what it is called in a decision.
        says: the rule as a sentence.
        asks: the decision, where the rule applies.
    """

    name: str
    says: str
    asks: Callable[[Evidence, Terms], Decision | None]
