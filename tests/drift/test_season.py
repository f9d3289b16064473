from __future__ import annotations

import numpy as np
import pytest

from driftline.drift.season import in_season
from driftline.inference.variation import Blocks

DAYS = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
"""Shares of three cells on two kinds of day."""


def weeks(dice: np.random.Generator, shares: np.ndarray, count: int = 30, rows: int = 500) -> tuple[np.ndarray, np.ndarray, Blocks]:
    """A reference of alternating days, its blocks and their slots, and windows of both kinds."""
    blocks = np.stack([[dice.multinomial(rows, shares[k % 2]) for k in range(count)]]).astype(np.float64)
    return blocks.sum(1)[:, None], blocks, Blocks(np.arange(count) % 2, np.array([0, 1, 0]), like_windows=True)


def test_each_window_is_held_against_its_own_slot(dice: np.random.Generator) -> None:
    """Days that differ by many standard errors have, as expected shares, their own."""
    expected, left = in_season(*weeks(dice, DAYS))
    shares = expected / expected.sum(-1, keepdims=True)
    np.testing.assert_allclose(shares[0], DAYS[[0, 1, 0]], atol=0.02)
    assert left.shape == (1, 30, 3)


def test_a_slot_is_worth_the_rows_it_is_known_from(dice: np.random.Generator) -> None:
    """Half of the reference's days tell about one kind of day."""
    expected, _ = in_season(*weeks(dice, DAYS))
    assert expected.sum(-1)[0].tolist() == pytest.approx([7500.0] * 3, rel=0.02)


def test_what_is_left_of_the_blocks_is_noise(dice: np.random.Generator) -> None:
    """With the season taken out, blocks vary as independent rows do, and still add up to the reference."""
    reference, blocks, layout = weeks(dice, DAYS, count=300)
    _, left = in_season(reference, blocks, layout)
    share = reference[0, 0] / reference.sum()

    def design(parts: np.ndarray) -> float:
        gap = parts[0] / 500 - share
        return float((gap**2 * 500 / (share * (1 - share))).sum() / 299 / 3)

    assert design(blocks) > 10
    assert design(left) == pytest.approx(1.0, abs=0.15)
    np.testing.assert_allclose(left.sum(1), reference[:, 0], rtol=1e-9)
    np.testing.assert_allclose(left.sum(-1), 500.0, rtol=1e-9)


def test_days_that_do_not_differ_are_held_against_the_whole(dice: np.random.Generator) -> None:
    """Where there is no season, nearly all of the reference counts for every window."""
    worth = [in_season(*weeks(dice, DAYS[[0, 0]]))[0].sum(-1)[0, 0] / 15_000 for _ in range(40)]
    assert float(np.median(worth)) > 0.8


def test_without_slots_nothing_happens(dice: np.random.Generator) -> None:
    """A layout without a season gives back what it was given."""
    reference, blocks, _ = weeks(dice, DAYS)
    found = in_season(reference, blocks, Blocks(np.zeros(30, dtype=np.intp), np.zeros(3, dtype=np.intp), like_windows=True))
    assert found[0] is reference
    assert found[1] is blocks


def test_a_slot_the_reference_never_had_is_held_against_the_whole(dice: np.random.Generator) -> None:
    """A window on an unknown kind of day expects the overall shares."""
    reference, blocks, _ = weeks(dice, DAYS)
    layout = Blocks(np.arange(30) % 2, np.array([2]), like_windows=True)
    expected, _ = in_season(reference, blocks, layout)
    np.testing.assert_allclose(expected[0, 0] / expected[0, 0].sum(), reference[0, 0] / reference.sum(), atol=1e-9)
