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


@pytest.mark.parametrize("seed", [7, *(pytest.param(seed, marks=pytest.mark.soak) for seed in (1, 2, 3, 11))])
def test_each_true_event_is_one_group_and_at_most_one_message_is_false(tmp_path: Path, seed: int) -> None:
    """With defaults alone: a harmless campaign, an upstream fault and a new attack, each in one incident."""
    pytest.importorskip("sklearn", reason="the simulated model needs scikit-learn")
    write(PaymentsConfig(seed=seed, companions=messages.COMPANIONS), tmp_path)
    (tmp_path / "driftline.yaml").write_text(messages.YAML)
    tale = messages.told(tmp_path, json.loads((tmp_path / "truth.json").read_text()))
    assert tale.false <= 1
    assert tale.groups == {"campaign": 1, "unit_fault": 1, "attack": 1}
    assert tale.messages <= 6
