"""The one comparison in the program: evidence and policy in, verdicts with their causes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.facet import SIGHTS, WEIGHTS, size_bounds
from driftline.quality.odd import FACETS
from driftline.schema import WATCHED_ROLES, Role
from driftline.verdicts.evidence import NAMES, STREAMS
from driftline.verdicts.multiplicity import cut
from driftline.verdicts.report import Cause, Verdict
from driftline.verdicts.slow import follow
from driftline.verdicts.trailing import Pooled, pool, rehearsed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.profile.plan import Plan
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.evidence import Evidence
    from driftline.verdicts.policy import Policy

MAIN = NAMES.index("psi")
"""The facet that speaks for the whole distribution: a column is stable where this one surely is."""

INSTANT, TOGETHER, DETECTOR = 0.5, 0.4, 0.1
"""How a window's share of the budget is spent: on the window by itself, on windows taken together, on the sequential
detector, whose delay grows only with the logarithm of what it is refused."""

NOTICED = 0.05
"""How often an unchanged column may be seen to change in a window, at most: nobody is woken by it, so that it need not be
paid for by all columns together. Of very many columns, one in a window may be."""

AT_ONCE, BY_AND_BY = 0.7, 0.25
"""How that is spent: on the window by itself, where what has just begun is to be seen, and on windows taken together."""

VERDICTS = (Verdict.STABLE, Verdict.INCONCLUSIVE, Verdict.DRIFTED)
CAUSES = tuple(Cause)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Verdicts as arrays. C columns (those of `evidence.columns`), W windows, F facets.

    Attributes:
        evidence: what was judged.
        verdict: int8[C, W], places in `VERDICTS`.
        cause: int8[C, W], places in `CAUSES`.
        facet: int8[F, C, W], each facet's own verdict; -1 where it says nothing.
        seen: bool[C, W], a change was shown, whether or not it matters.
        worst: int8[C, W], the facet a verdict rests on; -1 where none does.
        since: int[C, W], the window in which the change seems to have begun; -1.
        weight: float64[C, W], effect over floor times importance.
        rows_needed: float64[C, W], rows per window that would settle it; NaN unknown.
        floors: float64[F, C].
    """

    evidence: Evidence
    verdict: NDArray[np.int8]
    cause: NDArray[np.int8]
    facet: NDArray[np.int8]
    seen: NDArray[np.bool_]
    worst: NDArray[np.int8]
    since: NDArray[np.intp]
    weight: NDArray[np.float64]
    rows_needed: NDArray[np.float64]
    floors: NDArray[np.float64]


