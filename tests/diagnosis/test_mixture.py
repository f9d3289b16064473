"""How many rows follow a suspicion: by simulation of known mixtures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.diagnosis.mixture import Grid, mix

BASE = np.array([0.4, 0.3, 0.2, 0.1])
OTHER = np.array([0.0, 0.1, 0.1, 0.8])


def grid(now: np.ndarray, rows: float = 4000) -> Grid:
    """A window beside the base."""
    return Grid(BASE, now, 20_000.0, rows, np.empty((0, 4)), np.zeros(3))


@given(st.floats(0, 1))
def test_a_known_mixture_is_measured(share: float) -> None:
    """The share that went into a mixture comes out of it, and the mixture explains all of the change."""
    found = mix(grid((1 - share) * BASE + share * OTHER), OTHER)
    assert found.share == pytest.approx(share, abs=1e-9)
    assert found.explained == 1.0
    assert found.interval[0] - 1e-9 <= share <= found.interval[1] + 1e-9


def test_the_interval_covers_the_share() -> None:
    """Of a hundred windows with a tenth of wrong rows, the interval holds the tenth in about 95."""
    rng = np.random.default_rng(0)
    law = 0.9 * BASE + 0.1 * OTHER
    found = [mix(grid(rng.multinomial(4000, law) / 4000), OTHER) for _ in range(100)]
    assert np.mean([low <= 0.1 <= high for low, high in (one.interval for one in found)]) >= 0.9


def test_no_wrong_rows_are_rarely_seen() -> None:
    """Windows of the base itself have a p-value below a hundredth about once in a hundred."""
    rng = np.random.default_rng(1)
    p_values = [mix(grid(rng.multinomial(4000, BASE) / 4000), OTHER).p_value for _ in range(300)]
    assert np.mean(np.array(p_values) < 0.01) <= 0.03


def test_another_change_is_not_explained() -> None:
    """A window that changed otherwise is explained by little."""
    assert mix(grid(np.array([0.9, 0.05, 0.05, 0.0])), OTHER).explained < 0.2


def test_what_the_blocks_do_is_allowed() -> None:
    """Where the reference's blocks move by themselves, as much is left to the window."""
    rng = np.random.default_rng(2)
    blocks = np.array([rng.multinomial(1000, [p, 0.7 - p, 0.2, 0.1]) for p in rng.uniform(0.2, 0.5, 40)]).astype(float)
    assert Grid(BASE, BASE, 2e4, 4e3, blocks, np.zeros(3)).allowed > 3 * grid(BASE).allowed
