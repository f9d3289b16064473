"""What may be written about decisions: when to retrain, what it costs, when nothing may be begun, what may go ahead by itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from driftline.config.forms import PERIOD, STRICT, Floor, Text, Whole
from driftline.config.ruling import ActionName, DecisionRule, own_rules
from driftline.decisions.decision import Action, Consent
from driftline.decisions.evidence import Past
from driftline.decisions.terms import CONSENTS, Blackout, Quiet, Schedule, Terms

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
"""Lengths of time in words; a month has 30 days and a year 365."""

ON_DRIFT = "on_drift"
_TO = re.compile(r"(.+?) to (.+)")
_BUDGET = re.compile(r"([1-9][0-9]{0,3}) in (.+)")


def _wrong(fact: str, hint: str) -> PydanticCustomError:
    return PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": hint})


def length(words: str) -> timedelta:
    """A length of time in words.

    >>> length("2 weeks").days
    14
    """
    number, _, unit = words.partition(" ")
    return int(number) * UNITS[unit.removesuffix("s")]


def _length(words: str) -> str:
    if not re.fullmatch(PERIOD, words) or "window" in words:
        raise _wrong(f"{words!r} is no length of time", "write a number and a unit: 30 days, 12 hours")
    return words


def triggers(words: str) -> tuple[bool, Schedule]:
    """What `retrain` says: whether drift is a reason, and the calendar.

    >>> triggers("on_drift or weekly")
    (True, <Schedule.WEEKLY: 'weekly'>)
    """
    said = words.split(" or ")
    calendar = next((Schedule(one) for one in said if one != ON_DRIFT), Schedule.NEVER)
    return ON_DRIFT in said, calendar


def _triggers(words: str) -> str:
    said = words.split(" or ")
    known = {ON_DRIFT, *Schedule}
    if not set(said) <= known or len(set(said)) != len(said) or len(set(said) - {ON_DRIFT}) > 1 or said == [ON_DRIFT, Schedule.NEVER]:
        raise _wrong(f"{words!r} is no reason to retrain", "write never, on_drift, daily, weekly, monthly, or on_drift or weekly")
    return words


def many(words: str) -> tuple[int, timedelta]:
    """A count in a length of time.

    >>> many("2 in 30 days")[0]
    2
    """
    found = _BUDGET.fullmatch(words)
    if found is None:
        raise _wrong(f"{words!r} is no budget", "write 2 in 30 days")
    return int(found[1]), length(_length(found[2]))


def _many(words: str) -> str:
    many(words)
    return words


def hours(words: str) -> Quiet:
    """Hours of the day.

    >>> hours("22:00 to 07:00").start.hour
    22
    """
    found = _TO.fullmatch(words)
    try:
        start, end = (time.fromisoformat(part) for part in (found[1], found[2])) if found else (time(), time())
    except ValueError:
        start, end = time(), time()
    if start == end or start.tzinfo or end.tzinfo or start.second or end.second:
        raise _wrong(f"{words!r} are no hours", "write 22:00 to 07:00")
    return Quiet(start, end)


def _hours(words: str) -> str:
    hours(words)
    return words


def days(words: str) -> tuple[datetime, datetime]:
    """A span of days, the last one included; its end is the midnight after it. Times are wall-clock times of no zone yet.

    >>> [f"{day:%d.%m.}" for day in days("2026-11-25 to 2026-11-30")]
    ['25.11.', '01.12.']
    """
    found = _TO.fullmatch(words)
    try:
        first, last = (datetime.strptime(part, "%Y-%m-%d") for part in ((found[1], found[2]) if found else (words, words)))  # noqa: DTZ007  days
    except ValueError as error:
        raise _wrong(f"{words!r} are no days", "write 2026-11-25 to 2026-11-30, or one day") from error
    if last < first:
        raise _wrong(f"{words!r} ends before it begins", "swap the days")
    return first, last + timedelta(days=1)


def _days(words: str) -> str:
    days(words)
    return words


def instant(words: str) -> datetime:
    """A day or a time, UTC where no zone is said.

    >>> instant("2026-02-01").isoformat()
    '2026-02-01T00:00:00+00:00'
    """
    try:
        found = datetime.fromisoformat(words)
    except ValueError as error:
        raise _wrong(f"{words!r} is no day", "write 2026-02-01, or 2026-02-01T14:30") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _instant(words: str) -> str:
    instant(words)
    return words


Length = Annotated[str, AfterValidator(_length)]
Instant = Annotated[str, AfterValidator(_instant)]


class Sampled(BaseModel):
    """Which rows a new model learns from, and how heavy each is."""

    model_config = STRICT
    loss: Literal["everything", "sliding", "since the change", "recent", "half and half", "importance"] | None = Field(
        None, description="Of one that is trained because the model does worse. Without this: half and half.", examples=["since the change"]
    )
    schedule: Literal["everything", "sliding", "recent", "importance"] | None = Field(
        None, description="Of one that is trained by the calendar. Without this: recent.", examples=["sliding"]
    )


class Decisions(BaseModel):
    """The owner's terms: when to retrain, what it costs, when nothing may be begun, and what may go ahead by itself."""

    model_config = STRICT
    retrain: Annotated[str, AfterValidator(_triggers)] | None = Field(
        None,
        description="Why to retrain: never, on_drift (the model was shown to do worse), daily, weekly, monthly, or both, as in on_drift or "
        "weekly. Without this: on_drift.",
        examples=["on_drift or weekly"],
    )
    cool_down: Length | None = Field(
        None, description="So long after a retraining there is no other. Without this: 7 days.", examples=["7 days"]
    )
    budget: Annotated[str, AfterValidator(_many)] | None = Field(
        None,
        description="So many retrainings may go ahead without a person, in how long. Without this: 4 in 30 days.",
        examples=["2 in 30 days"],
    )
    quiet_hours: Annotated[str, AfterValidator(_hours)] | None = Field(
        None, description="Hours in which nothing is begun, in the windows' time zone.", examples=["22:00 to 07:00"]
    )
    blackout: list[Annotated[str, AfterValidator(_days)]] | None = Field(
        None, description="Days in which nothing is begun, the last one included.", examples=[["2026-11-25 to 2026-11-30"]]
    )
    actions: dict[ActionName, Literal["automatic", "ask"]] | None = Field(
        None,
        description="What may go ahead by itself. Without this a person is asked before anything is done.",
        examples=[{"retrain": "automatic"}],
    )
    enough_labels: Annotated[Whole, Field(gt=0)] | None = Field(
        None,
        description="Labels of the rarer class that have to have come since a change before a model is retrained for it. Without this: 50.",
        examples=[50],
    )
    patience: Length | None = Field(
        None,
        description="Where those labels will take longer, something else has to answer until then. Without this: 30 days.",
        examples=["30 days"],
    )
    cost: Floor | None = Field(
        None,
        description="What a retraining costs with deployment and risk, in the currency of performance.value. With both, a retraining that "
        "does not surely pay is not begun.",
        examples=[40],
    )
    horizon: Length | None = Field(None, description="Over how long a gain is counted. Without this: 30 days.", examples=["30 days"])
    fallback: Text | None = Field(None, description="What answers where the model cannot.", examples=["the rules of 2024"])
    trained: Instant | None = Field(
        None, description="When the model in service was trained; schedules count from then.", examples=["2026-02-01"]
    )
    deployed: Instant | None = Field(
        None, description="When the model in service went into service; a loss that begins then is its doing.", examples=["2026-02-03"]
    )
    remedies: list[Literal["isotonic", "platt", "threshold"]] | None = Field(
        None,
        description="What costs no more than a setting and is tried on labelled rows before a retraining, for binary models with scores: "
        "scores mapped to what they have come to mean, by isotonic regression or by a logistic curve (Platt), or another threshold; "
        "[] for nothing. Without this: isotonic and threshold.",
        examples=[["platt", "threshold"]],
    )
    sampling: Sampled | None = Field(
        None,
        description="Which rows a new model learns from; driftline backtest --sampling says which would have done best.",
        examples=[{"loss": "since the change", "schedule": "sliding"}],
    )
    rules: dict[Text, DecisionRule] | None = Field(
        None,
        description="Rules of one's own, by name, asked before the usual ones; one that has a usual rule's name takes its place, and "
        "leave out drops that one.",
        examples=[{"far too bad": {"when": "on_loss and loss.times > 5", "do": "fall back"}}],
    )
    previous_model: bool = Field(default=False, description="Whether there is an earlier model that could be put back.", examples=[True])


