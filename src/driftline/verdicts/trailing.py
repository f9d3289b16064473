"""Several windows looked at together: a change too small for one window shows in the last two, four or eight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.facet import size_bounds
from driftline.inference.significance import mean_p, normal_quantile, share_interval, share_p
from driftline.inference.variation import DEPENDENT
from driftline.verdicts.evidence import NAMES, STREAMS
from driftline.verdicts.multiplicity import cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.verdicts.evidence import Evidence

SPANS = (2, 4, 8)
"""How many windows are looked at together; each doubling finds changes smaller by a factor of 1.4."""

WEIGHTS = {"shift": 0.6, "spread": 0.15, "unseen": 0.75, "null": 0.15, "nan": 0.02, "wrong_type": 0.04, "absent": 0.04}
"""How a column's level is shared out between its tests; numbers have no unseen levels, levels neither shift nor spread."""

BEYOND_REHEARSAL = 1.15
"""By how much a deviation must exceed the largest of the reference's own blocks."""

NEIGHBOURS = 2.0
"""Where rows hang together so do neighbouring windows: a correlation of a half between them doubles the variance."""

CLEAR = 4.0
"""A window's deviation counts as at most this many of its standard errors: more is clear from the window alone."""

STILL_THERE = 1.5
"""A change counts for the newest window only if the newer half of the windows deviates by this many standard errors…"""

CONTRADICTS = 2.0
"""… and if the newest window lies no more than this many of its own standard errors short of the change."""


@dataclass(frozen=True, slots=True)
class Pooled:
    """What the last windows together say. Arrays are C × W.

    Attributes:
        seen: a change was shown.
        matters: and the whole interval of its size lies beyond the floor.
        span: over how many windows; 0 where nothing was shown.
        facet: place in `NAMES` of the facet that shows it; -1.
    """

    seen: NDArray[np.bool_]
    matters: NDArray[np.bool_]
    span: NDArray[np.intp]
    facet: NDArray[np.intp]


def pool(evidence: Evidence, rows: NDArray[np.float64], floors: NDArray[np.float64], level: float, noticed: float = 0.0) -> Pooled:
    """Test the last 2, 4 and 8 windows together.

    Args:
        evidence: what is known of each window by itself.
        rows: float64[W], rows of each window.
        floors: float64[F, C], the smallest effect that matters.
        level: probability of a false alarm that all these tests of one window may have together.
        noticed: probability that those of one column may have of seeing a change, which is no alarm.
    """
    shape = evidence.numbers["effect"].shape[1:]
    nothing = Pooled(np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, np.intp), np.full(shape, -1, dtype=np.intp))
    spans = [span for span in SPANS if span <= shape[1]]
    if not spans:
        return nothing
    tests = [(span, name, *_looked(evidence, name, rows, span)) for span in spans for name in WEIGHTS]
    p_values = np.stack([p for _, _, p, _, _ in tests])
    least = np.where(np.isfinite(p_values), p_values, np.inf).min(0)
    limit = cut(np.where(np.isfinite(least), np.minimum(least, 1.0), np.nan), level)
    seen, matters, spanned, facet = nothing.seen, nothing.matters, nothing.span, nothing.facet
    for span, name, p, lower, there in tests:
        with np.errstate(invalid="ignore"):
            shown = there & (p <= np.maximum(limit, noticed))
            large = there & (p <= limit) & (lower > floors[NAMES.index(name)][:, None])
        better = large & ~matters | shown & ~seen
        spanned, facet = np.where(better, span, spanned), np.where(better, NAMES.index(name), facet)
        seen, matters = seen | shown, matters | large
    return Pooled(seen, matters, spanned, facet)


