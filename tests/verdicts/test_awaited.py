"""Labels that are still to come: frauds are reported in days, all else is known after three weeks, and nothing has changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import pyarrow as pa
import pytest

import driftline
from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Role, Task
from driftline.verdicts.awaited import BY_CLASS, awaited
from driftline.verdicts.report import Cause, LabelReport, Report, Verdict, WindowReport
from driftline.window import Cadence, Window, Windowing
from driftline.wiring import compare

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS, ROWS, SLOW = 45, 250, 21.0
MONITOR = Monitor(
    name="payments",
    task=Task.BINARY,
    windowing=Windowing(Cadence.DAY),
    hints=ColumnHints(roles={"ts": Role.TIMESTAMP, "p": Role.SCORE, "fraud": Role.LABEL}, label_time="known"),
)


def table(first: int, days: int, now: float | None, seed: int = 0, share: float = 0.2) -> pa.Table:
    """Payments of some days as they are known after `now` days; with all labels for None."""
    dice = np.random.default_rng([seed, first + 100])
    made = np.sort(dice.uniform(first, first + days, days * ROWS))
    fraud = dice.random(made.size) < share
    score = np.clip(dice.normal(0.3 + 0.4 * fraud, 0.15), 0, 1)
    known = made + np.where(fraud, dice.exponential(2.0, made.size), SLOW)
    if now is not None:
        there = made <= now
        made, fraud, score, known = (part[there] for part in (made, fraud, score, known))
    come = known <= (np.inf if now is None else now)

    def times(days: np.ndarray) -> list[datetime]:
        return [START + timedelta(days=float(day)) for day in days]

    label = pa.array(fraud.astype(int), mask=~come)
    return pa.table({"ts": times(made), "p": score, "fraud": label, "known": pa.array(times(known), mask=~come)})


def said(now: float, share: float = 0.2, seed: int = 0) -> Report:
    """What is said at the end of a day."""
    reference, current = table(-60, 60, None, seed), table(0, DAYS, now, seed, share)
    report = compare(reference, current, monitor=MONITOR, now=START + timedelta(days=now))
    assert isinstance(report, Report)
    return report


def label(window: WindowReport) -> tuple[Verdict, Cause]:
    """What is said of the label's column."""
    (one,) = [column for column in window.columns if column.role is Role.LABEL]
    return one.verdict, one.cause


@pytest.fixture(scope="module")
def settled() -> Report:
    """After 45 days."""
    return said(45.0)


def test_early_labels_change_nothing(settled: Report) -> None:
    """Nearly all labels of the newest days are frauds; only how the model does with each class is judged by them."""
    late = [window for window in settled.windows if window.labels is not None and window.labels.provisional]
    assert len(late) >= SLOW - 1
    assert {label(window) for window in late} == {(Verdict.INCONCLUSIVE, Cause.AWAITED)}
    for metric in (metric for window in late for metric in window.performance):
        if metric.metric in BY_CLASS:
            assert metric.verdict is not Verdict.DRIFTED
        else:
            assert metric.verdict is Verdict.INCONCLUSIVE
            assert metric.cause in {Cause.AWAITED, Cause.NO_LABELS, Cause.UNDEFINED}
            assert metric.cause is not Cause.AWAITED or "usually have" in metric.reason
    assert not [window.window.label for window in settled.windows if window.verdict is Verdict.DRIFTED]


def test_windows_whose_labels_are_there_are_judged(settled: Report) -> None:
    """The oldest days are judged by all their labels, and a label that is awaited keeps no window from being stable."""
    ripe = [window for window in settled.windows if window.labels is not None and not window.labels.provisional]
    assert len(ripe) >= 15
    assert Cause.AWAITED not in {label(window)[1] for window in ripe}
    assert any(metric.verdict is Verdict.STABLE for window in ripe for metric in window.performance)
    newest = settled.windows[-2]
    assert newest.verdict is not Verdict.INCONCLUSIVE or any(
        column.verdict is Verdict.INCONCLUSIVE for column in newest.columns if column.role is not Role.LABEL
    )


