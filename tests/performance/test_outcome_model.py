from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.performance.additive import gram
from driftline.performance.basis import learn_basis
from driftline.performance.density import Background
from driftline.performance.outcome_model import learn_chances, learn_losses
from driftline.performance.rows import FOLDS, Rows, folds


def background(rows: Rows, dice: np.random.Generator) -> Background:
    """Rows in bins."""
    columns, categorical = rows.columns()
    basis = learn_basis(columns, categorical)
    coded = basis.code(columns)
    return Background(basis, coded, gram(coded.design), folds(len(rows), dice))


def test_chances_are_learnt(world: Any, dice: np.random.Generator) -> None:
    """From what the model has seen and what it has not, the chance of each row is told nearly as it is."""
    rows = world.rows(12_000, dice)
    model = learn_chances(background(rows, dice), rows.truth())
    truth = world.chance(rows.features)
    assert model.fitted.shape == (12_000, 2)
    assert np.allclose(model.fitted.sum(1), 1)
    assert np.sqrt(np.mean((model.fitted[:, 1] - truth) ** 2)) < 0.05


def test_chances_of_many_classes_add_to_one(world: Any, dice: np.random.Generator) -> None:
    """Each class has a chance, and together they are 1, of rows that were seen and of others."""
    rows, others = world.classes(2_000, dice), world.classes(100, dice)
    seen = background(rows, dice)
    model = learn_chances(seen, rows.truth())
    told = model.expect(seen.basis.code(others.columns()[0]))
    assert np.allclose(model.fitted.sum(1), 1)
    assert np.allclose(told.sum(1), 1)
    assert told.mean(0) == pytest.approx(rows.truth().mean(0), abs=0.05)


def test_losses_are_learnt(world: Any, dice: np.random.Generator) -> None:
    """Errors that grow with a column are expected to grow with it (direct loss estimation)."""
    rows = world.numbers(8_000, dice)
    losses = np.abs(rows.score - rows.label)[:, None]
    told = learn_losses(background(rows, dice), losses).fitted[:, 0]
    truth = (1 + 0.8 * np.abs(rows.features[:, 1])) * np.sqrt(2 / np.pi)
    assert np.corrcoef(told, truth)[0, 1] > 0.93


def test_no_row_is_told_by_itself(dice: np.random.Generator) -> None:
    """What is expected of a row does not follow its own label: of labels that depend on nothing nothing is foreseen."""
    rows = Rows(dice.normal(size=(900, 8)), (False,) * 8, np.zeros(900), None, dice.normal(size=900))
    seen = background(rows, dice)
    told = learn_losses(seen, rows.label[:, None])
    assert abs(np.corrcoef(told.fitted[:, 0], rows.label)[0, 1]) < 0.1
    assert np.corrcoef(told.expect(seen.rows)[:, 0], rows.label)[0, 1] > 0.15
    assert len(told.models) == FOLDS
