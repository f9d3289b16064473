"""Values that should not be so many: one value in every row, a default filled in, an edge at which values are cut, lost decimals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import design, two_shares
from driftline.diagnosis.curve import around, masses, near
from driftline.diagnosis.fault import Fault
from driftline.diagnosis.mixture import mix, on_cuts
from driftline.diagnosis.rowwise import UNLIKE, moved_elsewhere, stand_out, whose
from driftline.diagnosis.wording import figure, rows
from driftline.schema import Role
from driftline.verdicts.diagnosis import Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.curve import Curve
    from driftline.diagnosis.look import Look
    from driftline.diagnosis.mixture import Mixture

    Floats = NDArray[np.float64]

LEAST_FILLED = 0.002
"""A smaller share of filled rows is not told."""

REPEATED = 3
"""A value must come this often in the sample to be suspected of having been filled in."""

FEW_VALUES, NEARLY_ALL = 32, 0.95
"""Where so few values hold nearly all rows, other columns must say that one was filled in: a real change of mix looks the same."""

FEW_KEPT = 0.2
"""Where fewer of the rows with a value can have had it anyway, nearly all got it now."""

OUTCOMES = frozenset({Role.LABEL, Role.PREDICTION})
"""What these say more often, they mostly say by right."""

FAR_OFF = 0.8
"""How sure a value is to have been filled in that repeats, and lies further outside all that there ever was than that is wide."""

MANY = 500
"""With fewer values nobody knows how far they reach."""

COMMON = 0.5
"""A value that more of the rows had is the usual one."""

DOUBT = math.log(20)
"""A log likelihood ratio beyond this decides (20 to 1)."""

EDGE_SHARE = 0.01
"""An edge must cut off at least this share of the base: the window's greatest value lies below the base's q99 (methods 8.2)."""

LEAST_CELLS = 5
"""Rounding is told only where the base spans at least so many steps."""

ROUND_BEFORE = 0.7
"""Values of which more are round have no decimals to lose."""

LEAST_ROUNDED = 0.05
"""A smaller share of rounded rows is not told: a sample of rows cannot tell it from chance."""


def stuck_value(case: Case, look: Look) -> Fault | None:
    """The same value in every row, where the base has others."""
    found = _only_value(look)
    if found is None:
        return None
    value, words, share = found
    if share > COMMON and moved_elsewhere(case.rows, Mark(look.place, np.inf, np.inf), case.ties[look.place]):
        # Where most rows had that value anyway, others may simply not have come.
        return None
    held = look.now.held
    # So many rows with that value, if rows were drawn from the base; fewer where rows hang together.
    told = np.zeros(look.blocks.shape[1])
    told[look.now.counts > 0] = 1.0
    spread = design(look.blocks @ told, look.blocks.sum(1))
    p_value = math.exp(max(held / spread * math.log(share), -700.0))
    return Fault(
        signature="stuck_value",
        columns=(look.name,),
        window=case.window,
        share=1.0,
        interval=(1 - 3 / held, 1.0),
        evidence={"value": value, "was": share, "explained": 1.0},
        p_value=p_value,
        confidence=1.0,
        cause=f"every row has the value {words}, which {rows(share)} had before: a reading that hangs, or a constant written by mistake",
        remedy="find where the value stopped moving (sensor, cache, join), and load the window again",
    )


def _only_value(look: Look) -> tuple[float, str, float] | None:
    """The one value of all rows, its name, and the largest share it may have had before."""
    held, base = look.now.held, look.base.held
    if held < 2 or not base:  # noqa: PLR2004  one row is always alike
        return None
    filled = np.flatnonzero(look.now.counts)
    if filled.size != 1 or look.base.counts.max() == base or _one_a_block(look):
        return None
    share = float((look.base.counts[filled[0]] + 1) / (base + 2))
    if look.levels:
        texts = list(look.now.unseen) if filled[0] == len(look.levels) else [look.levels[filled[0]]]
        return (float(filled[0]), repr(texts[0]), share) if len(texts) == 1 else None
    low, high = look.now.extremes
    return (low, figure(low), share) if low == high else None


def _one_a_block(look: Look) -> bool:
    """Whether the reference's own blocks had one value each, as the number of a load or its date has."""
    held = look.blocks[look.blocks.sum(1) > 0]
    return len(held) > 1 and bool(((held > 0).sum(1) == 1).mean() > COMMON)


