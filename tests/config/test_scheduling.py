"""Schedules: every so often, or by cron on a wall clock, over the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.config.scheduling import Cron, Every, next_due
from driftline.config.specification import specify
from driftline.errors import ConfigError

BERLIN = "Europe/Berlin"
ZONES = [BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"]


def due(expression: str, since: str, many: int, timezone: str = BERLIN) -> list[str]:
    """The next moments in UTC, as `29 01:30`."""
    at, found = datetime.fromisoformat(since).replace(tzinfo=UTC), []
    for _ in range(many):
        at = next_due(Cron(expression, timezone), at)
        found.append(f"{at:%d %H:%M}")
    return found


@pytest.mark.parametrize(
    ("expression", "since", "expected"),
    [
        # In the night to the 29th of March 2026 two o'clock is three: 01:00 UTC.
        ("30 6 * * *", "2026-03-28 00:00", ["28 05:30", "29 04:30", "30 04:30"]),
        ("30 2 * * *", "2026-03-28 00:00", ["28 01:30", "29 01:00", "30 00:30"]),
        ("*/30 * * * *", "2026-03-29 00:20", ["29 00:30", "29 01:00", "29 01:30"]),
        ("0 * * * *", "2026-03-28 23:30", ["29 00:00", "29 01:00", "29 02:00"]),
        # In the night to the 25th of October three o'clock is two once more: 01:00 UTC.
        ("30 6 * * *", "2026-10-24 00:00", ["24 04:30", "25 05:30", "26 05:30"]),
        ("30 2 * * *", "2026-10-24 12:00", ["25 00:30", "26 01:30", "27 01:30"]),
        ("*/30 * * * *", "2026-10-25 00:20", ["25 00:30", "25 01:00", "25 01:30"]),
        ("0 * * * *", "2026-10-24 23:30", ["25 00:00", "25 01:00", "25 02:00"]),
        ("0 7 * * 1-5", "2026-03-27 12:00", ["30 05:00", "31 05:00", "01 05:00"]),
        ("0 7 L * *", "2026-03-27 12:00", ["31 05:00", "30 05:00", "31 05:00"]),
    ],
)
def test_expressions_go_by_the_wall_clock(expression: str, since: str, expected: list[str]) -> None:
    """Also on the days on which clocks change: nothing is left out, and nothing of a fixed hour is done twice."""
    assert due(expression, since, 3) == expected


@given(
    st.integers(0, 59),
    st.integers(0, 23),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.sampled_from([2, 3, 9, 10]),
)
@settings(max_examples=30)
def test_what_is_daily_comes_once_on_every_day(minute: int, hour: int, timezone: str, month: int) -> None:
    """Of the months in which clocks change, whatever the zone does to its clocks."""
    at, zone = datetime(2026, month, 1, tzinfo=ZoneInfo(timezone)).astimezone(UTC) - timedelta(seconds=1), ZoneInfo(timezone)
    days = []
    for _ in range(90):
        at = next_due(Cron(f"{minute} {hour} * * *", timezone), at)
        days.append(at.astimezone(zone).date())
    assert len(set(days)) == 90
    assert days == sorted(days)


def test_an_interval_counts_real_time() -> None:
    """Whatever the clocks do."""
    at = datetime(2026, 3, 29, 0, 50, tzinfo=UTC)
    assert next_due(Every(timedelta(minutes=15)), at) == at + timedelta(minutes=15)


def test_it_is_read_from_the_document() -> None:
    """As a length of time, or as an expression with a time zone."""
    found = [
        specify({"reference": "a.csv", "schedule": said}, {}).schedule
        for said in ("2 hours", {"cron": "0  6 * * mon"}, {"cron": "0 6 * * *", "timezone": BERLIN})
    ]
    assert found == [Every(timedelta(hours=2)), Cron("0 6 * * mon"), Cron("0 6 * * *", BERLIN)]
    assert specify({"reference": "a.csv"}, {}).schedule is None


@pytest.mark.parametrize(
    ("said", "fact", "hint"),
    [
        ({"cron": "0 25 * * *"}, "'25' in '0 25 \\* \\* \\*' is no hour", "an hour is 0 to 23"),
        ({"cron": "60 * * * *"}, "is no minute", "0 to 59"),
        ({"cron": "0 6 * * fry"}, "'fry' in .* is no day of the week", "sun to sat"),
        ({"cron": "0 6 * *"}, "has 4 parts instead of 5", "minute, hour, day of the month, month, day of the week: 30 6"),
        ({"cron": "@daily"}, "has 1 part instead", "30 6"),
        ({"cron": "0 6 30 2 *"}, "there is no day on which", "the month"),
        ({"cron": "0 6 * * *", "timezone": "Europe/Berln"}, "no time zone called", "did you mean 'Europe/Berlin'"),
        ({"timezone": "UTC"}, "cron", ""),
        ("0 6 * * *", "schedule", ""),
        ("now and then", "schedule", ""),
    ],
)
def test_what_is_wrong_is_explained(said: object, fact: str, hint: str) -> None:
    """The part that is wrong, and what it may say."""
    with pytest.raises(ConfigError, match=fact) as caught:
        specify({"reference": "a.csv", "schedule": said}, {})
    assert hint in f"{caught.value} {caught.value.hint}"
