"""Performance over time: a tempered Shiryaev-Roberts e-detector on labelled loss, one cohort of predictions after another.

The losses of a cohort (the predictions of an hour or a day whose labels have come) lie in [0, 1]. For each bet, a higher
mean loss, the cohort's likelihood ratio L is tempered by the overdispersion φ that the reference's own cohorts show, and
the wealth follows M ← (M + n) · L^(1/φ), n being the cohort's labels. If the mean loss is at most what is granted, the
wealth, averaged over the bets, grows by at most one per label, so the expected number of alarms in T labels is at most
T / A for the threshold A, whatever T is (Shin, Ramdas and Rinaldo 2023). That is exact for independent labels and φ = 1;
for labels that hang together the tempering is calibrated, not proven: `bench/bench_stream.py` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.variation import FEWEST_BLOCKS, Blocks, vary
from driftline.profile.outcome import Said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome, OutcomeCounts

RISES = np.array([1.15, 1.3, 1.6, 2.2, 4.0])
"""The bets: the odds of a loss (or, where its squares are known, the mean loss) became so many times those granted."""

BOUND = 0.975
"""The reference's risk is granted up to this one-sided confidence bound: in 1 of 40 references the promise fails."""

DOUBTED = 0.5
"""The overdispersion is what its estimate passes with this probability: its median. The risk's own bound leaves room for the rest."""

SEASONAL = 3.0
"""From this overdispersion on a season is looked for."""

SLOT_REPEATS = 3
"""A season is believed only if the reference holds each of its slots this often."""

CLIPPED = 0.999
"""Absolute errors count as at most this quantile of the reference's."""

SUREST = 0.9
"""No bet stakes more than this share of the wealth on one label."""

SUFFICES = 500.0
"""No cohort multiplies a bet by more, in logs: any threshold is passed by then, and doubles end at 709."""

LEAST_EVIDENCE = 20.0
"""Whatever the promise would allow, no cohort alone raises an alarm on weaker odds than these."""

OVER = np.log(20.0)
"""A run is over when its being over is this much likelier (20 to 1, in logs) than its going on."""


class Doubt(StrEnum):
    """What keeps a stream from being followed, or from being followed closely."""

    NONE = ""
    NO_LABELS = "the reference has no labels"
    FEW_COHORTS = f"the reference has fewer than {FEWEST_BLOCKS} cohorts with labels, so that nobody knows how much they vary"
    SHORT_FOR_SEASON = f"the reference's cohorts vary much, and it does not hold each slot of the season {SLOT_REPEATS} times"


SILENT = frozenset({Doubt.NO_LABELS, Doubt.FEW_COHORTS})
"""With these nothing can be said of a stream."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Labelled losses of J streams in W cohorts of predictions, in the order of the predictions.

    Attributes:
        rows: float64[W, J], labels; 0 where a cohort says nothing, or is not mature yet.
        losses: float64[W, J], sums of losses in [0, 1]; higher is worse.
        squares: float64[W, J], sums of their squares; None where losses are 0 or 1, or the squares are not known.
        slots: int[W], each cohort's slot of the season (its weekday, its hour of the week); all 0 without a season.
    """

    rows: NDArray[np.float64]
    losses: NDArray[np.float64]
    squares: NDArray[np.float64] | None = None
    slots: NDArray[np.intp] | None = None

    def season(self) -> NDArray[np.intp]:
        """Each cohort's slot."""
        return np.zeros(len(self.rows), dtype=np.intp) if self.slots is None else self.slots


