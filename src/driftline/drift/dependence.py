"""Dependence: whether a column still goes with the others as it did, which no test of single columns can see.

The rank correlations of a window's sampled rows are held against the reference's, pair by pair, and each column is
judged by the partner with which its correlation changed most surely.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from driftline.drift.sampled import FEWEST_TELLING, Sampled, code, products, runs
from driftline.inference.facet import NUMBERS, Facet
from driftline.inference.significance import POWER_Z, chi_square_quantile, mean_p, normal_quantile, tail_factor
from driftline.inference.variation import FEWEST_BLOCKS, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from driftline.inference.facet import Ask
    from driftline.profile.profile import Profile

    Floats = NDArray[np.float64]
    Singles = NDArray[np.float32]
    Places = NDArray[np.intp]

MOST_TOGETHER = 256
"""Up to so many columns are all compared with each other."""

NEIGHBOURHOOD = 128
"""Of more, so many neighbours at a time: pairs grow with the square, and the wider a table, the fewer rows profiles keep."""

MOST_CELLS = 500_000
"""Windows, and pairs, are taken in parts of about this many sampled values, so that memory does not grow with them."""

NEIGHBOURS = 8
"""How a column's correlations vary in the reference is learnt from those with so many others."""

CLOSEST = 0.95
"""Correlations count as at most this close: of nearly copies even what binning does would be news."""

LEAST_VARIANCE = (1 - CLOSEST**2) ** 2
"""Of one row's part in a correlation: that of normal rows which are as close as can be."""

CURIOUS = 0.01
"""A pair that would be this improbable is held against its own variation in the reference."""

