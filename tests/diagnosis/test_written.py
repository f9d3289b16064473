"""Whether numbers were multiplied after they were written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.scale import unit_change
from driftline.diagnosis.units import Unit
from driftline.diagnosis.written import multiplied

if TYPE_CHECKING:
    from conftest import Clinic

MILES = Unit(1.609344, 0.0, "kilometres for miles")


def seen(clinic: Clinic, name: str, values: Any) -> bool | None:
    """What is said of a column's values on a day, as to kilometres for miles."""
    return multiplied(clinic.look(name, clinic.day(21) | {name: values})[1], MILES)


@pytest.mark.parametrize("way", [np.float64, np.float32])
def test_multiplied_amounts_are_no_whole_cents(clinic: Clinic, way: Any) -> None:
    """Times 1.609344 they are none until that is undone, in 32 bits too; rounded to cents again, or risen, they are as ever."""
    amount = clinic.day(21)["amount"]
    assert seen(clinic, "amount", (amount * 1.609344).astype(way)) is True
    assert seen(clinic, "amount", np.round(amount * 1.609344, 2)) is False
    assert seen(clinic, "amount", np.round(amount * 1.7, 2)) is False


def test_what_is_written_in_no_steps_says_nothing(clinic: Clinic) -> None:
    """Weights with all their decimals lie on no grid, before and after."""
    assert seen(clinic, "weight", clinic.day(21)["weight"] * 1.609344) is None


@pytest.mark.parametrize("seed", range(3))
def test_what_rose_by_itself_is_no_sure_unit(clinic: Clinic, seed: int) -> None:
    """Temperatures, with which nothing goes, 1.7 times as high and written as ever are doubted; multiplied by a known unit they are not."""
    day = clinic.day(60 + seed)
    risen = unit_change(*clinic.look("celsius", day | {"celsius": np.round(day["celsius"] * 1.7, 1)}))
    assert risen is None or risen.confidence <= 0.5
    unit = unit_change(*clinic.look("celsius", day | {"celsius": day["celsius"] * 2.54}))
    assert unit is not None
    assert unit.confidence > 0.5
