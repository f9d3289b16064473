"""The last windows of a monitor, from the glances that were kept: as a report, so that its sentences and figures serve here too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from driftline.pages.glance import opened
from driftline.profile.plan import Plan
from driftline.profile.profile import Profile
from driftline.reports.reading import window_of
from driftline.verdicts.report import Finding, Report, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from driftline.store.glances import Seen
    from driftline.window import Window


@dataclass(frozen=True, slots=True)
class History:
    """Windows in the order of time, at least one; `glances` are theirs, see `pages.glance.opened`."""

    name: str
    windows: tuple[Window, ...]
    glances: tuple[Mapping[str, Any], ...]
    judged: tuple[datetime, ...]

    @property
    def last(self) -> Mapping[str, Any]:
        """The glance at the last window."""
        return self.glances[-1]

    @property
    def verdict(self) -> Verdict:
        """What was said last."""
        return Verdict(self.last["verdict"])

    @property
    def since(self) -> str:
        """Label of the window since which it has been so."""
        if self.last["since"]:
            return str(self.last["since"])
        first = len(self.glances) - 1
        while first and self.glances[first - 1]["verdict"] == self.last["verdict"]:
            first -= 1
        return self.windows[first].label

    def report(self) -> Report:
        """All windows as one report, without columns and without counts: those are read where somebody looks."""
        told = [
            window_of(part, window, columns=())
            for window, glance in zip(self.windows, self.glances, strict=True)
            for part in glance["parts"]
        ]
        nothing = Profile.empty(Plan(()))
        return Report(
            monitor=self.name,
            created=self.judged[-1],
            verdict=self.verdict,
            reason=self.last["reason"],
            since=self.since,
            promise=self.last["promise"],
            reference=nothing,
            windows=tuple(told),
            profiles=(nothing,) * len(told),
            findings=tuple(Finding(**one) for one in self.last["findings"]),
        )


def history(name: str, seen: Sequence[Seen]) -> History | None:
    """Read what was kept of a monitor's windows; None where nothing was."""
    if not seen:
        return None
    glances = tuple(opened(one.body) for one in seen)
    return History(name, tuple(one.window for one in seen), glances, tuple(one.judged for one in seen))
