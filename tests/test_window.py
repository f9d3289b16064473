"""Windows: every instant lies in one, they follow one another without a gap, and the wall clock is right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.window import CALENDAR, Cadence, Window, Windowing, calendar_window

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"),
    *("America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Sao_Paulo", "Africa/Casablanca", "Antarctica/Troll"),
)
"""Half hours, quarter hours, a day that was left out, clocks that move at midnight, by half an hour or by two hours."""

CADENCES = sorted(CALENDAR)
INSTANTS = st.datetimes(datetime(2011, 12, 1), datetime(2036, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  made aware


def at(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def window(text: str, cadence: Cadence, zone: str = "UTC") -> Window:
    """The window that holds an instant."""
    return calendar_window(at(text), Windowing(cadence, timezone=zone))


def bounds(found: Window) -> tuple[datetime, datetime]:
    """Start and end, which calendar windows have."""
    assert isinstance(found.start, datetime)
    assert isinstance(found.end, datetime)
    return found.start, found.end


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(CADENCES))
@example(at("2011-12-30T12:00:00+00:00"), "Pacific/Apia", Cadence.DAY)
@example(at("2025-11-02T05:30:00+00:00"), "America/Havana", Cadence.DAY)
@example(at("2026-04-04T15:15:00+00:00"), "Australia/Lord_Howe", Cadence.HOUR)
@example(at("2026-10-03T15:45:00+00:00"), "Australia/Lord_Howe", Cadence.HOUR)
@example(at("2026-10-25T02:00:00+00:00"), "Antarctica/Troll", Cadence.HOUR)
def test_windows_tile_time(instant: datetime, zone: str, cadence: Cadence) -> None:
    """An instant lies in its window, all of whose instants have that window; the next begins where it ends and counts on."""
    windowing = Windowing(cadence, timezone=zone)
    found = calendar_window(instant, windowing)
    start, end = bounds(found)
    assert start <= instant < end
    assert {calendar_window(other, windowing) for other in (start, end - timedelta(microseconds=1))} == {found}
    following = calendar_window(end, windowing)
    assert following.start == end
    assert following.index > found.index
    assert following.label != found.label


@given(INSTANTS, st.sampled_from(ZONES), st.sampled_from(CADENCES))
def test_a_window_does_not_depend_on_how_an_instant_is_written(instant: datetime, zone: str, cadence: Cadence) -> None:
    """The same instant in another time zone lies in the same window."""
    windowing = Windowing(cadence, timezone=zone)
    elsewhere = instant.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+05:45").tzinfo)
    assert calendar_window(elsewhere, windowing) == calendar_window(instant, windowing)


@pytest.mark.parametrize(
    ("instant", "zone", "label", "hours"),
    [
        ("2026-03-29T12:00:00+00:00", "Europe/Berlin", "2026-03-29", 23),
        ("2026-10-25T12:00:00+00:00", "Europe/Berlin", "2026-10-25", 25),
        ("2026-10-24T22:30:00+00:00", "Europe/Berlin", "2026-10-25", 25),
        ("2026-10-24T22:30:00+00:00", "UTC", "2026-10-24", 24),
        ("2026-04-04T14:00:00+00:00", "Australia/Lord_Howe", "2026-04-05", 24.5),
        ("2026-10-31T18:29:00+00:00", "Asia/Kolkata", "2026-10-31", 24),
        ("2026-10-31T18:30:00+00:00", "Asia/Kolkata", "2026-11-01", 24),
        ("2026-10-31T18:14:00+00:00", "Asia/Kathmandu", "2026-10-31", 24),
        ("2026-10-31T18:15:00+00:00", "Asia/Kathmandu", "2026-11-01", 24),
        ("2011-12-31T09:00:00+00:00", "Pacific/Apia", "2011-12-31", 24),
        # Midnight comes twice, or not at all.
        ("2025-11-02T05:30:00+00:00", "America/Havana", "2025-11-02", 25),
        ("2025-11-02T04:30:00+00:00", "America/Havana", "2025-11-02", 25),
        ("2026-03-28T23:00:00+00:00", "Asia/Beirut", "2026-03-29", 23),
    ],
)
def test_a_day_is_what_the_wall_clock_says(instant: str, zone: str, label: str, hours: float) -> None:
    """A day begins at its zone's midnight and has 23, 24, 25 or, where clocks move by half an hour, 24.5 hours."""
    found = window(instant, Cadence.DAY, zone)
    start, end = bounds(found)
    assert (found.label, end - start) == (label, timedelta(hours=hours))


