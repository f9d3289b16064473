"""Columns that are made otherwise in serving than they were for training: different from the first window on, or from row to row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import Z95, gap
from driftline.diagnosis.curve import near
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.look import Look
from driftline.diagnosis.mixture import on_cuts
from driftline.diagnosis.named import names
from driftline.diagnosis.side import side
from driftline.diagnosis.unfinished import as_usual
from driftline.diagnosis.wording import rows
from driftline.inference.significance import chi_square_p, wilson
from driftline.schema import Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.mixture import Grid
    from driftline.diagnosis.side import Side
    from driftline.profile.profile import Profile

    Floats = NDArray[np.float64]

ENOUGH = 20
"""So many windows before must be as this one is: what has just begun may be drift, and a campaign or a season of two weeks."""

LOOKED_AT = 8
"""At most so many of them are held against all of them, the first and the last."""

LEAST_MOVED = 0.1
"""A difference of which fewer rows would have to move may as well be the world's."""

SUDDEN = 0.7
"""The end of the reference must be at least so far from the windows as all of it: what moves slowly is half way there by then."""

LAST = 0.2
"""The end of the reference is this part of its blocks."""

MUCH_LATER = 1.0
"""Windows that begin so many times the reference's length after its end may be of another world."""

FEWEST = 30
"""Of fewer sampled rows that are in both nothing is said."""

SAME = 0.5
"""A column is the same where less than this part of what differs by chance differs, and an id means a row where so many columns are."""

LEAST_SHARE = 0.005
"""A smaller share of rows that differ is not told."""

ASKED = frozenset({Role.FEATURE, Role.SEGMENT})


def serving_skew(case: Case) -> Iterator[Fault]:
    """A column that differs from the reference since the first window on, and has been the same ever since: no onset, no course."""
    if len(case.before) < ENOUGH or _much_later(case):
        return
    for place in case.changed:
        if place in case.ever and case.plan.columns[place].column.role in ASKED and (found := _constant(case, case.looks[place][0])):
            yield found


def _constant(case: Case, look: Look) -> Fault | None:
    """One column's difference, if every window has the same, and the reference ends without it."""

    def beside(base: Sequence[Profile], now: Side) -> Look:
        return Look(look.planned, look.place, side(base, look.place), now, look.blocks, look.odd)

    half = LOOKED_AT // 2
    looked_at = [*case.before[:half], *case.before[half:][-half:]]
    served = [beside(case.before, now) for now in (look.now, *(side([one], look.place) for one in looked_at))]
    last = beside(case.blocks[-max(round(LAST * len(case.blocks)), 1) :], look.now)
    both, end, like = (_grid(one) for one in (look, last, served[0]))
    if both is None or end is None or like is None or not all(as_usual([one]) for one in served):
        return None
    moved = gap(both.base, both.now) - both.allowed
    if moved < LEAST_MOVED or gap(end.base, end.now) - end.allowed < SUDDEN * moved:
        return None
    return _since_the_first(case, look, both, 1 - max(gap(like.base, like.now) - like.allowed, 0.0) / moved)


def _much_later(case: Case) -> bool:
    """Whether so much time lies between reference and windows that the world may have changed meanwhile."""
    place = case.plan.with_role(Role.TIMESTAMP)
    if place is None or not case.before:
        return False
    first, last = case.total.extremes[place].tolist()
    begun = float(case.before[0].extremes[place, 0])
    return bool(np.isfinite(begun - last) and begun - last > MUCH_LATER * (last - first))


def _grid(look: Look) -> Grid | None:
    if found := names(look):
        return found.both
    return None if look.curves is None else on_cuts(look, look.curves[0].cuts(), *look.curves)


def _since_the_first(case: Case, look: Look, both: Grid, explained: float) -> Fault:
    moved, windows = gap(both.base, both.now), len(case.before)
    pooled = np.clip((both.base * both.base_rows + both.now * both.rows) / (both.base_rows + both.rows), 1e-12, 1.0)
    chi = float(((both.base - both.now) ** 2 / pooled).sum() / (1 / both.base_rows + 1 / both.rows))
    return Fault(
        signature="serving_skew",
        columns=(look.name,),
        window=case.window,
        share=1.0,
        interval=(moved, 1.0),
        evidence={"moved": moved, "windows": float(windows + 1), "explained": explained},
        p_value=float(chi_square_p(np.array(chi), np.array(pooled.size - 1.0))),
        confidence=1.0,
        cause=f"it has differed from the reference since the first window, and has been the same in all {windows + 1} windows: "
        "it is made otherwise in serving than it was for training",
        remedy="hold rows as they were served against the same rows as they are made for training, and make both by the same code",
    )


def feature_mismatch(case: Case) -> Iterator[Fault]:
    """Rows that are in the reference too, by their id, with another value: what was logged beside what training is fed."""
    before, now = shared(case.blocks, case.now)
    if case.plan.with_role(Role.ID) is None or len(now) < FEWEST:
        return
    places = [at for at, one in enumerate(case.plan.columns) if one.column.role in ASKED and one.column.kind is not Kind.TIMESTAMP]
    differ = {at: _differ(before[:, at], now[:, at]) for at in places}
    by_chance = {at: _differ(before[:, at], np.roll(now[:, at], 1)).mean() for at in places}
    same = [told.mean() < SAME * by_chance[at] for at, told in differ.items() if by_chance[at] >= LEAST_SHARE]
    if np.mean(same or [0.0]) < SAME:
        # Where most columns agree no more than other rows do, an id means a customer or a place in a file, and not a row.
        return
    for place, told in differ.items():
        share = float(told.mean())
        if share >= LEAST_SHARE:
            yield _mismatch(case, case.plan.names[place], share, float(told.size))


def _differ(one: Floats, other: Floats) -> NDArray[np.bool_]:
    """Which rows have another value."""
    return np.asarray(~((np.abs(one - other) <= near(one)) | (np.isnan(one) & np.isnan(other))))


def _mismatch(case: Case, name: str, share: float, looked: float) -> Fault:
    low, high = (float(end) for end in wilson(np.array(share * looked), np.array(looked), Z95))
    return Fault(
        signature="serving_skew",
        columns=(name,),
        window=case.window,
        share=share,
        interval=(low, high),
        evidence={"differ": share, "rows": looked, "explained": 1.0},
        # The same row has one value: chance makes none of it.
        p_value=0.0,
        confidence=1.0,
        cause=f"{rows(share)} have another value than the same rows of the reference have, by their id, "
        f"of {looked:,.0f} sampled rows that are in both: serving makes it otherwise than training",
        remedy="find the step that differs between the two ways in which the column is made, and make both by the same code",
    )


def shared(known: Sequence[Profile], now: Profile) -> tuple[Floats, Floats]:
    """Sampled rows that are in some profiles and in a window, as they are there and here; of rows that repeat a key, none."""
    keys = np.concatenate([np.empty(0, dtype=np.uint64), *(one.sample.keys for one in known)])
    found, first, counts = np.unique(keys, return_index=True, return_counts=True)
    mine, at, times = np.unique(now.sample.keys, return_index=True, return_counts=True)
    common, here, there = np.intersect1d(mine[times == 1], found[counts == 1], return_indices=True)
    if not common.size:
        return np.empty((0, len(now.plan.columns))), np.empty((0, len(now.plan.columns)))
    values = np.concatenate([one.sample.values for one in known])
    return values[first[counts == 1][there]], now.sample.values[at[times == 1][here]]
