from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from driftline.rollout.wealth import FAITH, STAKES, beyond_limit, mixture, more_often, paired, split_mismatch, split_p, together


def test_a_limit_is_bet_on_by_the_integral() -> None:
    """The closed form is the integral of the likelihood ratio over Jeffreys' prior above the limit."""
    prior, _ = integrate.quad(lambda p: stats.beta.pdf(p, 0.5, 0.5), 0.05, 1)
    expected, _ = integrate.quad(
        lambda p: stats.beta.pdf(p, 0.5, 0.5) / prior * math.exp(stats.binom.logpmf(9, 100, p) - stats.binom.logpmf(9, 100, 0.05)), 0.05, 1
    )
    assert beyond_limit(9, 100, 0.05) == pytest.approx(math.log(expected), rel=1e-5)


def test_a_limit_far_above_what_was_seen_is_no_trouble() -> None:
    """Without a single hit in a million rows the wealth is small, finite, and falls with more rows."""
    assert -math.inf < beyond_limit(0, 1e6, 0.01) < beyond_limit(0, 1e5, 0.01) < -5


@given(st.integers(0, 30), st.integers(30, 60), st.floats(0.01, 0.9))
def test_a_fair_limit_has_wealth_one_on_average(rows: int, more: int, limit: float) -> None:
    """Over every outcome at the limit wealth is 1 on average, and at most 1 below it."""
    n = rows + more
    hits = np.arange(n + 1)
    wealth = np.exp([beyond_limit(float(k), n, limit) for k in hits])
    assert wealth @ stats.binom.pmf(hits, n, limit) == pytest.approx(1.0, rel=1e-6)
    assert wealth @ stats.binom.pmf(hits, n, limit * 0.8) <= 1 + 1e-9


@given(st.integers(1, 60), st.floats(0.02, 0.98))
def test_equal_shares_have_wealth_one_on_average(hits: int, weight: float) -> None:
    """However the hits fall between equal models, wealth is 1 on average; where the challenger has fewer, below."""
    mine = np.arange(hits + 1)
    wealth = np.exp([more_often([(k, hits - k, weight)]) for k in mine])
    assert wealth @ stats.binom.pmf(mine, hits, weight) == pytest.approx(1.0, rel=1e-6)
    assert wealth @ stats.binom.pmf(mine, hits, weight * 0.7) <= 1 + 1e-9


def test_steps_add_to_one_wealth() -> None:
    """Steps of like weight are one step of their sums."""
    assert more_often([(3, 20, 0.05), (4, 10, 0.05)]) == pytest.approx(more_often([(7, 30, 0.05)]))


def test_looking_always_errs_seldom() -> None:
    """Looked at every ten rows for 600 rows, equal models reach a wealth of 20 in at most 5% of runs."""
    dice = np.random.default_rng(1)
    runs = np.cumsum(dice.random((300, 600)) < 0.05, axis=1)[:, ::10]
    rows = np.arange(1, 601)[::10]
    reached = [max(more_often([(float(k), float(n - k), 0.05)]) for k, n in zip(run, rows, strict=True)) > math.log(20) for run in runs]
    assert np.mean(reached) <= 0.05


@given(st.floats(0.0, 0.2), st.floats(0.0, 0.3))
def test_paired_bets_are_fair_at_best(margin: float, spread: float) -> None:
    """One row whose mean gain is −margin multiplies no stake's wealth above 1 on average."""
    gains, chances = np.array([1.0, -1.0, 0.0]), np.array([spread / 2, spread / 2 + margin, 1 - spread - margin])
    grown = np.array([np.exp(paired(np.array([gain]), margin)) for gain in gains])
    assert np.all(chances @ grown <= 1 + 1e-9)


def test_paired_bets_add_over_rows() -> None:
    """Logs of two windows add, in any order, and a challenger that is better makes them rich."""
    gains = np.random.default_rng(2).choice([1.0, 0.0, -1.0], 4000, p=[0.06, 0.92, 0.02])
    parts = paired(gains[:1000]) + paired(gains[1000:])
    assert parts == pytest.approx(paired(gains[::-1]))
    assert len(parts) == len(STAKES)
    assert together(parts) > math.log(1000)
    assert together(paired(-gains)) < 0


def test_the_mixture_is_the_integral() -> None:
    """Robbins's formula is the likelihood ratio averaged over a half-normal law of gains."""

    def averaged(truth: float) -> float:
        return 2 * stats.norm.pdf(truth, 0, 0.02) * math.exp(stats.norm.logpdf(0.03, truth, 0.01) - stats.norm.logpdf(0.03, 0, 0.01))

    expected, _ = integrate.quad(averaged, 0, 0.2)
    assert mixture(0.03, 1e4, 0.02) == pytest.approx(math.log(expected), rel=1e-6)
    assert mixture(0.03, 0.0, 0.02) == 0


def test_the_mixture_may_be_looked_at_always() -> None:
    """Of random walks looked at 100 times at most 5% reach a wealth of 20, and the average wealth stays below 1."""
    walks = np.cumsum(np.random.default_rng(3).normal(size=(400, 1000)), axis=1)[:, 9::10]
    rows = np.arange(1, 1001)[9::10]
    logs = np.array([[mixture(total / n, n, 0.1) for total, n in zip(walk, rows, strict=True)] for walk in walks])
    assert np.mean(logs.max(1) > math.log(20)) <= 0.05
    assert np.exp(logs[:, -1]).mean() <= 1.1


def test_a_split_is_tested_as_scipy_does() -> None:
    """The p-value is scipy's chi-square test, or with few rows its exact binomial test where that is symmetric."""
    assert split_p(560, 9440, 0.05) == pytest.approx(stats.chisquare([560, 9440], [500, 9500]).pvalue)
    assert split_p(2, 8, 0.5) == pytest.approx(stats.binomtest(2, 10, 0.5).pvalue)
    assert split_p(0, 0, 0.5) == split_p(3, 0, 1.0) == 1.0


def test_a_mismatch_is_seen_and_a_match_is_not() -> None:
    """A split as promised never gets rich while it is watched; 6% instead of 5% of 50,000 entities is called at 0.0005."""
    dice = np.random.default_rng(4)
    mine = np.cumsum(dice.random((200, 4000)) < 0.05, axis=1)[:, ::100]
    rows = np.arange(1, 4001)[::100]
    best = [max(split_mismatch(float(k), float(n - k), 0.05) for k, n in zip(run, rows, strict=True)) for run in mine]
    assert np.mean(np.array(best) > math.log(20)) <= 0.05
    assert split_mismatch(3000, 47000, 0.05) > math.log(2000)
    assert split_mismatch(9, 9, 0.0) == 0


def test_a_promised_split_has_wealth_one_on_average() -> None:
    """Over every outcome of a promised split the wealth is 1."""
    mine = np.arange(81)
    wealth = np.exp([split_mismatch(float(k), float(80 - k), 0.3) for k in mine])
    assert FAITH > 0
    assert wealth @ stats.binom.pmf(mine, 80, 0.3) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("limit", "hits", "expected"), [(0.0, 1, math.inf), (0.0, 0, 0.0), (1.0, 5, 0.0)])
def test_limits_at_the_ends(limit: float, hits: int, expected: float) -> None:
    """Where nothing is allowed one hit is proof; where everything is, nothing is."""
    assert beyond_limit(hits, 10, limit) == expected
