"""A proof: what the gate said of one challenger, as people and machines read it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from driftline.rollout.claims import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.rollout.gate import GateReport
    from driftline.rollout.paired import Gain

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the gate said of one challenger.

    Attributes:
        model: its name.
        challenger: its version.
        champion: the champion's version; empty where its recorded answers were taken.
        report: the gate's.
        rows: rows of the trial, and the span of their times.
        span: from and to.
        value: what the challenger's decisions are worth beside the champion's, a row; None where nobody says what they are worth.
        currency: of the value.
        overridden: by whom and why, where a person decided otherwise.
        prospects: what a rollout's steps can be reckoned from, by metric.
    """

    model: str
    challenger: str
    champion: str
    report: GateReport
    rows: int
    span: tuple[str, str]
    value: Gain | None = None
    currency: str = ""
    overridden: tuple[str, str] | None = None
    prospects: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether it may be released."""
        return self.report.outcome is Outcome.PASS or self.overridden is not None

    def written(self) -> dict[str, Any]:
        """As JSON has it; what is not known is null."""
        report = {**asdict(self.report), "checks": [_known(asdict(check)) for check in self.report.checks]}
        told = {"schema": SCHEMA, "model": self.model, "challenger": self.challenger, "champion": self.champion, "rows": self.rows}
        value = None if self.value is None else {**_known(asdict(self.value)), "currency": self.currency}
        by = None if self.overridden is None else {"by": self.overridden[0], "why": self.overridden[1]}
        return {
            **told,
            "from": self.span[0],
            "to": self.span[1],
            "passes": self.passes,
            **report,
            "value": value,
            "overridden": by,
            "prospects": dict(self.prospects),
        }


def _known(told: dict[str, Any]) -> dict[str, Any]:
    return {key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in told.items()}
