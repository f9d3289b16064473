"""Counts what was received in the bins of one version of a monitor: the engine behind the cycle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from driftline.engines.count import count, time_column
from driftline.engines.meaning import hash_array
from driftline.errors import SchemaMismatch
from driftline.server.delays import Came
from driftline.services.cycle import Tallied
from driftline.sources.frames import FrameSource
from driftline.store.joining import ParcelSource
from driftline.verdicts.report import Finding
from driftline.window import Cadence, Window, Windowing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.monitor import ColumnHints, Monitor
    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.services.check import Counted
    from driftline.services.cycle import Key
    from driftline.store.rows import Parcel, Rows

    Places = dict[Window, list[tuple[int, int | None, int | None]]]

NAME = "the rows received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What `driftline.services.cycle.Counter` asks for.

    Attributes:
        monitor: the monitor, as its version says.
        plan: its bins.
        reference: what its reference counted to.
        rows: where parcels lie.
        key: the column that holds ids.
        label: the column that holds labels.
        threads: how many to count with; all there are for None.
    """

    monitor: Monitor
    plan: Plan
    reference: Counted
    rows: Rows
    key: str
    label: str
    threads: int | None = None

    @property
    def _hints(self) -> ColumnHints:
        """What is said of columns; each version of the model is counted like a segment that nobody judges."""
        hints = self.monitor.hints
        return hints if hints.version in {None, *hints.segments} else replace(hints, segments=(*hints.segments, hints.version or ""))

    def count(self, parcels: Sequence[Parcel], position: int) -> Tallied:
        """Count parcels. Rows that cannot be cut into windows are told, and keep nobody else from being counted."""
        if self.monitor.windowing.cadence is Cadence.ROWS:
            return self._count_runs(parcels, position)
        source = ParcelSource(NAME, self.rows, parcels)
        try:
            found = count(self.plan, source, self.monitor.windowing, self._hints, threads=self.threads)
        except SchemaMismatch as error:
            what = f"rows could not be counted: {error.fact}"
            return Tallied({}, {}, (Finding(where=NAME, what=what, rows=source.rows(), hint=error.hint),))
        windows = list(dict.fromkeys(window for _, window in found.profiles))
        return Tallied(found.profiles, self._places(parcels, windows, source), found.findings)

    def recount(self, windows: Sequence[Window], parcels: Sequence[Parcel], labels: Sequence[Parcel]) -> Tallied:
        """Count some windows from their rows, joined with the labels that have come."""
        if self.monitor.windowing.cadence is Cadence.ROWS:
            return self._recount_runs(windows, parcels, labels)
        source = ParcelSource(NAME, self.rows, parcels, labels=labels, key=self.key, label=self.label, hashes=hash_array)
        came = self._came(windows, source) if labels else None
        found = count(self.plan, source, self.monitor.windowing, self._hints, threads=self.threads)
        known = {window.label: window for window in windows}
        whose = {(segment, known[of.label]): profile for (segment, of), profile in found.profiles.items() if of.label in known}
        return Tallied(whose, {}, found.findings, {} if came is None else came.found)

    def _came(self, windows: Sequence[Window], source: ParcelSource) -> Came | None:
        """Sees how late labels come while they are counted, where windows go by time."""
        time = time_column(self.plan, self.monitor.windowing, self.monitor.hints, source)
        if self.plan.outcome is None or time is None:
            return None
        came = Came(self.plan, self.plan.outcome, windows, (self.key, time, self.label))
        return came if source.witnessed(came, time) else None

    def _recount_runs(self, windows: Sequence[Window], parcels: Sequence[Parcel], labels: Sequence[Parcel]) -> Tallied:
        """Windows of n rows: each from the slices of parcels that are its own."""
        profiles: dict[Key, Profile] = {}
        for window in windows:
            whose = [parcel for parcel in parcels if parcel.window == window.label]
            source = ParcelSource(NAME, self.rows, whose, labels=labels, key=self.key, label=self.label, hashes=hash_array)
            found = count(self.plan, source, Windowing(), self._hints, threads=self.threads)
            profiles |= {(segment, window): profile for (segment, _), profile in found.profiles.items()}
        return Tallied(profiles)

    def _count_runs(self, parcels: Sequence[Parcel], position: int) -> Tallied:
        """Windows of n rows: each parcel is cut where a window ends."""
        size = self.monitor.windowing.rows or 1
        profiles: dict[Key, Profile] = {}
        places: Places = {}
        findings: dict[str, Finding] = {}
        for parcel in parcels:
            first, table = 0, self.rows.table([parcel])
            while first < parcel.rows:
                index, inside = divmod(position, size)
                length = min(parcel.rows - first, size - inside)
                window = Window(index, f"rows {index * size}-{(index + 1) * size - 1}", index * size, (index + 1) * size)
                source = FrameSource(NAME, table.slice(first, length))
                found = count(self.plan, source, Windowing(), self._hints, threads=self.threads)
                for (segment, _), profile in found.profiles.items():
                    before = profiles.get((segment, window))
                    profiles[segment, window] = profile if before is None else before + profile
                findings |= {finding.what: finding for finding in found.findings}
                places.setdefault(window, []).append((parcel.id, first, length))
                first, position = first + length, position + length
        return Tallied(profiles, places, tuple(findings.values()))

    def _places(self, parcels: Sequence[Parcel], windows: Sequence[Window], source: ParcelSource) -> Places:
        """Which parcels a window's rows may lie in: those whose times reach into it, or all where that is not known."""
        time = time_column(self.plan, self.monitor.windowing, self.monitor.hints, source)
        spans = {parcel.id: _span(self.rows, parcel, time) for parcel in parcels}
        return {window: [(ident, None, None) for ident, span in spans.items() if _reaches(window, span)] for window in windows}


def _span(rows: Rows, parcel: Parcel, time: str | None) -> tuple[datetime, datetime] | None:
    """The first and the last time in a parcel; None where there are no times that can be compared."""
    if time is None:
        return None
    table = rows.table([parcel], (time,))
    if time not in table.schema.names or not pa.types.is_timestamp(table.schema.field(time).type):
        return None
    ends = pc.min_max(table.column(time).cast(pa.timestamp("us", table.schema.field(time).type.tz), safe=False)).as_py()
    return None if ends["min"] is None else (_instant(ends["min"]), _instant(ends["max"]))


def _instant(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _reaches(window: Window, span: tuple[datetime, datetime] | None) -> bool:
    if span is None or not isinstance(window.start, datetime) or not isinstance(window.end, datetime):
        return True
    return span[0] < window.end and span[1] >= window.start
