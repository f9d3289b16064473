"""One matrix of losses replays every policy."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.decisions.matrix import Matrix, begun, best_period, bill, every, oracle, staleness
from driftline.errors import DataError


def drawn(windows: int, seed: int, retraining: float, holes: float = 0.0) -> Matrix:
    """Random costs; some models could not be trained."""
    rng = np.random.default_rng(seed)
    costs = rng.uniform(0, 10, (windows, windows))
    costs[np.tril_indices(windows, -1)] = np.nan
    costs[1:][rng.random(windows - 1) < holes] = np.nan
    return Matrix(costs, retraining)


@settings(max_examples=60)
@given(st.integers(2, 8), st.integers(0, 10**6), st.sampled_from([0.0, 1.0, 5.0, 100.0]), st.sampled_from([0.0, 0.4]))
def test_the_oracle_is_the_best_of_all_policies(windows: int, seed: int, retraining: float, holes: float) -> None:
    """No set of trainings costs less: tried one by one."""
    matrix = drawn(windows, seed, retraining, holes)
    best = min(float(bill(matrix, set(some)).sum()) for size in range(windows) for some in combinations(range(windows - 1), size))
    assert float(bill(matrix, set(oracle(matrix))).sum()) == pytest.approx(best)


def test_a_bill_follows_the_models() -> None:
    """A training is paid in the window it ends, and its model serves from the next one on; the last window trains for nobody."""
    costs = np.array([[1.0, 1, 9, 9], [np.nan, 2, 2, 2], [np.nan, np.nan, 3, 3], [np.nan, np.nan, np.nan, 4]])
    matrix = Matrix(costs, 10.0)
    assert bill(matrix, ()).tolist() == [1, 1, 9, 9]
    assert bill(matrix, {1, 3}).tolist() == [1, 11, 3, 3]
    assert begun(matrix, {1, 3}) == (1,)
    assert every(matrix, 2) == (1, 3)


@pytest.mark.parametrize(("slope", "retraining"), [(1.0, 8.0), (0.5, 25.0), (2.0, 400.0)])
def test_the_best_period_is_the_square_root_of_2c_over_s(slope: float, retraining: float) -> None:
    """Where cost grows by a slope with a model's age, no other period costs less over a long time than √(2C / s), or its neighbours."""
    windows = 600
    model, window = np.indices((windows, windows))
    matrix = Matrix(np.where(window >= model, 3.0 + slope * (window - model), np.nan), retraining)
    assert staleness(matrix, 100) == pytest.approx(slope)
    wanted = best_period(retraining, slope)
    cheapest = min(range(1, 60), key=lambda period: float(bill(matrix, set(every(matrix, period))).sum()))
    assert abs(cheapest - wanted) <= max(1.0, 0.1 * wanted)


def test_costs_that_do_not_grow_have_no_best_period() -> None:
    """Then it never pays by age alone."""
    assert best_period(5.0, 0.0) == best_period(5.0, -1.0) == np.inf
    assert staleness(Matrix(np.ones((1, 5)), 1.0)) == 0.0


def test_a_matrix_without_the_model_in_service_is_refused() -> None:
    """Somebody has to serve every window."""
    with pytest.raises(DataError):
        Matrix(np.array([[1.0, np.nan]]), 1.0)