def default_fill(case: Case, look: Look) -> Fault | None:
    """One value written over others: its share rose, and all others have lost alike."""
    if look.curves is None or look.now.extremes[0] == look.now.extremes[1]:
        return None
    base, now = look.curves
    value = _suspect(look, base, now)
    return None if value is None else _filled(case, look, base, now, value)


def _suspect(look: Look, base: Curve, now: Curve) -> float | None:
    """The value that gained most; None where others have gained as well, for what is written over others takes from all."""
    values, counts = np.unique(look.now.values, return_counts=True)
    every = np.unique(np.concatenate([now.atoms, base.atoms, values[counts >= REPEATED]]))
    if not every.size:
        return None
    was, has = _share_at(base, every), _share_at(now, every)
    best = int(np.argmax(has - was))
    left = (1 - has[best]) / max(1 - was[best], 1e-9)
    for other in np.flatnonzero((has > left * was) & (np.arange(every.size) != best)):
        p_value, _ = two_shares(has[other] * look.now.held, look.now.held, left * was[other] * look.base.held, look.base.held)
        if p_value * every.size < UNLIKE:
            return None
    return float(every[best])


def _share_at(drawn: Curve, values: Floats) -> Floats:
    low, high = around(values)
    return drawn.at(high) - drawn.at(low)


def _filled(case: Case, look: Look, base: Curve, now: Curve, value: float) -> Fault | None:
    ends = around(np.array([value]))
    cuts = np.unique(np.concatenate([base.cuts(), *ends]))
    # Cuts of the base that lie within the value's own would part it.
    cuts = cuts[(cuts <= ends[0]) | (cuts >= ends[1])]
    both = on_cuts(look, cuts, base, now)
    expected = np.zeros(cuts.size + 1)
    expected[np.searchsorted(cuts, value)] = 1.0
    mixture = mix(both, expected)
    if not max(LEAST_FILLED, case.floor(look.place, "atom")) <= mixture.share < 1:
        return None
    mark = Mark(look.place, float(ends[0][0]), float(ends[1][0]))
    share_now = float(both.now[mixture.region].sum())
    certainty = credible(case, mark, share_now, (share_now - mixture.share) / share_now, few=_few(look))
    low, high = look.base.extremes
    if low < high and look.base.held >= MANY and not low - (high - low) <= value <= high + (high - low):
        # However the world has moved, it does not bring one and the same value to many rows where none ever was.
        certainty = max(certainty, FAR_OFF)
    return filling(case, look, figure(value), mixture, share_now, certainty, mark) if certainty else None


def filling(case: Case, look: Look, value: str, mixture: Mixture, share: float, certainty: float, mark: Mark) -> Fault:
    """Tell of a value written over others; `share` of the window's rows have it now."""
    return Fault(
        signature="default_fill",
        columns=(look.name,),
        window=case.window,
        share=mixture.share,
        interval=mixture.interval,
        evidence={"is": share, "was": 1 - (1 - share) / (1 - mixture.share), "explained": mixture.explained},
        p_value=mixture.p_value,
        confidence=certainty,
        cause=f"{value} was written over other values in {rows(mixture.share)}, whatever these were: a default for what was missing",
        remedy="find the step that fills in the default; let missing values be missing, and load the window again",
        mark=mark,
    )


def _few(look: Look) -> bool:
    """Whether nearly all rows share so few values that their mix says nothing about how it came about."""
    share = np.sort(look.base.counts / max(look.base.held, 1.0))[::-1]
    return bool(share[:FEW_VALUES].sum() >= NEARLY_ALL)


