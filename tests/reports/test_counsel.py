"""A decision in words and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jsonschema

from driftline.decisions.decision import Action, Consent, Decision, Gain, How, Moment, When
from driftline.decisions.evidence import Evidence
from driftline.reports.counsel import advice, asides, in_depth
from driftline.reports.document import schema, to_dict
from driftline.reports.html import to_html
from driftline.reports.markdown import to_markdown
from driftline.reports.text import to_text

if TYPE_CHECKING:
    from driftline.verdicts.report import Report

DECISION = Decision(
    action=Action.RETRAIN,
    rule="the model does worse",
    reason="AUC is <b>worse</b>",
    because=("AUC is 0.8",),
    when=When(Moment.LABELS, datetime(2026, 4, 1, tzinfo=UTC), 20, "after 20 more labels"),
    how=How(since="2026-03-26", keep_out=("2026-03-20",), sampling="recent", sentence="all rows"),
    gain=Gain(0.1, 0.05, 0.15, "AUC", None),
    confidence=0.98,
    consent=Consent.ASK,
)
HOLD = Decision(action=Action.HOLD, rule="nothing to do", reason="nothing changed", because=("nothing changed",))


def test_a_decision_is_one_sentence_and_a_few_asides() -> None:
    """What, when and why first; then how, what it brings, and who has to agree."""
    assert advice(DECISION) == "retrain, after 20 more labels: AUC is <b>worse</b>"
    assert asides(DECISION) == [
        "all rows",
        "it should bring 0.1 (0.05 to 0.15) AUC",
        "98% sure, by the rule 'the model does worse'; a person has to agree",
    ]
    assert "agree" not in asides(HOLD)[-1]


def test_in_depth_nothing_is_left_out() -> None:
    """Every heading of a decision has its sentences; of one to hold those that make no sense are empty."""
    evidence = Evidence(monitor="m", now=datetime(2026, 3, 30, tzinfo=UTC), window="2026-03-29", polluted=("2026-03-20",))
    told = dict(in_depth(DECISION, evidence))
    assert told["why"] == ("AUC is 0.8",)
    assert told["what spoke against"] == ("nothing",)
    assert told["when"] == ("after 20 more labels",)
    assert told["kept out of training"] == ("2026-03-20",)
    assert dict(in_depth(HOLD, evidence))["when"] == ()


def test_every_report_ends_with_its_decision(report: Report) -> None:
    """Text, Markdown, HTML and JSON tell it, strangers' words escaped; without a decision none of them mentions one."""
    assert "Decision\nretrain, after 20 more labels: AUC is <b>worse</b>" in to_text(report, decision=DECISION)
    assert "**Decision: retrain, after 20 more labels: AUC is &#60;b&#62;worse" in to_markdown(report, decision=DECISION)
    assert "AUC is &lt;b&gt;worse" in to_html(report, DECISION)
    document = json.loads(json.dumps(to_dict(report, DECISION)))
    jsonschema.Draft202012Validator(schema()).validate(document)
    assert document["decision"]["when"]["labels"] == 20
    assert document["decision"]["when"]["at"] == "2026-04-01T00:00:00+00:00"
    assert "Decision" not in to_text(report) + to_markdown(report)
    assert 'id="decision"' not in to_html(report)
    assert to_dict(report)["decision"] is None
