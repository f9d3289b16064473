"""Requests of a window: how many failed and how long they took, as counts that add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from driftline.inference.significance import wilson
from driftline.profile.bins import LevelBins, NumberBins
from driftline.schema import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.plan import Planned
    from driftline.profile.profile import Profile

FINE = frozenset({"", "0", "ok", "none", "false", "no", "success", "succeeded", "null"})
"""Texts in a column of errors that say there was none."""

FIRST_ERROR_STATUS = 400.0
"""A column of errors that holds numbers beyond 1 holds HTTP status codes, which are errors from here on."""

Z95 = 1.959964


@dataclass(frozen=True, slots=True, eq=False)
class Traffic:
    """What is known of a window's requests.

    Attributes:
        rows: requests.
        failed: requests that failed; None where no column says so.
        answered: requests of which it is known whether they failed.
        latency: int64, requests in each bin of the latency column; None where there is none.
        edges: float64, the inner edges of those bins.
        extremes: least and greatest latency.
    """

    rows: int
    failed: int | None = None
    answered: int = 0
    latency: NDArray[np.int64] | None = None
    edges: NDArray[np.float64] | None = None
    extremes: tuple[float, float] = (np.inf, -np.inf)


@dataclass(frozen=True, slots=True)
class Reading:
    """A number with its 95% interval; `why` says why there is none."""

    value: float
    error: float
    low: float
    high: float
    rows: int
    why: str = ""


def traffic(profile: Profile) -> Traffic:
    """Read a window's requests from its profile."""
    plan = profile.plan
    failed, answered = None, 0
    place = plan.with_role(Role.ERROR)
    if place is not None:
        counts = profile.bins(place)
        failed, answered = int(counts[_failing(plan.columns[place])].sum()), int(counts.sum())
    place = plan.with_role(Role.LATENCY)
    bins = plan.columns[place].bins if place is not None else None
    if place is None or not isinstance(bins, NumberBins):
        return Traffic(profile.rows, failed, answered)
    low, high = profile.extremes[place].tolist()
    return Traffic(profile.rows, failed, answered, profile.bins(place), bins.array, (low, high))


def total_traffic(many: Sequence[Traffic]) -> Traffic:
    """Requests of several windows together."""
    first = many[0]
    latencies = [one.latency for one in many if one.latency is not None]
    return Traffic(
        rows=sum(one.rows for one in many),
        failed=None if first.failed is None else sum(one.failed or 0 for one in many),
        answered=sum(one.answered for one in many),
        latency=np.sum(latencies, axis=0) if latencies else None,
        edges=first.edges,
        extremes=(min(one.extremes[0] for one in many), max(one.extremes[1] for one in many)),
    )


def error_rate(requests: Traffic) -> Reading:
    """Share of requests that failed, with Wilson's interval."""
    if requests.failed is None or not requests.answered:
        return _unknown("no request says whether it failed")
    hits, rows = np.array([float(requests.failed)]), np.array([float(requests.answered)])
    low, high = (float(end[0]) for end in wilson(hits, rows, Z95))
    return Reading(requests.failed / requests.answered, (high - low) / (2 * Z95), low, high, requests.answered)


def latency_quantile(requests: Traffic, share: float) -> Reading:
    """The latency that a share of requests stay below, from counts; within a bin its logarithm is taken to grow evenly.

    The interval is that of the order statistics (ranks n·q ± 1.96 √(n·q·(1 − q))): no law of latencies is assumed.
    """
    counts = requests.latency
    if counts is None or requests.edges is None or not counts.sum():
        return _unknown("no request says how long it took")
    rows = int(counts.sum())
    half = Z95 * np.sqrt(rows * share * (1 - share))
    if rows * min(share, 1 - share) < 1:
        return _unknown(f"{rows:,} requests are too few for the {share:.0%} slowest" if share > 0.5 else "too few requests")  # noqa: PLR2004  the slower half
    ranks = np.clip([rows * share, rows * share - half, rows * share + half], 0, rows)
    value, low, high = (_at_rank(counts, requests.edges, requests.extremes, float(rank)) for rank in ranks)
    return Reading(value, max(high - low, 0.0) / (2 * Z95), low, high, rows)


def _at_rank(counts: NDArray[np.int64], edges: NDArray[np.float64], extremes: tuple[float, float], rank: float) -> float:
    cumulated = np.cumsum(counts)
    bin_ = min(int(np.searchsorted(cumulated, rank, side="left")), counts.size - 1)
    lower = max(float(edges[bin_ - 1]) if bin_ else -np.inf, extremes[0])
    upper = min(float(edges[bin_]) if bin_ < edges.size else np.inf, extremes[1])
    inside = (rank - (cumulated[bin_] - counts[bin_])) / counts[bin_] if counts[bin_] else 0.0
    if lower > 0:
        return float(lower * (upper / lower) ** inside) if upper > lower else lower
    return lower + float(inside) * max(upper - lower, 0.0)


def _failing(planned: Planned) -> NDArray[np.bool_]:
    """Which bins of a column hold requests that failed."""
    bins = planned.bins
    if isinstance(bins, LevelBins):
        return np.array([level.strip().lower() not in FINE for level in bins.levels] + [True])
    if bins is None:
        return np.zeros(planned.width, dtype=bool)
    finite = bins.array[np.isfinite(bins.array) & (np.abs(bins.array) < 1e300)]  # noqa: PLR2004  the outermost edges
    codes = finite.size > 0 and finite.max() > 2.0  # noqa: PLR2004  beyond a truth
    starts = np.append(-np.inf, bins.array)
    return starts >= (FIRST_ERROR_STATUS if codes else np.nextafter(0.0, 1.0))


def _unknown(why: str) -> Reading:
    return Reading(np.nan, np.nan, np.nan, np.nan, 0, why)
