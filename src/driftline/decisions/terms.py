"""The owner's terms: what retraining costs, how often it may happen, when it may not, and what may go ahead by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from driftline.decisions.decision import Action, Consent
from driftline.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.decisions.written import Own


class Schedule(StrEnum):
    """A calendar to retrain by."""

    NEVER = "never"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


PERIODS = {Schedule.DAILY: timedelta(days=1), Schedule.WEEKLY: timedelta(weeks=1), Schedule.MONTHLY: timedelta(days=30)}

CONSENTS: Mapping[Action, Consent] = {
    Action.HOLD: Consent.AUTOMATIC,
    Action.LOOK: Consent.ASK,
    Action.FIX_DATA: Consent.ASK,
    Action.RECALIBRATE: Consent.ASK,
    Action.RETRAIN: Consent.ASK,
    Action.ROLL_BACK: Consent.ASK,
    Action.FALL_BACK: Consent.ASK,
}
"""Nothing that changes the model happens by itself unless somebody allowed it."""

REMEDIES: Mapping[str, str] = {
    "isotonic": "map scores to what they have come to mean, by isotonic regression",
    "platt": "map scores to what they have come to mean, by a logistic curve",
    "threshold": "say yes from another score on",
}
"""What costs no more than a setting, and can be tried on labelled rows."""

FARTHEST = timedelta(days=366)
"""A calendar that leaves no free moment in a year leaves none."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which nothing is begun, in the terms' time zone; may go over midnight."""

    start: time
    end: time

    def holds(self, at: time) -> bool:
        """Whether a time of day lies in them."""
        return self.start <= at < self.end if self.start <= self.end else at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Blackout:
    """A span in which nothing is begun: days that matter too much. The end is excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the owner allows and what things cost.

    Attributes:
        on_drift: retrain where the model was shown to do worse.
        schedule: retrain by the calendar, too.
        cool_down: so long after a retraining there is no other.
        budget: at most so many retrainings …
        period: … in so long go ahead without a person.
        quiet: hours in which nothing is begun.
        blackouts: spans in which nothing is begun.
        timezone: whose wall clock quiet hours follow.
        consents: what may go ahead by itself.
        enough: labels of the rarer class since a change that a new model needs to learn it.
        patience: where those will not have come after so long, something else has to answer until then.
        cost: what a retraining costs, with deployment and risk, in the currency of the model's value; None where nobody said.
        horizon: over which a gain is counted.
        fallback: what answers instead of the model.
        remedies: what is tried before a retraining, of `REMEDIES`; nothing where empty.
        sampling: which rows a model learns from that is trained for a loss, a way of `sampling.WAYS`.
        scheduled: likewise of one that is trained by the calendar.
        own: rules that the owner wrote, in order.
    """

    on_drift: bool = True
    schedule: Schedule = Schedule.NEVER
    cool_down: timedelta = timedelta(days=7)
    budget: int = 4
    period: timedelta = timedelta(days=30)
    quiet: Quiet | None = None
    blackouts: tuple[Blackout, ...] = ()
    timezone: str = "UTC"
    consents: Mapping[Action, Consent] = field(default_factory=lambda: dict(CONSENTS))
    enough: int = 50
    patience: timedelta = timedelta(days=30)
    cost: float | None = None
    horizon: timedelta = timedelta(days=30)
    fallback: str = "the previous model, or a rule that a person answers for"
    remedies: tuple[str, ...] = ("isotonic", "threshold")
    sampling: str = "half and half"
    scheduled: str = "recent"
    own: tuple[Own, ...] = ()

    def __post_init__(self) -> None:
        if self.cost is not None and self.cost < 0:
            raise ConfigError(f"a retraining cannot cost {self.cost:g}", hint="give what it costs, 0 or more")
        if self.enough < 1:
            raise ConfigError(f"{self.enough} labels are never enough", hint="give a number of 1 or more")
        if self.quiet is not None and self.quiet.start == self.quiet.end:
            raise ConfigError(f"quiet hours from {self.quiet.start:%H:%M} to the same hour leave nothing", hint="leave quiet_hours out")

    def free(self, at: datetime) -> datetime | None:
        """The first instant from `at` on at which something may be begun; None where there is none for a year.

        Quiet hours and blackouts begin and end at whole minutes, so that an hour's search is a few steps.
        """
        zone, moment = ZoneInfo(self.timezone), at
        while moment - at <= FARTHEST:
            blackout = next((one for one in self.blackouts if one.start <= moment < one.end), None)
            if blackout is not None:
                moment = blackout.end
            elif self.quiet is not None and self.quiet.holds(moment.astimezone(zone).time()):
                moment = _after(moment, self.quiet, zone)
            else:
                return moment
        return None


def _after(at: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    """When the quiet hours that hold `at` are over."""
    local = at.astimezone(zone)
    end = local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=0, microsecond=0)
    if end <= local:
        end = (end + timedelta(days=1)).replace(fold=0)
    return max(end.astimezone(ZoneInfo("UTC")), at + timedelta(minutes=1))
