"""What is asked of a training run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from driftline.errors import ConfigError
from driftline.training.order import End, Order, Recipe, Run

ORDER = Order(model="m", reason="recall fell", rows="rows", digest="d", champion="3")


def test_the_same_request_has_the_same_name() -> None:
    """Rows, champion, reason and recipe make the name; where the rows lie and how long it may take do not."""
    recipe = Recipe(command=("train",))
    key = ORDER.key(recipe)
    assert key == replace(ORDER, rows="elsewhere").key(replace(recipe, timeout=timedelta(hours=9)))
    others = [replace(ORDER, reason="other"), replace(ORDER, digest="e"), replace(ORDER, champion="4"), replace(ORDER, model="n")]
    assert len({key, ORDER.key(Recipe(command=("train", "-v"))), *(other.key(recipe) for other in others)}) == 6


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"command": ("a",), "call": "a:b"},
        {"call": "train"},
        {"command": ("a",), "attempts": 0},
        {"command": ("a",), "timeout": timedelta(0)},
    ],
)
def test_a_recipe_that_trains_nothing_is_refused(wrong: dict[str, Any]) -> None:
    """Exactly one way to train, some time, and an attempt."""
    with pytest.raises(ConfigError):
        Recipe(**wrong)


def test_a_run_comes_back_from_paper() -> None:
    """What is written down is what is read."""
    run = Run(key="k", end=End.FAILED, why="it said no", attempt=2)
    assert Run.read(run.written()) == run
    assert run.over
    assert not replace(run, end=End.RUNNING).over
