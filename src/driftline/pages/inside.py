"""What a model's page asks for when somebody looks closer: all columns in one window, one column in all windows, one window's sheet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from driftline.pages.counted import column_profile
from driftline.pages.glance import column_in, columns_in, opened
from driftline.profile.plan import Plan
from driftline.profile.profile import Profile
from driftline.reports.packing import pack_json, pack_numbers
from driftline.reports.page import column_page, window_page
from driftline.reports.reading import column_of, window_of
from driftline.reports.sheet import sheet
from driftline.reports.track import About, track
from driftline.reports.wording import clean
from driftline.verdicts.report import Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from driftline.store.glances import Seen
    from driftline.verdicts.report import ColumnReport, WindowReport

    Counts = Mapping[int, Profile]


PARTS = 24
"""So many segments are shown beside one another."""


@dataclass(frozen=True, slots=True)
class Close:
    """Windows and their counts, of one segment.

    Attributes:
        seen: the windows, with their details.
        segment: the segment as the page calls it; None for all rows.
        counts: of all columns, by window, where they were read; one column's lie with what was said of it.
        reference: the counts of the reference.
    """

    seen: Sequence[Seen]
    segment: str | None
    counts: Counts
    reference: Profile

    def window(self, names: Sequence[str]) -> list[str]:
        """All columns of the only window, in the order of `names`, packed as the page reads it."""
        report = self._report(lambda body, parts, part: [column_of(one) for one in columns_in(body, parts, part)])
        if not report.windows:
            return [pack_json([None] * len(names)), pack_numbers(np.full((7, len(names)), np.nan))]
        known, words, values = window_page(report, report.windows[0].segment, 0)
        place = {name: at for at, name in enumerate(known)}
        numbers = np.full((values.shape[0], len(names)), np.nan)
        for row, name in enumerate(names):
            if name in place:
                numbers[:, row] = values[:, place[name]]
        return [pack_json([words[place[name]] if name in place else None for name in names]), pack_numbers(numbers)]

    def column(self, name: str) -> list[str] | None:
        """One column in all windows, packed as the page reads it; None where no window knows it."""
        report = self.column_report(name)
        return column_page(report, report.windows[0].segment) if any(window.columns for window in report.windows) else None

    def column_report(self, name: str) -> Report:
        """What was said of one column in all windows, with its counts alone."""
        own = next((known for known in self.reference.plan.names if clean(known) == name), name)
        place = self.reference.plan.names.index(own) if own in self.reference.plan.names else None
        plan = self.reference.plan.alone(place) if place is not None else Plan(())
        reference = self.reference.alone(place, plan) if place is not None else replace(Profile.empty(plan), rows=self.reference.rows)
        nothing, mark, counts = Profile.empty(plan), self.reference.plan.fingerprint, []

        def only(body: bytes, parts: Sequence[Mapping[str, Any]], part: int) -> list[ColumnReport]:
            # The page knows columns by the names that it can show.
            known = own if place is not None else next((one for one in parts[part]["names"] if clean(one) == name), name)
            found = column_in(body, parts, part, known)
            counts.append((None if found is None else column_profile(found.counted, plan, mark)) or nothing)
            return [] if found is None else [column_of(found.told)]

        report = self._report(only, performance=(), operations=(), fairness=())
        return replace(report, reference=reference, profiles=tuple(counts))

    def column_parts(self, name: str, label: str) -> list[Report]:
        """One column in one window, a report for each segment that knows it; in the last window where none is called `label`."""
        one = next((each for each in self.seen if clean(each.window.label) == label), self.seen[-1])
        names = [part["segment"] for part in opened(one.body)["parts"]][:PARTS]
        found = [replace(self, seen=[one], segment=None if part is None else clean(part)).column_report(name) for part in names]
        return [report for report in found if report.windows and report.windows[0].columns]

    def sheet(self) -> str | None:
        """The only window's metrics and the figures of what the model said, packed; None where nothing is measured."""
        report = self._report(lambda *_: [])
        one = track(report, About.PERFORMANCE, report.windows[0].segment) if report.windows else None
        return None if one is None else pack_json(sheet(one, 0, self.reference.outcome))

    def _means(self, segment: str | None) -> bool:
        return segment is None if self.segment is None else segment is not None and clean(segment) == self.segment

    def _report(self, columns: Callable[[bytes, Sequence[Mapping[str, Any]], int], list[ColumnReport]], **leave: Any) -> Report:
        """The windows with some of their columns; what is to be left out of them is given as empty."""
        told: list[WindowReport] = []
        profiles: list[Profile] = []
        nothing = Profile.empty(self.reference.plan)
        for one in self.seen:
            parts = opened(one.body)["parts"]
            part = next((at for at, known in enumerate(parts) if self._means(known["segment"])), None)
            if part is None:
                continue
            told.append(window_of(parts[part] | leave, one.window, columns(one.detail, parts, part)))
            profiles.append(self.counts.get(one.id, nothing))
        return Report(
            monitor="",
            created=self.seen[-1].judged,
            verdict=Verdict.INCONCLUSIVE,
            reason="",
            since=None,
            promise="",
            reference=self.reference,
            windows=tuple(told),
            profiles=tuple(profiles),
        )
