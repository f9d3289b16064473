"""Times against the row's own: lags of zones are told, and work that takes longer is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.lag import between, moved, own_time, time_lag

if TYPE_CHECKING:
    from conftest import Clinic

HOUR = 3600


def timed(day: dict[str, Any], number: int, *, late: float = 0.0, share: float = 1.0, times: float = 1.0) -> dict[str, Any]:
    """A day with the time of each sale, and one about fifty minutes later at which it was booked."""
    rng, rows = np.random.default_rng(number), len(day["hour"])
    at = np.datetime64("2026-03-02T00:00", "s") + number * 86400 + (day["hour"] * HOUR).astype(int) + rng.integers(0, HOUR, rows)
    after = np.exp(rng.normal(8, 0.6, rows)) * times + late * HOUR * (rng.random(rows) < share)
    booked = at + after.astype("timedelta64[s]")
    return day | {"at": at.astype("datetime64[us]").astype(object), "booked": booked.astype("datetime64[us]").astype(object)}


@pytest.fixture(scope="module")
def known(clinic: Clinic) -> Clinic:
    """A shop that is known with its times."""
    return type(clinic)(timed(clinic.reference, 0), {"columns": {"id": "sale", "timestamp": "at"}})


@pytest.mark.parametrize(("late", "share"), [(1.0, 1.0), (-5.0, 1.0), (5.5, 1.0), (2.0, 0.3)])
def test_a_lag_is_told_with_its_hours_and_rows(clinic: Clinic, known: Clinic, late: float, share: float) -> None:
    """In all rows or in some, forward and back, by whole hours and by half ones."""
    told = time_lag(*known.look("booked", timed(clinic.day(33), 20, late=late, share=share)))
    assert told is not None
    assert told.evidence["hours"] == late
    assert told.share == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize("times", [1.0, 1.3, 2.5])
def test_what_takes_longer_is_no_lag(clinic: Clinic, known: Clinic, times: float) -> None:
    """A usual day has none, and neither has one on which everything takes so many times as long."""
    assert time_lag(*known.look("booked", timed(clinic.day(34), 21, times=times))) is None


def test_the_row_s_own_time_lies_nowhere_from_itself(clinic: Clinic, known: Clinic) -> None:
    """It is known by its role, and not asked; where there is none, no time is."""
    case, look = known.look("at", timed(clinic.day(35), 22, late=3))
    assert own_time(case.plan) == look.place
    assert time_lag(case, look) is None
    assert own_time(clinic.look("hour", clinic.day(35))[0].plan) is None


def test_distances_need_both_times() -> None:
    """Rows that lack either time say nothing; equal distances have not moved."""
    values = np.array([[10.0, 4.0], [np.nan, 1.0], [3.0, 2.0]])
    assert between(values, 0, 1).tolist() == [1.0, 6.0]
    assert not moved(np.arange(500.0), np.arange(500.0))
    assert moved(np.arange(500.0), np.arange(500.0) + HOUR)
