"""Values that should not be so many: found where they were put, and not where the world put them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.atoms import as_many, credible, default_fill, on_grid, rounding, stuck_value, truncation
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from conftest import Clinic


@pytest.fixture
def day(clinic: Clinic) -> dict[str, Any]:
    """A day on which nothing is wrong."""
    return clinic.day(11)


def test_a_stuck_reading_is_told_with_its_value(clinic: Clinic, day: dict[str, Any]) -> None:
    """One value in all rows; a single other value ends it."""
    told = stuck_value(*clinic.look("celsius", day | {"celsius": np.full(3000, 21.5)}))
    assert told is not None
    assert (told.evidence["value"], told.share, told.p_value < 1e-100) == (21.5, 1.0, True)
    assert stuck_value(*clinic.look("celsius", day | {"celsius": np.r_[np.full(2999, 21.5), 3.0]})) is None


def test_what_never_varied_is_not_stuck(clinic: Clinic, day: dict[str, Any]) -> None:
    """A column that always had one value has it still."""
    always = type(clinic)({**clinic.reference, "celsius": np.full(12_000, 5.0)}, {})
    assert stuck_value(*always.look("celsius", day | {"celsius": np.full(3000, 5.0)})) is None


@pytest.mark.parametrize(("value", "share"), [(0.0, 0.05), (-1.0, 0.2), (24.0, 0.3)])
def test_a_default_is_told_with_its_share(clinic: Clinic, day: dict[str, Any], value: float, share: float) -> None:
    """The share of rows that were written over lies in the interval, whatever the value."""
    hit = np.random.default_rng(2).random(3000) < share
    told = default_fill(*clinic.look("amount", day | {"amount": np.where(hit, value, day["amount"])}))
    assert told is not None
    assert told.interval[0] - 0.01 <= hit.mean() <= told.interval[1] + 0.01
    assert told.mark is not None
    assert told.mark.low <= value <= told.mark.high


def test_values_that_moved_are_no_default(clinic: Clinic, day: dict[str, Any]) -> None:
    """A distribution that moved or spread has nothing written into it."""
    assert default_fill(*clinic.look("amount", day | {"amount": day["amount"] * 1.3})) is None
    assert default_fill(*clinic.look("amount", day)) is None


def test_an_edge_is_told_with_what_lay_beyond(clinic: Clinic, day: dict[str, Any]) -> None:
    """Values clipped at 60, or those above 60 left out: the edge and the share beyond it are right, and so is the way."""
    amount = day["amount"]
    beyond = (clinic.reference["amount"] > 60).mean()
    clipped = truncation(*clinic.look("amount", day | {"amount": np.minimum(amount, 60.0)}))
    assert clipped is not None
    assert (clipped.evidence["edge"], clipped.evidence["clipped"]) == (60.0, 1.0)
    assert clipped.share == pytest.approx(beyond, abs=0.01)
    kept = {name: values[amount <= 60] for name, values in day.items()}
    gone = truncation(*clinic.look("amount", kept))
    assert gone is not None
    assert gone.evidence["clipped"] == 0.0


def test_lost_decimals_are_told_with_their_step(clinic: Clinic, day: dict[str, Any]) -> None:
    """Wholes, and tens in half of the rows."""
    told = rounding(*clinic.look("balance", day | {"balance": np.round(day["balance"])}))
    assert told is not None
    assert (told.evidence["step"], told.share) == (1.0, 1.0)
    half = np.arange(3000) % 2 == 0
    told = rounding(*clinic.look("balance", day | {"balance": np.where(half, np.round(day["balance"], -1), day["balance"])}))
    assert told is not None
    assert told.evidence["step"] == 10.0
    assert told.share == pytest.approx(0.5, abs=0.08)


def test_clean_values_have_all_their_decimals(clinic: Clinic, day: dict[str, Any]) -> None:
    """Neither a column with decimals nor one of whole numbers has lost any."""
    assert rounding(*clinic.look("balance", day)) is None
    assert rounding(*clinic.look("age", day)) is None


@given(st.integers(-(10**5), 10**5), st.sampled_from([0.001, 0.1, 1.0, 10.0]))
def test_multiples_lie_on_their_grid(times: int, step: float) -> None:
    """A multiple of a step is one, even after 32 bits; what lies between is none."""
    assert on_grid(np.array([np.float64(np.float32(times * step))]), step)[0]
    assert not on_grid(np.array([(times + 0.5) * step]), step)[0]


def test_outcomes_are_taken_at_their_word(clinic: Clinic, day: dict[str, Any]) -> None:
    """A label that became common was not written over others by mistake: nobody can say."""
    labelled = type(clinic)({**clinic.reference, "size": clinic.reference["size"]}, {"columns": {"id": "sale", "label": "size"}})
    case = labelled.case(day)
    assert credible(case, Mark(case.plan.index("size"), 0.0, 0.0), 0.4, 0.5, few=True) == 0.0


def test_the_number_of_rows_says_whether_others_stayed_away(clinic: Clinic, day: dict[str, Any]) -> None:
    """A fifth more of a value in as many rows as ever was written over others; in fewer rows, the others did not come."""
    case = replace(clinic.case(day), varies=0.03)
    assert case.now.rows == 3000
    assert as_many(replace(case, usual_rows=3000.0), 0.4, 0.5) > 3
    assert as_many(replace(case, usual_rows=3000 / 0.625), 0.4, 0.5) < -3
    assert as_many(replace(case, usual_rows=None), 0.4, 0.5) == 0
