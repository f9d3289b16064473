"""What the document says of a new model, in the domain's terms."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from driftline.config.release import InFolder, InMlflow, Releasing, period
from driftline.config.specification import specify
from driftline.errors import ConfigError
from driftline.rollout.gate import Rule
from driftline.rollout.plan import Aim, Mode
from driftline.traffic.haproxy import Haproxy
from driftline.traffic.webhook import Webhook

BASE: dict[str, Any] = {"reference": "r.csv", "current": "c.csv"}


def read(**settings: Any) -> Releasing:
    """What settings say of releasing."""
    return specify({**BASE, **settings}, {"MLFLOW": "http://ml"}, directory=Path("/srv")).releasing


def test_what_is_not_said_is_usual() -> None:
    """Without a word there is a gate, a ramp, a folder of models; only how to train has to be said."""
    found = read(columns={"score": "p"}, task="binary")
    assert found.gate.primary == Rule("roc_auc", 0.01)
    assert [step.weight for step in found.plan.steps] == [0.0, 0.05, 0.25, 0.5]
    assert [step.slack for step in found.plan.steps] == [1.0, 3.0, 1.5, 1.0]
    assert found.plan.aims == (Aim("roc_auc", 0.01),)
    assert found.registry == InFolder(Path("/srv/.driftline/models"))
    assert found.holdout == timedelta(days=7)
    with pytest.raises(ConfigError, match="not said how a model is trained"):
        found.training()


def test_what_is_said_arrives() -> None:
    """Command, limits, margins and steps are those that were written."""
    found = read(
        task="regression",
        training={
            "command": "python 'my train.py'",
            "timeout": "2 hours",
            "memory_mb": 64,
            "attempts": 3,
            "registry": {"mlflow": "${MLFLOW}"},
        },
        gate={"margin": 0.5, "guards": {"mse": 2.0}, "latency_ms": 50, "size_mb": 1.5, "churn": 0.2, "level": 0.1},
        rollout={"shadow": False, "canary": [0.5, 0.1], "step": "10 minutes", "aims": {"mae": 0.7}, "slow_ms": 100, "errors": 0.0},
    )
    recipe = found.training()
    assert recipe.command == ("python", "my train.py")
    assert (recipe.timeout, recipe.memory, recipe.attempts) == (timedelta(hours=2), 64 << 20, 3)
    assert found.registry == InMlflow("http://ml")
    assert (found.gate.primary, found.gate.guards) == (Rule("mae", 0.5), (Rule("mse", 2.0),))
    assert (found.gate.latency, found.gate.size, found.gate.churn, found.gate.level) == (0.05, 1_500_000, 0.2, 0.1)
    assert [(step.weight, step.mode) for step in found.plan.steps] == [(0.1, Mode.CANARY), (0.5, Mode.CANARY)]
    assert (found.plan.aims, found.plan.limits.errors, found.slow) == ((Aim("mae", 0.7),), 0.0, 0.1)


def test_a_call_is_a_recipe_too() -> None:
    """A Python function in place of a program, and a program that scores."""
    found = read(training={"call": "shop:fit", "score": ["score", "--fast"]})
    assert found.training().call == "shop:fit"
    assert found.score is not None
    assert found.score.command == ("score", "--fast")


def test_windows_are_no_time() -> None:
    """How long a window lasts depends on the monitor."""
    with pytest.raises(ConfigError, match="is no time"):
        period("3 windows")


def test_a_traffic_layer_of_ones_own_is_read() -> None:
    """A socket's path begins where the YAML lies, an address does not; a webhook's secret comes from the environment."""
    said = {"shadow": False, "traffic": {"haproxy": "run/admin.sock", "backend": "models", "challenger": "green"}}
    assert read(rollout=said).traffic == Haproxy(address="/srv/run/admin.sock", backend="models", challenger="green")
    said = {"shadow": False, "traffic": {"haproxy": "lb:9999", "backend": "models"}}
    assert read(rollout=said).traffic == Haproxy(address="lb:9999", backend="models")
    found = read(rollout={"traffic": {"webhook": "${MLFLOW}", "secret": "${MLFLOW}"}}).traffic
    assert (found, "http://ml" in repr(found).removeprefix("Webhook(url='http://ml'")) == (
        Webhook(url="http://ml", secret="http://ml"),
        False,
    )


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"traffic": {}}, "names neither"),
        ({"traffic": {"haproxy": "a:1", "webhook": "http://b"}}, "names both"),
        ({"traffic": {"webhook": "b"}}, "no address of a webhook"),
        ({"traffic": {"haproxy": "a:1"}}, "which backend"),
        ({"traffic": {"haproxy": "a:1", "backend": "b"}}, "begins with a shadow"),
    ],
)
def test_a_traffic_layer_that_cannot_be_is_refused(said: dict[str, Any], fact: str) -> None:
    """None or both, no backend, a shadow where nothing can be mirrored."""
    with pytest.raises(ConfigError, match=fact):
        read(rollout=said)
