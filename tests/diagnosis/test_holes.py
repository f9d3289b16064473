"""Stretches without rows: an hour that is not there is told, a night is not, and chance makes none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.holes import missing_stretch, unusual

if TYPE_CHECKING:
    from conftest import Clinic

    from driftline.diagnosis.case import Case

HOUR, DAYS = 3600, 12


def timed(clinic: Clinic, number: int) -> dict[str, Any]:
    """A day with the time of each sale; few come at night."""
    day = clinic.day(400 + number, rows=1500)
    seconds = (day["hour"] * HOUR).astype(int) + np.random.default_rng(number).integers(0, HOUR, 1500)
    at = np.datetime64("2026-03-02T00:00", "s") + number * 86400 + seconds
    return day | {"at": at.astype("datetime64[us]").astype(object)}


def without(day: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """A day of which some hours are lacking."""
    kept = (day["hour"] < low) | (day["hour"] >= high)
    return {name: values[kept] for name, values in day.items()}


@pytest.fixture(scope="module")
def known(clinic: Clinic) -> Clinic:
    """A shop that is known by twelve days."""
    days = [timed(clinic, number) for number in range(DAYS)]
    reference = {name: np.concatenate([day[name] for day in days]) for name in days[0]}
    return type(clinic)(reference, {"window": "day", "columns": {"id": "sale", "timestamp": "at"}})


def told(known: Clinic, day: dict[str, Any]) -> Case:
    """What may be looked at of a day."""
    return known.case(day)


@pytest.mark.parametrize(("low", "high"), [(9, 10), (11, 14), (18, 20)])
def test_hours_that_are_not_there_are_told(clinic: Clinic, known: Clinic, low: int, high: int) -> None:
    """From when to when, and how many rows usually lie there."""
    day = timed(clinic, DAYS)
    (found,) = missing_stretch(told(known, without(day, low, high)))
    lacking = ((day["hour"] >= low) & (day["hour"] < high)).mean()
    assert found.columns == ("at",)
    assert found.share == pytest.approx(lacking, abs=0.03)
    assert found.evidence["from"] % 86400 == pytest.approx(low * HOUR, abs=600)
    assert found.evidence["to"] % 86400 == pytest.approx(high * HOUR, abs=600)


def test_usual_days_have_none(clinic: Clinic, known: Clinic) -> None:
    """Of eight days none, though hardly anybody buys at night."""
    for number in range(DAYS, DAYS + 8):
        assert list(missing_stretch(told(known, timed(clinic, number)))) == []


def test_a_break_that_is_usual_is_none(clinic: Clinic) -> None:
    """A shop that closes at noon on one day of three is closed then."""
    days = [timed(clinic, number) for number in range(DAYS + 1)]
    days = [without(day, 12, 14) if number % 3 == 0 else day for number, day in enumerate(days)]
    reference = {name: np.concatenate([day[name] for day in days[:DAYS]]) for name in days[0]}
    shop = type(clinic)(reference, {"window": "day", "columns": {"id": "sale", "timestamp": "at"}})
    case = told(shop, days[DAYS])
    assert unusual(case.now, case.blocks, case.plan.index("at")) is None


def thinned(day: dict[str, Any], keep: float, seed: int) -> dict[str, Any]:
    """A day on which few come from 12 to 14."""
    kept = (day["hour"] < 12) | (day["hour"] >= 14) | (np.random.default_rng(seed).random(len(day["hour"])) < keep)
    return {name: values[kept] for name, values in day.items()}


def emptied(day: dict[str, Any]) -> dict[str, Any]:
    """A day without anybody from 12:00 to 12:30."""
    minute = np.array([at.hour * 60 + at.minute for at in day["at"]])
    kept = (minute < 720) | (minute >= 750)
    return {name: values[kept] for name, values in day.items()}


def test_what_is_empty_by_chance_on_such_a_weekday_is_no_hole(clinic: Clinic) -> None:
    """Half an hour with nobody says little on a Sunday, when few come at noon, and that rows are lacking on a Monday."""
    days = [timed(clinic, number) if number % 7 < 6 else thinned(timed(clinic, number), 0.25, number) for number in range(29)]
    reference = {name: np.concatenate([day[name] for day in days[:27]]) for name in days[0]}
    shop = type(clinic)(reference, {"window": "day", "columns": {"id": "sale", "timestamp": "at"}})
    assert list(missing_stretch(told(shop, emptied(days[27])))) == []
    (found,) = missing_stretch(told(shop, emptied(days[28])))
    assert found.evidence["from"] % 86400 == pytest.approx(12 * HOUR, abs=600)
