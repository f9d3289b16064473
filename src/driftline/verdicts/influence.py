"""How much of what the model says a column tells by itself, which decides how small a change of it matters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from driftline.profile.bins import LevelBins
from driftline.schema import Role
from driftline.verdicts.policy import DEFAULT_FLOORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.verdicts.policy import Policy

GROUPS = 16
"""A column's values are cut into so many groups of equal size; of a category the most frequent levels."""

FEWEST_ROWS = 400
"""From fewer sampled rows nothing is concluded."""

TELLING = 0.25
"""A column that by itself explains a sixteenth of the prediction's variance keeps the conventional floors."""

MOST = 1.6
"""A column that tells nothing by itself gets floors this much higher and no more: it may still matter together with others."""

SCALED = ("shift", "spread", "psi")
"""Effects whose floor follows the influence; faults, and single values that appear or go, matter whatever the model makes of them."""


def influence(plan: Plan, blocks: Sequence[Profile]) -> NDArray[np.float64]:
    """Correlation ratio η of the prediction on each column, freed of the part that noise alone produces (Kelley's ε).

    Args:
        plan: the columns; a score goes before a prediction.
        blocks: the reference's blocks, whose sampled rows are used.

    Returns:
        float64[columns], 0 to 1; NaN where it is not known: no prediction, too few rows, columns without values.
    """
    found = np.full(len(plan.columns), np.nan)
    said = plan.with_role(Role.SCORE)
    said = plan.with_role(Role.PREDICTION) if said is None else said
    if said is None or not blocks:
        return found
    rows = np.concatenate([block.sample.values for block in blocks])
    prediction = rows[:, said]
    rows, prediction = rows[np.isfinite(prediction)], prediction[np.isfinite(prediction)]
    if prediction.size < FEWEST_ROWS or not prediction.std():
        return found
    for i, planned in enumerate(plan.columns):
        if planned.column.role is Role.FEATURE and planned.bins is not None:
            found[i] = _ratio(_groups(rows[:, i], by_level=isinstance(planned.bins, LevelBins)), prediction)
    return found


def with_influence(policy: Policy, plan: Plan, blocks: Sequence[Profile]) -> Policy:
    """The policy with the floors of columns that tell little raised, where nobody set them."""
    raised = {name: dict(floors) for name, floors in policy.column_floors.items()}
    for planned, ratio in zip(plan.columns, influence(plan, blocks).tolist(), strict=True):
        factor = min(max(TELLING / max(ratio, 1e-9), 1.0), MOST) if np.isfinite(ratio) else 1.0
        if factor <= 1.0:
            continue
        own = raised.setdefault(planned.name, {})
        for facet in SCALED:
            if facet not in own and policy.floors.get(facet, DEFAULT_FLOORS[facet]) == DEFAULT_FLOORS[facet]:
                own[facet] = DEFAULT_FLOORS[facet] * factor
    return replace(policy, column_floors=raised)


def _groups(values: NDArray[np.float64], *, by_level: bool) -> NDArray[np.intp]:
    """The group of each value; what is missing is a group of its own."""
    known = np.isfinite(values)
    groups = np.zeros(values.size, dtype=np.intp)
    if by_level:
        groups[known] = np.minimum(values[known], GROUPS - 1).astype(np.intp) + 1
    elif known.any():
        edges = np.unique(np.quantile(values[known], np.arange(1, GROUPS) / GROUPS))
        groups[known] = np.searchsorted(edges, values[known], side="right") + 1
    return groups


def _ratio(groups: NDArray[np.intp], prediction: NDArray[np.float64]) -> float:
    counts = np.bincount(groups)
    used = counts > 0
    means = np.bincount(groups, weights=prediction)[used] / counts[used]
    total = float(((prediction - prediction.mean()) ** 2).sum())
    between = float((counts[used] * (means - prediction.mean()) ** 2).sum())
    free = prediction.size - int(used.sum())
    if free <= 0 or not total:
        return float("nan")
    within = (total - between) / free
    return float(np.sqrt(max((between - (int(used.sum()) - 1) * within) / total, 0.0)))
