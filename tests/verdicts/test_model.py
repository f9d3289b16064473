from __future__ import annotations

import numpy as np
import pytest

from driftline.profile.bins import LevelBins, fit_number_bins
from driftline.profile.outcome import Outcome
from driftline.profile.plan import Plan, Planned
from driftline.schema import Column, Kind, Role, Task
from driftline.verdicts.model import unwatched, usual_coverage
from driftline.verdicts.policy import Goal

LABEL = Planned(Column(name="y", kind=Kind.CATEGORY, role=Role.LABEL), LevelBins(("0", "1")))
SCORE = Planned(Column(name="p", kind=Kind.NUMBER, role=Role.SCORE), fit_number_bins(np.linspace(0, 1, 9)))
OTHER = Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.linspace(0, 1, 9)))


@pytest.mark.parametrize(
    ("columns", "task", "goal", "said"),
    [
        ((SCORE, OTHER), Task.BINARY, Goal(), "hold the label"),
        ((LABEL, OTHER), Task.BINARY, Goal(), "what the model said"),
        ((LABEL, SCORE), Task.REGRESSION, Goal(), "not of one kind"),
        ((SCORE,), Task.NONE, Goal(metric="roc_auc"), "hold the label"),
        ((LABEL, SCORE), Task.RANKING, Goal(), "what each row answers"),
    ],
)
def test_what_is_missing_to_watch_performance_is_said(columns: tuple[Planned, ...], task: Task, goal: Goal, said: str) -> None:
    """Whoever names a task or a metric is told why nothing is said of it."""
    (finding,) = unwatched(Plan(columns), task, goal)
    assert said in finding.what


def test_who_watches_data_alone_is_told_nothing() -> None:
    """Without a task nobody misses performance; and where outcomes are counted nothing is missing."""
    outcome = Outcome(Task.BINARY, "y", None, ("p",), ("0", "1"), ((0.5,),))
    assert unwatched(Plan((OTHER,)), Task.NONE, Goal()) == ()
    assert unwatched(Plan((LABEL, SCORE), outcome=outcome), Task.BINARY, Goal()) == ()


def test_a_reference_without_labels_has_no_coverage() -> None:
    """Nothing is divided by nothing."""
    assert usual_coverage([]) == 0.0


def test_a_reference_without_labels_is_said() -> None:
    """Whoever has predictions and a label's column without labels is told so, even without a task."""
    (finding,) = unwatched(Plan((LABEL, SCORE)), Task.NONE, Goal(), labelled=False)
    assert "no row of the reference has a label in 'y'" in finding.what
    assert unwatched(Plan((LABEL, OTHER)), Task.NONE, Goal(), labelled=False) == ()