def judge(
    evidence: Evidence,
    comparison: Comparison,
    policy: Policy,
    level: float,
    beyond: NDArray[np.bool_] | None = None,
    told: NDArray[np.bool_] | None = None,
) -> Judgement:
    """Judge all columns in all windows.

    A facet is *drifted* where its change is believed (its column's p-value is within the window's share
    of the budget) and the whole interval lies beyond the floor; *stable* where the interval lies below
    it; *inconclusive* otherwise. A column is drifted if any facet is, stable if its whole distribution
    is, inconclusive otherwise.

    Args:
        evidence: what the columns show.
        comparison: what was compared.
        policy: floors and thresholds.
        level: probability of a false alarm one window may have.
        beyond: bool[C, W], columns beyond a threshold that somebody set by hand; they are judged by it alone.
        told: bool[C, W], where such a threshold says anything; None for everywhere.
    """
    numbers = evidence.numbers
    floors = _floors(evidence, comparison.plan, policy)
    noticed = min(NOTICED, 1 / max(len(evidence.columns), 1))
    believed, hinted = _believed(evidence, level * INSTANT), _believed(evidence, level * INSTANT, noticed * AT_ONCE)
    facet = _facet_verdicts(numbers, floors, believed)
    drifted_facet = facet == VERDICTS.index(Verdict.DRIFTED)
    pooled = _pooled(evidence, comparison, floors, level * TOGETHER, noticed * BY_AND_BY)
    slow, since_slow, slow_seen = _slow(follow(evidence, comparison, floors, level * DETECTOR), pooled, drifted_facet)
    innocent = _innocent(evidence, drifted_facet, slow)
    drifted_facet[TOGETHER_WITH] &= ~innocent
    hinted[TOGETHER_WITH] &= ~innocent
    if comparison.total.rows < TINY_REFERENCE:
        # Bins and scores chosen on so few rows fit those rows: only what needs neither is believed.
        drifted_facet[[place for place, name in enumerate(NAMES) if name not in FACETS]] = False
        slow, slow_seen = np.zeros_like(slow), np.zeros_like(slow)
    hand_set, own = (found & ~_early(evidence, comparison) for found in _hand_set(evidence, comparison, policy, beyond, told))
    drifted_facet = drifted_facet & ~(own[None] & (np.arange(len(NAMES)) < MANUAL)[:, None, None])
    slow = slow & ~own
    drifted = drifted_facet.any(0) | slow | hand_set
    watched = np.array([comparison.plan.columns[i].column.role in WATCHED_ROLES for i in evidence.columns], dtype=bool)
    # A column of one value has no distribution to compare: that it keeps its value is all there is to say.
    kept = (facet[MAIN] < 0) & ((facet[NAMES.index("atom")] == 0) | (facet[NAMES.index("level")] == 0))
    stable = (facet[MAIN] == VERDICTS.index(Verdict.STABLE)) | kept | own | watched[:, None]
    verdict = np.where(drifted, 2, np.where(stable, 0, 1)).astype(np.int8)
    seen = hinted.any(0) | slow_seen | drifted
    weight, worst = _weights(evidence, comparison.plan, floors, drifted_facet, hinted, drifted, slow, pooled.facet)
    return Judgement(
        evidence=evidence,
        verdict=verdict,
        cause=_causes(evidence, comparison, verdict, drifted_facet, slow, hand_set, seen),
        facet=facet,
        seen=seen,
        worst=worst,
        since=_since(drifted, since_slow),
        weight=weight,
        rows_needed=_rows_needed(evidence, comparison, floors, verdict),
        floors=floors,
    )


def _slow(
    followed: tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]], pooled: Pooled, drifted: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]]:
    """What a detector or windows taken together show: whether it matters, since when, and whether anything is seen: C × W each."""
    slow, since, seen = followed
    first = np.maximum(np.arange(pooled.span.shape[1]) - pooled.span + 1, 0)
    # A window that shows it by itself needs no others.
    pooled_since = np.where(pooled.matters & ~drifted.any(0), first, -1)
    return slow | pooled.matters, np.where(slow & (since >= 0), since, pooled_since), seen | pooled.seen


TOGETHER_WITH = NAMES.index("dependence")
"""The facet in which a column is judged by another one."""


