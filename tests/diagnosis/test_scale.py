"""Other units and other signs: the factor that was put in comes out, in all rows and in some."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.case import each
from driftline.diagnosis.scale import sign_flip, unit_change
from driftline.diagnosis.units import FACTORS
from driftline.schema import Kind

if TYPE_CHECKING:
    from conftest import Clinic

NUMBERS = frozenset({Kind.NUMBER})
TOO_NEAR = {24.0, 25.4, 28.349523125, 1024.0, 1024.0**2, 3.6, 3.785411784, 60.0, 180 / math.pi, 365.25, 4.184}


@pytest.fixture
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    return clinic.day(21)


@pytest.mark.parametrize("factor", sorted({*FACTORS} - TOO_NEAR | {0.001, 0.3048, 1 / 60}))
def test_each_factor_in_use_is_told(clinic: Clinic, day: dict[str, Any], factor: float) -> None:
    """In all rows: the factor is right, and the change is explained."""
    told = unit_change(*clinic.look("amount", day | {"amount": day["amount"] * factor}))
    assert told is not None
    assert told.evidence["factor"] == pytest.approx(factor, rel=1e-3)
    assert told.share == 1.0
    assert told.explained > 0.8


@pytest.mark.parametrize("factor", sorted(TOO_NEAR))
def test_of_factors_too_near_to_tell_the_common_one_is_meant(clinic: Clinic, day: dict[str, Any], factor: float) -> None:
    """A thousand and 1024 differ by less than a day's median: a unit is told, and the factor within a few per cent."""
    told = unit_change(*clinic.look("amount", day | {"amount": day["amount"] * factor}))
    assert told is not None
    assert told.evidence["factor"] == pytest.approx(factor, rel=0.07)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
@pytest.mark.parametrize("factor", [100.0, 1000.0, 1 / 1000])
def test_a_unit_in_some_rows_is_told_with_its_share(clinic: Clinic, day: dict[str, Any], factor: float, share: float) -> None:
    """Whole units among cents: the share lies in its interval, give or take what the sample cannot tell."""
    hit = np.random.default_rng(0).random(3000) < share
    told = unit_change(*clinic.look("amount", day | {"amount": np.where(hit, day["amount"] * factor, day["amount"])}))
    assert told is not None
    # A thousand and 1024 are too near to each other for a few hundred sampled rows.
    assert told.evidence["factor"] == pytest.approx(factor, rel=0.03)
    assert told.share == pytest.approx(hit.mean(), abs=max(0.1 * share, 0.01))
    assert told.mark is not None


def test_a_unit_with_another_zero_is_told(clinic: Clinic, day: dict[str, Any]) -> None:
    """Degrees Fahrenheit are 1.8 times those of Celsius plus 32; kelvins are 273.15 more."""
    for factor, offset in [(1.8, 32.0), (1.0, 273.15)]:
        told = unit_change(*clinic.look("celsius", day | {"celsius": day["celsius"] * factor + offset}))
        assert told is not None
        assert (told.evidence["factor"], told.evidence["offset"]) == (factor, offset)


def test_what_creeps_has_no_other_unit(clinic: Clinic) -> None:
    """Days that grow by 1.17 come to 1.852 times as much after four: that is doubted; the same at once, and lasting, is not."""

    def grown(*factors: float) -> Any:
        days = [clinic.day(30 + k) for k in range(len(factors))]
        return unit_change(*clinic.look("amount", *({**day, "amount": day["amount"] * by} for day, by in zip(days, factors, strict=True))))

    crept, lasting = grown(1.17, 1.36, 1.59, 1.852), grown(1.0, 1.852, 1.852, 1.852)
    assert lasting.confidence == pytest.approx(2 * crept.confidence)
    assert crept.confidence <= 0.5 < lasting.confidence


def test_a_factor_nobody_uses_is_told_with_less_confidence(clinic: Clinic, day: dict[str, Any]) -> None:
    """A currency has any factor; one that is in no table of units is believed less."""
    told = unit_change(*clinic.look("amount", day | {"amount": day["amount"] * 5.2}))
    assert told is not None
    assert told.evidence["factor"] == pytest.approx(5.2, rel=0.05)
    assert told.confidence < 1


@pytest.mark.parametrize("seed", range(5))
def test_inflation_is_no_unit(clinic: Clinic, seed: int) -> None:
    """Prices a third higher, or twice as far apart, are prices; those of a usual day are in their unit."""
    day = clinic.day(50 + seed)
    for amount in (day["amount"], day["amount"] * 1.33, np.exp((np.log(day["amount"]) - 3.2) * 1.5 + 3.2)):
        case = clinic.case(clinic.day(1), day | {"amount": amount})
        assert [fault.columns for fault in each(case, NUMBERS, unit_change)] == []


@pytest.mark.parametrize("seed", range(3))
def test_dearer_things_are_no_sure_unit(clinic: Clinic, seed: int) -> None:
    """Where twice as dear things are bought, and they are twice as heavy, it is doubtful; where only the amounts doubled it is not."""
    day = clinic.day(70 + seed, 9000)
    drawn = np.random.default_rng(seed).choice(9000, 3000, replace=False, p=day["amount"] / day["amount"].sum())
    dear = unit_change(*clinic.look("amount", {name: values[drawn] for name, values in day.items()}))
    assert dear is None or dear.confidence <= 0.5
    alone = unit_change(*clinic.look("amount", clinic.day(70 + seed) | {"amount": clinic.day(70 + seed)["amount"] * 1.852}))
    assert alone is not None
    assert alone.confidence > 0.5


def test_garbage_is_no_unit(clinic: Clinic, day: dict[str, Any]) -> None:
    """Values of any size are of no unit: there is no factor between them and what was."""
    hit = np.random.default_rng(4).random(3000) < 0.1
    wild = np.exp(np.random.default_rng(5).uniform(5, 20, 3000))
    told = unit_change(*clinic.look("celsius", day | {"celsius": np.where(hit, wild, day["celsius"])}))
    assert told is None or told.confidence * told.explained < 0.6


def test_a_turned_sign_is_told(clinic: Clinic, day: dict[str, Any]) -> None:
    """In all rows and in a tenth of them; a usual day has turned none."""
    everywhere = sign_flip(*clinic.look("amount", day | {"amount": -day["amount"]}))
    assert everywhere is not None
    assert everywhere.share == 1.0
    hit = np.random.default_rng(1).random(3000) < 0.05
    some = sign_flip(*clinic.look("amount", day | {"amount": np.where(hit, -day["amount"], day["amount"])}))
    assert some is not None
    assert some.share == pytest.approx(hit.mean(), abs=0.02)
    assert some.confidence > 0.9
    assert sign_flip(*clinic.look("amount", day)) is None