def credible(case: Case, mark: Mark, share: float, kept: float, *, few: bool) -> float:
    """How sure one may be that a value was filled in and not that more rows of its kind came; 0 for not at all.

    Args:
        case: the window.
        mark: the value.
        share: share of the window's rows that have the value.
        kept: share of these that had it anyway.
        few: the column has so few values that its own distribution cannot tell.
    """
    if case.plan.columns[mark.column].column.role in OUTCOMES:
        return 0.0
    ties = case.ties[mark.column]
    if moved_elsewhere(case.rows, mark, ties):
        return 0.0
    by_number = as_many(case, share, kept)
    if kept < FEW_KEPT:
        # Hardly any row had the value before: are those that have it now like all others?
        return 0.8 if by_number > -DOUBT and (not few or stand_out(case.rows, mark) > UNLIKE) else 0.0
    likely = whose(case.rows, mark, mark, kept, ties)
    if likely is None:
        return 0.0 if few or by_number < -DOUBT else 0.8
    # As many rows as ever speak for neither: more of one kind may come where fewer others do.
    likely += min(by_number, 0.0)
    return 1.0 if likely > DOUBT else 0.0 if few or likely < -DOUBT else 0.8


def as_many(case: Case, share: float, kept: float) -> float:
    """How much likelier the number of rows is if a value was written over others than if more rows of its kind came, or fewer others.

    Writing leaves the number as it is. It goes up and down by itself: a log likelihood ratio under a normal law of its logarithm.
    """
    if not case.usual_rows or not case.varies:
        return 0.0
    usually = share * kept / max(1 - share * (1 - kept), 1e-9)
    more, fewer = np.log((1 - usually) / max(1 - share, 1e-9)), np.log(max(usually, 1e-9) / share)
    off = np.log(max(case.now.rows, 1) / case.usual_rows)
    spread = max(case.varies, 1 / math.sqrt(case.usual_rows))
    told = [-(((off - change) / spread) ** 2) / 2 for change in (0.0, more, fewer)]
    return float(told[0] - max(told[1:]))


def truncation(case: Case, look: Look) -> Fault | None:
    """An edge beyond which no values are any more: they are at the edge (clipped), or gone (cut off)."""
    if look.curves is None or look.now.extremes[0] == look.now.extremes[1]:
        return None
    base, now = look.curves
    sides = [_edge(case, look, base, now, high=high) for high in (True, False)]
    return max((fault for fault in sides if fault is not None), key=lambda fault: fault.share, default=None)


def _edge(case: Case, look: Look, base: Curve, now: Curve, *, high: bool) -> Fault | None:
    edge = look.now.extremes[int(high)]
    below, above = (float(end[0]) for end in around(np.array([edge])))
    beyond = float(1 - base.at(np.array([above]))[0] if high else base.at(np.array([below]))[0])
    if not EDGE_SHARE <= beyond <= 0.5:  # noqa: PLR2004  more than half is not an edge but another distribution
        return None
    cuts = np.unique(np.concatenate([base.cuts(), [below, above]]))
    both = on_cuts(look, cuts, base, now)
    inside = np.concatenate([cuts <= above, [False]]) if high else np.concatenate([[False], cuts >= below])
    kept = np.where(inside, both.base, 0.0)
    clipped, cut_off = kept.copy(), kept / kept.sum()
    clipped[np.searchsorted(cuts, edge)] += beyond
    fits = {"clipped": both.explained(clipped), "cut off": both.explained(cut_off)}
    way = max(fits, key=lambda name: fits[name])
    spread = design(both.blocks[:, ~inside].sum(1), both.blocks.sum(1))
    p_value, (low, upper) = two_shares(0.0, now.rows, beyond * base.rows, base.rows, spread)
    side = "above" if high else "below"
    return Fault(
        signature="truncation",
        columns=(look.name,),
        window=case.window,
        share=beyond,
        interval=(max(-upper, 0.0), min(-low, 1.0)),
        evidence={"edge": edge, "beyond": beyond, "clipped": float(way == "clipped"), "explained": fits[way]},
        p_value=p_value,
        confidence=1.0,
        cause=f"no value is {side} {figure(edge)} any more, where {rows(beyond)} were: values are {way} there, by a limit or a small type",
        remedy="find the limit (a validation rule, a cast, a length) and lift it, or make the model reckon with it",
        mark=Mark(look.place, edge, edge) if way == "clipped" else None,
    )


