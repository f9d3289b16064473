"""What several models suffer at once: the same change of the same column at the same time is one incident, and lies upstream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from driftline.diagnosis.wording import listed
from driftline.verdicts.diagnosis import EVERY_COLUMN, Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report
    from driftline.window import Window

NOT_SHARED = frozenset({Change.UNKNOWN, Change.RISK, Change.CONCEPT, Change.OUTPUT})
"""Changes that are a model's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """One change that several models show.

    Attributes:
        kind: the kind that all of them were told.
        columns: the columns that all of them share.
        monitors: their names.
        since: label of the window in which it was first told.
        told: each monitor's own explanation.
    """

    kind: str
    columns: tuple[str, ...]
    monitors: tuple[str, ...]
    since: str
    told: tuple[Diagnosis, ...]

    @property
    def sentence(self) -> str:
        """What happened to whom."""
        columns = listed(self.columns) if self.columns else "no column in common"
        return f"{self.kind.replace('_', ' ')} in {columns}, in {len(self.monitors)} models since {self.since}: {listed(self.monitors)}"


@dataclass(frozen=True, slots=True)
class _Begun:
    """An explanation, whose it is, and the window in which it began."""

    monitor: str
    window: Window
    told: Diagnosis


def shared(reports: Sequence[Report]) -> tuple[Shared, ...]:
    """Find what began in several models at once; what most of them show comes first.

    Two explanations are one where their kind is the same, they share a column, and the windows in which they began overlap.
    """
    begun = [one for report in reports for one in _begun(report)]
    groups: list[list[_Begun]] = []
    for one in begun:
        met = [group for group in groups if any(_one(one, other) for other in group)]
        groups = [group for group in groups if group not in met]
        groups.append([*(other for group in met for other in group), one])
    found = [_shared(group) for group in groups if len({one.monitor for one in group}) > 1]
    return tuple(sorted(found, key=lambda one: (-len(one.monitors), one.since)))


def _begun(report: Report) -> Iterator[_Begun]:
    """Explanations in the windows in which they are new, for all rows."""
    for window in report.windows:
        if window.segment is None:
            yield from (_Begun(report.monitor, window.window, one) for one in window.diagnosis if one.new and one.change not in NOT_SHARED)


def _one(a: _Begun, b: _Begun) -> bool:
    same = set(a.told.columns) & set(b.told.columns) - {EVERY_COLUMN}
    return a.told.kind == b.told.kind and bool(same) and _overlap(a.window, b.window)


def _overlap(a: Window, b: Window) -> bool:
    """Whether two windows share some time; windows without times are told by their labels."""
    match a.start, a.end, b.start, b.end:
        case datetime() as start, datetime() as end, datetime() as other, datetime() as last:
            return start < last and other < end
    return a.label == b.label


def _shared(group: Sequence[_Begun]) -> Shared:
    first = min(group, key=lambda one: one.window.start.timestamp() if isinstance(one.window.start, datetime) else float("inf"))
    common = set.intersection(*(set(one.told.columns) for one in group))
    return Shared(
        kind=first.told.kind,
        columns=tuple(name for name in first.told.columns if name in common),
        monitors=tuple(dict.fromkeys(one.monitor for one in group)),
        since=first.window.label,
        told=tuple(one.told for one in group),
    )
