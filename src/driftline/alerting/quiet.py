"""Quiet: silences for a time, maintenance that comes again, and incidents that others explain; each says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from driftline.alerting.matchers import Matcher, all_fit, labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.alerting.incident import Incident
    from driftline.alerting.signals import Signal

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MIDNIGHT = time(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nobody is told of what fits, for a time.

    Attributes:
        starts: from when on, an instant.
        ends: until when, excluded.
    """

    matchers: tuple[Matcher, ...]
    starts: datetime
    ends: datetime
    by: str = ""
    comment: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether it holds at an instant."""
        return self.starts <= now < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A time of the week in which nobody is told.

    Attributes:
        days: the days on which it begins, 0 for Monday.
        begins: the wall clock's time.
        ends: likewise; if it is not later, on the next day.
    """

    days: frozenset[int] = frozenset(range(7))
    begins: time = MIDNIGHT
    ends: time = MIDNIGHT
    timezone: str = "UTC"

    def holds(self, now: datetime) -> bool:
        """Whether it holds at an instant."""
        local = now.astimezone(ZoneInfo(self.timezone))
        at, today, before = local.time(), local.weekday(), (local - timedelta(days=1)).weekday()
        if self.begins < self.ends:
            return today in self.days and self.begins <= at < self.ends
        return (today in self.days and at >= self.begins) or (before in self.days and at < self.ends)


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While something that fits `source` is open, nobody is told of what fits `target`."""

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]


@dataclass(frozen=True, slots=True)
class Quiet:
    """Everything that keeps messages back."""

    silences: tuple[Silence, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    inhibitions: tuple[Inhibition, ...] = ()


def hushed(monitor: str, incident: Incident, others: Sequence[Incident], quiet: Quiet, now: datetime) -> str:
    """Why nobody is told of an incident now; empty if somebody is.

    A silence keeps it back if every alert of it that fires is silenced: the others would be news.

    Args:
        monitor: what is watched.
        incident: which.
        others: incidents that are open beside it.
        quiet: what keeps messages back.
        now: the time.
    """
    if any(one.holds(now) for one in quiet.maintenance):
        return "maintenance"
    firing = [signal for key, signal in incident.members.items() if key in incident.firing] or list(incident.members.values())
    held = [one for one in quiet.silences if one.holds(now)]
    if held and all(any(all_fit(one.matchers, labels(monitor, signal)) for one in held) for signal in firing):
        until = max(one.ends for one in held)
        return f"silenced until {until:%Y-%m-%d %H:%M}"
    for rule in quiet.inhibitions:
        source = next((one for one in others if one is not incident and _fits(rule.source, monitor, one)), None)
        if source is not None and all(all_fit(rule.target, labels(monitor, signal)) for signal in firing):
            return f"explained by incident {source.number}"
    return ""


def _fits(some: Sequence[Matcher], monitor: str, incident: Incident) -> bool:
    signals: list[Signal] = [signal for key, signal in incident.members.items() if key in incident.firing]
    return any(all_fit(some, labels(monitor, signal)) for signal in signals)
