"""A decision: what to do, why and what spoke against it, when, on which rows, what it should gain, and who may say yes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Action(StrEnum):
    """The seven things that can be done about a model."""

    HOLD = "hold"
    LOOK = "look"
    FIX_DATA = "fix data"
    RECALIBRATE = "recalibrate"
    RETRAIN = "retrain"
    ROLL_BACK = "roll back"
    FALL_BACK = "fall back"


class Consent(StrEnum):
    """Whether a decision may go ahead by itself."""

    AUTOMATIC = "automatic"
    ASK = "ask"


class Moment(StrEnum):
    """What a decision waits for."""

    NOW = "now"
    TIME = "a time that suits"
    LABELS = "more labels"


@dataclass(frozen=True, slots=True)
class When:
    """When to act.

    Attributes:
        moment: what is waited for.
        at: from when on it can be done; None where nobody knows, or it is now.
        labels: so many more labels of the rarer class are needed.
        sentence: that in words.
    """

    moment: Moment = Moment.NOW
    at: datetime | None = None
    labels: int = 0
    sentence: str = "now"


@dataclass(frozen=True, slots=True)
class How:
    """With what to act.

    Attributes:
        since: label of the first window whose rows show how things are now; None where there was no change.
        keep_out: labels of windows that must not be trained on.
        sampling: name of the way to choose rows, as `driftline.decisions.sampling` has them; empty where nothing is trained.
        columns: the columns to repair or to look at, the worst first.
        sentence: that in words.
    """

    since: str | None = None
    keep_out: tuple[str, ...] = ()
    sampling: str = ""
    columns: tuple[str, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Gain:
    """What acting should bring over the horizon, less nothing; the cost stands beside it.

    Attributes:
        value: what is expected.
        low: at least, at the level of the interval that it was made from.
        high: at most.
        unit: what all of them, and the cost, are counted in.
        cost: what acting costs; None where nobody said, or it is counted in something else.
    """

    value: float
    low: float
    high: float
    unit: str
    cost: float | None = None

    @property
    def pays(self) -> bool | None:
        """Whether it pays even at the lower end; None where nobody said what it costs."""
        return None if self.cost is None else self.low > self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do.

    Attributes:
        action: one of seven.
        rule: name of the rule that decided.
        reason: why, in one sentence.
        because: the evidence for it, in sentences.
        against: what spoke against it, in sentences.
        instead: what would cost no more than a setting, and how much of the loss it brings back, in sentences.
        when: when to act.
        how: with what.
        gain: what it should bring; None where that cannot be told.
        confidence: from 0 to 1, how sure the evidence is.
        consent: whether it may go ahead by itself.
        since: label of the window since which things are as they are; None where nothing changed.
    """

    action: Action
    rule: str
    reason: str
    because: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()
    when: When = field(default_factory=When)
    how: How = field(default_factory=How)
    gain: Gain | None = None
    confidence: float = 1.0
    consent: Consent = Consent.ASK
    since: str | None = None