@dataclass(frozen=True, slots=True, eq=False)
class Granted:
    """What is granted to the streams before anything is called a change. Shapes: J streams, S slots.

    Attributes:
        usual: float64[J], the reference's mean loss.
        limit: float64[J], the mean loss that is granted: the reference's upper bound and the tolerance.
        offsets: float64[S, J], by how much each slot of the season differs; 0 where no season was taken out.
        variance: float64[J], variance of one loss.
        overdispersion: float64[J], φ: by how much a cohort's mean varies more than independent labels would make it.
        squared: bets rest on sums of squares, for losses between 0 and 1.
        doubts: what keeps each stream from being followed, or from being followed closely.
    """

    usual: NDArray[np.float64]
    limit: NDArray[np.float64]
    offsets: NDArray[np.float64]
    variance: NDArray[np.float64]
    overdispersion: NDArray[np.float64]
    squared: bool
    doubts: tuple[Doubt, ...]

    def offset(self, slot: int) -> NDArray[np.float64]:
        """What a slot adds to the mean loss; nothing for one that the reference does not have. Shape: J."""
        return self.offsets[slot] if slot < len(self.offsets) else np.zeros_like(self.usual)


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What the detector says of J streams after each of W cohorts.

    Attributes:
        wealth: float64[W, J], the mean wealth over the bets, before a reset; NaN for streams that cannot be followed.
        alarms: bool[W, J], the wealth reached the threshold here; it begins again from nothing.
        active: bool[W, J], a higher loss has been shown and has not gone away.
        since: int[W, J], the cohort in which it most likely began; -1 where not active.
    """

    wealth: NDArray[np.float64]
    alarms: NDArray[np.bool_]
    active: NDArray[np.bool_]
    since: NDArray[np.intp]


def error_cohorts(cohorts: Sequence[OutcomeCounts]) -> Cohorts:
    """Each cohort's labels and wrong classes; one stream, for accuracy."""
    known = np.array([one.table[:-1, :-1].sum() for one in cohorts], dtype=np.float64)
    right = np.array([np.trace(one.table[:-1, :-1]) for one in cohorts], dtype=np.float64)
    return Cohorts(known[:, None], (known - right)[:, None])


def residual_cohorts(outcome: Outcome, reference: OutcomeCounts, cohorts: Sequence[OutcomeCounts]) -> Cohorts:
    """Each cohort's absolute errors, clipped at the reference's 99.9% quantile and divided by it; one stream, for regression.

    An error counts as the middle of its residual bin, in the outermost bins as their edge: that is the same for all cohorts.
    """
    edges = outcome.arrays[1]
    sizes = np.abs(np.concatenate([edges[:1], (edges[:-1] + edges[1:]) / 2, edges[-1:]]))
    order = np.argsort(sizes, kind="stable")
    upto = reference.table[:-1, :-1].sum(0)[order].cumsum()
    most = sizes[order][np.searchsorted(upto, CLIPPED * upto[-1])]
    unit = np.minimum(sizes / most, 1.0) if most > 0 else (sizes > 0).astype(np.float64)
    return _weighed([one.table[:-1, :-1].sum(0)[None] for one in cohorts], unit[None])


def placement_cohorts(reference: OutcomeCounts, cohorts: Sequence[OutcomeCounts], column: int = 0) -> Cohorts:
    """Each cohort's placements against the reference, as losses; two streams, for AUC: positives, then negatives.

    A positive loses the share of the reference's negatives that score higher (half of those in its own score bin), a
    negative the share of positives that score lower; the mean over the reference's own rows is 1 − AUC in both streams.

    Args:
        reference: all of the reference.
        cohorts: the cohorts; for `grant`, the reference's own.
        column: which score column: 0 for a binary model, the class for others (against the rest).
    """
    sides = _by_label(reference, column)
    beyond = (sides.cumsum(1) - sides / 2) / np.maximum(sides.sum(1, keepdims=True), 1)
    # A reference of one class only places nobody.
    placed = [_by_label(one, column)[::-1] * sides.any(1, keepdims=True) for one in cohorts]
    return _weighed(placed, np.stack([1 - beyond[0], beyond[1]]))


def _by_label(counts: OutcomeCounts, column: int) -> NDArray[np.int64]:
    """Rows with a usable score by their label, negative then positive, and score bin. Shape: 2 × bins."""
    table = counts.scores[column]
    table = table.sum(1) if table.ndim == 3 else table  # noqa: PLR2004  binary models also count what was said
    return np.asarray(table[:-1, [Said.NEGATIVE, Said.POSITIVE]].T)


