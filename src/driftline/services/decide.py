"""Decide: from a report to what should be done about it, now, or at the end of one window after another."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from driftline.decisions.course import Decided, course
from driftline.decisions.evidence import Past
from driftline.decisions.losses import whole
from driftline.decisions.reading import read
from driftline.decisions.rules import decide
from driftline.services.narrow import one_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    import numpy as np

    from driftline.decisions.evidence import Evidence
    from driftline.monitor import Monitor
    from driftline.profile.profile import Profile
    from driftline.verdicts.diagnosis import Diagnosis
    from driftline.verdicts.report import Report, WindowReport
    from driftline.window import Window

MOST = 60
"""Of many windows that are judged at once, so many are decided on, the newest."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """What is known beside a report that is about some windows only.

    Attributes:
        diagnoses: why windows drifted that were explained before.
        later: windows of all rows that were judged before and come after the report's, with their counts.
        past: what was done before.
    """

    diagnoses: Mapping[Window, tuple[Diagnosis, ...]] = field(default_factory=dict)
    later: tuple[tuple[WindowReport, Profile], ...] = ()
    past: Past = field(default_factory=Past)


def decide_now(report: Report, monitor: Monitor, rng: np.random.Generator) -> Decided:
    """Decide on what one check found.

    Args:
        report: of the check.
        monitor: what was checked; it carries the owner's terms and what is known of the past.
        rng: halves rows where cheap remedies are tried.
    """
    with one_thread():
        evidence = read(report, monitor.terms, monitor.policy.goal, rng, past=monitor.past)
        return Decided(evidence, decide(evidence, monitor.terms))


def decide_due(
    report: Report, recalled: Recalled, fresh: Collection[Window], monitor: Monitor, rng: Callable[[], np.random.Generator]
) -> tuple[Decided, ...]:
    """Decide at the end of each window that was never judged before, and at the newest, whose decision late labels may revise.

    Args:
        report: of the windows that are due and of those before them.
        recalled: what is known beside it.
        fresh: windows that were never judged before.
        monitor: what is watched.
        rng: makes the same generator for every decision, so that none depends on how many were taken before.

    Returns:
        Decisions in the order of time, the newest last; none where there is no window of all rows.
    """
    pairs = [(_explained(window, recalled), profile) for window, profile in whole(report)]
    pairs = sorted((*pairs, *recalled.later), key=lambda pair: pair[0].window)
    said, done = monitor.past, recalled.past
    asked = replace(
        monitor,
        past=replace(
            done,
            trained=done.trained or said.trained,
            deployed=done.deployed or said.deployed,
            previous=done.previous or said.previous,
            retrains=(*said.retrains, *done.retrains),
            answered=(*said.answered, *done.answered),
        ),
    )
    found = []
    for place, (window, _) in enumerate(pairs):
        newest = place == len(pairs) - 1
        if newest or (window.window in fresh and place >= len(pairs) - MOST):
            some = pairs[: place + 1]
            ended = window.window.end
            created = report.created if newest or not isinstance(ended, datetime) else min(ended, report.created)
            looked = replace(report, created=created, windows=tuple(one for one, _ in some), profiles=tuple(one for _, one in some))
            found.append(decide_now(looked, asked, rng()))
    return tuple(found)


def _explained(window: WindowReport, recalled: Recalled) -> WindowReport:
    return replace(window, diagnosis=recalled.diagnoses[window.window]) if window.window in recalled.diagnoses else window


def decide_along(
    reports: Iterable[Report],
    monitor: Monitor,
    rng: Callable[[], np.random.Generator],
    serves: Callable[[Decided], bool] | None = None,
) -> Iterator[Decided]:
    """Decide at the end of one window after another, each time knowing only what was known then.

    Args:
        reports: in the order of time, each as it would have been made then.
        monitor: what was checked.
        rng: makes the same generator for every report, so that no decision depends on how many came before.
        serves: as `driftline.decisions.course.course` has it.
    """

    def looks() -> Iterator[Callable[[Past], Evidence]]:
        for report in reports:

            def look(past: Past, report: Report = report) -> Evidence:
                return read(report, monitor.terms, monitor.policy.goal, rng(), past=past)

            yield look

    return course(looks(), monitor.terms, monitor.past, serves)
