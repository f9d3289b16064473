"""Gaps between groups that have a limit, from a report to a decision and to the health score."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

import driftline as dl
from driftline.decisions.decision import Action
from driftline.decisions.gaps import beyond, last_told, unequal
from driftline.decisions.health import health
from driftline.decisions.reading import read
from driftline.decisions.rules import decide
from driftline.decisions.terms import Terms
from driftline.verdicts.policy import Goal
from driftline.verdicts.report import Verdict

if TYPE_CHECKING:
    from driftline.verdicts.report import Report, WindowReport

LIMITS = {"demographic_parity_difference": 0.1, "equal_opportunity_difference": 0.1}


@cache
def report(*, unkind: bool) -> Report:
    """Two windows of a model; in the second one group may need a higher score to be told yes."""

    def people(rows: int, seed: int, more: float) -> dict[str, np.ndarray]:
        dice = np.random.default_rng(seed)
        group, score = dice.choice(["a", "b", "c"], rows), dice.random(rows)
        said = (score > 0.5 + more * (group == "b")).astype(int)
        return {"group": group, "score": score, "y_pred": said, "label": (dice.random(rows) < score).astype(float)}

    parts = [people(3_000, 2, 0.0), people(3_000, 3, 0.3 if unkind else 0.0)]
    now = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} | {"day": np.repeat(["mon", "tue"], 3_000)}
    settings = {"segments": ["group"], "performance": {"metric": "roc_auc", "fairness": LIMITS}, "window": {"column": "day"}}
    return dl.compare(people(12_000, 1, 0.0), now, **settings).found


def whole(found: Report) -> list[WindowReport]:
    """Its windows of all rows."""
    return [window for window in found.windows if window.segment is None]


def test_a_gap_beyond_its_limit_is_looked_into_and_is_in_the_score() -> None:
    """The decision names group and limit, and the score loses the share of gaps that are beyond their limits."""
    found = report(unkind=True)
    evidence = read(found, Terms(), Goal(), np.random.default_rng(0))
    decision = decide(evidence, Terms())
    assert (decision.action, decision.rule) == (Action.LOOK, "groups are treated unequally")
    assert "least for b" in decision.reason
    assert "beyond its limit since tue; so is 1 more" in decision.reason
    score = health(found, evidence)
    assert (score.performance, score.fairness) == (1.0, 0.0)
    assert score.score == pytest.approx(100 * (0.3 * score.data + 0.2 * score.knowledge))


def test_equal_treatment_changes_nothing() -> None:
    """Where groups are treated alike the decision is to hold, and the score is whole."""
    found = report(unkind=False)
    evidence = read(found, Terms(), Goal(), np.random.default_rng(0))
    assert decide(evidence, Terms()).action is Action.HOLD
    assert (evidence.unequal, health(found, evidence).fairness) == ("", 1.0)


def test_the_newest_word_counts_and_spoilt_windows_have_none() -> None:
    """A window that cannot tell leaves what was said before; one whose data is spoilt says nothing of how people are treated."""
    first, second = whole(report(unkind=True))
    silent = replace(second, fairness=tuple(replace(one, verdict=Verdict.INCONCLUSIVE) for one in second.fairness))
    assert len(beyond(last_told([first, second, silent], ()))) == 2
    assert unequal(last_told([first, second], {"tue"})) == unequal({}) == ""
