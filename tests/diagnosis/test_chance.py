"""What chance makes of shares: against simulation and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.chance import design, effective, gap, noise, two_shares, usual, wandering


def test_equal_shares_are_rejected_no_more_often_than_said() -> None:
    """Under equal shares the p-value is below 5% in at most about one of twenty samples."""
    rng = np.random.default_rng(0)
    drawn = zip(rng.binomial(2000, 0.1, 400), rng.binomial(8000, 0.1, 400), strict=True)
    p_values = [two_shares(float(a), 2000, float(b), 8000)[0] for a, b in drawn]
    assert np.mean(np.array(p_values) < 0.05) <= 0.08


def test_the_interval_holds_the_difference() -> None:
    """The interval of a difference covers it in about nineteen of twenty samples."""
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        low, high = two_shares(float(rng.binomial(2000, 0.15)), 2000, float(rng.binomial(8000, 0.1)), 8000)[1]
        held += low <= 0.05 <= high
    assert 0.91 <= held / 300 <= 0.99


def test_independent_blocks_have_no_design_effect() -> None:
    """Binomial blocks are taken for independent rows; blocks with shares of their own are not."""
    rng = np.random.default_rng(2)
    rows = np.full(64, 500.0)
    assert design(rng.binomial(500, 0.2, 64).astype(float), rows) < 1.6
    assert design(rng.binomial(500, rng.beta(4, 16, 64)).astype(float), rows) > 5


def test_few_blocks_say_nothing() -> None:
    """With a handful of blocks nothing is learnt, and rows count as independent."""
    assert design(np.array([1.0, 9.0]), np.array([10.0, 10.0])) == 1.0
    assert usual(np.array([[1.0, 9.0], [9.0, 1.0]])) == 0.0


shares = st.lists(st.floats(0.01, 1), min_size=2, max_size=8).map(lambda x: np.array(x) / sum(x))


@given(shares)
def test_a_distribution_is_no_way_from_itself(one: np.ndarray) -> None:
    """Total variation is zero between equals, and between 0 and 1 otherwise."""
    assert gap(one, one) == 0
    assert 0 <= gap(one, np.roll(one, 1)) <= 1


def test_noise_is_what_chance_makes() -> None:
    """The mean total variation between two samples of one law, by simulation."""
    rng = np.random.default_rng(3)
    law = np.array([0.4, 0.3, 0.2, 0.1])
    made = [gap(rng.multinomial(500, law) / 500, rng.multinomial(2000, law) / 2000) for _ in range(400)]
    assert noise(law, law, 500, 2000) == pytest.approx(np.mean(made), rel=0.1)


def test_blocks_that_move_are_usual() -> None:
    """What the reference's own blocks do is no change; blocks of one law add nothing beyond chance."""
    rng = np.random.default_rng(4)
    still = rng.multinomial(1000, [0.5, 0.3, 0.2], 40).astype(float)
    moving = np.array([rng.multinomial(1000, [p, 0.8 - p, 0.2]) for p in rng.uniform(0.2, 0.6, 40)]).astype(float)
    assert usual(still) < 0.02
    assert usual(moving) > 0.1


@given(st.floats(0.01, 0.99), st.floats(1, 1e6), st.floats(0, 0.1))
def test_doubt_costs_rows(share: float, rows: float, doubt: float) -> None:
    """More variance is worth fewer rows, and no variance is worth none."""
    assert effective(share, rows, doubt) <= rows * (1 + 1e-9)
    assert effective(share, rows, 0.0) == rows


def test_shares_that_wander_are_told_from_chance() -> None:
    """The variance of a share from block to block is what is left without chance's; few blocks say nothing."""
    rng = np.random.default_rng(4)
    law = np.array([0.5, 0.3, 0.2])
    still = rng.multinomial(1000, law, 200).astype(float)
    moving = np.array([rng.multinomial(1000, rng.dirichlet(law * 50)) for _ in range(200)]).astype(float)
    assert wandering(still) == pytest.approx(0, abs=6e-5)
    assert wandering(moving) == pytest.approx(law * (1 - law) / 51, rel=0.35)
    assert wandering(still[:2]).tolist() == [0.0, 0.0, 0.0]