def _innocent(evidence: Evidence, drifted: NDArray[np.bool_], slow: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Columns whose partner drifted by itself: that they no longer go together is the partner's doing. Shape: C × W."""
    by_itself = np.delete(drifted, TOGETHER_WITH, 0).any(0) | slow
    partner = evidence.where[TOGETHER_WITH]
    row = np.full(max(evidence.columns, default=0) + 1, -1)
    row[list(evidence.columns)] = np.arange(len(evidence.columns))
    return np.asarray((partner >= 0) & np.take_along_axis(by_itself, row[partner], 0))


MANUAL = NAMES.index("unseen")
"""Facets before this one are replaced by a threshold set by hand; those from here on are faults and stay."""


def _floors(evidence: Evidence, plan: Plan, policy: Policy) -> NDArray[np.float64]:
    columns = [plan.names[i] for i in evidence.columns]
    return np.array([[policy.floor(column, name) for column in columns] for name in NAMES])


def _believed(evidence: Evidence, level: float, noticed: float = 0.0) -> NDArray[np.bool_]:
    """Which facets' changes are believed: Bonferroni within a column, Benjamini and Hochberg between columns.

    A column whose p-value is within `noticed` is believed whatever the others say.
    """
    p, sight = (evidence.numbers["p_value"] / np.array([of[name] for name in NAMES])[:, None, None] for of in (WEIGHTS, SIGHTS))
    least = np.where(np.isfinite(p), p, np.inf).min(0)
    column = np.where(np.isfinite(least), np.minimum(least, 1.0), np.nan)
    with np.errstate(invalid="ignore"):
        believed = np.asarray((p <= cut(column, level)) | (sight <= noticed))
    for s, name in enumerate(STREAMS):
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.abs(evidence.streams["linear"][s] / np.hypot(evidence.streams["error"][s], evidence.streams["base_error"][s]))
            believed[NAMES.index(name)] &= z > rehearsed(evidence, s, 1)[:, None]
    return believed


def _facet_verdicts(numbers: dict[str, NDArray[np.float64]], floors: NDArray[np.float64], believed: NDArray[np.bool_]) -> NDArray[np.int8]:
    with np.errstate(invalid="ignore"):
        lower, upper = size_bounds(numbers["low"], numbers["high"])
        beyond = believed & (lower > floors[..., None])
        below = upper < np.maximum(floors, 1e-12)[..., None]
    verdict = np.where(beyond, 2, np.where(below, 0, 1))
    return np.where(np.isfinite(upper), verdict, -1).astype(np.int8)


def _pooled(evidence: Evidence, comparison: Comparison, floors: NDArray[np.float64], level: float, noticed: float) -> Pooled:
    rows = np.array([profile.rows for profile in comparison.windows], dtype=np.float64)
    if len(comparison.references) > 1:
        # Windows held against each other are not looked at together: what is new in one is old in the next.
        rows = rows[:0]
        shape = evidence.numbers["effect"].shape[1:]
        return Pooled(np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, np.intp), np.full(shape, -1, dtype=np.intp))
    return pool(evidence, rows, floors, level, noticed)


