"""Names that must exist elsewhere: statistics, judged effects and time zones, checked while the document is read."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from driftline.drift.statistic import STATISTICS
from driftline.errors import ConfigError, UnknownPart, near_miss
from driftline.performance.fairness import GAPS
from driftline.performance.metric import metric_of
from driftline.verdicts.health import VALUE
from driftline.verdicts.policy import DEFAULT_FLOORS

STATISTIC = "statistic"
"""Marks the name of a statistic in the JSON Schema, where `published` lists those there are."""


def _statistic(name: str) -> str:
    try:
        return STATISTICS[name].name
    except UnknownPart as unknown:
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": unknown.fact, "hint": unknown.hint}) from unknown


def _judged(name: str) -> str:
    if name not in DEFAULT_FLOORS:
        fact = f"there is no judged statistic called {name!r}"
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": near_miss(name, DEFAULT_FLOORS)})
    return name


def _metric(name: str) -> str:
    if name == VALUE:
        return name
    try:
        metric_of(name)
    except ConfigError as unknown:
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": unknown.fact, "hint": unknown.hint}) from unknown
    return name


def _gap(name: str) -> str:
    if name not in GAPS:
        fact = f"there is no gap between groups called {name!r}"
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": near_miss(name, GAPS)})
    return name


def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (OSError, ValueError, LookupError) as error:
        near = near_miss(name, available_timezones())
        hint = near if near.startswith("did") else "write a name such as Europe/Berlin or UTC"
        fact = f"there is no time zone called {name!r}"
        raise PydanticCustomError("unknown_name", "{fact}", {"fact": fact, "hint": hint}) from error


StatisticName = Annotated[str, AfterValidator(_statistic), Field(json_schema_extra={"format": STATISTIC})]
"""A statistic of `driftline.drift.statistic`, or of an installed package."""

JudgedName = Annotated[str, AfterValidator(_judged), Field(json_schema_extra={"enum": list(DEFAULT_FLOORS)})]
"""One of the effects that have a floor."""

MetricName = Annotated[str, AfterValidator(_metric)]
"""A metric of `driftline.performance.metric`."""

GapName = Annotated[str, AfterValidator(_gap)]
"""A gap between groups of `driftline.performance.fairness`."""

TimeZone = Annotated[str, AfterValidator(_timezone)]
"""The IANA name of a time zone."""
