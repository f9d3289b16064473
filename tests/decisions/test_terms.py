"""The owner's terms: free moments, and settings that make no sense."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.decisions.terms import Blackout, Quiet, Terms
from driftline.errors import ConfigError

NIGHT = Quiet(time(22), time(7))
DAY = timedelta(days=1)
times = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001  UTC, a moment later


@pytest.mark.parametrize(("at", "inside"), [(time(21, 59), False), (time(22), True), (time(3), True), (time(7), False), (time(12), False)])
def test_quiet_hours_may_go_over_midnight(*, at: time, inside: bool) -> None:
    """From ten in the evening to seven in the morning is one night."""
    assert NIGHT.holds(at) is inside
    assert Quiet(time(7), time(22)).holds(at) is not inside


@given(times, st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns"]))
def test_a_free_moment_is_the_first_that_nothing_forbids(at: datetime, zone: str) -> None:
    """It is not before it was asked for, not quiet, in no blackout; and a moment that is free already stays."""
    blackout = Blackout(datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    terms = Terms(quiet=NIGHT, blackouts=(blackout,), timezone=zone)
    free = terms.free(at)
    assert free is not None
    assert free >= at
    assert not NIGHT.holds(free.astimezone(ZoneInfo(zone)).time())
    assert not blackout.start <= free < blackout.end
    assert terms.free(free) == free
    assert free - at <= timedelta(days=8)


def test_a_calendar_without_a_free_moment_has_none() -> None:
    """A blackout of more than a year leaves nothing."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert Terms(blackouts=(Blackout(at - DAY, at + 400 * DAY),)).free(at) is None
    assert Terms().free(at) == at


@pytest.mark.parametrize("wrong", [{"cost": -1.0}, {"enough": 0}, {"quiet": Quiet(time(7), time(7))}])
def test_terms_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    """Negative costs, no labels at all, and quiet hours of no length are mistakes."""
    with pytest.raises(ConfigError):
        Terms(**wrong)  # type: ignore[arg-type]  wrong on purpose