STANDS_OUT = 0.01
"""A pair whose own variation is this improbable beside its column's counts by its own."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What the reference says about C columns together; C × C unless said.

    Attributes:
        correlation: of the scores, missing values at their mean.
        share: what missing values leave of a correlation.
        variance: of one row's part in a correlation.
        rows: sampled rows behind each.
        skew: [C], skewness of the scores.
        design: [C], by how much a run's correlations vary more than independent rows would let them.
        df: [C], degrees of freedom behind it.
        sampled: the reference in runs about as long as windows.
    """

    correlation: Singles
    share: Singles
    variance: Singles
    rows: Singles
    skew: Singles
    design: Floats
    df: Floats
    sampled: Sampled


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pair chosen for each of C columns in each of W windows. Arrays are W × C.

    Attributes:
        partner: the other column.
        now, was: correlation in the window and in the reference, of rows that have both values.
        rows, known: sampled rows with both values in the window and in the reference.
        unlike: variance of one row's part in the correlation, in that of normal rows; at least 1.
        skew: skewness of one row's part.
    """

    partner: Places
    now: Floats
    was: Floats
    rows: Floats
    known: Floats
    unlike: Floats
    skew: Floats


def dependence(total: Profile, blocks: Sequence[Profile], windows: Sequence[Profile], columns: Sequence[int], ask: Ask) -> Facet:
    """The correlation of each column with another that changed most surely, for some columns of the plan.

    `value` is the window's rank correlation, `effect` its change, `where` the partner's place in the plan.

    Args:
        total: the whole reference, on which scores are fixed.
        blocks: the reference in consecutive blocks, with their samples of rows.
        windows: the windows to judge.
        columns: places of numbers and levels in the plan.
        ask: levels of the test and of the interval.
    """
    shape = (len(columns), len(windows))
    where = np.full(shape, -1, dtype=np.intp)
    numbers: dict[str, Any] = {name: np.full(shape, np.nan) for name in NUMBERS}
    facet = Facet(name="dependence", where=where, **numbers)
    filled = [w for w, window in enumerate(windows) if window.sample.keys.size]
    reference = runs(blocks, float(np.median([windows[w].rows for w in filled])) if filled else 0.0)
    if not filled or not reference:
        return facet
    parts = -(-len(columns) // NEIGHBOURHOOD) if len(columns) > MOST_TOGETHER else 1
    groups = np.array_split(np.arange(len(columns)), parts)
    for members in (group for group in groups if group.size > 1):
        coding = code(total, [columns[c] for c in members])
        usual = learn(coding.sampled(reference))
        for part in _parts(filled, windows, members.size):
            found, partner = _judged(usual, coding.sampled([[windows[w]] for w in part]), ask)
            cells = members[:, None], np.array(part)
            for name, values in found.items():
                numbers[name][cells] = values.T
            where[cells] = np.where(np.isfinite(found["value"]), coding.columns[partner], -1).T
    return facet


def learn(sampled: Sampled) -> Usual:
    """Correlations of the reference within its runs: what a window's are expected to be, and how they vary.

    Means that differ between runs, as seasons make them, are no correlation within a window.
    """
    z = sampled.scores
    rows = products((sampled.told * sampled.sizes[:, None]).astype(np.float32), sampled.told.astype(np.float32))
    each = np.where(rows > 0, 1 / np.maximum(rows, 1.0), 0.0).astype(np.float32)
    correlation = products(z, z) * each
    squares = z * z
    product, cubes = products(squares, squares) * each, products(squares * z, z) * each
    fourth = np.diag(product)
    # One row's influence on a correlation r is z_i z_j - r (z_i² + z_j²) / 2, which has this variance.
    both = (fourth[:, None] + fourth + 2 * product) / np.float32(4)
    variance = np.maximum(product - correlation * (cubes + cubes.T) + correlation**2 * both, np.float32(LEAST_VARIANCE))
    design, df = _design(sampled, correlation, variance)
    return Usual(
        correlation=correlation,
        share=_share(z, squares, each),
        variance=variance,
        rows=rows,
        skew=(squares * z).sum(0) * np.diag(each),
        design=design,
        df=df,
        sampled=sampled,
    )


def _share(z: Singles, squares: Singles, each: Singles) -> Singles:
    """What missing values leave of each correlation: all where there are none, for they lie at the mean."""
    held = (z != 0).astype(np.float32)
    if held.all():
        return np.ones_like(each)
    of_both = products(squares, held) * each
    return np.asarray(np.sqrt(of_both * of_both.T))


def _design(sampled: Sampled, correlation: Singles, variance: Singles) -> tuple[Floats, Floats]:
    """How much a column's correlations with its neighbours vary between runs, against independent rows; and its certainty."""
    columns, count = len(correlation), sampled.sizes.size
    if count < FEWEST_BLOCKS:
        return np.ones(columns), np.full(columns, np.inf)
    total, asked = np.zeros(columns), np.zeros(columns)
    place = np.arange(columns)
    others = min(NEIGHBOURS, columns - 1)
    # After the last column come the first ones again, so that neighbours need no looking up.
    around = [np.hstack([table, table[:, :others]]) for table in (sampled.scores, sampled.telling)]
    ring = replace(sampled, scores=around[0], telling=around[1])
    for step in range(1, others + 1):
        other = (place + step) % columns
        neighbours = slice(step, step + columns)
        found, runs_asked = _squares(ring, slice(columns), neighbours, correlation[place, other], variance[place, other])
        total += found
        asked += runs_asked
    # Runs are held against a mean of which each is a part.
    df = asked / others - 1
    enough = df >= FEWEST_BLOCKS - 1
    return squeeze(np.where(enough, total / (np.where(enough, df, 1.0) * others), 1.0), np.where(enough, df, 0.0))


def _squares(
    sampled: Sampled, columns: Places | slice, partners: Places | slice, usual: Singles, variance: Singles
) -> tuple[Floats, Floats]:
    """Sum over the reference's runs of squared deviations of pairs' correlations, in their variances, and how many runs tell."""
    gap = sampled.means(sampled.scores[:, columns] * sampled.scores[:, partners]) - usual
    told = sampled.told[:, columns] & sampled.told[:, partners]
    squares = np.where(told, gap**2 / variance * sampled.sizes[:, None], 0.0)
    return squares.sum(0), told.sum(0).astype(np.float64)


