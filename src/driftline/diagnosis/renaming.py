"""Levels that go on under other names: the share that vanished is the share that appeared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy

from driftline.diagnosis.chance import design, two_shares
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.levels import against, filled, renamed
from driftline.diagnosis.named import names
from driftline.diagnosis.rowwise import UNLIKE, alike, moved_elsewhere
from driftline.diagnosis.spelling import similarity
from driftline.diagnosis.wording import listed, rows
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.named import Names

GONE = 0.1
"""A level has gone where no more than this of its share is left."""

SURELY = 1e-4
"""A level has lost, or another gained, where chance alone would do so this rarely."""

SURE = 0.95
"""Levels went into another one, and not away, where that is so much likelier."""

LIKE = 0.1
"""Of two levels that fit a share equally well, the one more alike in writing is taken: so much of a share it counts."""

Moves = list[tuple[int, int]]
"""Places of a level and of the name under which it goes on."""


def category_rename(case: Case, look: Look) -> Fault | None:
    """Each lost level has one new name."""
    found, moves = _moves(look)
    if not found or not moves or not _one_to_one(moves) or not _alike_rows(case, look, found, moves):
        return None
    biggest = max((is_now for _, is_now in moves), key=lambda place: found.both.now[place])
    fault = _told(case, look, found, moves, "category_rename")
    return replace(fault, confidence=against(renamed(found, biggest), filled(found, biggest)))


def _alike_rows(case: Case, look: Look, found: Names, moves: Moves) -> bool:
    """Whether rows with new names look like those of the levels that they should have been: those left, or those before."""
    before = [Mark(look.place, float(was), float(was)) for was in {was for was, _ in moves}]
    return alike(case.rows, before, Mark(look.place, float(found.known), float(found.known)))


def category_split(case: Case, look: Look) -> Fault | None:
    """A lost level has several new names."""
    found, moves = _moves(look)
    parted = len({was for was, _ in moves}) < len(moves)
    return _told(case, look, found, moves, "category_split") if found and parted else None


def category_merge(case: Case, look: Look) -> Fault | None:
    """Lost levels share one name, a new one or one that was there before."""
    found, moves = _moves(look)
    if found and moves and not _one_to_one(moves) and len({was for was, _ in moves}) == len(moves):
        return _told(case, look, found, moves, "category_merge")
    into = _into_others(found) if found and not moves else []
    if (
        not found
        or not into
        or not _gained(found, into)
        or moved_elsewhere(case.rows, Mark(look.place, np.inf, np.inf), case.ties[look.place])
    ):
        return None
    # Where levels have gone with their rows, all others gain, and none of them what was lost.
    left = found.both.base.copy()
    left[[was for was, _ in into]] = 0.0
    certainty = against(found.likelihood(_expected(found, into)), found.likelihood(left / left.sum()))
    return replace(_told(case, look, found, into, "category_merge"), confidence=certainty) if certainty >= SURE else None


def _gained(found: Names, moves: Moves) -> bool:
    """Whether known levels have gained all that others have lost, and no more than chance besides."""
    both, expected = found.both, _expected(found, moves)
    takers = {is_now for _, is_now in moves}

    def chance(taker: int) -> float:
        spread = design(both.blocks[:, taker], both.blocks.sum(1))
        return two_shares(both.now[taker] * both.rows, both.rows, expected[taker] * both.base_rows, both.base_rows, spread)[0]

    return all(chance(taker) > UNLIKE for taker in takers)


def _one_to_one(moves: Moves) -> bool:
    return len({was for was, _ in moves}) == len({is_now for _, is_now in moves}) == len(moves)


def _moves(look: Look) -> tuple[Names | None, Moves]:
    """Which levels go on under which new names."""
    found = names(look)
    if found is None or not found.new:
        return found, []
    base, now = found.both.base, found.both.now
    gone = _gone(found)
    if not gone:
        return found, _in_part(found)
    cost = np.array([[abs(base[v] - now[v] - now[u]) - LIKE * base[v] * _likeness(found, v, u) for u in found.new] for v in gone])
    pairs = [(gone[i], found.new[j]) for i, j in zip(*scipy.optimize.linear_sum_assignment(cost), strict=True)]
    return found, [*pairs, *_left_over(found, gone, pairs)]


def _left_over(found: Names, gone: list[int], pairs: Moves) -> Iterator[tuple[int, int]]:
    """More new names than lost levels are parts of what lost more than its name has; and the other way round."""
    base, now = found.both.base, found.both.now
    deficit = {v: base[v] - now[v] - now[u] for v, u in pairs}
    excess = {u: now[u] - base[v] + now[v] for v, u in pairs}
    for u in set(found.new) - {u for _, u in pairs}:
        v = max(deficit, key=lambda one: deficit[one])
        deficit[v] -= now[u]
        yield v, u
    for v in set(gone) - {v for v, _ in pairs}:
        u = max(excess, key=lambda one: excess[one])
        excess[u] -= base[v] - now[v]
        yield v, u


def _in_part(found: Names) -> Moves:
    """Without a level that has gone: each new name takes a part of the level with which the change is explained best."""
    moves: Moves = []
    lost = np.flatnonzero(found.lost(SURELY)[: found.known]).tolist()
    for u in found.new:
        tried = [(v, found.both.explained(_expected(found, [*moves, (v, u)])) + LIKE * _likeness(found, v, u)) for v in lost]
        if not tried:
            return []
        moves.append((max(tried, key=lambda one: one[1])[0], u))
    return moves


def _into_others(found: Names) -> Moves:
    """Levels that have gone, all into the one that has gained what they lost."""
    base, now = found.both.base, found.both.now
    gone = _gone(found)
    gained = now[: found.known] - base[: found.known]
    lost = float(base[gone].sum())
    return [(v, int(np.argmin(np.abs(gained - lost)))) for v in gone] if gone and gained.max() > 0 else []


def merged(found: Names) -> float:
    """Log likelihood of all levels that have gone being rows of the one that gained most nearly what they had."""
    into = _into_others(found)
    return found.likelihood(_expected(found, into)) if into else -np.inf


def _expected(found: Names, moves: Moves) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The shares after moving: a new name has what it has, taken from its level; a known one gets all that its level had."""
    expected = found.both.base.copy()
    for was, is_now in moves:
        moved = found.both.now[is_now] if is_now >= found.known else found.both.base[was]
        takers = [v for v, u in moves if u == is_now]
        # Levels that share a new name give in proportion to what they had.
        part = found.both.base[was] / sum(found.both.base[v] for v in takers) if is_now >= found.known else 1.0
        expected[was] -= moved * part
        expected[is_now] += moved * part
    return np.maximum(expected, 0.0)


