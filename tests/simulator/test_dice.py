"""Random streams are the same when asked again, and different for another purpose, day or lane."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.simulator.catalogue import cumulated
from driftline.simulator.dice import Purpose, dice, pick


@given(st.integers(0, 2**40), st.sampled_from(Purpose), st.integers(-400, 4000), st.integers(0, 99))
def test_the_same_dice_fall_the_same(seed: int, purpose: Purpose, day: int, lane: int) -> None:
    """Seed, purpose, day and lane decide every number."""
    assert (dice(seed, purpose, day, lane).random(5) == dice(seed, purpose, day, lane).random(5)).all()


@pytest.mark.parametrize(
    "other", [(8, Purpose.VISITS, 3, 0), (7, Purpose.DETAILS, 3, 0), (7, Purpose.VISITS, -3, 0), (7, Purpose.VISITS, 3, 1)]
)
def test_other_dice_fall_otherwise(other: tuple[int, Purpose, int, int]) -> None:
    """Any other seed, purpose, day or lane gives other numbers."""
    assert (dice(7, Purpose.VISITS, 3, 0).random(5) != dice(*other).random(5)).all()


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=9).filter(lambda w: sum(w) > 0), st.lists(st.floats(0, 1, exclude_max=True)))
def test_a_level_is_picked_by_its_share(weights: list[float], uniform: list[float]) -> None:
    """The level picked is the first whose cumulated share exceeds the number, for one row of shares and for one row each."""
    shares = cumulated(np.array(weights))
    expected = [next(level for level, share in enumerate(shares) if share > u) for u in uniform]
    numbers = np.array(uniform)
    assert pick(shares, numbers).tolist() == expected
    assert pick(np.tile(shares, (numbers.size, 1)), numbers).tolist() == expected
