"""When a monitor is looked at: at every round, every so often, or when a cron expression says so on the wall clock of a time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field, Tag
from pydantic_core import PydanticCustomError

from driftline.config.forms import SPAN, STRICT, forms
from driftline.config.names import TimeZone  # noqa: TC001  pydantic reads annotations when it runs
from driftline.errors import PluginError

PARTS = {
    "minute": "a minute is 0 to 59",
    "hour": "an hour is 0 to 23",
    "day of the month": "a day of the month is 1 to 31, or L for the last",
    "month": "a month is 1 to 12, or jan to dec",
    "day of the week": "a day of the week is 0 to 7, or sun to sat; 0 and 7 are Sunday",
}
"""The parts of an expression, in their order, and what each may say."""

ANY = datetime(2026, 1, 1, tzinfo=UTC)
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Every:
    """Every so often."""

    span: timedelta


@dataclass(frozen=True, slots=True)
class Cron:
    """Whenever a cron expression says so."""

    expression: str
    timezone: str = "UTC"


Schedule = Every | Cron


def _cron(expression: str) -> str:
    try:
        from cronsim import CronSim, CronSimError  # noqa: PLC0415  an extra
    except ImportError:
        # Nobody keeps to a schedule without the service; the service reads it again.
        return expression
    parts = expression.split()
    if len(parts) != len(PARTS):
        fact = f"{expression!r} has {len(parts)} part{'s' * (len(parts) != 1)} instead of {len(PARTS)}"
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": f"write {', '.join(PARTS)}: 30 6 * * 1-5"})
    for place, (name, may) in enumerate(PARTS.items()):
        alone = ["*"] * len(PARTS)
        alone[place] = parts[place]
        try:
            CronSim(" ".join(alone), ANY)
        except CronSimError as error:
            fact = f"{parts[place]!r} in {expression!r} is no {name}"
            hint = f"{may}; also lists (1,5), ranges (1-5), steps (*/5) and *"
            raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": hint}) from error
    try:
        next(CronSim(expression, ANY))
    except (CronSimError, StopIteration) as error:
        fact = f"there is no day on which {expression!r} comes"
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": "see to the day and the month"}) from error
    return expression


class WrittenCron(BaseModel):
    """A cron expression and the time zone whose clock it goes by."""

    model_config = STRICT
    cron: Annotated[str, AfterValidator(_cron)] = Field(
        description="Minute, hour, day of the month, month, day of the week.", examples=["30 6 * * 1-5"]
    )
    timezone: TimeZone = Field(
        "UTC",
        description="Whose wall clock it goes by.",
        examples=["Europe/Berlin"],
    )


Written = Annotated[
    Annotated[str, Field(pattern=f"^{SPAN}$"), Tag("<span>")] | Annotated[WrittenCron, Tag("<WrittenCron>")],
    forms("a length of time such as 15 minutes, or {cron: 30 6 * * 1-5, timezone: Europe/Berlin}", group="<WrittenCron>", text_="<span>"),
]


def schedule(said: str | WrittenCron | None) -> Schedule | None:
    """The same in the domain's terms.

    >>> schedule("15 minutes")
    Every(span=datetime.timedelta(seconds=900))
    """
    match said:
        case None:
            return None
        case WrittenCron():
            return Cron(" ".join(said.cron.split()), said.timezone)
    count, unit = said.split()
    return Every(int(count) * UNITS[unit.rstrip("s")])


@lru_cache(maxsize=10_000)
def next_due(schedule: Schedule, since: datetime) -> datetime:
    """When a monitor that was looked at last at `since` is looked at next.

    Where clocks change, cron's own customs hold (Debian's): what is due at an hour that is left out is due right after it, what is due
    at an hour that comes twice is due once; expressions that begin with * go on by real minutes.

    Raises:
        PluginError: the package that reads cron expressions is not installed.
    """
    if isinstance(schedule, Every):
        return since + schedule.span
    try:
        from cronsim import CronSim  # noqa: PLC0415  an extra
    except ImportError as error:
        raise PluginError("the package 'cronsim' is not installed", hint="pip install 'driftline[service]'") from error
    zone = ZoneInfo(schedule.timezone)
    found: datetime = next(CronSim(schedule.expression, since.astimezone(zone)))
    return found.astimezone(UTC)
