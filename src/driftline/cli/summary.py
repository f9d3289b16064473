"""A specification in a few lines of plain words, so that a reader sees what was understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.verdicts.policy import Against
from driftline.window import CALENDAR, Cadence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from driftline.config.specification import Specification
    from driftline.verdicts.policy import Policy
    from driftline.window import Windowing


def summary(specification: Specification) -> Iterator[tuple[str, str]]:
    """What was understood, as labels and texts."""
    monitor, places = specification.monitor, specification.places
    yield "monitor", f"{monitor.name}, {monitor.task.value}" if monitor.task.value != "none" else monitor.name
    yield "reference", places.reference.said
    yield "current", places.current.said if places.current else "given with --current each time"
    yield "window", window(monitor.windowing)
    yield "compared with", compared_with(monitor.policy)
    yield "promise", promise(monitor.policy, monitor.windowing)


def window(windowing: Windowing) -> str:
    """How time, or a row of rows, is cut.

    >>> from driftline.window import Windowing
    >>> window(Windowing(Cadence.ROWS, rows=1000))
    '1,000 rows'
    """
    match windowing.cadence:
        case Cadence.ROWS:
            return f"{windowing.rows:,} rows"
        case Cadence.COLUMN:
            return f"every value of {windowing.column!r}"
        case Cadence.WHOLE:
            return "the whole"
        case cadence:
            return f"{cadence.value}, {windowing.timezone}"


def compared_with(policy: Policy) -> str:
    """What a window is held against."""
    match policy.against:
        case Against.REFERENCE:
            return "the reference"
        case Against.TRAILING:
            return f"the {policy.trailing} windows before it"
        case Against.PREVIOUS:
            return "the window before it"
        case against:
            return f"the reference's {against.value}"


def promise(policy: Policy, windowing: Windowing) -> str:
    """The false-alarm budget."""
    budget = policy.budget
    within = span(budget.period) if windowing.cadence in CALENDAR else f"{budget.windows} windows"
    return f"at most {budget.alarms:g} false alarm{'' if budget.alarms == 1 else 's'} in {within}"


def span(period: timedelta) -> str:
    """A length of time in its largest whole unit.

    >>> from datetime import timedelta
    >>> span(timedelta(days=30)), span(timedelta(hours=12)), span(timedelta(minutes=90))
    ('30 days', '12 hours', '90 minutes')
    """
    minutes = round(period.total_seconds() / 60)
    size, unit = next((size, unit) for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes % size == 0)
    return f"{minutes // size} {unit}{'' if minutes == size else 's'}"
