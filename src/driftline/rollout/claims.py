"""Claims that a gate checks beside metrics: shares, calibration, speed and size within limits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from driftline.inference.significance import POWER_Z, normal_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

GROUPS = 10
"""Calibration is looked at in so many groups of like size."""

FEWEST_A_GROUP = 20


class Outcome(StrEnum):
    """What a check, a gate or a step says. Inconclusive is never success."""

    PASS = "pass"  # noqa: S105  no password: an outcome
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a gate's table.

    Attributes:
        name: what was checked.
        outcome: what came out.
        sentence: the same in words.
        value: what was measured; NaN where nothing was.
        low: lower end of its interval.
        high: upper end.
        limit: what it was held against.
        rows: rows behind it.
        more: rows that would settle it; None where not known, or settled.
    """

    name: str
    outcome: Outcome
    sentence: str
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    limit: float = math.nan
    rows: int = 0
    more: int | None = None


def at_most(name: str, hits: int, rows: int, limit: float, level: float) -> Check:
    """A share is at most the limit, by Clopper and Pearson 1934's exact interval. No hit at all passes a limit of 0."""
    if rows <= 0:
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: there are no rows", limit=limit)
    low = float(special.betaincinv(hits, rows - hits + 1, level)) if hits else 0.0
    high = float(special.betaincinv(hits + 1, rows - hits, 1 - level)) if hits < rows else 1.0
    share = hits / rows
    # What may never happen cannot be shown never to happen: not having happened is enough.
    passes = high <= limit or (hits == 0 and limit <= 0)
    more = None if share >= limit else _rows_for_share(share, rows, limit, level)
    return _measured(name, Outcome.PASS if passes else None, (share, low, high), limit, rows, more)


def calibrated(score: NDArray[np.float64], label: NDArray[np.bool_], limit: float, level: float) -> Check:
    """The root mean square gap between mean score and share of positives, over groups of like score, is at most the limit.

    What noise adds to the squared gaps is taken off (Bröcker 2012); the rest has the variance that squared normals have at the limit.

    Args:
        score: float64[n], probabilities.
        label: bool[n], which rows are positive.
        limit: the largest gap.
        level: one-sided error.
    """
    groups = min(GROUPS, len(score) // FEWEST_A_GROUP)
    if groups < 1:
        return Check("calibration", Outcome.INCONCLUSIVE, f"calibration: {len(score)} rows are too few", rows=len(score), limit=limit)
    parts = np.array_split(np.argsort(score, kind="stable"), groups)
    gaps = np.array([(label[part] - score[part]).mean() for part in parts])
    noise = np.array([(label[part] - score[part]).var(ddof=1) / len(part) for part in parts])
    share = np.array([len(part) for part in parts]) / len(score)
    squared = float(share @ (gaps**2 - noise))
    # The variance is that at the limit: learnt from gaps that came out small by chance it would be too small.
    half = float(normal_quantile(level)) * math.sqrt(float(share**2 @ (4 * limit**2 * noise + 2 * noise**2)))
    value, low, high = (math.sqrt(max(one, 0.0)) for one in (squared, squared - half, squared + half))
    away = abs(limit**2 - squared)
    more = None if away <= 0 else math.ceil(len(score) * min(max(half / away, 1.1) ** 2 - 1, 100))
    return _measured("calibration", Outcome.PASS if high <= limit else None, (value, low, high), limit, len(score), more)


def fast(latencies: NDArray[np.float64] | None, limit: float, share: float, level: float) -> Check:
    """A quantile of the latency is at most the limit; the interval is that of order statistics, which suits any law."""
    name = f"latency p{100 * share:g}"
    if latencies is None or not len(latencies):
        return Check(name, Outcome.INCONCLUSIVE, f"{name}: no latency was measured", limit=limit)
    rows, ordered = len(latencies), np.sort(latencies)
    half = float(normal_quantile(level)) * math.sqrt(rows * share * (1 - share))
    below, above = math.floor(rows * share - half) - 1, math.ceil(rows * share + half)
    low = float(ordered[below]) if below >= 0 else 0.0
    high = float(ordered[above]) if above < rows else math.inf
    return _measured(name, Outcome.PASS if high <= limit else None, (float(np.quantile(latencies, share)), low, high), limit, rows, rows)


def small(size: int | None, limit: int) -> Check:
    """The model has at most so many bytes."""
    if size is None:
        return Check("size", Outcome.INCONCLUSIVE, "size: it was not measured", limit=limit)
    outcome = Outcome.PASS if size <= limit else Outcome.FAIL
    return Check("size", outcome, f"size: {size} bytes, where {limit} are allowed", size, size, size, limit)


def unseen(trained_until: datetime, rows_from: datetime) -> Check:
    """No row of the trial is older than the newest that the challenger learnt from."""
    outcome = Outcome.PASS if rows_from > trained_until else Outcome.FAIL
    said = "after" if outcome is Outcome.PASS else "not after"
    return Check(
        "unseen rows",
        outcome,
        f"unseen rows: they begin at {rows_from:%Y-%m-%d %H:%M}, {said} the last it learnt from, {trained_until:%Y-%m-%d %H:%M}",
    )


def discoveries(p_values: Sequence[float], level: float) -> list[bool]:
    """Which claims are shown, at most a share `level` of them wrongly (Benjamini and Hochberg 1995).

    >>> discoveries([0.001, 0.04, 0.9], 0.05)
    [True, False, False]
    """
    ordered = sorted(p_values)
    passed = [p for place, p in enumerate(ordered, start=1) if p <= level * place / len(ordered)]
    return [bool(passed) and p <= passed[-1] for p in p_values]


def _measured(name: str, outcome: Outcome | None, measured: tuple[float, float, float], limit: float, rows: int, more: int | None) -> Check:
    value, low, high = measured
    if outcome is None:
        outcome = Outcome.FAIL if low > limit else Outcome.INCONCLUSIVE
    said = {Outcome.PASS: "is within", Outcome.FAIL: "is beyond"}.get(outcome, "may be beyond")
    sentence = f"{name} {said} its limit of {limit:.4g}: {value:.4g} ({low:.4g} to {high:.4g}) on {rows} rows"
    return Check(name, outcome, sentence, value, low, high, limit, rows, more if outcome is Outcome.INCONCLUSIVE else None)


def _rows_for_share(share: float, rows: int, limit: float, level: float) -> int:
    """Further rows after which such a share would be shown to be below the limit four times in five."""
    z = float(normal_quantile(level)) + POWER_Z
    wanted = z**2 * limit * (1 - limit) / (limit - share) ** 2
    return math.ceil(max(wanted - rows, rows * 0.1))
