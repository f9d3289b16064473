"""Documents for people who answer for a model."""

from __future__ import annotations

from datetime import UTC, datetime

from driftline.decisions.decision import Action, Consent
from driftline.decisions.rules import POLICY
from driftline.decisions.terms import CONSENTS, Blackout, Schedule, Terms
from driftline.monitor import Monitor
from driftline.reports.papers import Paper, Section, policy, to_html, to_markdown

HOSTILE = Paper("<b>a|b</b>", (Section("x", ("<script>y</script>",), (("h", "<i>"), ("1", "a|b"))),))


def test_strangers_names_stay_names() -> None:
    """Neither Markdown nor HTML takes a name for markup, in tables either."""
    markdown, page = to_markdown(HOSTILE), to_html(HOSTILE)
    assert "<" not in markdown
    assert len({line.count("|") for line in markdown.splitlines() if line.startswith("|")}) == 1
    assert "<script>" not in page
    assert "<i>" not in page
    assert "<td>a|b</td>" in page


def test_a_policy_says_all_that_was_decided_beforehand() -> None:
    """Every rule, every term and everybody who has to agree."""
    day = datetime(2026, 11, 25, tzinfo=UTC)
    terms = Terms(
        schedule=Schedule.WEEKLY, cost=40.0, enough=80, blackouts=(Blackout(day, day.replace(day=30)),),
        consents={**CONSENTS, Action.RECALIBRATE: Consent.AUTOMATIC},
    )  # fmt: skip
    told = to_markdown(policy(Monitor(name="shop", terms=terms), "trained by python train.py", "no worse than 0.01"))
    for said in (*(rule.says for rule in POLICY), "weekly", "80 labels", "costs 40", "2026-11-25", "python train.py", "no worse than 0.01"):
        assert said in told
    assert "| recalibrate | goes ahead by itself |" in told
    assert "| retrain | a person agrees |" in told
