"""From the document to what is arranged, and what is wrong with it, by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from driftline.alerting.signals import Tier
from driftline.config.arrangements import wrong_with
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
