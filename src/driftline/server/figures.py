"""Business figures in the service: each monitor's series, read again now and then, laid beside the windows that were judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from driftline.errors import DriftlineError
from driftline.opening import series
from driftline.performance.kpi import Series
from driftline.verdicts.business import business
from driftline.verdicts.report import KpiReport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from driftline.config.places import KpiPlace
    from driftline.pages.history import History
    from driftline.server.learning import Library
    from driftline.store.fleet import Watched

FRESH = timedelta(minutes=10)
"""So long a series that was read is not read again."""

KEPT = 64
"""The series of so many monitors are remembered."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The series of monitors.

    Args:
        library: where specifications are.
    """

    library: Library
    _read: dict[tuple[int, int], tuple[datetime, tuple[Series | str, ...], tuple[str, ...]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, watched: Watched, seen: History, now: datetime) -> tuple[KpiReport, ...]:
        """Each figure beside the windows; one that cannot be read says why."""
        read, names = self._known(watched, now)
        windows = seen.report().windows
        told = iter(business(windows, [one for one in read if isinstance(one, Series)]))
        labels = tuple(one.window.label for one in windows if one.segment == windows[0].segment)
        return tuple(_unread(name, one, labels) if isinstance(one, str) else next(told) for name, one in zip(names, read, strict=True))

    def _known(self, watched: Watched, now: datetime) -> tuple[tuple[Series | str, ...], tuple[str, ...]]:
        key = (watched.id, watched.version)
        with self._lock:
            held = self._read.get(key)
        if held is None or now - held[0] > FRESH:
            places = self.library.specification(watched.yaml, watched.directory).places.kpis
            held = now, tuple(map(_series, places)), tuple(one.name for one in places)
            with self._lock:
                self._read[key] = held
                while len(self._read) > KEPT:
                    self._read.pop(next(iter(self._read)))
        return held[1], held[2]


def _series(place: KpiPlace) -> Series | str:
    try:
        return series(place)
    except DriftlineError as error:
        return error.fact


def _unread(name: str, why: str, labels: Sequence[str]) -> KpiReport:
    return KpiReport(
        name=name,
        metric="",
        windows=tuple(labels),
        values=(None,) * len(labels),
        correlation=None,
        interval=None,
        sentence=f"{name} cannot be read: {why}",
    )
