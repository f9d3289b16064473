"""Another unit in the rows of one level that has a law of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.scale import unit_change

if TYPE_CHECKING:
    from conftest import Clinic


def priced(day: dict[str, Any], seed: int) -> dict[str, Any]:
    """Each country has prices of its own, close to each other."""
    levels = {"DE": 10.0, "FR": 14.0, "IT": 19.0, "ES": 25.0, "PT": 30.0}
    middle = np.array([levels[country] for country in day["country"]])
    return day | {"price": (middle * np.exp(np.random.default_rng(seed).normal(0, 0.05, middle.size))).round(2)}


@pytest.fixture(scope="module")
def known(clinic: Clinic) -> Clinic:
    """A shop with prices by country."""
    return type(clinic)(priced(clinic.reference, 0), {})


@pytest.mark.parametrize(("country", "factor"), [("FR", 100.0), ("IT", 0.01), ("DE", 1000.0)])
def test_one_country_in_another_unit_is_told(clinic: Clinic, known: Clinic, country: str, factor: float) -> None:
    """The factor and the share of its rows, though its prices are like no others."""
    day = priced(clinic.day(91), 1)
    hit = day["country"] == country
    told = unit_change(*known.look("price", day | {"price": np.where(hit, day["price"] * factor, day["price"])}))
    assert told is not None
    assert told.evidence["factor"] == pytest.approx(factor, rel=0.03)
    assert told.share == pytest.approx(hit.mean(), abs=0.06)
    assert told.confidence * told.explained > 0.5


def test_a_country_s_new_prices_are_no_unit(clinic: Clinic, known: Clinic) -> None:
    """Prices all over the place in one country are in no unit; a usual day's are in their own."""
    day = priced(clinic.day(92), 2)
    wild = np.exp(np.random.default_rng(3).uniform(4, 12, 3000))
    for price in (np.where(day["country"] == "FR", wild, day["price"]), day["price"]):
        told = unit_change(*known.look("price", day | {"price": price}))
        assert told is None or told.confidence * told.explained < 0.5 or told.p_value > 1e-4
