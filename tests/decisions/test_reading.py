"""From a report to evidence, and to the right decision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.decisions.decision import Action
from driftline.decisions.reading import read
from driftline.decisions.rules import decide
from driftline.decisions.terms import Terms
from driftline.verdicts.policy import Goal

if TYPE_CHECKING:
    from typing import Any

    from driftline.decisions.evidence import Evidence
    from driftline.verdicts.report import Report


def evidence(report: Report) -> Evidence:
    """What a report says, with no terms."""
    return read(report, Terms(), Goal(), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("happens", "action"),
    [
        ({}, Action.HOLD),
        ({"moved": range(6, 12)}, Action.HOLD),
        ({"scaled": range(10, 12)}, Action.FIX_DATA),
        ({"scaled": range(6, 8)}, Action.HOLD),
        ({"turned": range(6, 12)}, Action.RETRAIN),
        ({"harsh": range(12)}, Action.RECALIBRATE),
        ({"unlabelled": range(9, 12)}, Action.HOLD),
    ],
    ids=["nothing", "inputs moved", "a fault lasts", "a fault is over", "the model turned", "scores are too high", "labels are late"],
)
def test_each_story_has_its_decision(story: Any, happens: dict[str, range], action: Action) -> None:
    """What is right to do is decided from the report of a real check."""
    assert decide(evidence(story.report(**happens)), Terms()).action is action


def test_moved_inputs_are_named_and_nothing_else(story: Any) -> None:
    """Inputs and predictions that moved in the newest window stand in the evidence; the model is known to be well."""
    found = evidence(story.report(moved=range(6, 12)))
    assert found.inputs == ("x",)
    assert found.predictions == ("score",)
    assert found.loss is None
    assert found.settled == found.window == "2026-03-12"


def test_a_report_without_windows_decides_nothing(story: Any) -> None:
    """Where there is nothing to look at nothing is done."""
    empty = replace(story.report(), windows=(), profiles=())
    assert decide(evidence(empty), Terms()).action is Action.HOLD


@pytest.mark.parametrize("seed", range(1, 6))
def test_on_clean_data_it_is_held(story: Any, seed: int) -> None:
    """Nothing but hold where nothing happened."""
    assert decide(evidence(story.report(count=20, seed=seed)), Terms()).action is Action.HOLD
