"""Cheap remedies, tried on rows whose labels are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from driftline.decisions.cheap import cheap_remedies
from driftline.decisions.evidence import Loss
from driftline.decisions.losses import whole
from driftline.verdicts.policy import Goal

if TYPE_CHECKING:
    from typing import Any

    from driftline.decisions.evidence import Cheap
    from driftline.verdicts.report import Report

LOSS = Loss(metric="accuracy", title="accuracy", since="2026-03-01", worsening=0.1, low=0.06, high=0.14, floor=0.02, rows=900, sentence="")


def tried(report: Report, loss: Loss | None, remedies: tuple[str, ...] = ("isotonic", "threshold")) -> tuple[Cheap, ...]:
    """Remedies of a report."""
    plan, dice = report.reference.plan, np.random.default_rng(0)
    return cheap_remedies(plan.outcome, report.reference.outcome, whole(report), loss, Goal(), (), dice, remedies=remedies)


def test_scores_that_are_too_high_and_rank_as_before_are_calibrated(story: Any) -> None:
    """The remedy is offered, surely gains, and brings most of the loss back."""
    found = tried(story.report(harsh=range(12)), None)
    assert [one.kind for one in found] == ["recalibrate"]
    assert found[0].gain.low > 0
    assert found[0].restores > 0.5


def test_a_threshold_that_is_too_low_is_moved(story: Any) -> None:
    """Where accuracy fell because scores are too high, another threshold brings it back."""
    (found,) = tried(story.report(harsh=range(12)), LOSS)
    assert found.kind.startswith("move the threshold to 0.8")
    assert found.gain.low > 0


def test_only_what_was_asked_for_is_tried(story: Any) -> None:
    """Both ways to calibrate, one of them, or none; a threshold only where that is among them."""
    report = story.report(harsh=range(12))
    both = tried(report, None, ("platt", "isotonic"))
    assert [one.kind for one in both] == ["recalibrate", "recalibrate by a logistic curve"]
    assert all(one.gain.low > 0 for one in both)
    assert tried(report, None, ("threshold",)) == tried(report, LOSS, ("isotonic",)) == tried(report, LOSS, ()) == ()


def test_nothing_is_offered_where_nothing_is_wrong_or_nothing_cheap_would_help(story: Any) -> None:
    """Clean scores are left alone; an order of scores cannot be mended by moving them; an estimate is no ground for it."""
    assert tried(story.report(), None) == ()
    ranks = Loss(metric="roc_auc", title="AUC", since="", worsening=0.1, low=0.06, high=0.14, floor=0.02, rows=900, sentence="", ranks=True)
    assert tried(story.report(harsh=range(12)), ranks) == ()
