"""Rows in another unit among rows that are not: also where they lie within the usual range."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.partly import in_some
from driftline.diagnosis.units import in_use

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture(scope="module")
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    return clinic.day(81)


@pytest.mark.parametrize(("factor", "share"), [(0.01, 0.1), (0.001, 0.3), (100.0, 0.1), (1000.0, 0.4)])
def test_the_factor_and_the_share_come_out(clinic: Clinic, day: dict[str, Any], factor: float, share: float) -> None:
    """Hundredths of degrees lie among the degrees, hundreds of them far above."""
    hit = np.random.default_rng(0).random(3000) < share
    found = in_some(clinic.look("celsius", day | {"celsius": np.where(hit, day["celsius"] * factor, day["celsius"])})[1], in_use())
    assert found is not None
    unit, mixture, certainty = found
    # A thousand and 1024 cannot be told apart.
    assert unit.factor == pytest.approx(factor, rel=0.03)
    assert mixture.share == pytest.approx(share, abs=0.04)
    assert certainty > 0.5


@pytest.mark.parametrize("middle", [0.5, 3.0, 17.0, 30.0])
def test_a_group_of_other_rows_is_no_unit(clinic: Clinic, day: dict[str, Any], middle: float) -> None:
    """A cold room, or a warm one, has a temperature of its own."""
    hit = np.random.default_rng(1).random(3000) < 0.2
    cold = np.random.default_rng(2).normal(middle, 0.4, 3000).round(1)
    found = in_some(clinic.look("celsius", day | {"celsius": np.where(hit, cold, day["celsius"])})[1], in_use())
    assert found is None or found[1].explained * found[2] < 0.5


def test_a_usual_day_is_in_its_unit(clinic: Clinic, day: dict[str, Any]) -> None:
    """No rows of it are in another one, so surely that it would be told."""
    for name in ("celsius", "amount", "balance", "age"):
        found = in_some(clinic.look(name, day)[1], in_use())
        assert found is None or found[1].p_value > 1e-4


def test_a_column_of_nothing_is_in_no_unit(clinic: Clinic, day: dict[str, Any]) -> None:
    """Where every value is nothing there is nothing to ask of units, nor where there is no value."""
    for nothing in (np.zeros(3000), np.full(3000, np.nan)):
        assert in_some(clinic.look("balance", day | {"balance": nothing})[1], in_use()) is None


def test_prices_that_all_grew_are_in_no_unit_with_another_zero(clinic: Clinic, day: dict[str, Any]) -> None:
    """The largest lie beyond all that were, by a factor and by no sum."""
    found = in_some(clinic.look("amount", day | {"amount": day["amount"] * 1.4})[1], in_use())
    assert found is None or not found[0].offset or found[1].explained * found[2] < 0.5


def test_what_was_not_sampled_is_alike_to_nothing(clinic: Clinic, day: dict[str, Any]) -> None:
    """Rows that lie outside without one of them in the sample, as in a column that is mostly null, tell of no unit, and break nothing."""
    hit = np.random.default_rng(3).random(3000) < 0.1
    look = clinic.look("celsius", day | {"celsius": np.where(hit, day["celsius"] * 100, day["celsius"])})[1]
    assert look.curves is not None
    low, high = look.curves[0].quantile(np.array([0.01, 0.99]))
    inside = look.now.values[(look.now.values > low) & (look.now.values < high)]
    found = in_some(replace(look, now=replace(look.now, values=inside)), in_use())
    assert found is None or found[1].explained == 0
