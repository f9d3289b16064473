"""Where a change lives: the part of the rows, told by one to three conditions, that carries most of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.diagnosis.chance import two_shares
from driftline.diagnosis.rowwise import spread
from driftline.diagnosis.wording import figure
from driftline.profile.bins import LARGEST, LevelBins, NumberBins
from driftline.schema import Role
from driftline.verdicts.diagnosis import Change, Mark, Part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.diagnosis.case import Case
    from driftline.diagnosis.rowwise import Sampled
    from driftline.profile.plan import Planned
    from driftline.verdicts.diagnosis import Diagnosis

    Floats = NDArray[np.float64]
    Truths = NDArray[np.bool_]
    Weights = NDArray[np.float32]

ALPHA = 0.6
"""SliceLine's weight of how much a part is affected, against how large it is (Sagadeeva and Boehm 2021)."""

DEPTH, BEAM = 3, 10
"""Conditions at most, and how many parts are made narrower at a time."""

BETTER = 1.1
"""Another condition must make a part better by this factor: fewer conditions are easier to act on."""

CARRIES, CONCENTRATED = 0.5, 1.2
"""A part is told if it carries at least this share of the change, and that is so many times its share of the rows."""

SURELY = 1e-3
"""The rows that had no say in choosing a part must show its excess at this level."""

MOST_ASKED = 20
"""So many of the best parts are asked about."""

FEWEST = 20
"""With fewer affected rows nothing is looked for."""

MOST_LEVELS = 20
APART = 0.2
"""Of two parts that share more than this of their rows one is told (Jaccard)."""

WORST = 0.9
"""Rows whose loss exceeds nine in ten of the reference's are done badly."""


@dataclass(frozen=True, slots=True)
class Affected:
    """Which sampled rows are affected, before and now, and the rows themselves."""

    before: Sampled
    now: Sampled
    was: Truths
    has: Truths


def slices(case: Case, cause: Diagnosis) -> tuple[Part, ...]:
    """The parts in which a cause's change lives; none where it is in all rows alike, or cannot be told."""
    if cause.share is not None and cause.share >= 1:
        return ()
    affected = _affected(case, cause)
    if affected is None or not _more(affected):
        return ()
    own = {case.plan.index(name) for name in cause.columns if name in case.plan.names}
    conditions = _conditions(case, affected, own)
    return _parts(case, affected, conditions) if conditions else ()


def _parts(case: Case, affected: Affected, conditions: list[Mark]) -> tuple[Part, ...]:
    """Search in one half of the rows, and ask the other; each part that is asked about costs its share of the level."""
    inside, before = (np.stack([rows.marked(mark) for mark in conditions]) for rows in (affected.now, affected.before))
    choosing, asked = (np.arange(affected.has.size) % 2 == half for half in (0, 1))
    best = _search(inside[:, choosing], before, affected.has[choosing], affected.was)[:MOST_ASKED]
    found: list[tuple[Part, Truths]] = []
    for chosen in best:
        here = _meeting(inside, chosen)
        if any(_overlap(here, other) > APART for _, other in found):
            continue
        words = tuple(said(case.plan.columns[conditions[i].column], conditions[i]) for i in chosen)
        if (told := _told(affected, here, _meeting(before, chosen), asked, words)) is not None and told.p_value * len(best) <= SURELY:
            found.append((told, here))
    return tuple(told for told, _ in found[:DEPTH])


def _meeting(conditions: Truths, chosen: Sequence[int]) -> Truths:
    """The rows that meet all of some conditions."""
    return np.asarray(conditions[list(chosen)].all(axis=0))


def _more(affected: Affected) -> bool:
    """Whether surely more rows are affected than before, and enough of them to be told apart."""
    has, was = affected.has, affected.was
    if has.sum() < FEWEST or has.mean() <= was.mean():
        return False
    return two_shares(float(has.sum()), float(has.size), float(was.sum()), float(was.size))[0] < SURELY


