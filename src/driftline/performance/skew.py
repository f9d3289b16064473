"""Label skew: whether the labels that came are like those that have not, and counts reweighted for it.

Labels that come early, or only for rows that were acted on, are not a sample of all: what is computed from them speaks for
the rows they came for. Rows with a label are held against rows without one, by score and by segment (a chi-square of
homogeneity, and the population stability index between the two), and labelled rows can be made to stand for those of like
score whose label has not come (inverse-probability weights, Horvitz and Thompson 1952).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.significance import chi_square_p, noncentrality_interval, normal_quantile
from driftline.schema import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.outcome import Outcome, OutcomeCounts

GROUPS = 10
"""Scores are compared in about so many groups of like size."""

FEWEST_EXPECTED = 5.0
"""In each group at least so many rows with, and without, a label are expected."""

CONFIDENCE = 0.95
SURPRISING = 0.01
"""A difference is told from this p-value on."""

FEWEST_LABELLED, WEIGHT_GROUPS = 25, 50
"""A weight rests on at least so many labels; scores are weighted in at most so many groups."""

MIXTURES = 101
"""So many mixtures of two classes are tried."""

MISSING = "missing"


@dataclass(frozen=True, slots=True, eq=False)
class Skew:
    """Rows with a label against rows without one, group by group.

    Attributes:
        what: what rows are grouped by: "score", or a segment's column.
        groups: what the groups are called.
        labelled: int64[groups], rows whose label has come.
        waiting: int64[groups], rows whose label has not.
        statistic: Pearson's chi-square of homogeneity; None where nothing can be said.
        df: its degrees of freedom.
        p_value: probability of as large a difference if labels came at random; None where nothing can be said.
        psi: the population stability index between the two, half a row added to every group; None likewise.
        effect: the index freed of what chance alone adds; None likewise.
        interval: 95% confidence interval of the effect; None likewise.
        reason: what is skewed, in a sentence; or why nothing can be said.
    """

    what: str
    groups: tuple[str, ...]
    labelled: NDArray[np.int64]
    waiting: NDArray[np.int64]
    statistic: float | None
    df: int
    p_value: float | None
    psi: float | None
    effect: float | None
    interval: tuple[float, float] | None
    reason: str

    @property
    def selection(self) -> float:
        """How unlike all rows those with a label are: the index between the two, freed of chance; 0 where nothing can be said."""
        if self.effect is None:
            return 0.0
        rows = self.labelled + self.waiting
        known, whole = ((part + 0.5) / (part + 0.5).sum() for part in (self.labelled, rows))
        chance = self.df * (1 / self.labelled.sum() - 1 / rows.sum())
        return float(((known - whole) * np.log(known / whole)).sum() - chance)


@dataclass(frozen=True, slots=True, eq=False)
class Reweighted:
    """The labelled part of `OutcomeCounts`, each row standing also for those like it whose label has not come.

    Attributes:
        table: float64, like `OutcomeCounts.table`, in its last column nothing.
        scores: float64 per score column, like `OutcomeCounts.scores`, nothing where the label is unknown.
        sums: float64 per score column, like `OutcomeCounts.sums`, likewise.
        labelled: how many labels there are.
        effective: how many labels of equal weight would be worth as much (Kish 1965).
        largest: the largest weight.
        unsupported: share of all rows that are like no row with a label, and that nothing stands for.
        reason: what was done, in a sentence.
    """

    table: NDArray[np.float64]
    scores: tuple[NDArray[np.float64], ...]
    sums: tuple[NDArray[np.float64], ...]
    labelled: int
    effective: float
    largest: float
    unsupported: float
    reason: str


def score_skew(outcome: Outcome, counts: OutcomeCounts, column: int = 0) -> Skew:
    """Compare rows with and without a label by their score; by what was predicted, where there is no score.

    Args:
        outcome: how the counts were counted.
        counts: one window's.
        column: which score column, for a model with several classes.
    """
    labelled, waiting = _strata(counts, column)
    if outcome.task is not Task.REGRESSION and not counts.scores:
        return segment_skew("prediction", (*outcome.classes, "unknown"), labelled, waiting)
    rows = labelled + waiting
    what = "prediction" if outcome.task is Task.REGRESSION else "score"
    least = min(labelled.sum(), waiting.sum()) / max(rows.sum(), 1)
    group = _neighbours(rows[:-1], max(rows.sum() / GROUPS, FEWEST_EXPECTED / max(least, 1e-12)))
    cuts = np.flatnonzero(np.diff(group))
    ends = [f"{outcome.edges[0 if what == 'prediction' else column][cut]:.3g}" for cut in cuts]
    names = [f"from {low} to {high}" for low, high in pairwise(ends)]
    named = (f"below {ends[0]}", *names, f"from {ends[-1]}", MISSING) if ends else ("all", MISSING)
    group = np.append(group, len(named) - 1)
    return segment_skew(what, named, *(np.bincount(group, side, minlength=len(named)).astype(np.int64) for side in (labelled, waiting)))


def by_class_alone(outcome: Outcome, counts: OutcomeCounts) -> bool:
    """Whether rows whose label waits may be like those that have one, class by class, only mixed otherwise: one class comes sooner.

    Where that is so, their scores are some mixture of the two classes' scores (χ² on groups of scores, the mixture fitted). True
    where nothing speaks against it, as with few labels.

    Args:
        outcome: how the counts were counted; of a binary model with scores.
        counts: one window's.
    """
    if outcome.task is not Task.BINARY or not counts.scores:
        return True
    cells = counts.scores[0].sum(1)[:-1]
    group = _neighbours(cells.sum(1), max(cells.sum() / GROUPS, FEWEST_EXPECTED))
    by = np.stack([np.bincount(group, cells[:, side]) for side in range(cells.shape[1])], axis=1)
    come, waiting = by[:, :-1].sum(0), by[:, -1]
    if len(by) <= 2 or come.min() < FEWEST_LABELLED or waiting.sum() < FEWEST_LABELLED:  # noqa: PLR2004  two classes
        return True
    shares = (by[:, :-1] + 0.5) / (come + 0.5 * len(by))
    parts = np.linspace(0.0, 1.0, MIXTURES)[:, None]
    mixed = parts * shares[:, 1] + (1 - parts) * shares[:, 0]
    many = waiting.sum()
    noise = many * mixed + many**2 * (parts**2 * shares[:, 1] / come[1] + (1 - parts) ** 2 * shares[:, 0] / come[0])
    statistic = ((waiting - many * mixed) ** 2 / noise).sum(1)
    return float(chi_square_p(statistic.min(keepdims=True), np.array([float(len(by) - 2)]))[0]) >= SURPRISING


def segment_skew(what: str, groups: Sequence[str], labelled: NDArray[np.int64], waiting: NDArray[np.int64]) -> Skew:
    """Compare rows with and without a label by segment.

    Args:
        what: the segments' column.
        groups: the segments.
        labelled: int64[segments], rows whose label has come.
        waiting: int64[segments], rows whose label has not.
    """
    rows = labelled + waiting
    whole = np.array([labelled.sum(), waiting.sum()], dtype=np.float64)
    with np.errstate(invalid="ignore"):
        told = rows * whole.min() / whole.sum() >= FEWEST_EXPECTED
    df, pair = int(told.sum()) - 1, np.stack([labelled[told], waiting[told]]).astype(np.float64)
    # All that wait may lie in segments too small to be compared.
    if df < 1 or not pair.any(axis=1).all():
        reason = f"whether labels came evenly by {what} cannot be said: {labelled.sum():,} have come and {waiting.sum():,} have not"
        return Skew(what, tuple(groups), labelled, waiting, None, 0, None, None, None, None, reason)
    expected = pair.sum(1, keepdims=True) * pair.sum(0) / pair.sum()
    statistic = float(((pair - expected) ** 2 / expected).sum())
    p_value = float(chi_square_p(np.array(statistic), np.array(float(df))))
    psi, effect, interval = _stability(pair, df)
    reason = _sentence(what, np.array(groups)[told], pair, p_value)
    return Skew(what, tuple(groups), labelled, waiting, statistic, df, p_value, psi, effect, interval, reason)


def reweight(outcome: Outcome, counts: OutcomeCounts) -> Reweighted:
    """Give each labelled row the weight 1 / P(its label is known | its score), learnt from the counts themselves.

    Binary: by score bin, neighbouring bins put together until they hold enough labels. Several classes: each score column by
    its own bins, the table by the class predicted. Regression: by the bin of the prediction. That frees what is computed
    from label skew by score, and only by score: among rows of like score, labels have to come at random.
    """
    tables: list[NDArray[np.float64]] = []
    sums: list[NDArray[np.float64]] = []
    weights: list[NDArray[np.float64]] = []
    for column, (cells, total) in enumerate(zip(counts.scores, counts.sums, strict=True)):
        weight = _weights(*_strata(counts, column))
        weights.append(weight)
        tables.append(_known(cells) * weight.reshape(-1, *[1] * (cells.ndim - 1)))
        sums.append(_known(total) * weight[:, None])
    if outcome.task is Task.BINARY and tables:
        labelled, waiting = _strata(counts, 0)
        weight, table = weights[0], np.asarray(tables[0].sum(0))
    else:
        labelled, waiting = counts.table[:, :-1].sum(1), counts.table[:, -1]
        weight = _weights(labelled, waiting, apart=outcome.task is not Task.REGRESSION)
        table = _known(counts.table) * weight[:, None]
    return _told(table, tuple(tables), tuple(sums), weight, labelled, waiting)


def _told(
    table: NDArray[np.float64],
    scores: tuple[NDArray[np.float64], ...],
    sums: tuple[NDArray[np.float64], ...],
    weight: NDArray[np.float64],
    labelled: NDArray[np.int64],
    waiting: NDArray[np.int64],
) -> Reweighted:
    """Say what the weights did."""
    come, rows = int(labelled.sum()), int(labelled.sum() + waiting.sum())
    squares = float((weight**2 * labelled).sum())
    effective = float((weight * labelled).sum()) ** 2 / squares if squares else 0.0
    largest = float(weight[labelled > 0].max(initial=0.0))
    alone = int(waiting[weight == 0].sum())
    unsupported = alone / rows if rows else 0.0
    reason = (
        f"each of {come:,} labelled rows stands for those of like score whose label has not come (weights up to {largest:.3g}; "
        f"they are worth {effective:,.0f} labels); right only if labels come at random among rows of like score"
    )
    if alone:
        reason += f"; nothing stands for {unsupported:.1%} of the rows, whose scores no labelled row has"
    return Reweighted(table, scores, sums, come, effective, largest, unsupported, reason)


def _strata(counts: OutcomeCounts, column: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows with and without a label by score bin; by what was predicted, where there is no score."""
    table = counts.scores[column] if counts.scores else counts.table
    table = table.sum(1) if table.ndim == 3 else table  # noqa: PLR2004  binary models also count what was said
    return table[:, :-1].sum(1), table[:, -1]


