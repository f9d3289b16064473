"""How time, or a row of rows, is cut into windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from driftline.errors import ConfigError


class Cadence(StrEnum):
    """Where one window ends and the next begins."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ROWS = "rows"
    COLUMN = "column"
    WHOLE = "whole"


CALENDAR = frozenset({Cadence.HOUR, Cadence.DAY, Cadence.WEEK, Cadence.MONTH})
"""Cadences that need a timestamp column."""


@dataclass(frozen=True, slots=True)
class Windowing:
    """The rule by which rows are cut into windows.

    `rows` is the length for `Cadence.ROWS`; `column` names the column whose every value is a
    window of its own for `Cadence.COLUMN`; `timezone` is an IANA name and decides where a calendar
    window begins.
    """

    cadence: Cadence = Cadence.WHOLE
    rows: int | None = None
    column: str | None = None
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        if self.cadence is Cadence.ROWS and not (self.rows and self.rows > 0):
            raise ConfigError(f"a window of {self.rows} rows cannot be cut", hint="give a positive number of rows")
        if self.cadence is Cadence.COLUMN and not self.column:
            raise ConfigError("a window per value needs a column", hint="name it: window: {column: batch}")


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """One window: its place in the order of windows, where it begins and ends, and what people call it.

    `start` and `end` are instants (end excluded) for calendar windows, row numbers for windows of n
    rows, and None for windows named by a column's value and for the whole.
    """

    index: int
    label: str
    start: datetime | int | None = None
    end: datetime | int | None = None

    def bound(self, which: str) -> str | int | None:
        """Write the start or the end as JSON has it: an ISO 8601 instant, a row number or null."""
        value = self.start if which == "start" else self.end
        return value.isoformat() if isinstance(value, datetime) else value


WHOLE = Window(0, "all")
"""The window of all rows, where they are not cut."""


def calendar_window(instant: datetime, windowing: Windowing) -> Window:
    """Find the calendar window that holds an instant, in the windowing's time zone.

    Windows follow the wall clock: on the day the clocks go forward a day window has 23 hours, and an
    hour that comes twice is two windows, the second with its offset in the label. The index counts
    windows since 1970 and is therefore the same in every run.

    >>> at = datetime.fromisoformat("2026-03-29T12:00:00+00:00")
    >>> window = calendar_window(at, Windowing(Cadence.DAY, timezone="Europe/Berlin"))
    >>> window.label, window.end - window.start == timedelta(hours=23)
    ('2026-03-29', True)
    """
    zone = ZoneInfo(windowing.timezone)
    local = instant.astimezone(zone)
    # Where midnight comes twice, the day begins with the first.
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    utc = ZoneInfo("UTC")
    match windowing.cadence:
        case Cadence.HOUR:
            start = _hour_start(instant, zone)
            end = _hour_end(start, zone)
            index, label = int(start.timestamp() // 3600), _hour_label(start.astimezone(zone))
        case Cadence.DAY:
            start, end = midnight.astimezone(utc), _wall(midnight, 1).astimezone(utc)
            index, label = local.date().toordinal() - EPOCH, local.strftime("%Y-%m-%d")
        case Cadence.WEEK:
            monday = _wall(midnight, -local.weekday())
            start, end = monday.astimezone(utc), _wall(monday, 7).astimezone(utc)
            index, label = (monday.date().toordinal() - EPOCH) // 7, monday.strftime("%G-W%V")
        case Cadence.MONTH:
            first = midnight.replace(day=1)
            start, end = first.astimezone(utc), _wall(first, 32).replace(day=1).astimezone(utc)
            index, label = (local.year - 1970) * 12 + local.month - 1, local.strftime("%Y-%m")
        case _:
            raise ConfigError(f"{windowing.cadence.value!r} is not a calendar window", hint="use hour, day, week or month")
    return Window(index, label, start, end)


EPOCH = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001  a calendar day, not an instant


def _hour_start(instant: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the wall clock's hour began."""
    return instant.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(ZoneInfo("UTC"))


def _hour_end(start: datetime, zone: ZoneInfo) -> datetime:
    """An hour later; but where clocks move by half an hour, a wall clock's hour has 30 or 90 minutes."""
    usual, begin = start + timedelta(hours=1), start.astimezone(zone).replace(minute=0)
    # Python forgets the fold when it adds.
    wall = (begin + timedelta(hours=1)).replace(fold=begin.fold).astimezone(ZoneInfo("UTC"))
    return wall if wall < usual or _hour_start(usual, zone) == start else usual


def _hour_label(start: datetime) -> str:
    return start.isoformat(sep=" ", timespec="minutes") if start.fold else start.strftime("%Y-%m-%d %H:00")


def _wall(day: datetime, days: int) -> datetime:
    """Step whole days on the wall clock: aware arithmetic in one zone does not shift with the offset."""
    return day + timedelta(days=days)
