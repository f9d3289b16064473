"""What a rule is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.decisions.rules import POLICY, REST

if TYPE_CHECKING:
    from driftline.decisions.rule import Rule


def test_every_usual_rule_has_a_name_of_its_own_and_a_sentence() -> None:
    """A decision names its rule, and a policy is read as sentences."""
    rules: tuple[Rule, ...] = (*POLICY, REST)
    assert len({rule.name for rule in rules}) == len(rules)
    assert all(rule.says.endswith(".") and rule.says[0].isupper() for rule in rules)
