"""Clocks: each lag that was put in is told, and other habits are no lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.clock import time_shift

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture(scope="module")
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    return clinic.day(31)


@pytest.mark.parametrize("by", [1, 2, 5, 12, -3])
def test_each_lag_is_told(clinic: Clinic, day: dict[str, Any], by: int) -> None:
    """Hours moved round by some steps are told with their number and way."""
    told = time_shift(*clinic.look("hour", day | {"hour": (day["hour"] + by) % 24}))
    assert told is not None
    assert told.evidence["steps"] == by
    assert told.p_value < 1e-4


def test_a_usual_day_keeps_its_hours(clinic: Clinic, day: dict[str, Any]) -> None:
    """No lag on a usual day."""
    assert time_shift(*clinic.look("hour", day)) is None


def test_other_habits_are_no_lag(clinic: Clinic, day: dict[str, Any]) -> None:
    """A shop that opens at night too has another course, not another clock."""
    nights = np.where(np.arange(3000) % 3 == 0, np.arange(3000) % 6.0, day["hour"])
    assert time_shift(*clinic.look("hour", day | {"hour": nights})) is None


def test_only_what_goes_round_is_a_clock(clinic: Clinic, day: dict[str, Any]) -> None:
    """Ages are whole numbers as well, but do not go round."""
    assert time_shift(*clinic.look("age", day)) is None


def test_times_are_read_by_their_hour(clinic: Clinic) -> None:
    """A column of times is a clock too: sent in local time, it runs two hours ahead."""

    def with_times(day: dict[str, Any], ahead: int) -> dict[str, Any]:
        minutes = np.random.default_rng(0).integers(0, 60, len(day["hour"]))
        first = np.datetime64("2026-03-02T00:00")
        made = first + (day["hour"].astype(int) * 60 + minutes + ahead * 60).astype("timedelta64[m]")
        return day | {"at": made.astype("datetime64[us]").astype(object)}

    known = type(clinic)(with_times(clinic.reference, 0), {})
    told = time_shift(*known.look("at", with_times(clinic.day(32), 2)))
    assert told is not None
    assert told.evidence["steps"] == 2
    assert time_shift(*known.look("at", with_times(clinic.day(32), 0))) is None
