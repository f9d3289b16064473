from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from driftline.schema import Kind, Role
from driftline.verdicts.report import Cause, ColumnReport, Concern, MetricReport, Verdict, WindowReport
from driftline.window import Window


@dataclass(frozen=True)
class Scene:
    """Makes reports of days, columns and metrics."""

    start: datetime = datetime(2026, 3, 1, tzinfo=UTC)
    day: timedelta = timedelta(days=1)

    def column(
        self, name: str, verdict: Verdict = Verdict.DRIFTED, concern: Concern = Concern.INPUT, worst: str = "shift", weight: float = 1.0
    ) -> ColumnReport:
        """What is said of a column."""
        return ColumnReport(
            name=name, kind=Kind.NUMBER, role=Role.FEATURE, verdict=verdict, cause=Cause.CHANGED, concern=concern,
            reason="moved up by 1 sd", seen=verdict is Verdict.DRIFTED, since="2026-03-01" if verdict is Verdict.DRIFTED else None,
            worst=worst, weight=weight, importance=None, rows_needed=None, scores=(),
        )  # fmt: skip

    def metric(self, verdict: Verdict = Verdict.DRIFTED, worsening: float = 0.03, *, decides: bool = True) -> MetricReport:
        """What is said of a metric."""
        return MetricReport(
            metric="roc_auc", title="AUC", better="higher", decides=decides, verdict=verdict, cause=Cause.WORSE,
            reason="AUC is 0.8", since="2026-03-01",
            rows=1000, coverage=1.0, value=0.8, interval=(0.78, 0.82), estimate=None, reference=0.83, worsening=worsening,
            worsening_interval=None, p_value=None, floor=0.02, threshold=None, detectable=None, rows_needed=None,
        )  # fmt: skip

    def window(
        self, number: int, *columns: ColumnReport, metrics: tuple[MetricReport, ...] = (), segment: str | None = None
    ) -> WindowReport:
        """A day's report."""
        begin = self.start + number * self.day
        verdict = Verdict.DRIFTED if any(c.verdict is Verdict.DRIFTED for c in columns) else Verdict.STABLE
        return WindowReport(
            window=Window(number, begin.date().isoformat(), begin, begin + self.day), segment=segment, rows=1000, verdict=verdict,
            reason="", columns=columns, performance=metrics,
        )  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    """Makes reports."""
    return Scene()
