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


def by_hand(
    reference: np.ndarray, blocks: np.ndarray, slots: list[int], wanted: list[int]
) -> tuple[list[np.ndarray], list[np.ndarray], float]:
    """One column's expected counts and blocks without their season, cell by cell, and how much of the season is kept."""
    share = reference / reference.sum()
    days = {slot: blocks[[s == slot for s in slots]].sum(0) for slot in set(slots)}
    own = {slot: counts / counts.sum() for slot, counts in days.items()}
    within = sum(block.sum() * ((block / block.sum() - own[s]) ** 2 / share).sum() for block, s in zip(blocks, slots, strict=True))
    across = sum(days[s].sum() * ((own[s] - share) ** 2 / share).sum() for s in days)
    keep = max(1 - (within / (len(blocks) - len(days))) / (across / (len(days) - 1)), 0.0)
    usual = {s: share + keep * (own[s] - share) for s in days}
    worth = {s: 1 / ((1 - keep) / reference.sum() + keep / days[s].sum()) for s in days}
    expected = [usual[s] * worth[s] if s in days else share * reference.sum() / (1 - keep + keep * reference.sum()) for s in wanted]
    freedom = len(blocks) - 1
    widen = np.sqrt(freedom / (freedom - keep * (len(days) - 1)))
    left = [block.sum() * (share + (block / block.sum() - usual[s]) * widen) for block, s in zip(blocks, slots, strict=True)]
    return expected, left, keep


@pytest.mark.parametrize("strength", [0.0, 0.1, 0.4, 1.0])
def test_shares_are_drawn_in_by_james_and_steins_factor(strength: float, dice: np.random.Generator) -> None:
    """For blocks and slots of unequal size, expected counts and what is left are those of the definition, cell by cell."""
    slots = [0, 1, 3, 1, 0, 3, 3, 0, 1, 0, 1, 1]
    days = np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0, 0, 0], [0.3, 0.5, 0.2]])
    mean = np.full(3, 1 / 3)
    blocks = np.stack([dice.multinomial(200 + 40 * k, mean + strength * (days[s] - mean)) for k, s in enumerate(slots)]).astype(float)
    layout = Blocks(np.array(slots), np.array([0, 1, 3, 1]), like_windows=True)
    both = [np.stack([side, np.full_like(side, 7.0)]) for side in (blocks.sum(0)[None], blocks)]
    expected, left = in_season(*both, layout)
    wanted, remains, keep = by_hand(blocks.sum(0), blocks, slots, [0, 1, 3, 1])
    assert (keep < 0.5, keep > 0.9) == (strength == 0.0, strength > 0.2)
    np.testing.assert_allclose(expected[0], wanted, rtol=1e-9)
    np.testing.assert_allclose(left[0], remains, rtol=1e-9)


def test_the_season_costs_its_degrees_of_freedom(dice: np.random.Generator) -> None:
    """Of few blocks in many slots, what is left varies on average as much as independent rows, not less for having been fitted."""
    days = np.array([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6], [0.3, 0.6, 0.1], [0.1, 0.8, 0.1]])
    found = []
    for _ in range(300):
        blocks = np.stack([[dice.multinomial(400, days[k % 4]) for k in range(12)]]).astype(float)
        layout = Blocks(np.arange(12) % 4, np.array([0]), like_windows=True)
        _, left = in_season(blocks.sum(1)[:, None], blocks, layout)
        share = blocks[0].sum(0) / blocks.sum()
        # Of this many rows in each cell each day, whatever the day.
        usual = days[np.arange(12) % 4]
        noise = (usual * (1 - usual) / share).sum(1).mean()
        found.append(((left[0] / 400 - share) ** 2 / share).sum() * 400 / 11 / noise)
    assert float(np.mean(found)) == pytest.approx(1.0, abs=0.06)


def test_a_cell_the_reference_never_had_stays_empty(dice: np.random.Generator) -> None:
    """Cells that hold nothing expect nothing, and disturb no other."""
    reference, blocks, layout = weeks(dice, DAYS)
    wider = [np.concatenate([side, np.zeros((*side.shape[:-1], 2))], axis=-1) for side in (reference, blocks)]
    for plain, padded in zip(in_season(reference, blocks, layout), in_season(*wider, layout), strict=True):
        np.testing.assert_allclose(padded[..., :3], plain, rtol=1e-12)
        assert not padded[..., 3:].any()


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
