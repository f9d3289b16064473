from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize
from scipy.special import expit
from sklearn.linear_model import Ridge as SklearnRidge

from driftline.performance.additive import Ridge, fit_mean, fit_share, gram, lively_pairs, whitening
from driftline.performance.basis import learn_basis

RIDGE = Ridge(step=3.0, slope=0.3, pairs=4)
ALONE = Ridge(step=3.0, slope=0.3, pairs=0)


def test_a_mean_is_a_ridge_regression(dice: np.random.Generator) -> None:
    """Without pairs the coefficients solve the penalised least squares that scikit-learn solves."""
    columns = dice.normal(size=(400, 2))
    target = columns[:, 0] + dice.normal(size=400)
    basis = learn_basis(columns, (False, False))
    coded = basis.code(columns)
    model = fit_mean(basis, coded, target, ALONE, gram(coded.design))
    design, root = coded.design.toarray(), np.sqrt(basis.ridge(3.0, 0.3))
    # A ridge of its own for each coefficient is one ridge in other units.
    other = SklearnRidge(alpha=1.0, fit_intercept=False).fit(design / root, target)
    assert np.allclose(model.linear(coded), design / root @ other.coef_, atol=1e-6)


def test_a_share_is_the_penalised_maximum_of_likelihood(dice: np.random.Generator) -> None:
    """No other coefficients have a smaller penalised loss, by a general optimiser started at the answer and at nothing."""
    columns = dice.normal(size=(300, 1))
    target = (dice.random(300) < expit(columns[:, 0])).astype(float)
    basis = learn_basis(columns, (False,))
    coded = basis.code(columns)
    model = fit_share(basis, coded, target, ALONE, whitening(basis, gram(coded.design), ALONE, target.mean()))
    design, ridge = coded.design.toarray(), basis.ridge(3.0, 0.3)

    def loss(weights: np.ndarray) -> float:
        linear = design @ weights
        return float(np.logaddexp(0, linear).sum() - target @ linear + ridge @ weights**2 / 2)

    found = optimize.minimize(loss, np.zeros(ridge.size), options={"gtol": 1e-6, "maxiter": 2000})
    assert loss(model.weights) == pytest.approx(found.fun, abs=1e-3)


def test_a_nearby_answer_changes_nothing_but_the_time(dice: np.random.Generator) -> None:
    """Whether it starts from a neighbour's answer or from nothing, the same model is found."""
    columns = dice.normal(size=(500, 2))
    target = (dice.random(500) < expit(columns[:, 0])).astype(float)
    basis = learn_basis(columns, (False, False))
    coded = basis.code(columns)
    white = whitening(basis, gram(coded.design), ALONE, 0.5)
    first = fit_share(basis, coded, target, ALONE, white)
    again = fit_share(basis, coded, target, ALONE, white, first)
    assert np.allclose(first.linear(coded), again.linear(coded), atol=0.02)


def test_an_interaction_is_found_and_fitted(dice: np.random.Generator) -> None:
    """Where the sign of one column turns another's effect, that pair alone gets cells, and the model follows it."""
    columns = dice.normal(size=(6_000, 3))
    truth = columns[:, 0] * np.sign(columns[:, 1])
    basis = learn_basis(columns, (False,) * 3)
    coded = basis.code(columns)
    squares = gram(coded.design)
    mean = fit_mean(basis, coded, truth + dice.normal(size=6_000), RIDGE, squares)
    share = fit_share(basis, coded, (dice.random(6_000) < expit(truth)).astype(float), RIDGE, whitening(basis, squares, RIDGE, 0.5))
    assert mean.pairs == share.pairs == ((0, 1),)
    # Seven groups of a column cannot follow a sign to the last row.
    assert np.corrcoef(mean.linear(coded), truth)[0, 1] > 0.85
    assert np.corrcoef(share.linear(coded), truth)[0, 1] > 0.8
    assert np.corrcoef(fit_mean(basis, coded, truth, ALONE, squares).linear(coded), truth)[0, 1] < 0.2


def test_noise_has_no_lively_pairs(dice: np.random.Generator) -> None:
    """Residuals that depend on nothing single out hardly any of hundred pairs."""
    groups = dice.integers(0, 7, (4_000, 15)).astype(np.int8)
    assert len(lively_pairs(groups, dice.normal(size=4_000), 100)) <= 1


def test_coordinates_that_fit_badly_lead_to_the_same_answer(dice: np.random.Generator) -> None:
    """How rows are whitened decides how fast the answer is found, not which: a tenth of the curvature does no harm."""
    columns = dice.normal(size=(2_000, 2))
    target = (dice.random(2_000) < expit(columns[:, 0])).astype(float)
    basis = learn_basis(columns, (False, False))
    coded = basis.code(columns)
    squares = gram(coded.design)
    right, wrong = (fit_share(basis, coded, target, ALONE, whitening(basis, some, ALONE, 0.5)) for some in (squares, squares / 10))
    assert np.allclose(right.linear(coded), wrong.linear(coded), atol=0.02)
