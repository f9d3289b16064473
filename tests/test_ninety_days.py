"""Ninety days with 50 columns, in which three things happen: each is one group, and nobody is told of what does not happen."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from driftline.simulator import PaymentsConfig, write

if TYPE_CHECKING:
    from types import ModuleType


def loaded() -> ModuleType:
    """The bench that counts messages, which is no package."""
    spec = spec_from_file_location("bench_messages", Path(__file__).parents[1] / "bench" / "bench_messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["bench_messages"] = module
    spec.loader.exec_module(module)
    return module


messages: Any = loaded()


def tale(place: Path, seed: int) -> Any:
    """What is told, with defaults alone."""
    pytest.importorskip("sklearn", reason="the simulated model needs scikit-learn")
    write(PaymentsConfig(seed=seed, companions=messages.COMPANIONS), place)
    (place / "driftline.yaml").write_text(messages.YAML)
    return messages.told(place, json.loads((place / "truth.json").read_text()))


def test_each_true_event_is_one_group_and_at_most_one_message_is_false(tmp_path: Path) -> None:
    """The demo's own days: a harmless campaign, an upstream fault and a new attack, each in one incident."""
    found = tale(tmp_path, 7)
    assert found.false <= 1
    assert found.groups == {"campaign": 1, "unit_fault": 1, "attack": 1}
    assert found.messages <= 6


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 11])
def test_other_streams_tell_nothing_false_either(tmp_path: Path, seed: int) -> None:
    """At most one false message; the fault and the attack are one incident each. The campaign is two here, which is told in the docs."""
    found = tale(tmp_path, seed)
    assert found.false <= 1
    assert (found.groups["unit_fault"], found.groups["attack"]) == (1, 1)
