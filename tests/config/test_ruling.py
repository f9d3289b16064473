"""Rules of the policy, as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.config.specification import specify
from driftline.decisions.rules import POLICY, policy_of
from driftline.errors import ConfigError


def rules(said: dict[str, Any]) -> list[str]:
    """The names of the policy that a document makes."""
    document = {"reference": "r", "current": "c", "decisions": {"rules": said}}
    return [rule.name for rule in policy_of(specify(document, {}).monitor.terms)]


def test_rules_become_the_policy() -> None:
    """Those of one's own stand before the usual ones, or where they say; a usual one may be left out."""
    names = [rule.name for rule in POLICY]
    assert rules({"bad": {"when": "loss.times > 5", "do": "fall back"}}) == ["bad", *names]
    assert rules({"bad": {"when": "on_loss", "do": "look", "before": names[3]}}) == [*names[:3], "bad", *names[3:]]
    assert rules({names[0]: "leave out"}) == names[1:]


@pytest.mark.parametrize(
    ("name", "rule", "told"),
    [
        ("bad", "leave out", "no usual rule called 'bad'"),
        ("bad", {"when": "loss.tims > 5", "do": "look"}, "loss.tims"),
        ("bad", {"when": "drift.psi.max > 5", "do": "look"}, "no evidence called 'drift'"),
        ("bad", {"when": "on_loss.now", "do": "look"}, "has no parts"),
        ("bad", {"when": "loss.times >", "do": "look"}, "cannot be read"),
        ("bad", {"when": "loss.times", "do": "look"}, "not answered by yes or no"),
        ("bad", {"when": "on_loss", "do": "look", "before": "the modle does worse"}, "no rule called"),
        ("bad", {"when": "on_loss", "do": "shout"}, "shout"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_decided(name: str, rule: object, told: str) -> None:
    """What it is, and where."""
    with pytest.raises(ConfigError) as caught:
        rules({name: rule})
    assert told in str(caught.value)
