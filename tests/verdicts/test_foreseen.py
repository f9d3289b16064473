from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit

from driftline.monitor import ColumnHints, Monitor
from driftline.performance.assumption import Trust
from driftline.performance.estimate import Estimated
from driftline.schema import Role
from driftline.sources.opening import open_source
from driftline.verdicts.foreseen import Foreseen, with_estimates
from driftline.verdicts.gauge import Gauge, Standard
from driftline.verdicts.policy import Goal, Policy
from driftline.verdicts.report import Cause, MetricReport, Report, Verdict
from driftline.window import Cadence, Windowing
from driftline.wiring import compare_sources

ROWS = 1_500
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def table(seed: int, rows: int, *, known: float = 1.0, shift: float = 0.0, turned: float = 0.0) -> pa.Table:
    """A model that has seen one of two numbers that matter; the other moves, labels turn, and some have not come."""
    dice = np.random.default_rng(seed)
    x, z = dice.normal(size=rows), dice.normal(shift, 1, rows)
    truth = (dice.random(rows) < expit(x + 1.2 * z)) ^ (dice.random(rows) < turned)
    score = expit(0.8 * x)
    label = pa.array(truth.astype(int), mask=dice.random(rows) >= known)
    return pa.table({"x": x, "z": z, "score": score, "y_pred": (score >= 0.5).astype(int), "y_true": label})


def checked(windows: list[pa.Table], reference: pa.Table, goal: Goal | None = None) -> Report:
    """A check of windows of equal size."""
    hints = ColumnHints(roles={"score": Role.SCORE, "y_pred": Role.PREDICTION, "y_true": Role.LABEL})
    windowing = Windowing(Cadence.ROWS, rows=ROWS)
    monitor = Monitor(hints=hints, windowing=windowing, policy=Policy(goal=goal or Goal(metric="f1")))
    current = open_source(pa.concat_tables(windows), name="current")
    return compare_sources(open_source(reference, name="reference"), current, monitor, now=NOW)


@cache
def blind() -> Report:
    """Four windows with labels, then one without, then one without in which what the model has not seen has moved far."""
    windows = [table(10 + k, ROWS) for k in range(4)]
    return checked([*windows, table(20, ROWS, known=0), table(21, ROWS, known=0, shift=-1.2)], table(1, 15_000))


def test_windows_without_labels_are_estimated_beside_some_that_have_them() -> None:
    """Every metric that can be has an estimate with its interval and method, where there are labels and where there are none."""
    told = blind().windows
    for window in told:
        for metric in window.performance:
            assert (metric.estimate is None) == (metric.metric == "ece")
    f1 = told[4].performance[0].estimate
    assert f1 is not None
    assert f1.interval is not None
    assert f1.interval[0] < f1.value < f1.interval[1]
    assert (f1.method, f1.trusted, f1.worse) == ("dr", True, False)
    assert told[4].performance[0].value is None


def test_the_estimate_comes_true() -> None:
    """What must be where labels have not come is what they would say."""
    truth = table(21, ROWS, shift=-1.2)
    said, came = truth["y_pred"].to_numpy(), truth["y_true"].to_numpy()
    estimate = blind().windows[5].performance[0].estimate
    assert estimate is not None
    assert estimate.interval is not None
    assert estimate.interval[0] <= 2 * (said & came).sum() / (said.sum() + came.sum()) <= estimate.interval[1]


def test_earlier_estimates_are_a_record() -> None:
    """Each estimate tells how many earlier windows have both, and how far apart they were."""
    records = [window.performance[0].estimate.record for window in blind().windows if window.performance[0].estimate]
    assert [record.windows if record else 0 for record in records] == [0, 1, 2, 3, 4, 4]
    last = records[-1]
    assert last is not None
    assert last.held >= 3
    assert 0 < last.error < 0.05


def test_a_trusted_drop_is_a_verdict_and_says_what_cannot_be_known() -> None:
    """A window without labels is worse by a trusted estimate; the sentence tells what it assumes and how many labels would tell more."""
    told = blind().windows[5]
    metric = told.performance[0]
    assert (metric.verdict, metric.cause, metric.since) == (Verdict.DRIFTED, Cause.FORESEEN, told.window.label)
    assert metric.value is None
    assert "worse than" in metric.reason
    assert "cannot be known without labels" in metric.reason


