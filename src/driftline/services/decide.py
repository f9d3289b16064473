"""Decide: from a report to what should be done about it, now, or at the end of one window after another as it would have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

from driftline.decisions.course import Decided, course
from driftline.decisions.reading import read
from driftline.decisions.rules import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np

    from driftline.decisions.evidence import Evidence, Past
    from driftline.monitor import Monitor
    from driftline.verdicts.report import Report


def decide_now(report: Report, monitor: Monitor, rng: np.random.Generator) -> Decided:
    """Decide on what one check found.

    Args:
        report: of the check.
        monitor: what was checked; it carries the owner's terms and what is known of the past.
        rng: halves rows where cheap remedies are tried.
    """
    with threadpool_limits(1, user_api="blas"):  # as in check
        evidence = read(report, monitor.terms, monitor.policy.goal, rng, past=monitor.past)
        return Decided(evidence, decide(evidence, monitor.terms))


def decide_along(reports: Iterable[Report], monitor: Monitor, rng: Callable[[], np.random.Generator]) -> Iterator[Decided]:
    """Decide at the end of one window after another, each time knowing only what was known then.

    Args:
        reports: in the order of time, each as it would have been made then.
        monitor: what was checked.
        rng: makes the same generator for every report, so that no decision depends on how many came before.
    """

    def looks() -> Iterator[Callable[[Past], Evidence]]:
        for report in reports:

            def look(past: Past, report: Report = report) -> Evidence:
                return read(report, monitor.terms, monitor.policy.goal, rng(), past=past)

            yield look

    return course(looks(), monitor.terms, monitor.past)
