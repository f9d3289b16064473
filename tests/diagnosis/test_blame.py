"""Whose drift makes what of a change: against models whose weights are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.diagnosis.blame import Blame, blame, told

if TYPE_CHECKING:
    from conftest import Clinic


def scored(day: dict[str, Any], bias: float = 0.0) -> dict[str, Any]:
    """A score that leans on age twice as much as on the country, and on nothing else."""
    points = 0.1 * np.clip((day["age"] - 44) / 15, -2, 2) + 0.1 * (day["country"] == "DE")
    return day | {"score": np.clip(0.5 + points + bias, 0, 1)}


def model(clinic: Clinic) -> Clinic:
    """The shop with that score."""
    return type(clinic)(scored(clinic.reference), {"task": "binary", "columns": {"id": "sale", "score": "score"}})


def test_parts_add_up_exactly(clinic: Clinic) -> None:
    """Whatever happened, the parts and the rest are the whole change."""
    older = clinic.day(1) | {"age": np.clip(clinic.day(1)["age"] + 12, 18, 90)}
    found = blame(model(clinic).case(scored(older, 0.05)))
    assert found is not None
    assert sum(part for _, part in found.parts) + found.rest == pytest.approx(found.change, abs=1e-12)
    assert found.of == "score"


def test_the_column_that_moved_makes_the_change(clinic: Clinic) -> None:
    """Older customers raise the score by their age, and by nothing that did not move."""
    older = clinic.day(1) | {"age": np.clip(clinic.day(1)["age"] + 12, 18, 90)}
    found = blame(model(clinic).case(scored(older)))
    assert found is not None
    name, part = found.parts[0]
    assert name == "age"
    assert part == pytest.approx(found.change, abs=0.02)
    assert all(abs(part) < 0.01 for name, part in found.parts if name not in {"age", "channel"})


def test_a_column_the_model_does_not_use_has_no_part(clinic: Clinic) -> None:
    """Warmer days move the temperature, which is worth nothing: the largest drift is not the one to blame."""
    warm = clinic.day(2)
    found = blame(model(clinic).case(scored(warm | {"celsius": warm["celsius"] + 15, "age": np.clip(warm["age"] + 8, 18, 90)})))
    assert found is not None
    parts = dict(found.parts)
    assert abs(parts["celsius"]) < 0.3 * abs(parts["age"])


def test_another_model_is_the_rest(clinic: Clinic) -> None:
    """Where the same inputs are scored otherwise, no column is to blame."""
    found = blame(model(clinic).case(scored(clinic.day(3), 0.1)))
    assert found is not None
    assert found.rest == pytest.approx(0.1, abs=0.02)


def test_a_loss_is_split_likewise(clinic: Clinic) -> None:
    """Where the model errs more on old customers and more of them came, their age makes the loss."""
    rng = np.random.default_rng(0)

    def labelled(day: dict[str, Any]) -> dict[str, Any]:
        wrong = np.where(day["age"] > 55, 10.0, 1.0)
        return day | {"said": day["amount"] * 0 + 50.0, "true": 50 + wrong * np.abs(rng.normal(1, 0.1, len(day["age"])))}

    settings = {"task": "regression", "columns": {"id": "sale", "prediction": "said", "label": "true"}}
    known = type(clinic)(labelled(clinic.reference) | {"said": 50.0 + clinic.reference["age"] * 1e-9}, settings)
    day = clinic.day(4)
    found = blame(known.case(labelled(day | {"age": np.clip(day["age"] + 12, 18, 90)})), "loss")
    assert found is not None
    assert found.parts[0][0] == "age"
    assert found.parts[0][1] > 0.5 * found.change > 0


def test_without_a_number_there_is_nobody_to_blame(clinic: Clinic) -> None:
    """Without a score, or with a handful of rows, nothing is said."""
    assert blame(clinic.case(clinic.day(1))) is None
    assert blame(model(clinic).case(scored(clinic.day(1, 60)))) is None


def test_only_large_parts_are_named() -> None:
    """At most three columns, each with a tenth of the change or more."""
    found = Blame("score", 0.2, 0.3, (("a", 0.06), ("b", 0.03), ("c", 0.011), ("d", 0.0101), ("e", -0.01)), 0.0)
    assert told([found]) == "of the change of the mean score from 0.2 to 0.3, a makes 60%, b makes 30%, c makes 11%"
    assert told([Blame("score", 0.2, 0.2, (("a", 0.0),), 0.0)]) == ""
