"""An incident with what answers it: which decision that is, and its report as a document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from driftline.decisions.course import Decided
from driftline.decisions.evidence import Evidence
from driftline.decisions.rules import decide
from driftline.decisions.terms import Terms
from driftline.monitor import Monitor
from driftline.pages.incident import answering, incident_of, paper
from driftline.profile.plan import Plan
from driftline.profile.profile import Profile
from driftline.reports.papers import to_markdown
from driftline.verdicts.report import Report, Verdict

NOW = datetime(2026, 1, 5, tzinfo=UTC)
MEMBER = {
    "name": "amount",
    "kind": "column",
    "segment": "",
    "concern": "data fault",
    "tier": "retrain",
    "since": "w1",
    "sentence": "amount: 100 times as large",
}
KEPT: dict[str, Any] = {"number": 7, "opened": NOW, "closed": None, "window": "w1", "tier": "retrain", "members": [MEMBER], "messages": []}


@pytest.mark.parametrize(
    ("decided", "trained", "expected"),
    [
        ([], set(), None),
        ([(1, "hold", "noted"), (2, "hold", "noted")], set(), 2),
        ([(1, "fix data", "open"), (2, "hold", "noted")], set(), 1),
        ([(1, "fix data", "overridden"), (2, "retrain", "open")], set(), 1),
        ([(1, "retrain", "approved"), (2, "fix data", "approved")], {1}, 1),
        ([(1, "retrain", "replaced"), (2, "retrain", "open"), (3, "look", "noted")], set(), 2),
    ],
)
def test_which_decision_answers_an_incident(decided: list[tuple[int, str, str]], trained: set[int], expected: int | None) -> None:
    """What was acted on before what only was said; of several the last."""
    found = answering([{"id": ident, "action": action, "state": state} for ident, action, state in decided], trained)
    assert (None if found is None else found["id"]) == expected


def test_the_report_says_what_was_done_and_who_was_told() -> None:
    """From the first sign to the outcome, in one document."""
    evidence = Evidence(monitor="m", now=NOW, window="w1", broken="errors went up")
    nothing = Profile.empty(Plan(()))
    report = Report(
        monitor="m", created=NOW, verdict=Verdict.DRIFTED, reason="r", since="w1", promise="", reference=nothing, windows=(), profiles=()
    )
    training = {
        "began": NOW,
        "actor": "ann",
        "gate": "it passes",
        "changed": NOW,
        "state": "released",
        "sentence": "the last step has shown it",
    }
    event = {"at": NOW.isoformat(), "state": "promoted", "said": "the last step has shown it too"}
    done = {
        "answer": {"at": NOW, "by": "bob", "note": "mine"},
        "decision": {"answered": NOW, "state": "approved", "actor": "ann", "instead": None, "note": "go on"},
        "training": {**training, "events": [event]},
    }
    letter = {"created": NOW, "subject": "[act soon] m: data fault", "receivers": [{"receiver": "team", "done": True, "error": ""}]}
    made = paper(Monitor(name="m"), {**KEPT, "messages": [letter]}, report, Decided(evidence, decide(evidence, Terms())), done)
    text = to_markdown(made)
    for said in ("Incident 7: m", "bob took it up", "approved by ann: go on", "the gate: it passes", "released", "→ team"):
        assert said in text
    assert incident_of(KEPT).firing