def _known(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """The counts without those of unknown label."""
    known = table.astype(np.float64)
    known[..., -1] = 0.0
    return known


def _weights(labelled: NDArray[np.int64], waiting: NDArray[np.int64], *, apart: bool = False) -> NDArray[np.float64]:
    """Rows per labelled row in each stratum and those beside it; 0 where there is no label. The last stratum stands alone.

    Args:
        labelled: int64[strata].
        waiting: int64[strata].
        apart: strata have no order, and each stands alone.
    """
    least = max(float(FEWEST_LABELLED), labelled.sum() / WEIGHT_GROUPS)
    group = np.arange(labelled.size)
    if not apart:
        joined = _neighbours(labelled[:-1], least)
        group = np.append(joined, joined.max(initial=-1) + 1)
    known, rows = np.bincount(group, labelled), np.bincount(group, labelled + waiting)
    return np.divide(rows, known, out=np.zeros(known.size), where=known > 0)[group]


def _neighbours(mass: NDArray[np.int64], least: float) -> NDArray[np.intp]:
    """Number the groups of neighbouring bins that each hold at least so much; what is left joins the last."""
    group, held, number = np.zeros(mass.size, dtype=np.intp), 0.0, 0
    for place, here in enumerate(mass.tolist()):
        group[place] = number
        held += here
        if held >= least:
            held, number = 0.0, number + 1
    return np.minimum(group, max(number - 1, 0))


def _stability(pair: NDArray[np.float64], df: int) -> tuple[float, float, tuple[float, float]]:
    """The population stability index of the two rows, freed of chance, and its interval."""
    n, m = pair.sum(1)
    share = (pair + 0.5) / (pair + 0.5).sum(1, keepdims=True)
    psi = float(((share[0] - share[1]) * np.log(share[0] / share[1])).sum())
    scale = n * m / (n + m)
    low, high = noncentrality_interval(np.array(psi * scale), np.array(float(df)), normal_quantile((1 - CONFIDENCE) / 2))
    return psi, psi - df / scale, (float(low) / scale, float(high) / scale)


def _sentence(what: str, groups: NDArray[np.str_], pair: NDArray[np.float64], p_value: float) -> str:
    """Where labels came most and least."""
    come = pair[0] / pair.sum(0)
    overall = pair[0].sum() / pair.sum()
    if p_value >= SURPRISING:
        return f"labels have come for {overall:.0%} of the rows, as far as can be told alike by {what}"
    most, least = come.argmax(), come.argmin()
    return (
        f"labels have come for {come[most]:.0%} of the rows with {what} {groups[most]} and for {come[least]:.0%} of those with "
        f"{what} {groups[least]}, against {overall:.0%} of all: what is computed from them leans towards the former"
    )
