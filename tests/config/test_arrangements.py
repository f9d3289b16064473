"""From the document to what is arranged, and what is wrong with it, by line."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from driftline.alerting.attention import Manner
from driftline.alerting.quiet import Maintenance
from driftline.alerting.signals import Tier
from driftline.config.arrangements import span, wrong_with
from driftline.config.specification import read_text
from driftline.errors import ConfigError


def test_rules_become_rules() -> None:
    """Names, tiers, patience and advice arrive; the trigger is one of them."""
    text = """
reference: a
alerts:
  trigger: on_accuracy_drop or scheduled_weekly
  fires_after: 2
  rules:
    a: drift.psi.max > 0.25
    b: {when: 'feature("amount").unseen > 0.02', tier: page, for: 3, say: Look.}
"""
    made = read_text(text, Path("driftline.yaml"), {}).alerts
    assert [(one.name, one.tier, one.lasts, one.say) for one in made.book.rules] == [
        ("a", Tier.LOOK, 1, ""),
        ("b", Tier.PAGE, 3, "Look."),
        ("retrain now", Tier.RETRAIN, 1, "Retrain the model."),
    ]
    assert made.patience.fires_after == 2


def test_mistakes_are_told_with_their_lines() -> None:
    """Each rule's mistake stands where the rule stands."""
    text = "reference: a\nalerts:\n  rules:\n    a: drift.pssi.max > 1\n    b: {when: 'rows >'}\n    c: rows\n"
    with pytest.raises(ConfigError) as refused:
        read_text(text, Path("d.yaml"), {})
    assert "d.yaml:4:8: drift has no 'pssi'" in refused.value.fact
    assert "d.yaml:5:15: the rule 'rows >' cannot be read" in refused.value.fact
    assert "d.yaml:6:8: the rule 'rows' is not answered by yes or no" in refused.value.fact


def test_a_column_that_is_not_there_is_told_with_its_line() -> None:
    """The reference's columns are known later; then a rule that names another is refused."""
    made = read_text('reference: a\nalerts:\n  rules:\n    a: feature("amont").psi > 1\n', Path("d.yaml"), {})
    with pytest.raises(ConfigError, match=r"d\.yaml:4:8: the reference has no column 'amont'"):
        made.check_columns(["amount"])


def test_nobody_is_left_in_the_dark_by_mistake() -> None:
    """No defaults and no rules means that nobody is ever told, which nobody wants."""
    with pytest.raises(ConfigError, match="nobody is ever told"):
        read_text("reference: a\nalerts: {defaults: false}\n", Path("d.yaml"), {})


@pytest.mark.parametrize(("text", "count"), [("drift.psi.max > 1", 0), ("drift.pssi.mx > 1 and onn", 2), ("rows", 1), (">", 1)])
def test_one_rule_by_itself(text: str, count: int) -> None:
    """Form first, then names, then what it compares."""
    assert len(list(wrong_with(text, []))) == count


def test_manner_and_quiet_arrive() -> None:
    """How often somebody is told, when not, and what explains what."""
    text = """
reference: a
alerts:
  repeat: 1 day
  escalate_after: 30 minutes
  maintenance:
    - {days: [saturday, sunday], from: "22:00", to: "06:00", timezone: Europe/Berlin}
    - {}
  inhibit: [{source: 'concern="data fault"', target: kind=performance}]
"""
    made = read_text(text, Path("d.yaml"), {}).alerts
    assert made.manner == Manner(timedelta(days=1), timedelta(minutes=30))
    first, second = made.quiet.maintenance
    assert first == Maintenance(days=frozenset({5, 6}), begins=time(22), ends=time(6), timezone="Europe/Berlin")
    assert second == Maintenance()
    assert [str(one.target[0]) for one in made.quiet.inhibitions] == ['kind="performance"']


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("repeat: 1 dya", "'repeat' under 'alerts' should be a length of time"),
        ("maintenance: [{from: 25:00}]", "should be a time of day, not '25:00'"),
        ("maintenance: [{timezone: Mars}]", "there is no time zone called 'Mars'"),
        ("maintenance: [{days: [caturday]}]", "not 'caturday'"),
        ("inhibit: [{source: nmae=a, target: name=b}]", "there is no label called 'nmae'"),
    ],
)
def test_mistakes_in_manner_and_quiet(text: str, fact: str) -> None:
    """Each with its line and what to do."""
    with pytest.raises(ConfigError) as refused:
        read_text(f"reference: a\nalerts: {{{text}}}\n", Path("d.yaml"), {})
    assert "d.yaml:2:" in refused.value.fact
    assert fact in refused.value.fact


@pytest.mark.parametrize("text", ["soon", "1 moon", "0 hours", "1  hour", ""])
def test_what_is_no_length_of_time(text: str) -> None:
    """With an example of one."""
    with pytest.raises(ConfigError, match="is not a length of time"):
        span(text)