def _affected(case: Case, cause: Diagnosis) -> Affected | None:
    """Rows that a fault marks; else rows done badly, or rows with the values that have become more."""
    # What lasts is held against the reference: the window before is as this one is.
    before, now = case.rows.bases[-1] if cause.new else case.rows.reference, case.rows.now
    if cause.change is Change.FAULT:
        mark = cause.mark
        return None if mark is None else Affected(before, now, before.marked(mark), now.marked(mark))
    if cause.change is Change.CONCEPT and (loss := _losses(case, before, now)) is not None:
        return loss
    if not cause.columns:
        return None
    column = case.plan.index(cause.columns[0])
    then, since = (spread(rows.codes[:, [column]])[0] / max(len(rows.codes), 1) for rows in (before, now))
    code = int(np.argmax(since - then))
    return Affected(before, now, before.codes[:, column] == code, now.codes[:, column] == code)


def _losses(case: Case, before: Sampled, now: Sampled) -> Affected | None:
    """Rows that the model does badly, where label and prediction are numbers."""
    label, said_place = case.plan.with_role(Role.LABEL), case.plan.with_role(Role.PREDICTION)
    if label is None or said_place is None:
        return None
    if not all(isinstance(case.plan.columns[place].bins, NumberBins) for place in (label, said_place)):
        return None
    then, since = (np.abs(rows.values[:, label] - rows.values[:, said_place]) for rows in (before, now))
    if min(np.isfinite(then).sum(), np.isfinite(since).sum()) < FEWEST:
        return None
    worst = np.nanquantile(then, WORST)
    return Affected(before, now, then > worst, since > worst)


def _conditions(case: Case, affected: Affected, own: set[int]) -> list[Mark]:
    """What can be said of a row: one of the frequent levels, or on which side of a fifth a number lies."""
    found: list[Mark] = []
    for place, planned in enumerate(case.plan.columns):
        if place in own or planned.column.role not in {Role.FEATURE, Role.SEGMENT}:
            continue
        match planned.bins:
            case LevelBins():
                levels = affected.now.values[affected.has, place]
                values, counts = np.unique(levels[np.isfinite(levels)], return_counts=True)
                found += [Mark(place, float(v), float(v)) for v in values[np.argsort(-counts, kind="stable")][:MOST_LEVELS]]
            case NumberBins():
                cuts = case.codes.cuts[place][np.abs(case.codes.cuts[place]) < LARGEST]
                found += [Mark(place, float(cut), np.inf) for cut in cuts]
                found += [Mark(place, -np.inf, float(np.nextafter(cut, -np.inf))) for cut in cuts]
    return found


def _search(inside: Truths, before: Truths, has: Truths, was: Truths) -> list[tuple[int, ...]]:
    """The best parts by SliceLine's score of the excess, best first; a beam search over conjunctions."""
    tables = inside.astype(np.float32), before.astype(np.float32)
    score, _ = _scored(tables, np.ones((1, has.size), dtype=bool), np.ones((1, was.size), dtype=bool), has, was)
    wider: dict[tuple[int, ...], float] = {(i,): float(score[0, i]) for i in _best(score[0])}
    kept = dict(wider)
    for _ in range(DEPTH - 1):
        if not wider:
            break
        here, there = (np.stack([_meeting(conditions, part) for part in wider]) for conditions in (inside, before))
        scores, sizes = _scored(tables, here, there, has, was)
        better: dict[tuple[int, ...], float] = {}
        for (part, own), score, size, share in zip(wider.items(), scores, sizes, here.mean(axis=1), strict=True):
            # A condition must leave fewer rows, and be worth being said.
            score[(size * BETTER > share) | (score <= BETTER * own)] = -np.inf
            better |= {tuple(sorted({*part, i})): float(score[i]) for i in _best(score)}
        wider = dict(sorted(better.items(), key=lambda one: -one[1])[:BEAM])
        kept |= wider
    return sorted(kept, key=lambda part: -kept[part])