def _weighed(counts: Sequence[NDArray[np.int64]], losses: NDArray[np.float64]) -> Cohorts:
    """Sums over cohorts of counts, each J × bins, of losses that depend on the bin."""
    stacked = np.array(counts, dtype=np.float64).reshape(-1, *losses.shape)
    return Cohorts(stacked.sum(2), (stacked * losses).sum(2), (stacked * losses**2).sum(2))


def threshold(per_day: float, *, days: float = 30.0, alarms: float = 1.0, streams: int = 1) -> float:
    """The threshold A that keeps the promise "at most `alarms` false alarms in `days` days", over all streams together.

    Args:
        per_day: how many labels a stream has per day.
        days: the promise's length.
        alarms: expected false alarms that are allowed in it.
        streams: how many streams share the promise.

    >>> threshold(1_000), threshold(1_000, alarms=0.1, streams=2)
    (30000.0, 600000.0)
    """
    return per_day * days * streams / alarms


def exactly(risk: NDArray[np.float64] | float) -> Granted:
    """Grant a mean loss that is known, to streams of independent labels: the textbook's detector. `risk`: float64[J]."""
    known = np.atleast_1d(np.asarray(risk, dtype=np.float64))
    none, one = np.zeros((1, known.size)), np.ones_like(known)
    return Granted(known, known, none, known * (1 - known), one, squared=False, doubts=(Doubt.NONE,) * known.size)


