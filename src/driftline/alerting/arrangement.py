"""What somebody arranged about alerts: what is looked for, and how long it has to last."""

from __future__ import annotations

from dataclasses import dataclass, field

from driftline.alerting.alert import Patience
from driftline.alerting.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Everything that alerts depend on besides the verdicts."""

    patience: Patience = field(default_factory=Patience)
    book: RuleBook = field(default_factory=RuleBook)
