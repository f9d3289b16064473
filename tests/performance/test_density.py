from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from driftline.performance.additive import gram
from driftline.performance.basis import learn_basis
from driftline.performance.density import Background, compare, even, ratio, strange
from driftline.performance.rows import folds


def background(columns: np.ndarray, dice: np.random.Generator) -> Background:
    """The reference as the classifier sees it."""
    basis = learn_basis(columns, (False,) * columns.shape[1])
    rows = basis.code(columns)
    return Background(basis, rows, gram(rows.design), folds(len(columns), dice))


def test_a_known_shift_is_learnt(dice: np.random.Generator) -> None:
    """Where one of three numbers moves by half a deviation the log-ratio is that of the two normal laws."""
    there, here = dice.normal(size=(12_000, 3)), dice.normal(size=(3_000, 3))
    here[:, 0] += 0.5
    seen = background(there, dice)
    found = compare(seen, seen.basis.code(here), folds(3_000, dice), dice)
    truth = 0.5 * there[:, 0] - 0.125
    assert np.corrcoef(found.log_reference, truth)[0, 1] > 0.95
    assert (found.weights @ there[:, 0]) / len(there) == pytest.approx(0.5, abs=0.06)
    # E w² = exp(shift²) for normal laws.
    assert found.ess / len(there) == pytest.approx(np.exp(-0.25), abs=0.08)


def test_without_a_shift_all_rows_count_alike(dice: np.random.Generator) -> None:
    """A classifier that is asked only about rows it has not seen finds nothing where there is nothing."""
    there, here = dice.normal(size=(6_000, 5)), dice.normal(size=(1_000, 5))
    seen = background(there, dice)
    found = compare(seen, seen.basis.code(here), folds(1_000, dice), dice)
    assert found.ess > 0.95 * 6_000
    assert found.weights.mean() == pytest.approx(1)
    assert found.unsupported < 0.01


def test_rows_without_a_like_are_unsupported(dice: np.random.Generator) -> None:
    """Rows far outside the reference, and those with a code that it never had, are counted."""
    there, here = dice.normal(size=(3_000, 2)), dice.normal(size=(500, 2))
    here[:100, 0] = 40.0
    seen = background(there, dice)
    found = compare(seen, seen.basis.code(here), folds(500, dice), dice)
    assert found.unsupported == pytest.approx(0.2, abs=0.02)
    basis = learn_basis(np.array([[1.0], [2.0]]), (True,))
    assert strange(basis, basis.code(np.array([[1.0], [3.0], [np.nan]]))).tolist() == [False, True, True]


def test_no_row_speaks_for_a_hundred() -> None:
    """Weights beyond the last half per cent are cut to it; their mean stays 1, and the effective number is Kish's."""
    found = ratio(np.append(np.zeros(999), 10.0), np.zeros(5))
    assert found.weights.max() == pytest.approx(1.0)
    assert found.ess == pytest.approx(found.weights.sum() ** 2 / (found.weights**2).sum())
    assert found.unsupported == 0


def test_even_weights_are_ones() -> None:
    """Where nothing is learnt each row counts once."""
    found = even(7, 3)
    assert found.weights.tolist() == [1] * 7
    assert (found.ess, found.log_window.size, found.unsupported) == (7, 3, 0)


def test_the_same_dice_give_the_same_weights(world: Any, dice: np.random.Generator) -> None:
    """Everything random comes from the generator that is given."""
    there, here = dice.normal(size=(500, 2)), dice.normal(0.3, 1, (200, 2))
    weights = []
    for _ in range(2):
        again = np.random.default_rng(3)
        seen = background(there, again)
        weights.append(compare(seen, seen.basis.code(here), folds(200, again), again).weights)
    assert np.array_equal(*weights)
