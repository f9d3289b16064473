"""Adding up what was counted of parts of the rows, wherever they lay: the sum does not depend on how rows were parted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.engines.count import settle
from driftline.engines.split import natural
from driftline.schema import Task
from driftline.window import Cadence, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from driftline.engines.count import Counted
    from driftline.monitor import ColumnHints
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.verdicts.report import Finding
    from driftline.window import Windowing


def needs_order(plan: Plan, windowing: Windowing, hints: ColumnHints) -> bool:
    """Whether rows must be counted one after another.

    Windows of n rows go by the place of a row among all rows, and a column that is cut into segments
    without having levels in the plan goes by which values come first. All rows of a query of a ranking are counted at once.
    """
    if plan.outcome is not None and plan.outcome.task is Task.RANKING:
        return True
    levels = {planned.name for planned in plan.columns if getattr(planned.bins, "levels", ())}
    return windowing.cadence is Cadence.ROWS or any(name not in levels for name in hints.segments)


def add_parts(parts: Iterable[Counted], name: str) -> Counted:
    """Add what parts of a source's rows gave.

    Args:
        parts: counts of disjoint parts, made with the same plan and windows, of rows that need no order.
        name: what the source is called.
    """
    profiles: dict[tuple[str | None, Window], Profile] = {}
    untimed: dict[str | None, Profile] = {}
    missing: dict[Finding, None] = {}
    for part in parts:
        for (segment, window), profile in part.profiles.items():
            # Windows named by a value stand where they stood among the part's windows, which says nothing.
            key = (segment, replace(window, index=0) if window.start is None else window)
            profiles[key] = profiles[key] + profile if key in profiles else profile
        for side, profile in part.untimed.items():
            untimed[side] = untimed[side] + profile if side in untimed else profile
        missing.update(dict.fromkeys(one for one in part.findings if not one.rows))
    named = sorted({window.label for _, window in profiles if window.start is None}, key=natural)
    places = {label: index for index, label in enumerate(named)}
    placed = {(side, replace(window, index=places.get(window.label, window.index))): one for (side, window), one in profiles.items()}
    return settle(placed, untimed, missing, name)