def _looked(
    evidence: Evidence, name: str, rows: NDArray[np.float64], span: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """p-value over its weight, lower end of the effect's size, and whether the newer half still shows it."""
    found = _means(evidence, STREAMS.index(name), rows, span) if name in STREAMS else _shares(evidence, name, span)
    return found[0] * len(SPANS) / WEIGHTS[name], *found[1:]


def _means(
    evidence: Evidence, stream: int, rows: NDArray[np.float64], span: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    linear, error, base, up, down = (evidence.streams[field][stream] for field in evidence.streams)
    known = np.isfinite(linear) & np.isfinite(error)
    weight = known * rows
    with np.errstate(invalid="ignore"):
        # What one window shows by itself is not for its neighbours to show again.
        linear = np.clip(linear, -CLEAR * error, CLEAR * error)

    def mean(length: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        mass = last(weight, length)
        with np.errstate(invalid="ignore", divide="ignore"):
            effect = last(np.where(known, linear, 0.0) * weight, length) / mass
            noise = last(np.where(known, error, 0.0) ** 2 * weight**2, length) / mass**2
            return effect, np.sqrt(noise + np.nan_to_num(base) ** 2)

    effect, deviation = mean(span)
    newer, newer_error = mean(span // 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = effect / deviation
        # A skewness that makes the tail shorter is not relied on.
        skew = np.nan_to_num(np.where(z > 0, np.fmax(up, 0.0), np.fmin(-down, 0.0))) / np.sqrt(span)
        p = mean_p(z, skew)
        half = deviation * normal_quantile((1 - evidence.ask.confidence) / 2)
        newest = np.sign(effect) * np.where(known, linear, 0.0) + CONTRADICTS * np.where(known, error, 0.0)
        there = (
            (newest >= np.abs(effect))
            & (np.sign(effect) * newer / newer_error > STILL_THERE)
            & (np.abs(z) > rehearsed(evidence, stream, span)[:, None])
        )
    lower, _ = size_bounds(effect - half, effect + half)
    return p, lower, there


def rehearsed(evidence: Evidence, stream: int, span: int) -> NDArray[np.float64]:
    """What a change must exceed: the largest deviation that `span` blocks of the reference together show, and some.

    It asks for something only where rows hang together in ways, such as seasons, that no variance tells;
    independent blocks stay far below what the tests ask anyway. Shape: C.
    """
    deviations = np.nan_to_num(evidence.rehearsals[STREAMS[stream]])
    if deviations.shape[1] < span:
        return np.zeros(len(deviations))
    return np.asarray(BEYOND_REHEARSAL * np.abs(last(deviations, span)).max(1, initial=0.0) / np.sqrt(span))


def _shares(evidence: Evidence, name: str, span: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    tally = evidence.tallies[name]
    known = np.isfinite(tally["hits"])
    hits, rows = (np.where(known, tally[field], 0.0) for field in ("hits", "rows"))
    with np.errstate(invalid="ignore", divide="ignore"):
        usual = np.where(known, tally["ref_hits"] / tally["ref_rows"], 0.0)
        found, looked = last(hits, span), last(rows, span)
        expected = last(usual * rows, span) / looked
        newest = hits / rows
    ref_rows = tally["ref_rows"]
    design = np.where(tally["design"] > DEPENDENT, NEIGHBOURS * tally["design"], tally["design"])
    p = share_p(found, looked, expected * ref_rows, ref_rows, design)
    # Of what cannot be believed at any level nobody asks how large it is at least.
    asked, lower = p * len(SPANS) <= WEIGHTS[name], np.zeros_like(p)
    hits_then, rows_then, design_then = (np.broadcast_to(side, p.shape)[asked] for side in (expected * ref_rows, ref_rows, design))
    z = normal_quantile((1 - evidence.ask.confidence) / 2)
    lower[asked], _ = size_bounds(*share_interval(found[asked], looked[asked], hits_then, rows_then, z, design_then))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = found / looked
        short = CONTRADICTS * np.sqrt(share * (1 - share) * design / rows)
        there = (newest - expected) * np.sign(share - expected) + short >= np.abs(share - expected)
    return np.where(known, p, np.nan), lower, there


def last(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Sums over the last `length` windows; the first windows have fewer behind them.

    >>> last(np.array([[1.0, 2.0, 3.0]]), 2).tolist()
    [[1.0, 3.0, 5.0]]
    """
    upto = np.cumsum(values, axis=1)
    before = np.zeros_like(upto)
    before[:, length:] = upto[:, :-length]
    return upto - before
