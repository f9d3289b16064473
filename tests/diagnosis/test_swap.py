"""Columns in each other's places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.diagnosis.swap import column_swap

if TYPE_CHECKING:
    from conftest import Clinic


def test_two_numbers_are_found_in_each_others_places(clinic: Clinic) -> None:
    """Age and temperature: both are named, and all is explained."""
    day = clinic.day(91)
    (told,) = column_swap(clinic.case(day | {"age": day["celsius"], "celsius": day["age"]}))
    assert set(told.columns) == {"age", "celsius"}
    assert told.explained > 0.9


def test_three_columns_may_go_round(clinic: Clinic) -> None:
    """A file with one column left out at its beginning moves all that follow."""
    day = clinic.day(92)
    (told,) = column_swap(clinic.case(day | {"age": day["celsius"], "celsius": day["balance"], "balance": day["age"]}))
    assert set(told.columns) == {"age", "celsius", "balance"}


def test_two_categories_are_found_in_each_others_places(clinic: Clinic) -> None:
    """Levels that turn up in another column."""
    day = clinic.day(93)
    (told,) = column_swap(clinic.case(day | {"city": day["channel"], "channel": day["city"]}))
    assert set(told.columns) == {"city", "channel"}


@pytest.mark.parametrize("seed", range(3))
def test_columns_in_their_places_are_left_there(clinic: Clinic, seed: int) -> None:
    """Neither a usual day nor one on which everything became dearer has swapped anything."""
    day = clinic.day(94 + seed)
    assert list(column_swap(clinic.case(day))) == []
    assert list(column_swap(clinic.case(day | {"amount": day["amount"] * 3, "weight": day["weight"] * 3}))) == []
