"""The page of decisions: every rule has a say, and what came of a decision is told step by step."""

from __future__ import annotations

from datetime import UTC, datetime

from driftline.decisions.course import Decided
from driftline.decisions.evidence import Evidence
from driftline.decisions.rules import POLICY, decide
from driftline.decisions.terms import Terms
from driftline.pages.decisions import choices, considered, depth, line, runs, training

NOW = datetime(2026, 1, 5, tzinfo=UTC)
EVIDENCE = Evidence(monitor="m", now=NOW, window="w", broken="errors went up", inputs=("x",), predictions=("p",), unexplained="p moved")
MADE = Decided(EVIDENCE, decide(EVIDENCE, Terms()))


def test_every_rule_is_told_with_its_outcome() -> None:
    """One decided; those after it that apply would have said something; the rest did not apply."""
    told = list(considered(MADE, Terms()))
    assert len(told) == len(POLICY) + 1
    outcomes = {one["name"]: one["outcome"] for one in told}
    assert outcomes["service is broken"] == "decided"
    assert outcomes["data is spoilt"] == "did not apply"
    assert outcomes["nobody knows why"] == outcomes["nothing to do"] == "would have said"


def test_a_decision_is_told_under_headings() -> None:
    """Those with nothing to say are left out; a person may choose any other action."""
    headings = [heading for heading, _ in depth(MADE)]
    assert headings[:2] == ["why", "what spoke against"]
    assert "gain" not in headings
    assert "look" not in choices("look")
    kept = {"id": 1, "action": "look", "reason": "r", "state": "noted", "actor": None, "note": None}
    assert line(kept, "/models/m/decisions")["link"] == "/models/m/decisions?decision=1"


def test_what_came_of_it_is_told_step_by_step() -> None:
    """The gate's checks, the rollout's events with who said so; whether it can be ended."""
    assert training(None) is None
    event = {"at": "2026-01-05T00:00:00", "state": "promoted", "step": 3, "said": "a person said so", "by": "ann", "why": "it is good"}
    proof = {"sentence": "it passes", "checks": [{"name": "a", "outcome": "pass", "sentence": "a: fine"}]}
    kept = {"state": "released", "sentence": "s", "actor": "ann", "request": {"excluded": {"w1": "x"}}, "stopping": False}
    told = training({**kept, "proof": proof, "rollout": {"history": [event]}})
    assert told is not None
    assert (told["gate"], told["excluded"], told["can_stop"]) == ("it passes", ["w1"], False)
    assert told["events"][0]["said"] == "a person said so (ann: it is good)"


def test_decisions_that_say_the_same_are_one_line() -> None:
    """As long as nobody was asked, and not the one that is looked at; what a person said stands alone."""
    said = {"action": "hold", "headline": "Nothing", "note": "", "state": "past"}
    lines = [{**said, "id": at, "window": f"w{at}"} for at in range(9, 0, -1)]
    lines[3] |= {"state": "overridden"}
    found = [(one["id"], one["first"], one["many"]) for one in runs(lines, 8)]
    assert found == [(9, "w9", 1), (8, "w8", 1), (7, "w7", 1), (6, "w6", 1), (5, "w1", 5)]
    assert sum(one["many"] for one in runs(lines, None)) == len(lines)