def _judged(usual: Usual, sampled: Sampled, ask: Ask) -> tuple[dict[str, Floats], Places]:
    """Everything that is said of each column in some windows, and its partner in each; W × C."""
    pairs = _chosen(usual, sampled)
    looks = np.maximum(sampled.told.sum(1, keepdims=True) - 1.0, 1.0)
    level, tail = ask.level("dependence") / 2 / looks, (1 - ask.confidence) / 2
    stretch = _stretch(usual.sampled, sampled)[:, None]
    design, df = 1 + (usual.design - 1) * stretch, np.broadcast_to(usual.df, pairs.now.shape)
    p_value = _p(pairs, design * _tail_factor(df, level)) * looks
    curious = p_value < CURIOUS
    if curious.any() and usual.sampled.sizes.size >= FEWEST_BLOCKS:
        own, df = _own(usual, pairs.partner, curious)
        design = np.where(curious, 1 + (own - 1) * stretch, design)
        few = Pairs(**{field.name: getattr(pairs, field.name)[curious] for field in fields(Pairs)})
        p_value[curious] = _p(few, (design * _tail_factor(df, level))[curious]) * np.broadcast_to(looks, curious.shape)[curious]
    half = normal_quantile(tail / looks) * _error(pairs, design * _tail_factor(df, tail / looks))
    error = _error(pairs, design * _tail_factor(df, level))
    here, there = _fisher(pairs.now), _fisher(pairs.was)
    way = np.where(pairs.now < pairs.was, -1.0, 1.0)
    found = {
        "value": pairs.now,
        "effect": pairs.now - pairs.was,
        # What lies beyond the closest counts for less than it is, but the change itself is in its interval.
        "low": np.minimum(np.tanh(here - half) - np.tanh(there), pairs.now - pairs.was),
        "high": np.maximum(np.tanh(here + half) - np.tanh(there), pairs.now - pairs.was),
        "p_value": np.minimum(p_value, 1.0),
        "threshold": np.tanh(there + way * normal_quantile(level) * error),
        "detectable": np.abs(np.tanh(there + way * (normal_quantile(level) + POWER_Z) * error) - pairs.was),
    }
    # Rows that hang together are fewer than they seem, and a few make no correlation.
    telling = np.minimum(sampled.telling, np.take_along_axis(sampled.telling, pairs.partner, 1)) / design
    told = (telling >= FEWEST_TELLING) & (pairs.known > 0)
    return {name: np.where(told, values, np.nan) for name, values in found.items()}, pairs.partner


def _chosen(usual: Usual, sampled: Sampled) -> Pairs:
    """For each column the partner with which its correlation changed by most standard errors."""
    z, shape = sampled.scores, sampled.told.shape
    weight = 1 / usual.variance
    np.fill_diagonal(weight, 0.0)
    partner = np.empty(shape, dtype=np.intp)
    for w, (start, size) in enumerate(zip(sampled.starts, sampled.sizes, strict=True)):
        rows = z[start : start + size]
        changed = products(rows, rows)
        changed /= np.float32(size)
        changed -= usual.correlation
        changed *= changed
        changed *= weight
        if not sampled.told[w].all():
            changed *= sampled.told[w]
        changed.argmax(1, out=partner[w])
    other = np.take_along_axis(z, np.repeat(partner, sampled.sizes, axis=0), 1)
    # Missing values lie at the mean, 0: only rows that have both values make a correlation.
    both = np.sqrt(sampled.means(z * z * (other != 0)) * sampled.means(other * other * (z != 0))).astype(np.float64)
    place = np.arange(shape[1])
    known, share = usual.correlation[place, partner].astype(np.float64), usual.share[place, partner].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        now, was = sampled.means(z * other) / both, known / share
    return Pairs(
        partner=partner,
        now=np.clip(now, -1.0, 1.0),
        was=np.clip(was, -1.0, 1.0),
        rows=both**2 * sampled.sizes[:, None],
        known=share**2 * usual.rows[place, partner],
        unlike=np.maximum(usual.variance[place, partner] / (1 - np.minimum(np.abs(known), CLOSEST) ** 2) ** 2, 1.0),
        skew=(usual.skew * usual.skew[partner]).astype(np.float64),
    )


