"""Policies compared on one matrix."""

from __future__ import annotations

import numpy as np
import pytest

from driftline.decisions.matrix import Matrix, bill
from driftline.decisions.policies import BEST, NEVER, ORACLE, OURS, RANDOM, compare

WINDOWS = 60


def world(*, change: int | None = None, slope: float = 0.0, retraining: float = 20.0, noise: float = 0.3) -> Matrix:
    """A loss of one a window; from the change on models that were trained before it lose five more; models age by a slope."""
    rng = np.random.default_rng(3)
    model, window = np.indices((WINDOWS, WINDOWS)).astype(float)
    level = 1.0 + rng.normal(0, noise, WINDOWS)
    costs = level[None, :] + slope * (window - model)
    if change is not None:
        costs = costs + 5.0 * ((window >= change) & (model <= change))
    return Matrix(np.where(window >= model, costs, np.nan), retraining)


def dice() -> np.random.Generator:
    """The same for every test."""
    return np.random.default_rng(0)


def test_one_retraining_in_time_beats_the_calendar() -> None:
    """Where one change comes, one training right after it costs least but the oracle, by more than chance, and is recommended."""
    found = compare(world(change=30), {31}, {31, 32, 33}, dice())
    assert [one.name for one in found.tried[:2]] == [ORACLE, OURS]
    assert found.of(OURS).retrains == (31,)
    assert found.of(OURS).against == (0.0, 0.0, 0.0)
    assert found.of("every week").against[1] > 0
    assert found.recommendation.startswith("this policy is cheaper than")
    assert found.of(RANDOM).total > found.of(OURS).total


def test_where_nothing_changes_it_says_so() -> None:
    """A policy that retrains for nothing is dearer than never; and one that does not is not called better than doing nothing."""
    for ours in ((), (10, 20)):
        found = compare(world(), ours, (), dice())
        assert "not retraining at all" in found.recommendation
        assert found.of(NEVER).regret == pytest.approx(0.0)


def test_where_models_age_steadily_a_schedule_is_recommended() -> None:
    """A best period is found on the first half; a policy that never retrains is dearer by more than chance."""
    found = compare(world(slope=0.5, retraining=6.0), (), (), dice())
    assert found.period == pytest.approx(np.sqrt(2 * 6 / 0.5))
    assert found.of(BEST).retrains[0] == 4
    assert "retrain by it" in found.recommendation


def test_a_small_difference_is_not_told_as_a_large_one() -> None:
    """Two schedules that differ by less than chance are not ranked: the simpler one is enough."""
    matrix = world(slope=0.5, retraining=6.0, noise=3.0)
    weekly = compare(matrix, range(5, 60, 6), (), dice())
    assert "simpler" in weekly.recommendation


def test_regret_is_counted_from_the_oracle() -> None:
    """No policy does better than the oracle, and each one's regret is what it costs more; own models count for the oracle, too."""
    matrix = world(change=30)
    mine = Matrix(np.where(np.isfinite(matrix.costs), matrix.costs - 0.2 * (np.indices(matrix.costs.shape)[0] > 0), np.nan), 20.0)
    found = compare(matrix, {31}, range(60), dice(), mine=mine)
    assert all(one.regret >= -1e-9 for one in found.tried)
    assert found.of(OURS).total == pytest.approx(float(bill(mine, {31}).sum()))
    assert found.of(NEVER).regret == pytest.approx(found.of(NEVER).total - found.of(ORACLE).total)
    with pytest.raises(KeyError):
        found.of("sometimes")
