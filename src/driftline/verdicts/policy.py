"""What a monitor promises: how many false alarms, what change matters, and against what windows are held."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Against(StrEnum):
    """What a window is compared with."""

    REFERENCE = "reference"
    PREVIOUS = "previous"
    TRAILING = "trailing"
    SAME_WEEKDAY = "same weekday"
    SAME_HOUR = "same hour"


class Limit(StrEnum):
    """How a threshold that somebody set by hand is made."""

    FIXED = "fixed"
    STANDARD_DEVIATION = "standard deviation"
    QUANTILE = "quantile"


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `alarms` expected false alarms in `period` (or in `windows` windows, where time is not known)."""

    alarms: float = 1.0
    period: timedelta = timedelta(days=30)
    windows: int = 30

    def __post_init__(self) -> None:
        if self.alarms <= 0 or self.period <= timedelta(0) or self.windows <= 0:
            raise ConfigError(
                f"a budget of {self.alarms} false alarms in {self.period} promises nothing",
                hint="give positive numbers, such as 1 false alarm in 30 days",
            )

    def per_window(self, length: timedelta | None) -> float:
        """The share of the budget that one window may spend: a probability of a false alarm.

        Args:
            length: how long a window lasts; None for windows of n rows, named windows and the whole.
        """
        windows = self.period / length if length else float(self.windows)
        return min(self.alarms / max(windows, 1.0), 0.25)

    def promise(self, length: timedelta | None) -> str:
        """The budget in words, for windows of that length."""
        hours = self.period / timedelta(hours=1)
        period = _many(hours / 24, "day") if hours % 24 == 0 else _many(hours, "hour")
        return f"at most {_many(self.alarms, 'false alarm')} in {period if length else _many(self.windows, 'window')}"


def _many(count: float, what: str) -> str:
    return f"{count:g} {what}{'s' if count != 1 else ''}"


@dataclass(frozen=True, slots=True)
class HandSet:
    """A threshold somebody set for one statistic of one column (or of all columns, "*").

    `value` is the threshold itself (fixed), how many standard deviations above the mean score of
    the reference's own windows, or the quantile of those scores.
    """

    column: str
    statistic: str
    limit: Limit
    value: float


DEFAULT_FLOORS: Mapping[str, float] = {
    "shift": 0.05,
    "spread": 0.10,
    "psi": 0.05,
    "level": 0.02,
    "atom": 0.02,
    "tail": 0.005,
    "dependence": 0.1,
    "unseen": 0.001,
    "null": 0.01,
    "nan": 0.005,
    "wrong_type": 0.0,
    "absent": 0.0,
    "duplicate": 0.02,
    "volume": 0.3,
    "silence": 0.1,
}
"""The smallest effect that matters, per judged statistic, where nobody says otherwise.

`shift` is in standard deviations, `spread` in log standard deviations, `psi` in PSI, `volume` in log rows,
`silence` in shares of the window, `dependence` in correlation, the rest in shares of rows.
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """What a healthy model means to its owner.

    Attributes:
        metric: the metric that decides; the task's usual one where None.
        threshold: the score from which on a binary model says yes, where no prediction column tells.
        positive: the class that counts as positive; the usual or the rarer one where None.
        floors: by metric, the smallest worsening that matters, in the metric's own units.
        value: what a true positive, false positive, true negative and false negative are worth; None where nobody said.
        currency: what that is counted in.
        fairness: by kind of gap between the groups of a segment, the largest gap or the smallest ratio.
        depths: of a ranking, how many of the first places are looked at; the usual ones where empty.
        worth: what each row is worth, an expression; empty where nobody said so in one.
    """

    metric: str | None = None
    threshold: float = 0.5
    positive: str | None = None
    floors: Mapping[str, float] = field(default_factory=dict)
    value: tuple[float, float, float, float] | None = None
    currency: str = ""
    fairness: Mapping[str, float] = field(default_factory=dict)
    depths: tuple[int, ...] = ()
    worth: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything a verdict depends on besides the counts."""

    budget: Budget = field(default_factory=Budget)
    against: Against = Against.REFERENCE
    trailing: int = 7
    floors: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_FLOORS))
    column_floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hand_set: tuple[HandSet, ...] = ()
    statistics: tuple[str, ...] = ()
    """Statistics reported beside the judged ones."""
    attribution: str = "additive"
    """How a change of the model's output or loss is shared out among columns, by name."""
    together: str | None = None
    """How to ask whether columns still go together as they did, by name; not at all where None."""
    goal: Goal = field(default_factory=Goal)
    confidence: float = 0.90
    """Level of the two-sided interval that decides between drifted, stable and inconclusive."""

    def floor(self, column: str, statistic: str) -> float:
        """The smallest effect of that statistic that matters in that column."""
        own = self.column_floors.get(column, {})
        return own.get(statistic, self.floors.get(statistic, DEFAULT_FLOORS[statistic]))