def grant(reference: Cohorts, *, tolerance: float = 0.0) -> Granted:
    """Learn from the reference's cohorts what is usual and how much it varies.

    The risk is granted up to its one-sided 97.5% bound (Clopper and Pearson 1934 for losses of 0 or 1; the empirical
    Bernstein bound of Maurer and Pontil 2009 where squares are known), the labels divided by φ, and the tolerance on top.

    Args:
        reference: the reference's cohorts, cut like those that will be followed.
        tolerance: a rise of the mean loss that does not matter.
    """
    squared = reference.squares is not None
    learnt = [_learn(reference, stream) for stream in range(reference.rows.shape[1])]
    upper = [_upper(one, rows / one.factor, squared=squared) for one, rows in zip(learnt, reference.rows.sum(0), strict=True)]
    slots = max(len(one.offsets) for one in learnt)
    return Granted(
        usual=np.array([one.usual for one in learnt]),
        limit=np.clip(np.array(upper) + tolerance, 1e-9, 1 - 1e-9),
        offsets=np.stack([np.pad(one.offsets, (0, slots - len(one.offsets))) for one in learnt], axis=1),
        variance=np.array([one.variance for one in learnt]),
        overdispersion=np.array([one.factor for one in learnt]),
        squared=squared,
        doubts=tuple(one.doubt for one in learnt),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Learnt:
    """What the reference says of one stream."""

    usual: float
    variance: float
    factor: float
    offsets: NDArray[np.float64]
    doubt: Doubt


def _learn(reference: Cohorts, stream: int) -> _Learnt:
    present, none = reference.rows[:, stream] > 0, np.zeros(1)
    rows, losses = reference.rows[present, stream], reference.losses[present, stream]
    if not rows.size:
        return _Learnt(np.nan, np.nan, 1.0, none, Doubt.NO_LABELS)
    usual = float(losses.sum() / rows.sum())
    variance = usual * (1 - usual)
    if reference.squares is not None:
        variance = float(max(reference.squares[present, stream].sum() / rows.sum() - usual**2, 0.0))
    if rows.size < FEWEST_BLOCKS:
        return _Learnt(usual, variance, 1.0, none, Doubt.FEW_COHORTS)
    plain = _overdispersion(losses / rows - usual, rows, variance, rows.size - 1.0)
    slots = reference.season()[present]
    if plain <= SEASONAL or not slots.any():
        return _Learnt(usual, variance, plain, none, Doubt.NONE)
    repeats = np.bincount(slots)
    if repeats[repeats > 0].min() < SLOT_REPEATS:
        return _Learnt(usual, variance, plain, none, Doubt.SHORT_FOR_SEASON)
    return _deseasonalised(_Learnt(usual, variance, plain, none, Doubt.NONE), losses / rows, rows, slots)


def _deseasonalised(plain: _Learnt, means: NDArray[np.float64], rows: NDArray[np.float64], slots: NDArray[np.intp]) -> _Learnt:
    """Take the season out, unless that leaves no less to explain."""
    filled = np.bincount(slots) > 0
    blocks = Blocks(slots, np.arange(filled.size), like_windows=True)
    varied = vary(means[None], rows[None], np.array([plain.variance]), blocks)
    # A slot's own mean is known from few cohorts, and its error comes back every season.
    left = _overdispersion(varied.residual[0], rows, plain.variance, float(slots.size - filled.sum())) * (1 + filled.sum() / slots.size)
    if left >= plain.factor:
        return plain
    return _Learnt(plain.usual, plain.variance, left, np.where(filled, varied.baseline[0] - plain.usual, 0.0), Doubt.NONE)


def _overdispersion(residual: NDArray[np.float64], rows: NDArray[np.float64], variance: float, df: float) -> float:
    """φ: the median of what cohorts allow, and what runs of 2, 4, … of them show, where they hang together."""
    if variance <= 0 or df < 1:
        return 1.0
    sums = rows * residual
    # Divided by the chi-square quantile, not by the degrees of freedom, which lie above it.
    factor = max(1.0, float((sums**2 / rows).sum()) / variance / (2 * special.gammaincinv(df / 2, DOUBTED)))
    while rows.size >= 2 * FEWEST_BLOCKS:
        even = rows.size // 2 * 2
        rows, sums = (part[:even].reshape(-1, 2).sum(1) for part in (rows, sums))
        factor = max(factor, float((sums**2 / rows).sum()) / variance / (rows.size - 1))
    return float(factor)


def _upper(learnt: _Learnt, rows: float, *, squared: bool) -> float:
    """Upper bound of a mean loss; `rows`, and the hits in them, need not be whole."""
    if not rows:
        return np.nan
    if squared:
        logs = np.log(2 / (1 - BOUND))
        return float(learnt.usual + np.sqrt(2 * learnt.variance * logs / rows) + 7 * logs / (3 * max(rows - 1, 1)))
    hits = learnt.usual * rows
    return float(special.betaincinv(hits + 1, rows - hits, BOUND)) if hits < rows else 1.0


def follow(granted: Granted, cohorts: Cohorts, limit: NDArray[np.float64] | float) -> Course:
    """Follow streams of cohorts.

    Args:
        granted: what the reference grants, in the same order of streams.
        cohorts: the cohorts; with one label in each this is the detector per observation.
        limit: the threshold A (`threshold`), one for all or float64[J].
    """
    windows, streams = shape = cohorts.rows.shape
    course = Course(np.zeros(shape), np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool), np.full(shape, -1, dtype=np.intp))
    followed = np.array([doubt not in SILENT for doubt in granted.doubts])
    bets, run = np.zeros((streams, RISES.size)), _Run(streams)
    slots = cohorts.season()
    for w in range(windows):
        rows = np.where(followed, cohorts.rows[w], 0.0)
        losses = np.where(rows > 0, cohorts.losses[w], 0.0)
        squares = losses if cohorts.squares is None else np.where(rows > 0, cohorts.squares[w], 0.0)
        offset = granted.offset(int(slots[w]))
        gain = _log_gain(granted, offset, rows, losses, squares)
        bets = (bets + rows[:, None]) * np.exp(gain)
        wealth = bets.mean(1)
        # A cohort that is large beside the promise's month would be believed on next to nothing.
        alarm = (wealth >= np.maximum(limit, LEAST_EVIDENCE * rows)) & (rows > 0)
        bets = np.where(alarm[:, None], 0.0, bets)
        course.wealth[w], course.alarms[w] = np.where(followed, wealth, np.nan), alarm
        course.active[w], course.since[w] = run.step(w, alarm, gain, rows, losses - rows * offset, granted)
    return course


