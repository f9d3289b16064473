"""Columns that stand in each other's places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy

from driftline.diagnosis.case import FITS_ELSE, agreed
from driftline.diagnosis.chance import gap, noise
from driftline.diagnosis.curve import masses
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.wording import listed
from driftline.inference.significance import chi_square_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.side import Side

    Floats = NDArray[np.float64]
    Shares = tuple[Floats, Floats]

BETTER = 5.0
"""Columns are swapped where each fits the other's place better than its own by this factor (methods 8.2)."""

NOT_WORSE = 1 / (1 - FITS_ELSE)
"""By this much against the other of two bases."""

LEAST_GAP = 0.2
"""Columns whose distributions are nearer to each other than this cannot be told apart by them."""


def column_swap(case: Case) -> Iterator[Fault]:
    """The best matching of the window's columns with the base's is another than by their names: Hungarian (methods 8.2)."""
    pairs = [case.looks[place] for place in case.changed]
    numbers = [pair for pair in pairs if all(look.curves is not None for look in pair)]
    levels = [pair for pair in pairs if pair[0].levels]
    for told in (numbers, levels):
        first, last = ([pair[side] for pair in told] for side in (0, -1))
        # The world may have moved since the reference: one base has to show it clearly, and the other not to deny it.
        clearly = [ring for ring in _rings(first) if ring in _rings(last, NOT_WORSE)]
        clearly += [ring for ring in _rings(last) if ring in _rings(first, NOT_WORSE) and ring not in clearly]
        for ring in clearly:
            if fault := agreed([_told(case, looks, ring) for looks in (first, last)]):
                yield fault


def _rings(looks: Sequence[Look], better: float = BETTER) -> list[tuple[int, ...]]:
    """Columns each of which fits the place of the next one better than its own, by some factor."""
    own = [gap(*_shares(look, look)) for look in looks]
    far = [i for i, distance in enumerate(own) if distance >= LEAST_GAP]
    if len(far) < 2:  # noqa: PLR2004  it takes two
        return []
    cost = _distances([looks[i] for i in far])
    _, best = scipy.optimize.linear_sum_assignment(cost)
    fits = [i for i in range(len(far)) if best[i] != i and better * cost[i, best[i]] <= cost[i, i]]
    rings, seen = [], set[int]()
    for start in fits:
        ring, at = [], start
        while at in fits and at not in seen:
            seen.add(at)
            ring.append(far[at])
            at = int(best[at])
        if len(ring) > 1 and at == start:
            rings.append(tuple(ring))
    return rings


def _distances(looks: Sequence[Look]) -> Floats:
    """How far each window's column (down) is from each base's (across)."""
    drawn = [look.curves for look in looks if look.curves is not None]
    if len(drawn) < len(looks):
        return np.array([[gap(*_shares(here, there)) for there in looks] for here in looks])
    across = []
    for base, _ in drawn:
        cuts = base.cuts()
        groups = masses(base, cuts)
        across.append([gap(masses(now, cuts), groups) for _, now in drawn])
    return np.array(across).T


def _shares(now: Look, base: Look) -> Shares:
    """A window's column and another's base in the same groups."""
    if base.curves is not None and now.curves is not None:
        cuts = base.curves[0].cuts()
        return masses(now.curves[1], cuts), masses(base.curves[0], cuts)
    here, there = _by_text(now, now.now), _by_text(base, base.base)
    texts = sorted(here.keys() | there.keys())
    return np.array([here.get(text, 0.0) for text in texts]), np.array([there.get(text, 0.0) for text in texts])


def _by_text(look: Look, part: Side) -> dict[str, float]:
    known = dict(zip(look.levels, (part.counts[: len(look.levels)] / max(part.held, 1.0)).tolist(), strict=True))
    return {**known, **{text: count / max(part.held, 1.0) for text, count in part.unseen.items()}}


def _told(case: Case, looks: Sequence[Look], ring: tuple[int, ...]) -> Fault:
    fits, p_values = [], []
    for at, i in enumerate(ring):
        here, there = looks[i], looks[ring[(at + 1) % len(ring)]]
        before, after = gap(*_shares(here, here)), gap(*_shares(here, there))
        chance = noise(*_shares(here, there), here.now.held, there.base.held)
        fits.append(1 - max(after - chance, 0.0) / before)
        p_values.append(_differ(*_shares(here, here), here.now.held, here.base.held))
    columns = tuple(looks[i].name for i in ring)
    pairs = [f"{name} holds what {columns[(at + 1) % len(columns)]} held" for at, name in enumerate(columns)]
    return Fault(
        signature="column_swap",
        columns=columns,
        window=case.window,
        share=1.0,
        interval=(1.0 - 3.0 / max(case.now.rows, 3), 1.0),
        evidence={"explained": min(fits)},
        p_value=max(p_values),
        confidence=1.0,
        cause=f"{listed(pairs)}: columns were swapped, as by reading them in another order",
        remedy="read columns by name and not by place, and load the window again",
    )


def _differ(now: Floats, base: Floats, rows: float, base_rows: float) -> float:
    """P-value of two distributions over the same groups being one (chi-square)."""
    pooled = (now * rows + base * base_rows) / (rows + base_rows)
    held = pooled > 0
    chi = ((now - base)[held] ** 2 / pooled[held]).sum() / (1 / rows + 1 / base_rows)
    return float(chi_square_p(np.array(chi), np.array(held.sum() - 1.0)))
