"""Measure: each window's metrics by labels and by scores alone."""

from __future__ import annotations

import numpy as np

from driftline.performance.binned import estimate_counts, learn
from driftline.performance.metric import measure as realised
from driftline.performance.metric import metrics_for
from driftline.profile.outcome import Outcome, OutcomeCounts
from driftline.profile.outcome_rows import OutcomeRows, count_outcome, said_by
from driftline.schema import Task
from driftline.services.measure import measure
from driftline.verdicts.policy import Goal
from driftline.window import Window

OUTCOME = Outcome(Task.BINARY, "y", None, ("p",), ("0", "1"), (tuple(np.arange(1, 64) / 64),))


def counted(rows: int, seed: int, *, labelled: bool = True) -> OutcomeCounts:
    """A calibrated model's scores, with labels or without."""
    rng = np.random.default_rng(seed)
    scores = (rng.random(rows),)
    came = (rng.random(rows) < scores[0]).astype(np.int64) if labelled else np.full(rows, 2)
    return count_outcome(OUTCOME, OutcomeRows(said_by(OUTCOME, scores), came, scores))


def test_says_of_each_window_what_is_said_of_it_alone() -> None:
    """Windows and segments come out as they went in, each with the values and estimates it has by itself."""
    reference = counted(3000, 0)
    windows = {(side, Window(i, str(i))): counted(500 + i, i + 1) for i in range(3) for side in (None, "c=a")}
    found = measure(OUTCOME, reference, windows, goal=Goal(metric="f2"))
    binned, names = learn(OUTCOME, reference), ("f2", *metrics_for(OUTCOME))
    assert binned is not None
    assert [(one.segment, one.window) for one in found] == list(windows)
    for one, counts in zip(found, windows.values(), strict=True):
        assert one.realised == {name: realised(name, OUTCOME, counts) for name in names}
        assert one.estimated == {each.metric: each for each in estimate_counts(OUTCOME, binned, counts, names)}


def test_estimates_where_no_label_has_come() -> None:
    """Without labels nothing is realised, and the estimate is that of the same rows with their labels."""
    window = Window(0, "now")
    (with_labels,), (without,) = (
        measure(OUTCOME, counted(3000, 0), {(None, window): counted(800, 1, labelled=labelled)}) for labelled in (True, False)
    )
    assert not any(value.known for value in without.realised.values())
    assert without.estimated == with_labels.estimated


def test_nothing_is_estimated_from_too_few_labels() -> None:
    """A reference of a few rows says nothing of what scores mean; labels are measured all the same."""
    (found,) = measure(OUTCOME, counted(5, 0), {(None, Window(0, "now")): counted(800, 1)})
    assert found.estimated == {}
    assert found.realised["roc_auc"].known
