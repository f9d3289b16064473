"""Diagnose: for every window that drifted, why; from the counts that were judged and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.diagnosis.history import History, walk
from driftline.diagnosis.segments import in_segments
from driftline.diagnosis.wording import placed
from driftline.profile.profile import total as add_all
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from driftline.profile.profile import Profile
    from driftline.services.check import Counted
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report, WindowReport


def diagnose(reference: Counted, current: Counted, report: Report) -> Report:
    """Say why each window drifted.

    Args:
        reference: what was counted of the reference.
        current: what was counted of the current data.
        report: what `check` said of it.

    Returns:
        The report, in which every window that drifted has its explanations, the most probable first.
    """
    if not any(window.verdict is Verdict.DRIFTED for window in report.windows):
        return report
    told = [window.diagnosis for window in report.windows]
    for segment in current.segments():
        places = [i for i, window in enumerate(report.windows) if window.segment == segment]
        blocks = [profile for _, profile in reference.of(segment)]
        if any(report.windows[i].verdict is Verdict.DRIFTED for i in places) and blocks:
            history = History(blocks, [report.windows[i] for i in places], [report.profiles[i] for i in places], reference.like_windows)
            for i, found in zip(places, walk(history), strict=True):
                told[i] = found
    totals = {segment: add_all([profile for _, profile in reference.of(segment)]) for segment in reference.segments()}
    return replace(
        report,
        windows=tuple(
            replace(window, diagnosis=tuple(placed(one) for one in _located(found, totals, current, window)))
            for window, found in zip(report.windows, told, strict=True)
        ),
    )


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
