"""Slow drift: what the sequential detector says of each column, and whether it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.sequential import detect, rehearsed_limit
from driftline.inference.significance import normal_quantile
from driftline.verdicts.evidence import NAMES, STREAMS
from driftline.verdicts.trailing import CONTRADICTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.evidence import Evidence


def follow(
    evidence: Evidence, comparison: Comparison, floors: NDArray[np.float64], level: float
) -> tuple[NDArray[np.bool_], NDArray[np.intp], NDArray[np.bool_]]:
    """Columns in which the sequential detector shows a change that matters, since when, and that it shows one at all."""
    shape = evidence.numbers["effect"].shape[1:]
    windows = shape[1]
    slow, since, seen = np.zeros(shape, bool), np.full(shape, -1, dtype=np.intp), np.zeros(shape, bool)
    if windows < 2 or len(comparison.references) > 1:  # noqa: PLR2004  a sequence has two
        return slow, since, seen
    rows = np.array([profile.rows for profile in comparison.windows], dtype=np.float64)
    limit = 2 * len(STREAMS) * max(shape[0], 1) / level
    for s, name in enumerate(STREAMS):
        effect, error, base = (evidence.streams[field][s] for field in ("linear", "error", "base_error"))
        for sign, tail in ((1.0, "skew_up"), (-1.0, "skew_down")):
            skew = evidence.streams[tail][s].T
            limits = rehearsed_limit(sign * evidence.rehearsals[name].T, skew, limit)
            with np.errstate(invalid="ignore", divide="ignore"):
                found = detect((sign * effect / error).T, (base / error).T, skew, limits)
            active, begun = found.active.T, found.since.T
            mean, lower = _run(sign * effect, error, base, rows, begun, evidence)
            with np.errstate(invalid="ignore"):
                # A window that lies far short of the run says that it is over, however large the run was.
                goes_on = sign * effect + CONTRADICTS * error >= mean
                matters = active & goes_on & (lower > floors[NAMES.index(name)][:, None])
            since = np.where(matters & ((since < 0) | (begun < since)), begun, since)
            slow, seen = slow | matters, seen | active & goes_on
    return slow, since, seen


def _run(
    effect: NDArray[np.float64],
    error: NDArray[np.float64],
    base: NDArray[np.float64],
    rows: NDArray[np.float64],
    begun: NDArray[np.intp],
    evidence: Evidence,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean effect from each run's beginning up to each window, and the lower end of its interval."""
    z = normal_quantile((1 - evidence.ask.confidence) / 2)
    known = np.isfinite(effect) & np.isfinite(error)
    weight = known * rows
    total = _upto(weight)
    mean, noise = _upto(np.where(known, effect, 0.0) * weight), _upto(np.where(known, error, 0.0) ** 2 * weight**2)
    start = np.maximum(begun, 0)

    def since(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(sums[:, 1:] - np.take_along_axis(sums, start, 1))

    with np.errstate(invalid="ignore", divide="ignore"):
        mass = since(total)
        usual = since(mean) / mass
        return usual, usual - z * np.sqrt(since(noise) / mass**2 + np.nan_to_num(base) ** 2)


def _upto(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, 1)], axis=1)
