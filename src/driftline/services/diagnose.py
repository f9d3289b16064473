"""Diagnose: for every window that drifted, why, and in every other what is wrong all the same; from the counts and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, overload

import numpy as np

from driftline.diagnosis.attribution import ATTRIBUTIONS
from driftline.diagnosis.history import History, walk
from driftline.diagnosis.segments import in_segments
from driftline.diagnosis.unmoved import with_unmoved
from driftline.diagnosis.wording import placed
from driftline.profile.profile import total as add_all
from driftline.schema import Role
from driftline.services.narrow import one_thread
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from driftline.profile.plan import Plan
    from driftline.profile.profile import Profile
    from driftline.services.check import Counted
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report, WindowReport
    from driftline.window import Window


MOST_SEGMENTS = 5
"""In each window at most so many segments are diagnosed by themselves, those with the most rows first."""

SEED = 0
"""Dice are the same each time: a window asked about twice is told the same."""

BEFORE = 4
"""Where only some windows are asked about, so many before them are diagnosed too, to tell what is new in them."""


def diagnose(
    reference: Counted,
    current: Counted,
    report: Report,
    among: Container[Window] | None = None,
    attribution: str = "additive",
    together: str | None = None,
) -> Report:
    """Say why each window drifted, and of the others, whether they have faults that leave distributions as they were.

    A segment in which nothing drifted that is not explained for all rows is not diagnosed again.

    Args:
        reference: what was counted of the reference.
        current: what was counted of the current data.
        report: what `check` said of it.
        among: only these windows have to be explained; all where that is None.
        attribution: how a change of a mean is shared out among columns, by name.
        together: how to ask whether columns that did not drift still go together; not at all where None.

    Raises:
        UnknownPart: there is no such attribution.
        PluginError: a package that it needs is not installed.

    Returns:
        The report, in which windows have their explanations, the most probable first. They are looked for
        when the first of them is looked at.
    """
    ATTRIBUTIONS[attribution].ready()
    if not any(_asked(window, among) for window in report.windows):
        return report

    @cache
    def search() -> list[tuple[Diagnosis, ...]]:
        with one_thread():
            return _searched(reference, current, report, among, attribution, together)

    return replace(report, windows=tuple(replace(window, diagnosis=Told(search, i)) for i, window in enumerate(report.windows)))


@dataclass(frozen=True, slots=True, eq=False)
class Told(Sequence["Diagnosis"]):
    """The explanations of one window. Those of all windows are looked for when somebody looks: it takes as long as judging.

    Attributes:
        search: looks for them, and remembers what it found.
        place: of the window.
    """

    search: Callable[[], list[tuple[Diagnosis, ...]]]
    place: int

    def __len__(self) -> int:
        return len(self.search()[self.place])

    @overload
    def __getitem__(self, index: int) -> Diagnosis: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Diagnosis, ...]: ...
    def __getitem__(self, index: int | slice) -> Diagnosis | tuple[Diagnosis, ...]:
        return self.search()[self.place][index]

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def _searched(
    reference: Counted, current: Counted, report: Report, among: Container[Window] | None, attribution: str, together: str | None
) -> list[tuple[Diagnosis, ...]]:
    told: dict[int, tuple[Diagnosis, ...]] = {}
    for segment in current.segments():
        places = [i for i, window in enumerate(report.windows) if window.segment == segment]
        blocks = [profile for _, profile in reference.of(segment)]
        wanted = [i for i in places if _asked(report.windows[i], among)]
        if segment is not None:
            wanted = _unexplained(report, wanted, told)
        if wanted and blocks:
            near = {places[at] for i in wanted for at in range(max(places.index(i) - BEFORE, 0), places.index(i) + 1)}
            history = History(
                blocks, [report.windows[i] for i in places], [report.profiles[i] for i in places], reference.like_windows, attribution
            )
            walked = zip(places, walk(history, [i in near for i in places]), strict=True)
            told |= {i: _without_awaited(found, blocks[0].plan, report.windows[i]) for i, found in walked}
            if together is not None and segment is None:
                _ask_together(told, wanted, places, together, report, blocks)
    totals = {segment: add_all([profile for _, profile in reference.of(segment)]) for segment in reference.segments()}
    return [tuple(placed(one) for one in _located(told.get(i, ()), totals, current, window)) for i, window in enumerate(report.windows)]


def _ask_together(
    told: dict[int, tuple[Diagnosis, ...]],
    wanted: Sequence[int],
    places: Sequence[int],
    measure: str,
    report: Report,
    blocks: list[Profile],
) -> None:
    """Add to what is told of windows whether columns that did not drift still go together."""

    def said(i: int, before: Sequence[Diagnosis]) -> tuple[Diagnosis, ...]:
        dice = np.random.default_rng(SEED)  # noqa: TID251  not chance: of one window the same is told wherever it is asked about
        return with_unmoved(told.get(i, ()), measure, report.windows[i], report.profiles[i], blocks, dice, before)

    for i in wanted:
        at = places.index(i)
        last = places[at - 1] if at else None
        before = () if last is None else told.get(last, ())
        found = said(i, before)
        if last is not None and last not in wanted and found != told.get(i, ()):
            # Whether it lasts, only the window before can say, which nobody has asked yet.
            found = said(i, said(last, ()))
        told[i] = found


def _without_awaited(found: tuple[Diagnosis, ...], plan: Plan, window: WindowReport) -> tuple[Diagnosis, ...]:
    """Leave out what is said of the label alone while labels are still to come, or came for some rows only: that is no fault of it."""
    if window.labels is None or window.labels.settled:
        return found
    labels = {planned.name for planned in plan.columns if planned.column.role is Role.LABEL}
    return tuple(one for one in found if not (one.columns and labels.issuperset(one.columns)))


def _asked(window: WindowReport, among: Container[Window] | None) -> bool:
    """Of all rows every window is: some faults leave all distributions as they were."""
    worth = window.verdict is Verdict.DRIFTED or (window.segment is None and window.rows > 0)
    return worth and (among is None or window.window in among)


def _unexplained(report: Report, places: Sequence[int], told: Mapping[int, tuple[Diagnosis, ...]]) -> list[int]:
    """Windows of a segment in which a column drifted that no explanation for all rows names."""
    wholes = {window.window: i for i, window in enumerate(report.windows) if window.segment is None}
    found = []
    for i in places:
        window = report.windows[i]
        larger = [one for one in report.windows if one.window == window.window and one.segment is not None and one.rows > window.rows]
        if len(larger) >= MOST_SEGMENTS:
            continue
        named = {name for one in told.get(wholes.get(window.window, -1), ()) for name in (*one.columns, *one.explains)}
        if any(column.verdict is Verdict.DRIFTED and column.name not in named for column in window.columns):
            found.append(i)
    return found


def _located(
    found: tuple[Diagnosis, ...], totals: Mapping[str | None, Profile], current: Counted, window: WindowReport
) -> tuple[Diagnosis, ...]:
    """Put the segments in which a cause lives before what sampled rows say: their counts are exact."""
    if window.segment is not None or not found:
        return found
    now = {segment: profile for (segment, at), profile in current.profiles.items() if at == window.window}
    named = {segment: profile for segment, profile in now.items() if segment is not None}
    before = {segment: profile for segment, profile in totals.items() if segment is not None}
    if not named:
        return found
    return tuple(
        replace(one, where=(*in_segments(one.mark, before, named, (totals[None], now[None])), *one.where)) if one.mark is not None else one
        for one in found
    )