def _log_gain(
    granted: Granted, offset: NDArray[np.float64], rows: NDArray[np.float64], losses: NDArray[np.float64], squares: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log of each bet's tempered likelihood ratio for one cohort, which is no better than a fair game. Shape: J × bets.

    Losses of 0 or 1: Σ x ln(p/m) + (1−x) ln((1−p)/(1−m)); by convexity this will do for losses in between. With squares,
    λΣu + (ln(1−λ) + λ)Σu² for u = (x−m)/m ≥ −1 (Fan, Grama and Liu 2015), which pays only for the variance that there is.
    """
    limit = np.clip(granted.limit + offset, 1e-9, 1 - 1e-9)[:, None]
    n, s = rows[:, None], losses[:, None]
    if granted.squared:
        step = (RISES - 1) * limit
        stake = np.minimum(step / (granted.variance[:, None] + step**2) * limit, SUREST)
        around = squares[:, None] - 2 * limit * s + n * limit**2
        gain = stake * (s / limit - n) + (np.log1p(-stake) + stake) * around / limit**2
    else:
        rise = RISES * limit / (1 - limit + RISES * limit)
        gain = s * np.log(rise / limit) + (n - s) * np.log((1 - rise) / (1 - limit))
    return np.asarray(np.where(n > 0, np.minimum(gain / granted.overdispersion[:, None], SUFFICES), 0.0))


class _Run:
    """Since when the loss has been higher, and whether it still is."""

    def __init__(self, streams: int) -> None:
        # For each bet the likeliest beginning (Page 1954): where the sum of its gains was last at its lowest.
        self._gain, self._rows, self._losses = (np.zeros((streams, RISES.size)) for _ in range(3))
        self._start = np.zeros((streams, RISES.size), dtype=np.intp)
        self._on, self._begun = np.zeros(streams, dtype=bool), np.full(streams, -1, dtype=np.intp)
        self._higher, self._back = np.zeros(streams), np.zeros(streams)

    def step(
        self,
        w: int,
        alarm: NDArray[np.bool_],
        gain: NDArray[np.float64],
        rows: NDArray[np.float64],
        losses: NDArray[np.float64],
        granted: Granted,
    ) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Take in a cohort, its season taken out; returns which streams are in a run, and since which cohort."""
        self._trace(w, gain, rows, losses)
        fresh = alarm & ~self._on
        best = self._gain.argmax(1)[:, None]
        start, mass, lost = (np.take_along_axis(a, best, 1)[:, 0] for a in (self._start, self._rows, self._losses))
        self._begun = np.where(fresh, start, self._begun)
        with np.errstate(invalid="ignore"):
            # What raises an alarm is chance in part: it goes on at half of its height.
            raised = (np.maximum(lost / np.maximum(mass, 1e-9), granted.limit) + granted.limit) / 2
            self._higher = np.where(fresh, raised, self._higher)
            spread = np.maximum(granted.variance, granted.limit * (1 - granted.limit) if not granted.squared else 1e-12)
            likelier = (
                ((self._higher + granted.usual) / 2 * rows - losses) * (self._higher - granted.usual) / spread / granted.overdispersion
            )
        self._back = np.where(self._on & ~fresh, np.maximum(self._back + np.nan_to_num(likelier), 0.0), 0.0)
        over = self._on & (self._back >= OVER) & ~alarm
        self._on, self._gain = (self._on & ~over) | alarm, np.where(over[:, None], 0.0, self._gain)
        return self._on.copy(), np.where(self._on, self._begun, -1)

    def _trace(self, w: int, gain: NDArray[np.float64], rows: NDArray[np.float64], losses: NDArray[np.float64]) -> None:
        anew = (self._gain <= 0) & (rows > 0)[:, None]
        self._start = np.where(anew, w, self._start)
        self._rows = np.where(anew, 0.0, self._rows) + rows[:, None]
        self._losses = np.where(anew, 0.0, self._losses) + losses[:, None]
        self._gain = np.maximum(self._gain, 0.0) + gain
