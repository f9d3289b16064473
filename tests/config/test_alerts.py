"""What may be written about alerts."""

from __future__ import annotations

from driftline.config.alerts import Alerts, WrittenRule


def test_a_rule_may_be_its_expression_alone() -> None:
    """The short form is a text, the long one a group."""
    said = Alerts.model_validate({"rules": {"a": "rows > 1", "b": {"when": "rows > 2", "tier": "page", "for": 2}}})
    assert said.rules == {"a": "rows > 1", "b": WrittenRule.model_validate({"when": "rows > 2", "tier": "page", "for": 2})}


def test_nothing_has_to_be_written() -> None:
    """Defaults are on."""
    assert Alerts().defaults
    assert (Alerts().fires_after, Alerts().resolves_after) == (1, 2)
