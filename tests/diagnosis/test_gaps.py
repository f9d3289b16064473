"""Rows without a value, and values far outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.gaps import infinite_values, missing_column, null_burst, range_violation, type_change

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture(scope="module")
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    return clinic.day(41)


@pytest.mark.parametrize("share", [0.01, 0.2, 1.0])
@pytest.mark.parametrize("name", ["age", "country"])
def test_nulls_are_told_with_their_share(clinic: Clinic, day: dict[str, Any], name: str, share: float) -> None:
    """The share of rows without a value is counted, and the interval holds it."""
    gone = np.random.default_rng(0).random(3000) < share
    told = null_burst(*clinic.look(name, day | {name: np.where(gone, None, day[name])}))
    assert told is not None
    assert told.share == pytest.approx(gone.mean())
    assert told.interval[0] <= told.share <= told.interval[1]
    assert told.p_value < 1e-4


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinities_are_told_with_their_share(clinic: Clinic, day: dict[str, Any], value: float) -> None:
    """They are no nulls, and no values that are merely far outside."""
    hit = np.random.default_rng(0).random(3000) < 0.02
    case, look = clinic.look("amount", day | {"amount": np.where(hit, value, day["amount"])})
    told = infinite_values(case, look)
    assert told is not None
    assert told.share == pytest.approx(hit.mean())
    assert told.interval[0] <= told.share <= told.interval[1]
    assert null_burst(case, look) is None
    assert range_violation(case, look) is None


def test_texts_among_numbers_are_another_type(clinic: Clinic, day: dict[str, Any]) -> None:
    """Decimal commas are no numbers."""
    told = type_change(
        *clinic.look("amount", day | {"amount": np.array([f"{x:.2f}".replace(".", ",") for x in day["amount"]], dtype=object)})
    )
    assert told is not None
    assert told.share == 1.0


def test_a_column_that_is_not_there_is_missing(clinic: Clinic, day: dict[str, Any]) -> None:
    """Left out of the file, it is missing in all rows, and no burst of nulls."""
    case, look = clinic.look("age", {name: values for name, values in day.items() if name != "age"})
    told = missing_column(case, look)
    assert told is not None
    assert told.share == 1.0
    assert null_burst(case, look) is None


def test_values_far_outside_are_told(clinic: Clinic, day: dict[str, Any]) -> None:
    """Five in a hundred beyond the range by more than its width; a long tail is not so far out."""
    hit = np.random.default_rng(0).random(3000) < 0.05
    told = range_violation(*clinic.look("celsius", day | {"celsius": np.where(hit, 5000.0, day["celsius"])}))
    assert told is not None
    assert told.share == pytest.approx(hit.mean(), abs=0.02)
    assert range_violation(*clinic.look("celsius", day | {"celsius": np.where(hit, 60.0, day["celsius"])})) is None


@pytest.mark.parametrize("ask", [null_burst, infinite_values, type_change, missing_column, range_violation])
@pytest.mark.parametrize("name", ["amount", "balance", "age"])
def test_a_usual_day_lacks_nothing(clinic: Clinic, day: dict[str, Any], ask: Any, name: str) -> None:
    """Nothing is missing or outside on a day like any other."""
    assert ask(*clinic.look(name, day)) is None
