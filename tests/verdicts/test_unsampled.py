from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np
import pyarrow as pa
from scipy.special import expit

from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Role
from driftline.sources.opening import open_source
from driftline.verdicts import foreseen
from driftline.verdicts.policy import Goal, Policy
from driftline.verdicts.report import Report, Verdict
from driftline.window import Cadence, Windowing
from driftline.wiring import compare_sources

ROWS, BLIND = 400, 34


def table(seed: int, rows: int, *, known: bool) -> pa.Table:
    """A calibrated model that is better for one kind of rows."""
    dice = np.random.default_rng(seed)
    kind = dice.integers(0, 2, rows)
    evidence = dice.normal(0, np.where(kind == 1, 3.0, 1.0))
    truth = dice.random(rows) < expit(evidence)
    label = pa.array(truth.astype(int), mask=np.full(rows, not known))
    kinds = pa.array(["easy" if one else "hard" for one in kind])
    return pa.table({"x": evidence + dice.normal(size=rows), "kind": kinds, "score": expit(evidence), "y_true": label})


@cache
def report() -> Report:
    """One window with labels, and more without than are estimated from rows; by kind of rows, too."""
    hints = ColumnHints(roles={"score": Role.SCORE, "y_true": Role.LABEL}, segments=("kind",))
    monitor = Monitor(hints=hints, windowing=Windowing(Cadence.ROWS, rows=ROWS), policy=Policy(goal=Goal(metric="accuracy")))
    current = pa.concat_tables([table(1, ROWS, known=True), table(2, BLIND * ROWS, known=False)])
    sources = open_source(table(3, 6_000, known=True), name="reference"), open_source(current, name="current")
    return compare_sources(*sources, monitor, now=datetime(2026, 1, 1, tzinfo=UTC))


def test_every_window_without_labels_is_estimated() -> None:
    """The newest from rows, those before from their scores' counts, which agree and are never trusted."""
    told = [window.performance[0].estimate for window in report().windows if window.segment is None][1:]
    assert len(told) == BLIND
    methods = [one.method for one in told if one is not None]
    assert methods == ["cbpe"] * (BLIND - foreseen.BLIND) + ["dr"] * foreseen.BLIND
    means = [np.mean([one.value for one in told if one is not None and one.method == method]) for method in ("cbpe", "dr")]
    assert abs(means[0] - means[1]) < 0.02
    assert not any(one.trusted for one in told if one is not None and one.method == "cbpe")


def test_segments_are_estimated_by_their_own_scores() -> None:
    """Each segment's windows without labels have estimates of their own: the easy rows' accuracy is far above the hard ones'."""
    parts = [window for window in report().windows if window.segment is not None]
    easy, hard = (
        np.array([one.value for w in parts if kind in (w.segment or "") and (one := w.performance[0].estimate) is not None])
        for kind in ("easy", "hard")
    )
    assert easy.size == hard.size == BLIND
    assert easy.mean() > hard.mean() + 0.08
    assert all(window.performance[0].verdict is not Verdict.DRIFTED for window in parts)
