from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind, Role
from driftline.verdicts.influence import MOST, influence, with_influence
from driftline.verdicts.policy import DEFAULT_FLOORS, Policy

if TYPE_CHECKING:
    from driftline.profile.profile import Profile

ROWS = 4000


def number(values: np.ndarray) -> Cells:
    """A column of numbers, NaN where null."""
    return Cells(np.nan_to_num(values), [None] * values.size, np.isnan(values), np.zeros(values.size, dtype=bool))


def block(seed: int = 0, *, role: Role = Role.SCORE, rows: int = ROWS) -> Profile:
    """A score that follows one number, a square and a level; and a number it does not know."""
    rng = np.random.default_rng(seed)
    strong, square, other = rng.normal(size=(3, rows))
    level = rng.choice(["a", "b"], rows)
    score = strong + 0.7 * square**2 + (level == "b") + rng.normal(0, 0.5, rows)
    values = {"strong": strong, "square": square, "other": other, "p": score}
    planned = [
        Planned(Column(name=name, kind=Kind.NUMBER, role=role if name == "p" else Role.FEATURE), fit_number_bins(v))
        for name, v in values.items()
    ]
    level_cells = Cells(np.zeros(rows), level.tolist(), np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool))
    plan = Plan((*planned, Planned(Column(name="level", kind=Kind.CATEGORY), LevelBins(("a", "b")))), sample=2000)
    return count(plan, {**{name: number(v) for name, v in values.items()}, "level": level_cells}, rows)


@pytest.mark.parametrize("role", [Role.SCORE, Role.PREDICTION])
def test_influence_is_what_a_column_explains(role: Role) -> None:
    """It is high for a column the prediction follows, straight, bent or by level; next to nothing for noise; unknown for the prediction."""
    profile = block(role=role)
    found = dict(zip(profile.plan.names, influence(profile.plan, [profile]), strict=True))
    variance = 1 + 2 * 0.49 + 0.25 + 0.25
    assert found["strong"] == pytest.approx(np.sqrt(1 / variance), abs=0.05)
    assert found["square"] == pytest.approx(np.sqrt(0.98 / variance), abs=0.1)
    assert found["level"] == pytest.approx(np.sqrt(0.25 / variance), abs=0.05)
    assert found["other"] < 0.08
    assert np.isnan(found["p"])


def test_without_a_prediction_or_with_few_rows_nothing_is_concluded() -> None:
    """Floors stay as convention has them."""
    few, none = block(rows=100), block(role=Role.FEATURE)
    for profile in (few, none):
        assert np.isnan(influence(profile.plan, [profile])).all()
        assert with_influence(Policy(), profile.plan, [profile]) == Policy()


def test_floors_of_columns_that_tell_nothing_are_raised() -> None:
    """Only distances are, by at most the stated factor; columns that tell something, and faults, keep theirs."""
    profile = block()
    policy = with_influence(Policy(), profile.plan, [profile])
    assert policy.floor("other", "shift") == pytest.approx(DEFAULT_FLOORS["shift"] * MOST)
    assert policy.floor("strong", "shift") == DEFAULT_FLOORS["shift"]
    assert policy.floor("other", "null") == DEFAULT_FLOORS["null"]


def test_floors_that_somebody_set_stay() -> None:
    """A floor from the YAML, for all columns or for one, is not touched."""
    profile = block()
    policy = Policy(floors={**DEFAULT_FLOORS, "shift": 0.2}, column_floors={"other": {"psi": 0.01}})
    found = with_influence(policy, profile.plan, [profile])
    assert found.floor("other", "shift") == 0.2
    assert found.floor("other", "psi") == 0.01
    assert found.floor("other", "spread") == pytest.approx(DEFAULT_FLOORS["spread"] * MOST)
