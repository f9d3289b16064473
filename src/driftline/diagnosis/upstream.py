"""What several models suffer at once: the same change of the same column at the same time is one incident, and lies upstream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from driftline.diagnosis.wording import listed
from driftline.verdicts.diagnosis import EVERY_COLUMN, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from driftline.verdicts.report import Report, WindowReport
    from driftline.window import Window

NOT_SHARED = frozenset({Change.UNKNOWN, Change.RISK, Change.CONCEPT, Change.OUTPUT})
"""Changes that are a model's own."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A change that was told of a model, and the window in which it began."""

    monitor: str
    window: Window
    kind: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One change that several models show.

    Attributes:
        kind: the kind that all of them were told.
        columns: the columns that all of them share.
        monitors: their names.
        since: label of the window in which it was first told.
    """

    kind: str
    columns: tuple[str, ...]
    monitors: tuple[str, ...]
    since: str

    @property
    def sentence(self) -> str:
        """What happened to whom."""
        columns = listed(self.columns) if self.columns else "no column in common"
        return f"{self.kind.replace('_', ' ')} in {columns}, in {len(self.monitors)} models since {self.since}: {listed(self.monitors)}"


def begun(monitor: str, windows: Iterable[WindowReport]) -> Iterator[Begun]:
    """Explanations in the windows in which they are new, for all rows."""
    for window in windows:
        if window.segment is None:
            for one in window.diagnosis:
                if one.new and one.change not in NOT_SHARED:
                    yield Begun(monitor, window.window, one.kind, one.columns)


def shared(reports: Iterable[Report]) -> tuple[Shared, ...]:
    """Find what began in several models at once, by their reports; what most of them show comes first."""
    return in_common(one for report in reports for one in begun(report.monitor, report.windows))


def in_common(some: Iterable[Begun]) -> tuple[Shared, ...]:
    """Find what began in several models at once; what most of them show comes first.

    Two changes are one where their kind is the same, they share a column, and the windows in which they began overlap.
    """
    groups: list[list[Begun]] = []
    for one in some:
        met = [group for group in groups if any(_one(one, other) for other in group)]
        groups = [group for group in groups if group not in met]
        groups.append([*(other for group in met for other in group), one])
    found = [_shared(group) for group in groups if len({one.monitor for one in group}) > 1]
    return tuple(sorted(found, key=lambda one: (-len(one.monitors), one.since)))


def _one(a: Begun, b: Begun) -> bool:
    same = set(a.columns) & set(b.columns) - {EVERY_COLUMN}
    return a.kind == b.kind and bool(same) and _overlap(a.window, b.window)


def _overlap(a: Window, b: Window) -> bool:
    """Whether two windows share some time; windows without times are told by their labels."""
    match a.start, a.end, b.start, b.end:
        case datetime() as start, datetime() as end, datetime() as other, datetime() as last:
            return start < last and other < end
    return a.label == b.label


def _shared(group: Sequence[Begun]) -> Shared:
    first = min(group, key=lambda one: one.window.start.timestamp() if isinstance(one.window.start, datetime) else float("inf"))
    common = set.intersection(*(set(one.columns) for one in group))
    return Shared(
        kind=first.kind,
        columns=tuple(name for name in first.columns if name in common),
        monitors=tuple(dict.fromkeys(one.monitor for one in group)),
        since=first.window.label,
    )