def _hand_set(
    evidence: Evidence,
    comparison: Comparison,
    policy: Policy,
    beyond: NDArray[np.bool_] | None,
    told: NDArray[np.bool_] | None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which columns are beyond a threshold set by hand, and which are judged by one at all. Shapes: C × W."""
    shape = evidence.numbers["effect"].shape[1:]
    named = {item.column for item in policy.hand_set}
    meant = np.array(["*" in named or comparison.plan.columns[i].name in named for i in evidence.columns], dtype=bool)
    rows = np.array([profile.rows for profile in comparison.windows])
    own = meant[:, None] & (rows > 0) & (True if told is None else told)
    return (np.zeros(shape, dtype=bool) if beyond is None else beyond), own


def _weights(
    evidence: Evidence,
    plan: Plan,
    floors: NDArray[np.float64],
    drifted: NDArray[np.bool_],
    hinted: NDArray[np.bool_],
    any_drift: NDArray[np.bool_],
    slow: NDArray[np.bool_],
    pooled: NDArray[np.intp],
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """How much a change weighs, and the facet it rests on: the largest effect in floors among those that count most."""
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.abs(evidence.numbers["effect"]) / np.maximum(floors, 1e-3)[..., None]
    size = np.nan_to_num(size)
    ranked = size + 1e6 * hinted + 1e9 * drifted
    place = np.arange(len(NAMES))[:, None, None]
    stream = np.isin(place, [NAMES.index(name) for name in STREAMS])
    ranked = ranked + 1e8 * (slow & np.where(pooled >= 0, place == pooled, stream))
    # What windows show together stands for a column only where the window by itself shows nothing.
    ranked = ranked + 1e5 * ((place == pooled) & ~hinted.any(0))
    worst = ranked.argmax(0)
    importance = np.array([plan.columns[i].column.importance for i in evidence.columns], dtype=np.float64)
    factor = np.where(np.isnan(importance), 1.0, np.maximum(importance, 1e-3))
    weight = np.take_along_axis(size, worst[None], 0)[0] * factor[:, None]
    told = hinted.any(0) | any_drift
    return np.where(told, weight, 0.0), np.where(np.isfinite(evidence.numbers["effect"]).any(0), worst, -1).astype(np.int8)


def _causes(
    evidence: Evidence,
    comparison: Comparison,
    verdict: NDArray[np.int8],
    drifted: NDArray[np.bool_],
    slow: NDArray[np.bool_],
    hand_set: NDArray[np.bool_],
    seen: NDArray[np.bool_],
) -> NDArray[np.int8]:
    def code(cause: Cause) -> int:
        return CAUSES.index(cause)

    plan, columns = comparison.plan, list(evidence.columns)
    cause = np.where(verdict == 0, code(Cause.NO_CHANGE), code(Cause.TOO_FEW_ROWS))
    cause = np.where((verdict == 0) & seen, code(Cause.BELOW_FLOOR), cause)
    small = comparison.total.rows < SMALL_REFERENCE
    undecided = verdict == 1
    cause = np.where(undecided & small, code(Cause.REFERENCE_TOO_SMALL), cause)
    values = np.array([comparison.total.bins(i).sum() for i in columns]).reshape(-1, 1)
    cause = np.where(undecided & (values == 0), code(Cause.NO_REFERENCE_VALUES), cause)
    uncounted = np.array([plan.columns[i].bins is None for i in columns], dtype=bool).reshape(-1, 1)
    cause = np.where(undecided & uncounted, code(Cause.NOT_COUNTED), cause)
    rows = np.array([profile.rows for profile in comparison.windows])
    cause = np.where(undecided & (rows == 0), code(Cause.EMPTY_WINDOW), cause)
    cause = np.where(hand_set, code(Cause.BEYOND_THRESHOLD), cause)
    cause = np.where(slow, code(Cause.SLOW_CHANGE), cause)
    cause = np.where(drifted.any(0), code(Cause.CHANGED), cause)
    cause = np.where(undecided & _early(evidence, comparison) & (rows > 0), code(Cause.AWAITED), cause)
    absent = drifted[NAMES.index("absent")]
    return np.where(absent, code(Cause.MISSING_COLUMN), cause).astype(np.int8)


def _early(evidence: Evidence, comparison: Comparison) -> NDArray[np.bool_]:
    """Where a label is judged of which more will come. Shape: C × W."""
    label = [comparison.plan.columns[i].column.role is Role.LABEL for i in evidence.columns]
    return np.logical_and.outer(label, np.isin(np.arange(len(comparison.windows)), list(comparison.awaited)))


TINY_REFERENCE = 100
"""With fewer rows only missing values and columns can be called drifted."""

SMALL_REFERENCE = 200
"""Below this many rows an inconclusive verdict is blamed on the reference."""


def _since(drifted: NDArray[np.bool_], since_slow: NDArray[np.intp]) -> NDArray[np.intp]:
    """The first window of the unbroken run of drifted windows, or where the detector says it began."""
    since = np.full(drifted.shape, -1, dtype=np.intp)
    begun = np.full(len(drifted), -1, dtype=np.intp)
    for w in range(drifted.shape[1]):
        begun = np.where(drifted[:, w], np.where(begun < 0, w, begun), -1)
        slow = since_slow[:, w]
        begun = np.where(drifted[:, w] & (slow >= 0) & (slow < begun), slow, begun)
        since[:, w] = begun
    return since


def _rows_needed(evidence: Evidence, comparison: Comparison, floors: NDArray[np.float64], verdict: NDArray[np.int8]) -> NDArray[np.float64]:
    """Rows at which the interval of the whole distribution would be narrow enough: its width goes as 1 / rows."""
    upper, effect = evidence.numbers["high"][MAIN], evidence.numbers["effect"][MAIN]
    n = float(comparison.total.rows)
    rows = np.array([profile.rows for profile in comparison.windows], dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        paired = n * rows / (n + rows)
        room = np.maximum(np.abs(floors[MAIN][:, None] - effect), floors[MAIN][:, None] / 4)
        wanted = paired * np.maximum((upper - effect) / room, 1.0)
        needed = np.where(wanted < n, n * wanted / (n - wanted), np.nan)
    return np.where((verdict == 1) & np.isfinite(needed), np.ceil(needed), np.nan)