def _own(usual: Usual, partner: Places, curious: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Design effects of pairs and their degrees of freedom: the column's, unless a curious pair's own stands out. W × C."""
    columns = len(usual.design)
    design, df = (np.broadcast_to(values, partner.shape).copy() for values in (usual.design, usual.df))
    keys, place = np.unique((np.arange(columns) * columns + partner)[curious], return_inverse=True)
    left, right = np.divmod(keys, columns)
    own, own_df = np.empty(keys.size), np.empty(keys.size)
    step = max(1, MOST_CELLS // len(usual.sampled.scores))
    for at in range(0, keys.size, step):
        i, j = left[at : at + step], right[at : at + step]
        total, told = _squares(usual.sampled, i, j, usual.correlation[i, j], usual.variance[i, j])
        own_df[at : at + step] = np.maximum(told - 1, 1.0)
        own[at : at + step] = total / own_df[at : at + step]
    stands_out = own * own_df > usual.design[left] * chi_square_quantile(STANDS_OUT, own_df)
    design[curious] = np.where(stands_out, own, usual.design[left])[place]
    df[curious] = np.where(stands_out, own_df, usual.df[left])[place]
    return design, df


def _stretch(reference: Sampled, windows: Sampled) -> Floats:
    """By what the runs' excess variance is to be multiplied to be each window's.

    Rows that hang together do so less in a thinner sample, and what differs between whole windows counts for more
    in a larger one.
    """
    rows, every = float(np.median(reference.sizes)), float(np.median(reference.every))
    larger = windows.sizes / rows
    return np.asarray(larger * np.maximum(every / windows.every, 1.0))


def _fisher(correlation: Floats) -> Floats:
    """Fisher 1915's transform, under which a correlation's error does not depend on it."""
    return np.asarray(np.arctanh(np.clip(correlation, -CLOSEST, CLOSEST)))


def _error(pairs: Pairs, design: Floats) -> Floats:
    """Standard error of the difference of two transformed correlations."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(pairs.unlike * design * (1 / np.maximum(pairs.rows - 3, 1.0) + 1 / pairs.known)))


def _p(pairs: Pairs, design: Floats) -> Floats:
    """Two-sided p-value of one pair's change.

    Student's law of a correlation of normal rows, as many as make this error, or Pearson's third law where scores are
    skewed, such as those of rare levels: two rare things meet by chance more often than a normal law grants.
    """
    error = _error(pairs, design)
    gap = _fisher(pairs.now) - _fisher(pairs.was)
    df = 1 / error**2 + 1
    normal = 2 * special.stdtr(df, -np.sinh(np.abs(gap)) * np.sqrt(df))
    skew = pairs.skew * np.sqrt(design / np.maximum(pairs.rows, 1.0))
    return np.asarray(np.fmax(normal, mean_p(gap / error, np.nan_to_num(skew))))


def _tail_factor(df: Floats, tail: Floats | float) -> Floats:
    """The factors of variances known with certainty are 1, which most are; only the others are looked up."""
    factor, unsure = np.ones(df.shape), np.isfinite(df)
    factor[unsure] = tail_factor(df[unsure], np.broadcast_to(tail, df.shape)[unsure])
    return factor


def _parts(windows: Sequence[int], profiles: Sequence[Profile], columns: int) -> Iterator[list[int]]:
    """Windows in parts of bounded size."""
    part: list[int] = []
    cells = 0
    for w in windows:
        size = profiles[w].sample.keys.size * columns
        if part and cells + size > MOST_CELLS:
            yield part
            part, cells = [], 0
        part.append(w)
        cells += size
    yield part
