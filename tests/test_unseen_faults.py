"""Faults in tables that nobody has seen: made by `bench/faulty.py`, which is no package; `bench/bench_faults.py` measures many."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest


def loaded() -> Any:
    """The tables of the bench."""
    spec = spec_from_file_location("faulty", Path(__file__).parents[1] / "bench" / "faulty.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["faulty"] = module
    spec.loader.exec_module(module)
    return module


faulty: Any = loaded()

UNSEEN = {"rounded", "replayed rows", "clock shift"}
"""These may leave every distribution as it was: then nothing drifted, and nothing is diagnosed."""


@pytest.mark.parametrize("seed", [0, 107])
def test_the_right_column_and_the_right_name_come_first(seed: int) -> None:
    """Of all that can be done to a random table the first explanation is right, but for one in twenty."""
    names = tuple(name for name in faulty.NAMES if name not in UNSEEN)
    outcomes = list(faulty.tried(faulty.Faulty(seed), names))
    assert len(outcomes) >= 15
    wrong = [outcome for outcome in outcomes if not outcome.kind]
    assert len(wrong) <= 0.05 * len(outcomes), wrong
    assert all(outcome.column for outcome in outcomes if outcome not in wrong)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_nothing_is_named_on_clean_days(seed: int) -> None:
    """With a season, a little drift, missing values and the number of the day among the columns, no day is accused."""
    assert not any(faulty.accused(faulty.Faulty(seed)))