def test_a_change_is_told_once_its_labels_are_there() -> None:
    """Twice as many frauds are found in the days that are old enough, and only there."""
    report = said(45.0, share=0.4)
    drifted = [window for window in report.windows if label(window)[0] is Verdict.DRIFTED]
    assert len(drifted) >= 10
    assert not any(window.labels is not None and window.labels.provisional for window in drifted)


def test_windows_without_an_age_are_taken_as_they_are() -> None:
    """One table by itself is judged by the labels it has; many in a row are held against each other."""
    one = LabelReport(labelled=5, coverage=0.1, expected=None, maturity=None, provisional=True, mature_on=None, reason="few")
    timeless = [Window(i, f"rows {i}") for i in range(4)]
    timed = Window(0, "a day", START, START + timedelta(days=1))
    assert awaited(timeless[:1], [one]) == {}
    assert awaited(timeless, [one] * 4) == dict.fromkeys(range(4), "not judged before the labels have come: few")
    assert awaited([timed], [one]) == {0: "not judged before the labels have come: few"}
    assert awaited([timed], [None]) == {}


def picky(seed: int, rows: int, now: str, flipped: float = 0.0, known: str = "all") -> dict[str, np.ndarray]:
    """A calibrated model, of whose rows all, those with high scores, or few negative ones have a label; some truth is turned over."""
    dice = np.random.default_rng(seed)
    score = dice.beta(0.5, 0.5, rows)
    label = ((dice.random(rows) < score) ^ (dice.random(rows) < flipped)).astype(float)
    kept = {"all": np.ones(rows, dtype=bool), "high": score > 0.4, "positive": label == 1}[known] | (dice.random(rows) < 0.1)
    times = np.datetime64(now) + (np.arange(rows) * 6 * 86400 // rows).astype("timedelta64[s]")
    return {"ts": times, "x": dice.normal(size=rows), "score": score, "label": np.where(kept, label, np.nan)}


@pytest.mark.parametrize("known", ["high", "positive"])
def test_labels_of_some_kinds_of_rows_only_tell_nothing_of_the_model(known: str) -> None:
    """An unchanged model is not called worse for them, nor its labels changed; like is held against a reference that is alike."""
    settings = {"columns": {"timestamp": "ts"}, "window": "day", "performance": {"metric": "accuracy"}}
    now = picky(2, 12_000, "2026-02-01", known=known)
    for report in (
        driftline.compare(picky(1, 12_000, "2026-01-01"), now, **settings),
        driftline.compare(picky(1, 12_000, "2026-01-01"), {name: rows[:2_000] for name, rows in now.items()}, window="whole"),
    ):
        for window in report.windows:
            assert window.labels is not None
            assert window.labels.selected
            assert {one.verdict for one in window.performance} == {Verdict.INCONCLUSIVE}
            assert label(window) == (Verdict.INCONCLUSIVE, Cause.AWAITED)
            assert window.verdict is not Verdict.DRIFTED
    like = driftline.compare(picky(1, 12_000, "2026-01-01", known=known), now, **settings)
    assert not any(window.labels and window.labels.selected for window in like.windows)
    assert Verdict.STABLE in {window.performance[0].verdict for window in like.windows}
    assert not any(window.verdict is Verdict.DRIFTED for window in like.windows)


@pytest.mark.parametrize("seeds", [range(1, 2), pytest.param(range(2, 22), marks=pytest.mark.soak)])
def test_looking_at_early_labels_every_day_keeps_the_promise(seeds: range) -> None:
    """Nothing changes, and each day's frauds are looked at as they come: no more windows are called worse than one in thirty."""
    worse, judged = set(), 0
    for seed, day in product(seeds, range(25, 46, 4)):
        for window in said(float(day), seed=seed).windows:
            verdicts = {metric.verdict for metric in window.performance}
            worse |= {(seed, window.window.label)} if Verdict.DRIFTED in verdicts else set()
            judged += window.labels is not None and window.labels.provisional and Verdict.STABLE in verdicts
    assert judged, "early labels are judged at all"
    assert len(worse) <= len(seeds) * DAYS / 30
