from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.rollout.size import Traffic, drift, foresee, rows_needed, smallest_harm

RARE = Traffic(per_hour=10_000, variance=0.05 * 0.95)


def test_a_point_at_five_percent_needs_what_the_formula_says() -> None:
    """A share of 5%, a harm of one point, 5% error and 80% power: 3,092 rows in a 5% canary, 61.8 thousand together."""
    rows = rows_needed(0.01, RARE, 0.05)
    assert rows == pytest.approx(61_826, abs=2)
    assert rows * 0.05 == pytest.approx(3_092, abs=1)


@given(st.floats(0.001, 0.02), st.floats(0.01, 0.99))
def test_rows_and_harm_are_inverse(harm: float, weight: float) -> None:
    """The smallest harm of the rows that a harm needs is that harm."""
    assert smallest_harm(rows_needed(harm, RARE, weight), RARE, weight) == pytest.approx(harm, rel=0.01)


def test_pairing_needs_far_fewer_rows() -> None:
    """Where 4% of rows tell the models apart, a shadow needs at least 20 times fewer rows than a 5% canary."""
    shadow = Traffic(per_hour=10_000, variance=0.04, paired=True)
    assert rows_needed(0.01, RARE, 0.05) > 20 * rows_needed(0.01, shadow, 0.0)


def test_simulated_canaries_see_it_as_often_as_promised() -> None:
    """Of simulated canaries of the promised size 80% show the harm, within simulation error."""
    rows = rows_needed(0.02, RARE, 0.2)
    errors = np.sqrt(RARE.variance / (0.2 * rows)), np.sqrt(RARE.variance / (0.8 * rows))
    dice = np.random.default_rng(1)
    z = (dice.normal(0.02, errors[0], 8000) - dice.normal(0, errors[1], 8000)) / np.hypot(*errors)
    assert np.mean(z > 1.6449) == pytest.approx(0.8, abs=0.02)


def test_says_what_it_cannot_see() -> None:
    """A canary that is too short says so, and how long it would take."""
    found = foresee(RARE, 0.05, timedelta(hours=1), 0.01, looks=12)
    assert found.harm > 0.02
    assert found.wait > timedelta(hours=6)
    assert found.sentence == (
        "it cannot see less than 0.0255 in 60 min; a harm of 0.01 takes 6.5 h, 65100 rows, to be seen with a chance of 80%"
    )
    assert "it sees 0.00" in foresee(RARE, 0.05, timedelta(days=3), 0.01).sentence


def test_more_looks_cost_a_little() -> None:
    """Twelve looks need a drift between that of one look and one 5% larger."""
    assert drift(0.05, 0.8) < drift(0.05, 0.8, 12) < 1.05 * drift(0.05, 0.8)


def test_refuses_what_cannot_be() -> None:
    """No harm, no traffic or no split cannot be planned for."""
    with pytest.raises(ConfigError, match="a harm of 0"):
        rows_needed(0, RARE, 0.05)
    with pytest.raises(ConfigError, match="a weight of 0"):
        rows_needed(0.01, RARE, 0.0)
    with pytest.raises(ConfigError, match="0 rows an hour"):
        Traffic(per_hour=0, variance=0.1)
    assert smallest_harm(0, RARE, 0.05) == np.inf