def test_what_would_be_needed_is_told() -> None:
    """A small change would take more labels than a large one, and one that the reference cannot show takes none: it is said."""
    for floor, words in ((0.15, "labels, and about"), (0.001, "the reference has too few")):
        goal = Goal(metric="f1", floors={"f1": floor})
        metric = checked([table(22, ROWS, known=0)], table(7, 6_000), goal).windows[0].performance[0]
        assert metric.estimate is not None
        assert (metric.estimate.labels_needed is None) == (floor < 0.01)
        assert words in metric.reason


def test_what_inputs_explain_is_told_where_labels_show_a_loss() -> None:
    """The parts add to the observed change; turned labels are a changed relation, a moved input is not."""
    good = [table(30 + k, ROWS) for k in range(2)]
    report = checked([*good, table(40, ROWS, turned=0.3), table(41, ROWS, shift=-1.2)], table(2, 15_000))
    turned, moved = (window.performance[0] for window in report.windows[2:])
    for metric in (turned, moved):
        assert metric.verdict is Verdict.DRIFTED
        assert metric.change is not None
        assert metric.value is not None
        assert metric.reference is not None
        assert metric.change.inputs + metric.change.relation == pytest.approx(metric.value - metric.reference, abs=1e-12)
    assert turned.change is not None
    assert moved.change is not None
    assert turned.change.p_value < 1e-6
    assert "their relation to labels has changed" in turned.reason
    assert abs(moved.change.relation) < abs(moved.change.inputs) / 3
    assert "no change of their relation to labels is shown" in moved.reason


def test_labels_that_came_break_the_estimate() -> None:
    """Where the labelled part of a window shows another relation, the estimate is shown and not trusted."""
    goal = Goal(metric="f1", floors={"f1": 0.3})
    report = checked([table(50, ROWS), table(51, ROWS, known=0.7, turned=0.2)], table(3, 9_000), goal)
    metric = report.windows[1].performance[0]
    assert metric.estimate is not None
    assert not metric.estimate.trusted
    assert "relation" in metric.estimate.why


def test_a_reference_without_labels_and_full_labels_cost_nothing() -> None:
    """Nothing is estimated where nothing could be learnt, nor where all is known and well."""
    unlabelled = checked([table(60, ROWS), table(61, ROWS)], table(4, 5_000, known=0))
    assert all(metric.estimate is None for window in unlabelled.windows for metric in window.performance)
    known = checked([table(62, ROWS), table(63, ROWS)], table(5, 5_000))
    assert all(metric.estimate is None for window in known.windows for metric in window.performance)


def test_the_same_data_gives_the_same_estimates() -> None:
    """Dice are the plan's: two checks agree to the last bit."""
    both = [checked([table(70, ROWS), table(71, ROWS, known=0)], table(6, 4_000)) for _ in range(2)]
    first, again = (report.windows[1].performance[0].estimate for report in both)
    assert first == again


def test_numbers_are_estimated_too() -> None:
    """A regression's errors are foreseen where an input that makes them larger moves."""

    def numbers(seed: int, rows: int, *, known: float = 1.0, shift: float = 0.0) -> pa.Table:
        dice = np.random.default_rng(seed)
        x, z = dice.normal(size=rows), dice.normal(shift, 1, rows)
        came = 3 * x + dice.normal(size=rows) * (1 + np.abs(z))
        return pa.table({"x": x, "z": z, "y_pred": 3 * x, "y_true": pa.array(came, mask=dice.random(rows) >= known)})

    hints = ColumnHints(roles={"y_pred": Role.PREDICTION, "y_true": Role.LABEL})
    monitor = Monitor(hints=hints, windowing=Windowing(Cadence.ROWS, rows=ROWS))
    current = pa.concat_tables([numbers(1, ROWS), numbers(2, ROWS, known=0, shift=1.5)])
    sources = open_source(numbers(3, 12_000), name="reference"), open_source(current, name="current")
    metric = compare_sources(*sources, monitor, now=NOW).windows[1].performance[0]
    assert metric.metric == "mae"
    assert metric.estimate is not None
    assert metric.reference is not None
    assert metric.estimate.worse
    assert metric.estimate.method == "dr"
    # Without a record it is shown, and no more.
    assert metric.estimate.record is not None
    assert metric.estimate.record.windows == 1
    assert metric.verdict is Verdict.INCONCLUSIVE


