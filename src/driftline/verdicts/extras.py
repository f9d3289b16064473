"""Statistics asked for beside the judged ones, and thresholds that somebody set by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.drift.pair import make_pair, stack, with_moments
from driftline.drift.statistic import STATISTICS, Statistic
from driftline.inference.significance import chi_square_p, cramer_von_mises_p, kolmogorov_p
from driftline.schema import Kind
from driftline.verdicts.columns import Extra
from driftline.verdicts.comparison import judged_columns
from driftline.verdicts.evidence import NAMES
from driftline.verdicts.policy import HandSet, Limit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.drift.pair import Pair
    from driftline.profile.profile import Profile
    from driftline.verdicts.comparison import Comparison
    from driftline.verdicts.policy import Policy

MOST_CELLS = 2_000_000


def extras(comparison: Comparison, policy: Policy) -> dict[str, Extra]:
    """Values of every statistic that is asked for or has a threshold, in all judged columns and windows."""
    names = dict.fromkeys([*policy.statistics, *(item.statistic for item in policy.hand_set)])
    return {name: _extra(STATISTICS[name], comparison, policy) for name in names}


def beyond(found: dict[str, Extra]) -> NDArray[np.bool_] | None:
    """Where any value lies beyond the threshold set for it. Shape: C × W; None if nothing was asked for."""
    if not found:
        return None
    with np.errstate(invalid="ignore"):
        return np.asarray(np.any([np.abs(extra.value) > extra.threshold for extra in found.values()], axis=0))


def told(found: dict[str, Extra]) -> NDArray[np.bool_] | None:
    """Where any statistic has both a value and a threshold set for it. Shape: C × W; None if nothing was asked for."""
    if not found:
        return None
    return np.asarray(np.any([np.isfinite(extra.value) & np.isfinite(extra.threshold) for extra in found.values()], axis=0))


def _extra(statistic: Statistic, comparison: Comparison, policy: Policy) -> Extra:
    columns = judged_columns(comparison)
    value, p_value = _values(statistic, comparison, columns, comparison.references, comparison.windows)
    threshold = np.full(value.shape, np.nan)
    # A threshold for one column beats the one for all.
    for item in sorted((i for i in policy.hand_set if i.statistic == statistic.name), key=lambda i: i.column != "*"):
        rows = [c for c, i in enumerate(columns) if item.column in {"*", comparison.plan.columns[i].name}]
        threshold[rows] = _limit(item, statistic, comparison, [columns[c] for c in rows])[:, None]
    # PSI is judged too: its value is not shown twice.
    return Extra(
        name=statistic.name if statistic.name not in NAMES else f"{statistic.name} (set)", value=value, p_value=p_value, threshold=threshold
    )


def _limit(item: HandSet, statistic: Statistic, comparison: Comparison, columns: Sequence[int]) -> NDArray[np.float64]:
    """The threshold for each column: itself, or made from the scores of the reference's own blocks."""
    if item.limit is Limit.FIXED:
        return np.full(len(columns), item.value)
    scores, _ = _values(statistic, comparison, columns, [comparison.total], comparison.blocks)
    return np.array([_made(item, sizes[np.isfinite(sizes)]) for sizes in np.abs(scores)])


def _made(item: HandSet, sizes: NDArray[np.float64]) -> float:
    """A threshold from one column's scores; NaN where there are too few to make one from."""
    if sizes.size < 2:  # noqa: PLR2004  one score has no spread
        return np.nan
    if item.limit is Limit.QUANTILE:
        return float(np.quantile(sizes, item.value))
    return float(sizes.mean() + item.value * sizes.std(ddof=1))


def _values(
    statistic: Statistic, comparison: Comparison, columns: Sequence[int], references: Sequence[Profile], windows: Sequence[Profile]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value = np.full((len(columns), len(windows)), np.nan)
    p_value = value.copy()
    plan = comparison.plan
    for kinds in ({Kind.NUMBER}, {Kind.CATEGORY, Kind.BOOLEAN}):
        members = [c for c, i in enumerate(columns) if plan.columns[i].column.kind in kinds & statistic.kinds]
        members.sort(key=lambda c: plan.columns[columns[c]].width)
        widest = max((plan.columns[columns[c]].width for c in members), default=1)
        step = max(1, MOST_CELLS // (widest * len(windows) + 1))
        for at in range(0, len(members), step):
            part = members[at : at + step]
            places = [columns[c] for c in part]
            pair = make_pair(stack(references, places), stack(windows, places), plan, places)
            pair = with_moments(pair, [comparison.total, *windows], places)
            found = statistic.of(pair)
            empty = pair.current.sum(-1) == 0
            value[part] = np.where(empty, np.nan, found)
            p_value[part] = np.where(empty, np.nan, _p(statistic.name, pair, found))
    return value, p_value


def _p(name: str, pair: Pair, value: NDArray[np.float64]) -> NDArray[np.float64]:
    """The textbook p-value for independent rows, where there is one."""
    n, m = pair.rows()
    match name:
        case "ks":
            return kolmogorov_p(value, m, n)
        case "cramer_von_mises":
            return cramer_von_mises_p(value)
        case "chi_square" | "g_test":
            coarse = pair.coarse()
            cells = ((coarse.reference + coarse.current) > 0).sum(-1)
            return chi_square_p(value, np.maximum(cells - 1.0, 1.0))
        case _:
            return np.full(value.shape, np.nan)
