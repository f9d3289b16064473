"""Where a change lives: the part that was spoilt is found, and nothing is found where all rows were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.where import decomposed, said, slices
from driftline.verdicts.diagnosis import Change, Diagnosis, Mark

if TYPE_CHECKING:
    from conftest import Clinic


def spoilt(clinic: Clinic, seed: int, hit: Any) -> tuple[Any, Diagnosis]:
    """A day on which some ages were lost, and that as a diagnosis."""
    day = clinic.day(seed, 6000)
    gone = hit(day)
    case = clinic.case(clinic.day(seed + 100), day | {"age": np.where(gone, None, day["age"])})
    mark = Mark(case.plan.index("age"), np.nan, np.nan)
    return case, Diagnosis(change=Change.FAULT, kind="null_burst", columns=("age",), sentence="", share=float(gone.mean()), mark=mark)


@pytest.mark.parametrize("seed", range(3))
def test_one_level_is_found(clinic: Clinic, seed: int) -> None:
    """All of the loss is in one country, and so is what is told."""
    parts = slices(*spoilt(clinic, 200 + seed, lambda day: day["country"] == "DE"))
    assert parts[0].conditions == ("country = DE",)
    assert parts[0].carries == pytest.approx(1.0, abs=0.02)
    assert parts[0].rows == pytest.approx(0.35, abs=0.06)


def test_two_conditions_are_found_together(clinic: Clinic) -> None:
    """A release for one channel in one country."""
    parts = slices(*spoilt(clinic, 210, lambda day: (day["country"] == "DE") & (day["channel"] == "store")))
    assert set(parts[0].conditions) == {"country = DE", "channel = store"}


def test_a_range_of_numbers_is_found(clinic: Clinic) -> None:
    """What was lost lies above an amount, which is named near where it is."""
    parts = slices(*spoilt(clinic, 220, lambda day: day["amount"] > np.quantile(clinic.reference["amount"], 0.8)))
    assert any(condition.startswith(("amount", "weight")) for condition in parts[0].conditions)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_everywhere_is_nowhere(clinic: Clinic, seed: int) -> None:
    """Rows lost by chance are in no part, however many parts are tried."""
    rng = np.random.default_rng(seed)
    assert slices(*spoilt(clinic, 230 + seed, lambda day: rng.random(len(day["age"])) < 0.2)) == ()


def test_all_rows_need_no_place(clinic: Clinic) -> None:
    """Where every row is affected there is nothing to look for."""
    case, told = spoilt(clinic, 240, lambda day: np.ones(6000, dtype=bool))
    assert slices(case, told) == ()


rates = st.floats(0, 1)
weights = st.tuples(st.floats(0.05, 0.95), st.floats(0.05, 0.95))


@given(rates, rates, rates, rates, weights)
def test_parts_carry_all_of_a_change(one: float, other: float, was: float, had: float, weight: tuple[float, float]) -> None:
    """What a part and the rest of the rows carry adds up to the whole change, whatever the rates and the shares."""
    now, then = weight
    total = now * one + (1 - now) * other - then * was - (1 - then) * had
    if abs(total) < 1e-3:
        return
    inside, outside = decomposed((one, now), (was, then), total), decomposed((other, 1 - now), (had, 1 - then), total)
    assert inside[0] + outside[0] == pytest.approx(1.0)
    assert 0 <= inside[1] <= 1


def test_conditions_read_as_words(clinic: Clinic) -> None:
    """Levels by their names, numbers by the side they lie on."""
    plan = clinic.case(clinic.day(1)).plan
    country, amount = plan.columns[plan.index("country")], plan.columns[plan.index("amount")]
    at = float(country.bins.levels.index("IT"))
    assert said(country, Mark(plan.index("country"), at, at)) == "country = IT"
    assert said(country, Mark(plan.index("country"), 5.0, 5.0)) == "country is new"
    assert said(amount, Mark(plan.index("amount"), 10.5, np.inf)) == "amount >= 10.5"
