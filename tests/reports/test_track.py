from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from driftline.reports.track import About, courses, severity, track, tracks
from driftline.verdicts.report import LabelReport, Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import MetricReport, Report


def with_verdicts(report: Report, verdicts: str) -> Report:
    """The report's first windows, in which the deciding metric is d(rifted), s(table) or i(nconclusive)."""
    said = {"d": Verdict.DRIFTED, "s": Verdict.STABLE, "i": Verdict.INCONCLUSIVE}
    windows = tuple(
        replace(window, performance=(replace(window.performance[0], verdict=said[sign], since=None), *window.performance[1:]))
        for window, sign in zip(report.windows, verdicts, strict=False)
    )
    return replace(report, windows=windows, profiles=report.profiles[: len(windows)])


def test_metrics_come_in_the_reports_order(modelled: Report) -> None:
    """That metric is first which decides; each has an entry for each window."""
    one = track(modelled, About.PERFORMANCE)
    assert one is not None
    assert list(one.told) == ["roc_auc", "accuracy"]
    assert all(len(told) == len(modelled.windows) == one.width for told in one.told.values())


def test_nothing_is_watched_where_nothing_was_counted(report: Report, modelled: Report) -> None:
    """A report without outcomes has no track, and performance says nothing of operations."""
    assert track(report, About.PERFORMANCE) is None
    assert track(modelled, About.OPERATIONS) is None
    assert courses(report, About.PERFORMANCE) == ()


def test_operations_are_followed_like_performance(modelled: Report) -> None:
    """What is said of errors and latencies is another track of the same windows."""
    windows = tuple(replace(window, operations=window.performance[:1]) for window in modelled.windows)
    one = track(replace(modelled, windows=windows), About.OPERATIONS)
    assert one is not None
    assert list(one.told) == ["roc_auc"]
    assert one.about is About.OPERATIONS


@pytest.mark.parametrize(
    ("verdicts", "worse", "now", "at"),
    [
        ("sssss", (), False, 4),
        ("ssdds", (2, 3), False, 4),
        ("ssddi", (2, 3), True, 4),
        ("ssiid", (4,), True, 4),
        ("dsssd", (0, 4), True, 4),
        ("iiiii", (), False, 4),
    ],
)
def test_only_a_stable_window_ends_it(modelled: Report, verdicts: str, worse: tuple[int, ...], now: bool, at: int) -> None:  # noqa: FBT001  a parameter
    """As with columns, an inconclusive window neither raises nor ends a loss."""
    (course,) = courses(with_verdicts(modelled, verdicts), About.PERFORMANCE)
    assert (course.worse, course.now, course.at) == (worse, now, at)
    if worse:
        assert course.since == modelled.windows[worse[0]].window.label


def test_a_loss_may_go_on_without_labels(modelled: Report) -> None:
    """Where the last window is called worse without a label of its own, the value told is the last that is known."""
    unknown = replace(modelled.windows[-1].performance[0], verdict=Verdict.DRIFTED, since="2026-02-01", reason="it goes on")
    windows = (*modelled.windows[:-1], replace(modelled.windows[-1], performance=(unknown,)))
    (course,) = courses(replace(modelled, windows=windows), About.PERFORMANCE)
    assert course.told is modelled.windows[-2].performance[0]
    assert course.alarm is unknown
    assert course.since == "2026-02-01"


def test_the_worst_segment_comes_first(parted: Report) -> None:
    """What is worse now is told before what is not, the worst first."""
    found = courses(parted, About.PERFORMANCE)
    assert {course.track.segment for course in found} == {None, "<EU>", "US"} == {one.segment for one in tracks(parted, About.PERFORMANCE)}
    sizes = [(course.now, severity(course.told)) for course in found]
    assert sizes == sorted(sizes, reverse=True)


def test_a_metric_is_told_of_the_last_window_that_knows_it(modelled: Report) -> None:
    """Windows without labels, and those of which only the first few have come, are passed over."""
    (course,) = courses(modelled, About.PERFORMANCE)
    assert course.at == course.track.latest("roc_auc") == len(modelled.windows) - 2
    assert len(course.later) == 1
    thin = replace(modelled.windows[-2].performance[0], value=1.0, interval=(0.02, 1.0))
    windows = (*modelled.windows[:-2], replace(modelled.windows[-2], performance=(thin,)), modelled.windows[-1])
    (course,) = courses(replace(modelled, windows=windows), About.PERFORMANCE)
    assert course.at == len(modelled.windows) - 3
    assert course.later[0] is thin


def test_windows_with_few_labels_are_provisional(modelled: Report) -> None:
    """Without knowing how late labels come: those that have clearly fewer than is usual."""
    one = track(modelled, About.PERFORMANCE)
    assert one is not None
    unripe = one.provisional("roc_auc")
    assert unripe[-3:] == (True, True, True)
    assert not any(unripe[:-4])


def test_what_is_known_of_labels_decides_what_is_provisional(modelled: Report) -> None:
    """Where the report says it, nothing is guessed."""
    ripe = LabelReport(labelled=9, coverage=0.1, expected=0.1, maturity=1.0, provisional=False, mature_on=None, reason="")
    unripe = replace(ripe, provisional=True, mature_on=datetime(2026, 5, 1, tzinfo=UTC))
    windows = (replace(modelled.windows[0], labels=unripe), *(replace(window, labels=ripe) for window in modelled.windows[1:]))
    one = track(replace(modelled, windows=windows), About.PERFORMANCE)
    assert one is not None
    assert one.provisional("roc_auc") == (True, *(False for _ in modelled.windows[1:]))


def test_severity_is_counted_in_what_matters(modelled: Report) -> None:
    """A worsening of twice the floor is 2; what is not known is 0; without a floor it is the worsening itself."""
    told: MetricReport = modelled.windows[0].performance[0]
    assert severity(replace(told, worsening=0.04, floor=0.02)) == pytest.approx(2.0)
    assert severity(replace(told, worsening=None)) == 0.0
    assert severity(replace(told, worsening=0.5, floor=0.0)) == 0.5
