"""What may be written about a new model."""

from __future__ import annotations

from typing import Any

import pytest

from driftline.config.specification import specify
from driftline.errors import ConfigError

BASE: dict[str, Any] = {"reference": "r.csv", "current": "c.csv"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gate": {"metric": "roc_acu"}}, "did you mean 'roc_auc'?"),
        ({"gate": {"guards": {"recal": 0.1}}}, "did you mean 'recall'?"),
        ({"training": {"comand": "train"}}, "did you mean 'command'?"),
        ({"training": {"command": "a", "call": "b:c"}}, "both a command and a call"),
        ({"training": {"call": "train"}}, "write module:function"),
        ({"training": {"command": "a", "timeout": "3 windows"}}, "is no time"),
        ({"training": {"registry": {"mlflow": "sqlite://u:pw@h/x"}}}, "password"),
        ({"training": {"registry": {"mlflow": "${NOWHERE}"}}}, "NOWHERE"),
        ({"rollout": {"canary": [0.5, 1.5]}}, "canary"),
        ({"rollout": {"aims": {"recall": 0}}}, "recall"),
    ],
)
def test_mistakes_are_named_with_what_was_meant(settings: dict[str, Any], said: str) -> None:
    """A metric that cannot be compared, a typo, two ways to train, a time that is none: refused, with a hint."""
    with pytest.raises(ConfigError) as error:
        specify({**BASE, **settings}, {})
    assert said in error.value.fact + error.value.hint