def _gone(found: Names) -> list[int]:
    """Levels of which hardly anything is left."""
    left = found.both.now <= GONE * found.both.base
    return np.flatnonzero((found.lost(SURELY) & left)[: found.known]).tolist()


def _likeness(found: Names, one: int, other: int) -> float:
    return similarity(found.texts[one], found.texts[other])


def _told(case: Case, look: Look, found: Names, moves: Moves, signature: str) -> Fault:
    both = found.both
    lost = sorted({was for was, _ in moves})
    share = float((both.base[lost] - both.now[lost]).sum())
    p_value, (low, high) = two_shares(both.now[lost].sum() * both.rows, both.rows, both.base[lost].sum() * both.base_rows, both.base_rows)
    pairs = [f"{found.texts[was]!r} is now {found.texts[is_now]!r}" for was, is_now in moves]
    new = any(is_now >= found.known for _, is_now in moves)
    return Fault(
        signature=signature,
        columns=(look.name,),
        window=case.window,
        share=share,
        interval=(max(-high, 0.0), min(-low, 1.0)),
        evidence={
            "vanished": share,
            "appeared": float(sum(both.now[u] - both.base[u] for u in {u for _, u in moves})),
            "similarity": max(_likeness(found, was, is_now) for was, is_now in moves),
            "explained": both.explained(_expected(found, moves)),
        },
        p_value=p_value,
        confidence=1.0,
        cause=f"levels go on under other names in {rows(share)}: {listed(pairs)}; what vanished is what appeared",
        remedy="map the new names to the old ones before the model, and agree on names with whoever changed them",
        mark=Mark(look.place, float(found.known), float(found.known)) if new else None,
    )