@pytest.mark.parametrize(
    ("instant", "zone", "label", "start", "minutes"),
    [
        ("2026-10-25T00:30:00+00:00", "Europe/Berlin", "2026-10-25 02:00", "2026-10-25T00:00:00+00:00", 60),
        ("2026-10-25T01:30:00+00:00", "Europe/Berlin", "2026-10-25 02:00+01:00", "2026-10-25T01:00:00+00:00", 60),
        ("2026-03-29T01:30:00+00:00", "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00+00:00", 60),
        ("2026-06-01T10:29:00+00:00", "Asia/Kolkata", "2026-06-01 15:00", "2026-06-01T09:30:00+00:00", 60),
        ("2026-04-04T15:15:00+00:00", "Australia/Lord_Howe", "2026-04-05 01:00", "2026-04-04T14:00:00+00:00", 90),
        ("2026-10-03T15:45:00+00:00", "Australia/Lord_Howe", "2026-10-04 02:00", "2026-10-03T15:30:00+00:00", 30),
    ],
)
def test_an_hour_is_what_the_wall_clock_says(instant: str, zone: str, label: str, start: str, minutes: int) -> None:
    """An hour that comes twice is two windows with labels of their own; where clocks move by half an hour, one is longer."""
    found = window(instant, Cadence.HOUR, zone)
    begin, end = bounds(found)
    assert (found.label, begin, end - begin) == (label, at(start), timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("instant", "label", "start"),
    [
        ("2026-01-01T00:00:00+00:00", "2026-W01", "2025-12-29T00:00:00+00:00"),
        ("2027-01-01T12:00:00+00:00", "2026-W53", "2026-12-28T00:00:00+00:00"),
        ("2025-12-28T23:59:59+00:00", "2025-W52", "2025-12-22T00:00:00+00:00"),
        ("2024-12-30T00:00:00+00:00", "2025-W01", "2024-12-30T00:00:00+00:00"),
    ],
)
def test_a_week_belongs_to_the_year_of_its_thursday(instant: str, label: str, start: str) -> None:
    """Weeks begin on Monday and are numbered as ISO 8601 does, over new year too."""
    found = window(instant, Cadence.WEEK)
    assert (found.label, found.start) == (label, at(start))


def test_a_week_with_a_clock_change_has_an_hour_less() -> None:
    """Monday to Monday on the wall clock."""
    start, end = bounds(window("2026-03-25T12:00:00+00:00", Cadence.WEEK, "Europe/Berlin"))
    assert end - start == timedelta(hours=167)


@pytest.mark.parametrize(
    ("instant", "label", "days"),
    [
        ("2024-02-29T23:59:59+00:00", "2024-02", 29),
        ("2026-02-01T00:00:00+00:00", "2026-02", 28),
        ("2026-12-31T12:00:00+00:00", "2026-12", 31),
    ],
)
def test_months_have_their_own_lengths(instant: str, label: str, days: int) -> None:
    """28 to 31 days, December included."""
    found = window(instant, Cadence.MONTH)
    start, end = bounds(found)
    assert (found.label, end - start) == (label, timedelta(days=days))


@pytest.mark.parametrize(("cadence", "index"), [(Cadence.HOUR, 744), (Cadence.DAY, 31), (Cadence.WEEK, 3), (Cadence.MONTH, 1)])
def test_indices_count_from_1970(cadence: Cadence, index: int) -> None:
    """The same in every run, so that profiles of different days can be put in order; what began before 1970 is negative."""
    assert window("1970-02-01T00:00:00+00:00", cadence).index == index
    assert window("1970-01-05T00:00:00+00:00", cadence).index == index - {"hour": 648, "day": 27, "week": 3, "month": 1}[cadence]
    assert window("1969-12-20T00:00:00+00:00", cadence).index < 0


@pytest.mark.parametrize("cadence", sorted(set(Cadence) - CALENDAR))
def test_only_calendar_windows_hold_instants(cadence: Cadence) -> None:
    """The error names what was asked for and what can be."""
    with pytest.raises(ConfigError, match=rf"'{cadence.value}' is not a calendar window\nHint: use hour, day, week or month"):
        calendar_window(at("2026-01-01T00:00:00+00:00"), Windowing(cadence, rows=5, column="batch"))


@pytest.mark.parametrize("rows", [None, 0, -5])
def test_a_window_of_no_rows_cannot_be_cut(rows: int | None) -> None:
    """The number is in the message."""
    with pytest.raises(ConfigError, match=rf"a window of {rows} rows cannot be cut\nHint: give a positive number"):
        Windowing(Cadence.ROWS, rows=rows)


@pytest.mark.parametrize("column", [None, ""])
def test_a_window_per_value_needs_a_column(column: str | None) -> None:
    """The hint says how to name it."""
    with pytest.raises(ConfigError, match=r"needs a column\nHint: name it: window: \{column: batch\}"):
        Windowing(Cadence.COLUMN, column=column)


@pytest.mark.parametrize(
    ("found", "start", "end"),
    [
        (Window(0, "all"), None, None),
        (Window(3, "rows 30-39", 30, 40), 30, 40),
        (window("2026-03-29T12:00:00+00:00", Cadence.DAY), "2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+00:00"),
    ],
)
def test_bounds_are_written_as_json_has_them(found: Window, start: object, end: object) -> None:
    """ISO 8601 with its offset, a row number, or null."""
    assert (found.bound("start"), found.bound("end")) == (start, end)


def test_windows_are_ordered_by_their_place() -> None:
    """Not by their labels: rows 10-19 come after rows 5-9."""
    assert min(Window(1, "rows 10-19", 10, 20), Window(0, "rows 5-9", 5, 10)).index == 0
