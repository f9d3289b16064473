from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from driftline.reports.outline import WAKES, outline, segments, windows_of
from driftline.verdicts.diagnosis import Change, Diagnosis
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from driftline.verdicts.report import Report


def told(report: Report, verdicts: Sequence[Verdict], weights: Sequence[float] | None = None) -> Report:
    """A report of one column with these verdicts, window after window."""
    windows = []
    for at, verdict in enumerate(verdicts):
        column = replace(report.windows[0].columns[0], verdict=verdict, weight=weights[at] if weights else 1.0, since=None)
        windows.append(replace(report.windows[at], verdict=verdict, columns=(column,)))
    return replace(report, windows=tuple(windows), profiles=report.profiles[: len(windows)])


D, S, I = Verdict.DRIFTED, Verdict.STABLE, Verdict.INCONCLUSIVE  # noqa: E741  as the house writes them


def test_an_inconclusive_window_ends_no_drift(report: Report) -> None:
    """Only a stable window says that a drift is over."""
    (story,) = outline(told(report, [S, D, I, I])).stories
    assert story.now
    (story,) = outline(told(report, [S, D, S, I])).stories
    assert not story.now


def test_a_drift_that_is_over_is_told_by_its_worst_window(report: Report) -> None:
    """A drift that goes on is told by its latest window, one that is over by its worst."""
    (story,) = outline(told(report, [D, D, D], [1, 9, 2])).stories
    assert (story.window, story.windows) == (report.windows[2].window.label, 3)
    (story,) = outline(told(report, [D, D, D, S], [1, 9, 2, 0])).stories
    assert (story.window, story.first, story.last) == tuple(report.windows[i].window.label for i in (1, 0, 2))


def test_the_most_urgent_comes_first(report: Report) -> None:
    """What goes on comes before what is over, faults before predictions before inputs, then by weight."""
    stories = outline(report).stories
    keys = [(not s.now, list(Concern).index(s.told.concern), -s.told.weight) for s in stories]
    assert keys == sorted(keys)
    assert stories[0].told.name == "amount"


def test_what_wakes_somebody_is_apart_from_input_drift(report: Report) -> None:
    """Every story is told in exactly one of the two lists."""
    brief = outline(report)
    assert sorted(map(id, [*brief.about(*WAKES), *brief.about(Concern.INPUT)])) == sorted(map(id, brief.stories))


class Watched(tuple[object, ...]):  # noqa: SLOT001  a tuple that cannot have slots
    """Columns that may not be looked at."""

    def __iter__(self) -> object:  # type: ignore[override]  # it never returns
        """Refuse."""
        raise AssertionError


def test_windows_that_did_not_drift_are_not_looked_at(report: Report) -> None:
    """Columns are made when looked at, so only drifted windows and the last one are."""
    calm = replace(report.windows[0], verdict=S, columns=Watched())
    last = report.windows[-1]
    assert outline(replace(report, windows=(calm, last), profiles=report.profiles[-2:])).stories


def test_what_cannot_be_told_is_counted_by_cause(odd: Report) -> None:
    """The last window's inconclusive columns are counted, with their causes."""
    brief = outline(odd)
    assert brief.inconclusive == sum(c.verdict is I for c in odd.windows[-1].columns)
    assert brief.stable == 0


def test_segments_come_in_their_order(hostile: Report) -> None:
    """All rows first, then each segment, each with its windows in the order of time."""
    assert segments(hostile) == (None, "<EU>")
    labels = [hostile.windows[i].window.label for i in windows_of(hostile, "<EU>")]
    assert labels == sorted(labels)
    assert {s.segment for s in outline(hostile).stories} == {None, "<EU>"}


def test_a_report_without_windows_has_no_stories(report: Report) -> None:
    """Nothing checked, nothing told."""
    brief = outline(replace(report, windows=(), profiles=()))
    assert brief.stories == ()
    assert segments(replace(report, windows=())) == (None,)


def test_a_fault_that_the_diagnosis_names_wakes_somebody(report: Report) -> None:
    """A column whose drift is explained by a data fault is told among the faults, whichever of its numbers drifted."""
    story = next(story for story in outline(report).stories if story.told.concern is Concern.INPUT)
    fault = Diagnosis(change=Change.FAULT, kind="unit_change", columns=(story.told.name,), sentence="another unit")
    windows = tuple(replace(one, diagnosis=(fault,)) if one.window.label == story.window else one for one in report.windows)
    told = {one.told.name: one.told.concern for one in outline(replace(report, windows=windows)).stories}
    assert told[story.told.name] is Concern.FAULT