def terms(said: Decisions | None, timezone: str) -> Terms:
    """The owner's terms; whatever is not said is as `Terms` has it.

    Args:
        said: the section; None where there is none.
        timezone: of the windows.
    """
    if said is None:
        return Terms(timezone=timezone)
    zone = ZoneInfo(timezone)
    spans = [days(words) for words in said.blackout or ()]
    given: dict[str, Any] = {
        "cool_down": said.cool_down and length(said.cool_down),
        "patience": said.patience and length(said.patience),
        "horizon": said.horizon and length(said.horizon),
        "quiet": said.quiet_hours and hours(said.quiet_hours),
        "enough": said.enough_labels,
        "cost": said.cost,
        "fallback": said.fallback,
        "sampling": said.sampling and said.sampling.loss,
        "scheduled": said.sampling and said.sampling.schedule,
        "remedies": None if said.remedies is None else tuple(said.remedies),
    }
    if said.retrain:
        given["on_drift"], given["schedule"] = triggers(said.retrain)
    if said.budget:
        given["budget"], given["period"] = many(said.budget)
    return Terms(
        **{key: value for key, value in given.items() if value is not None},
        blackouts=tuple(Blackout(*(day.replace(tzinfo=zone).astimezone(UTC) for day in span)) for span in spans),
        timezone=timezone,
        own=own_rules(said.rules),
        consents={**CONSENTS, **{Action(name): Consent(consent) for name, consent in (said.actions or {}).items()}},
    )


def past(said: Decisions | None) -> Past:
    """What was done before, as far as it is said."""
    if said is None:
        return Past()
    trained, deployed = (instant(words) if words else None for words in (said.trained, said.deployed))
    return Past(trained=trained, deployed=deployed, previous=said.previous_model)
