from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from driftline.errors import ConfigError
from driftline.rollout.bounds import bounds, constant, crossing, drift_for, endless, obrien_fleming, pocock

FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)


def test_obrien_fleming_spending_gives_the_published_bounds() -> None:
    """Five even looks, 5% on two sides: the bounds that gsDesign and ldbounds print."""
    assert bounds(FIFTHS, 0.025) == pytest.approx((4.8769, 3.3570, 2.6803, 2.2898, 2.0310), abs=2e-4)


def test_pocock_spending_gives_the_published_bounds() -> None:
    """Five even looks, 5% on two sides, spent as Pocock: 2.44, 2.43, 2.41, 2.40, 2.39."""
    assert bounds(FIFTHS, 0.025, pocock) == pytest.approx((2.438, 2.427, 2.410, 2.397, 2.386), abs=1e-3)


@pytest.mark.parametrize(("looks", "expected"), [(1, 1.960), (2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (10, 2.087)])
def test_the_constant_is_the_published_one(looks: int, expected: float) -> None:
    """Jennison and Turnbull 2000, table 2.3: O'Brien and Fleming's constants for 5% on two sides."""
    assert constant(looks, 0.025) == pytest.approx(expected, abs=6e-4)


def test_two_looks_are_a_bivariate_normal() -> None:
    """The chance of crossing at one of two looks is that of scipy's bivariate normal law."""
    law = stats.multivariate_normal(cov=[[1, math.sqrt(0.3)], [math.sqrt(0.3), 1]])
    assert crossing((0.3, 1.0), (2.2, 1.8)) == pytest.approx(1 - law.cdf([2.2, 1.8]), abs=1e-5)


def test_simulated_paths_cross_as_often() -> None:
    """Random walks cross the bounds at irregular looks 5% of the time, and a drifting walk as often as is said."""
    fractions = (0.07, 0.1, 0.35, 0.8, 1.0, 1.4)
    uppers = bounds(fractions, 0.05, endless)
    steps = np.random.default_rng(1).normal(size=(40_000, 6)) * np.sqrt(np.diff([0.0, *fractions]))
    score, root = np.cumsum(steps, axis=1), np.sqrt(fractions)
    assert float((score / root > uppers).any(1).mean()) == pytest.approx(endless(1.4, 0.05), abs=0.004)
    drifting = (score + 2.0 * np.array(fractions)) / root
    assert float((drifting > uppers).any(1).mean()) == pytest.approx(crossing(fractions, uppers, 2.0), abs=0.008)


@given(st.lists(st.floats(0.02, 3.0), min_size=1, max_size=12, unique=True), st.floats(0.001, 0.2))
def test_all_looks_together_err_at_most_as_allowed(times: list[float], level: float) -> None:
    """Whatever the looks, the chance of crossing is what was spent until the last, and never above the level."""
    fractions = tuple(sorted(times))
    spent = crossing(fractions, bounds(fractions, level, endless))
    assert spent <= min(endless(fractions[-1], level), level) + 1e-6


@given(st.lists(st.floats(0.05, 1.0), min_size=2, max_size=6, unique=True))
def test_later_looks_change_nothing_before_them(times: list[float]) -> None:
    """A bound once used stays what it was."""
    fractions = tuple(sorted(times))
    assert bounds(fractions, 0.05)[:-1] == bounds(fractions[:-1], 0.05)


def test_looks_without_new_information_are_not_taken() -> None:
    """A look so near the one before has no bound that could be crossed."""
    assert bounds((0.5, 0.5001, 1.0), 0.05)[1] == math.inf


def test_a_look_each_minute_costs_little() -> None:
    """With 60 looks the last bound stays below that of endless looks, z(α/2), and the drift for 80% power within 5% of one look's."""
    fractions = tuple((k + 1) / 60 for k in range(60))
    uppers = bounds(fractions, 0.05)
    assert uppers[-1] < 1.96
    assert drift_for(fractions, uppers, 0.8) < 1.05 * (1.6449 + 0.8416)


def test_one_look_is_the_fixed_test() -> None:
    """With one look bound and drift are those of the plain normal test."""
    assert bounds((1.0,), 0.05)[0] == pytest.approx(1.6449, abs=1e-4)
    assert drift_for((1.0,), bounds((1.0,), 0.05), 0.8) == pytest.approx(1.6449 + 0.8416, abs=1e-4)
    assert bounds((), 0.05) == ()


def test_spending_rises_to_the_level() -> None:
    """Nothing is spent without information, all of it with all."""
    times = np.linspace(0, 1, 50)
    for spending in (obrien_fleming, pocock):
        spent = [spending(t, 0.05) for t in times]
        assert spent[0] == 0
        assert spent[-1] == pytest.approx(0.05)
        assert np.all(np.diff(spent) >= 0)
    assert endless(1.0, 0.05) == pytest.approx(0.045)
    assert endless(1e9, 0.05) == pytest.approx(0.05)


def test_refuses_looks_that_go_back() -> None:
    """Fractions must rise from above 0, and the error be one."""
    with pytest.raises(ConfigError, match="do not rise"):
        bounds((0.5, 0.4), 0.05)
    with pytest.raises(ConfigError, match="do not rise"):
        bounds((0.0, 0.4), 0.05)
    with pytest.raises(ConfigError, match=r"an error of 0\.7"):
        bounds((0.5,), 0.7)