def _best(score: Floats) -> list[int]:
    """Places of the best conditions, those that carry too little left out."""
    return [i for i in np.argsort(-score, kind="stable")[:BEAM].tolist() if np.isfinite(score[i])]


def _scored(tables: tuple[Weights, Weights], here: Truths, there: Truths, has: Truths, was: Truths) -> tuple[Floats, Floats]:
    """Each condition within each part: its score, minus infinity where it carries too little, and its share of the rows.

    Args:
        tables: float32, conditions × rows of the window, and of what it is held against.
        here: bool[P, rows], which of the window's rows are in each part.
        there: which of the others.
        has: which of the window's rows are affected.
        was: which of the others.

    Returns:
        Two arrays of parts × conditions.
    """
    now, before = tables
    # Numbers of rows are far below 2^24, so that sums in float32 are exact. One product asks about all parts: the tables are read once.
    counted = (np.concatenate([here, here & has]).astype(np.float32) @ now.T).astype(np.float64) / has.size
    size, hits = counted[: len(here)], counted[len(here) :]
    usual = ((there & was).astype(np.float32) @ before.T).astype(np.float64) / was.size
    carries = (hits - usual) / (has.mean() - was.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        score = ALPHA * (np.minimum(carries, 1.0) / size - 1) - (1 - ALPHA) * (1 / size - 1)
    return np.where((size > 0) & (size <= carries / CONCENTRATED) & (carries >= CARRIES), score, -np.inf), size


def _overlap(one: Truths, other: Truths) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


def _told(affected: Affected, here: Truths, there: Truths, asked: Truths, conditions: tuple[str, ...]) -> Part | None:
    """A part, if the rows that had no say in choosing it carry as much."""
    has, part = affected.has[asked], here[asked]
    p_value, _ = two_shares(float((has & part).sum()), float(part.sum()), float((has & ~part).sum()), float((~part).sum()))
    carries, rate = decomposed(
        (float(affected.has[here].mean()), float(here.mean())),
        (float(affected.was[there].mean()) if there.any() else 0.0, float(there.mean())),
        float(affected.has.mean() - affected.was.mean()),
    )
    again = ((part & has).mean() - (there & affected.was).mean()) / max(has.mean() - affected.was.mean(), 1e-9)
    if min(again, carries) < CARRIES or min(again, carries) < CONCENTRATED * part.mean():
        return None
    return Part(conditions=conditions, carries=min(carries, 1.0), rate=rate, rows=float(here.mean()), p_value=p_value)


def decomposed(now: tuple[float, float], before: tuple[float, float], total: float) -> tuple[float, float]:
    """A part's share of a change, and how much of that is its own rate: Δ(w·r) = w̄·Δr + r̄·Δw, exactly (methods 8.1).

    Args:
        now: the rate of affected rows in the part, and the part's share of the rows.
        before: likewise before.
        total: the change of the rate over all rows.

    >>> decomposed((0.5, 0.2), (0.0, 0.2), 0.1)
    (1.0, 1.0)
    """
    rate = (now[1] + before[1]) / 2 * (now[0] - before[0])
    mix = (now[0] + before[0]) / 2 * (now[1] - before[1])
    return (rate + mix) / total, float(np.clip(rate / (rate + mix), 0.0, 1.0)) if rate + mix > 0 else 0.0


def said(planned: Planned, mark: Mark) -> str:
    """A condition in words."""
    if isinstance(planned.bins, LevelBins):
        place = int(mark.low)
        return f"{planned.name} = {planned.bins.levels[place]}" if place < len(planned.bins.levels) else f"{planned.name} is new"
    # A bin begins right after a repeated value, or ends right before one: the value itself reads better.
    at, way = (mark.low, 1) if np.isfinite(mark.low) else (mark.high, -1)
    beside = float(np.nextafter(at, -way * np.inf))
    strictly = len(repr(beside)) < len(repr(at))
    sign = {1: ">", -1: "<"}[way] + ("" if strictly else "=")
    return f"{planned.name} {sign} {figure(beside if strictly else at)}"
