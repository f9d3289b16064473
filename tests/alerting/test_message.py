from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.alerting.alert import Patience
from driftline.alerting.incident import Board, take_in
from driftline.alerting.message import Message, compose
from driftline.verdicts.report import Concern, Verdict

if TYPE_CHECKING:
    from conftest import Scene

    from driftline.verdicts.report import ColumnReport, MetricReport


def first(scene: Scene, *columns: ColumnReport, metrics: tuple[MetricReport, ...] = ()) -> Message:
    """The message of the first window."""
    _, (notice,) = take_in(Board(), [scene.window(0, *columns, metrics=metrics)], scene.start + scene.day, Patience())
    return compose("payments", notice)


@pytest.mark.parametrize(
    ("concern", "subject", "todo"),
    [
        (Concern.FAULT, "[act soon] payments: data fault in x since 2026-03-01", "Repair the feed of x"),
        (Concern.PREDICTION, "[look into it] payments: prediction drift in x since 2026-03-01", "labels will tell"),
        (Concern.LABEL, "[look into it] payments: label drift in x since 2026-03-01", "labels are made as before"),
        (Concern.PERFORMANCE, "[act now] payments: AUC is worse (0.83 → 0.8) since 2026-03-01", "retrain on rows from 2026-03-01"),
    ],
)
def test_a_message_says_what_since_when_and_what_to_do(scene: Scene, concern: Concern, subject: str, todo: str) -> None:
    """The subject alone tells whether to get up; the last sentence tells what to do."""
    worse = concern is Concern.PERFORMANCE
    message = first(scene, metrics=(scene.metric(worsening=0.2),)) if worse else first(scene, scene.column("x", concern=concern))
    assert message.subject == subject
    assert todo in message.body


def test_what_goes_with_it_is_named_up_to_a_number(scene: Scene) -> None:
    """A few are named, the others counted."""
    many = first(scene, scene.column("amount", concern=Concern.FAULT), *(scene.column(f"c{i}") for i in range(9)))
    assert "With it: c0, c1, c2 and 6 more." in many.body


def test_the_end_is_told_with_how_long_it_lasted(scene: Scene) -> None:
    """A resolved message says from when to when."""
    patience = Patience(resolves_after=1)
    board, _ = take_in(Board(), [scene.window(0, scene.column("amount", concern=Concern.FAULT))], scene.start + scene.day, patience)
    _, (notice,) = take_in(board, [scene.window(1, scene.column("amount", Verdict.STABLE))], scene.start + 2 * scene.day, patience)
    assert compose("payments", notice).subject == "[resolved] payments: data fault in amount is over (2026-03-01 to 2026-03-02)"