def rounding(case: Case, look: Look) -> Fault | None:
    """Decimals that are gone: values lie on a grid of wholes, tens or hundreds, on which they did not lie before."""
    if look.curves is None or look.now.extremes[0] == look.now.extremes[1] or min(look.now.values.size, look.base.values.size) < REPEATED:
        return None
    span = float(np.ptp(look.curves[0].quantile(np.array([0.05, 0.95]))))
    steps = [step for step in 10.0 ** np.arange(6, -7, -1) if span >= LEAST_CELLS * step]
    inside = _inside(look)
    if inside.size < REPEATED:
        return None
    shares = [(on_grid(look.base.values, step).mean(), on_grid(inside, step).mean()) for step in steps]
    lost = [(after - before) / max(1 - before, 1e-9) if before <= ROUND_BEFORE else 0.0 for before, after in shares]
    if not lost or max(lost) < LEAST_ROUNDED:
        return None
    # The coarsest step that says nearly as much: on finer ones values lie by chance as well.
    best = int(np.argmax(np.array(lost) >= NEARLY_ALL * max(lost)))
    if _newly_round(look, steps[best]) < LEAST_CELLS:
        # A price or a default that repeats is round by itself, and so is what lies far outside.
        return None
    return _rounded(case, look, float(steps[best]), *(float(share) for share in shares[best]))


def _inside(look: Look) -> Floats:
    """The window's sampled values within the base's range: what lies far outside is round for other reasons."""
    low, high = look.base.extremes
    return look.now.values[(look.now.values >= low) & (look.now.values <= high)]


def on_grid(values: Floats, step: float) -> NDArray[np.bool_]:
    """Which values are whole multiples of a step, but for what arithmetic in 32 bits loses.

    >>> on_grid(np.array([0.5, 1.0, 3.0000001]), 1.0)
    array([False,  True,  True])
    """
    places = values / step
    return np.abs(places - np.rint(places)) <= near(np.maximum(np.abs(places), 1.0))


def _newly_round(look: Look, step: float) -> int:
    """How many round values within the base's range come more often than before."""
    values, counts = np.unique(np.rint(look.now.values[on_grid(look.now.values, step)] / step), return_counts=True)
    known, usual = np.unique(np.rint(look.base.values[on_grid(look.base.values, step)] / step), return_counts=True)
    place = np.clip(np.searchsorted(known, values), 0, max(known.size - 1, 0))
    before = np.where(known[place] == values, usual[place], 0) / look.base.values.size if known.size else np.zeros(values.size)
    low, high = (end / step for end in look.base.extremes)
    return int(((counts / look.now.values.size > before) & (values >= low) & (values <= high)).sum())


def _rounded(case: Case, look: Look, step: float, before: float, after: float) -> Fault | None:
    if look.curves is None:
        return None
    base, now = look.curves
    sampled, known = float(_inside(look).size), float(look.base.values.size)
    middles = (np.unique(np.rint(base.cuts() / step)) - 0.5) * step
    both = on_cuts(look, middles, base, now)
    room = 1 - before
    share = (after - before) / room
    # Rounded to the nearest the groups around the grid stay as they were; cut off, each gains from above.
    fits = [both.explained((1 - share) * both.base + share * masses(base, middles + move)) for move in (0.0, step / 2, -step / 2)]
    p_value, (low, high) = two_shares(after * sampled, sampled, before * known, known)
    return Fault(
        signature="rounding",
        columns=(look.name,),
        window=case.window,
        share=share,
        interval=(max(low / room, 0.0), min(high / room, 1.0)),
        evidence={"step": step, "was": before, "is": after, "explained": max(fits)},
        p_value=p_value,
        confidence=1.0,
        cause=f"{rows(after)} are whole multiples of {figure(step)}, where {rows(before)} were: decimals were cut off or rounded away",
        remedy="find the cast to a whole number or the rounding, and load the window with all decimals",
    )