class TestRecords:
    """What a record of misses does."""

    def reports(self, values: list[float | None]) -> list[tuple[MetricReport, ...]]:
        """Windows in which so much was realised."""
        return [(report(value),) for value in values]

    def test_estimates_that_missed_are_not_trusted(self) -> None:
        """After three windows whose realised values lay outside, no estimate is trusted, and none is a verdict."""
        found = {(w, "accuracy"): guess(0.7) for w in range(4)}
        foreseen = Foreseen(found, frozenset({0, 1, 2}))
        told = with_estimates(self.reports([0.9, 0.9, 0.9, None]), foreseen, [standard()], list("abcd"), level=0.001, confidence=0.9)
        estimate = told[3][0].estimate
        assert estimate is not None
        assert estimate.worse
        assert not estimate.trusted
        assert "3 of 3 earlier ones missed what came true" in told[3][0].reason
        assert told[3][0].verdict is Verdict.INCONCLUSIVE

    def test_a_run_of_foreseen_losses_has_one_beginning(self) -> None:
        """Neighbouring windows that are worse by their estimates are one loss."""
        found = {(w, "accuracy"): guess(0.9 if w < 3 else 0.7) for w in range(5)}
        foreseen = Foreseen(found, frozenset({0, 1, 2}))
        told = with_estimates(self.reports([0.9, 0.9, 0.9, None, None]), foreseen, [standard()], list("abcde"), level=0.001, confidence=0.9)
        assert [metrics[0].since for metrics in told] == [None, None, None, "d", "d"]
        assert told[4][0].cause is Cause.FORESEEN

    def test_an_unproven_drop_is_only_shown(self) -> None:
        """Without earlier estimates to go by, a drop is marked and told, and the verdict stays inconclusive."""
        told = with_estimates(
            self.reports([None]), Foreseen({(0, "accuracy"): guess(0.7)}), [standard()], ["a"], level=0.001, confidence=0.9
        )
        assert told[0][0].estimate is not None
        assert told[0][0].estimate.worse
        assert told[0][0].verdict is Verdict.INCONCLUSIVE


def guess(value: float) -> Estimated:
    """An estimate that is sound."""
    ends = {"low": value - 0.02, "high": value + 0.02, "realised_low": value - 0.02, "realised_high": value + 0.02}
    return Estimated(metric="accuracy", method="pape", value=value, error=0.01, rows=1_000, trust=Trust.SOUND, why="", **ends)


def standard() -> Standard:
    """A reference of an accuracy of 0.9."""
    reading = replace(guess(0.9), error=0.001, low=0.898, high=0.902)
    gauge = Gauge("accuracy", "accuracy", "higher", read=lambda _: reading, joined=lambda _: None, known=lambda _: 0, share=True)
    return Standard(gauge, reading, 1.0, 0.02, decides=True)


def report(value: float | None) -> MetricReport:
    """What labels say."""
    known = value is not None
    return MetricReport(
        metric="accuracy",
        title="accuracy",
        better="higher",
        decides=True,
        verdict=Verdict.STABLE if known else Verdict.INCONCLUSIVE,
        cause=Cause.NO_CHANGE if known else Cause.NO_LABELS,
        reason="so it is",
        since=None,
        rows=1_000 if known else 0,
        coverage=1.0 if known else 0.0,
        value=value,
        interval=None,
        estimate=None,
        reference=0.9,
        worsening=None,
        worsening_interval=None,
        p_value=None,
        floor=0.02,
        threshold=None,
        detectable=None,
        rows_needed=None,
    )
