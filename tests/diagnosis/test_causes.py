"""From faults to causes: what follows from what, and what comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.verdicts.diagnosis import Change

if TYPE_CHECKING:
    from conftest import Clinic


def scored(day: dict[str, Any]) -> dict[str, Any]:
    """A day with what a model makes of it."""
    return day | {"score": 1 / (1 + np.exp(-(np.log(np.maximum(day["amount"], 0.01)) - 3.2 + (day["age"] - 44) / 15)))}


def test_a_score_that_follows_from_a_fault_is_no_cause_of_its_own(clinic: Clinic) -> None:
    """Cents for euros move the model's scores as well: one cause, which explains both."""
    known = type(clinic)(scored(clinic.reference), {"task": "binary", "columns": {"id": "sale", "score": "score"}})
    spoilt = clinic.day(2) | {"amount": clinic.day(2)["amount"] * 100}
    told = known.told(scored(clinic.day(1)), scored(spoilt))
    assert told[0].kind == "unit_change"
    assert told[0].columns == ("amount",)
    assert "score" in told[0].explains
    assert all("score" not in one.columns for one in told)


def test_one_outage_is_one_cause(clinic: Clinic) -> None:
    """A source that fills three columns did not answer: one cause with three columns."""
    day = clinic.day(3)
    gone = np.random.default_rng(0).random(3000) < 0.2
    told = clinic.told(clinic.day(1), day | {name: np.where(gone, None, day[name]) for name in ("age", "city", "balance")})
    assert set(told[0].columns) == {"age", "city", "balance"}
    assert [one.kind for one in told] == ["null_burst"]


def test_what_moved_besides_is_told_besides(clinic: Clinic) -> None:
    """A fault in one column, and customers who are older for another reason: two causes, the fault first."""
    day = clinic.day(4)
    told = clinic.told(clinic.day(1), day | {"amount": day["amount"] * 100, "age": np.clip(day["age"] + 8, 18, 90)})
    assert told[0].kind == "unit_change"
    assert {one.change for one in told[1:]} == {Change.COVARIATE}
    assert any("age" in one.columns for one in told[1:])


def test_new_causes_come_before_old_ones(clinic: Clinic) -> None:
    """What began yesterday explains less of today's alarm than what began today."""

    def older(seed: int) -> dict[str, Any]:
        day = clinic.day(seed)
        return day | {"city": np.where(np.arange(3000) % 5 == 0, "unknown", day["city"])}

    today = older(6)
    told = clinic.told(clinic.day(1), older(5), today | {"weight": today["weight"] / 0.45359237})
    assert [(one.kind, one.new) for one in told[:2]] == [("unit_change", True), ("default_fill", False)]
    assert told[1].since == "1"


def test_a_fault_says_where_it_lives(clinic: Clinic) -> None:
    """Only the French rows lost their balance."""
    day = clinic.day(7, 6000)
    told = clinic.told(clinic.day(1), day | {"balance": np.where(day["country"] == "FR", None, day["balance"])})
    assert told[0].where[0].conditions == ("country = FR",)
    assert told[0].polluted
