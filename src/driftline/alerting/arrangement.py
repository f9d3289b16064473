"""What somebody arranged about alerts: what is looked for, how long it has to last, how often it is told, and when not."""

from __future__ import annotations

from dataclasses import dataclass, field

from driftline.alerting.alert import Patience
from driftline.alerting.attention import Manner
from driftline.alerting.quiet import Quiet
from driftline.alerting.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Everything that alerts depend on besides the verdicts."""

    patience: Patience = field(default_factory=Patience)
    book: RuleBook = field(default_factory=RuleBook)
    manner: Manner = field(default_factory=Manner)
    quiet: Quiet = field(default_factory=Quiet)
