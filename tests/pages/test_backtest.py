"""The newest backtest as the page of decisions shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from driftline.decisions.matrix import Matrix
from driftline.decisions.policies import compare
from driftline.pages.backtest import POINTS, spent, told
from driftline.reports.bill import to_dict
from driftline.store.backtests import Kept

NOW = datetime(2026, 1, 5, tzinfo=UTC)
WINDOWS = tuple(f"day {day}" for day in range(12))
MODEL, WINDOW = np.indices((12, 12))
MATRIX = Matrix(np.where(WINDOW >= MODEL, 1.0 + 4.0 * ((WINDOW >= 5) & (MODEL <= 5)), np.nan), 3.0)
SAID = to_dict(compare(MATRIX, {5}, (), np.random.default_rng(0)), WINDOWS, "EUR") | {"rows": None, "curve": None, "assumed": ["a cost"]}


def shown(**changes: Any) -> dict[str, Any]:
    """What the page shows of a backtest."""
    found = told(Kept(SAID | changes, "anna", NOW))
    assert found is not None
    return found


def test_a_policy_a_line_as_the_command_tells_it() -> None:
    """Cost, trainings, regret, and how much dearer than ours; ours and the oracle are marked; what was assumed is said."""
    assert told(None) is None
    found = shown()
    ours = next(one for one in found["policies"] if one["kind"] == "ours")
    assert (ours["name"], ours["cost"], ours["retrains"], ours["regret"], ours["dearer"]) == ("this policy", "19", 1, "0", "")
    never = next(one for one in found["policies"] if one["kind"] == "never")
    assert (never["cost"], never["retrains"]) == ("40", 0)
    assert never["dearer"].startswith("21 (")
    assert (found["many"], found["span"], found["notes"], found["actor"]) == (12, "day 0 to day 11", ["a cost"], "anna")


def test_the_figure_ends_at_the_cost() -> None:
    """Every line begins at nothing and ends where its policy's cost lies; a larger cost is further up."""
    figure = shown()["figure"]
    ends = {one["name"]: float(one["path"].rpartition(" ")[2]) for one in figure["lines"]}
    begins = {one["path"].partition(" L")[0] for one in figure["lines"]}
    assert len(begins) == 1
    ranked = sorted(SAID["policies"], key=lambda one: one["cost"])
    assert ends[ranked[-1]["name"]] == min(ends.values()) < ends[ranked[0]["name"]] == max(ends.values())


def test_a_long_past_is_thinned_and_an_impossible_one_is_not_drawn() -> None:
    """A line has no more points than can be seen, its last among them; sums that are no numbers and no costs at all draw nothing."""
    one = SAID["policies"][0]
    long = shown(policies=[{**one, "spent": [1.0] * 9001}])["figure"]["lines"][0]["path"]
    assert long.count("L") <= 2 * POINTS
    assert long.endswith("812.0 12.0")
    assert shown(policies=[{**one, "spent": [0.0, 0.0]}])["figure"] is None
    assert shown(policies=[{**one, "spent": [1e308, 1e308]}])["figure"] is None
    assert shown(policies=[{**one, "spent": [1e308, 1e308, -1e308]}])["figure"] is None


def test_the_figures_numbers_end_at_the_cost() -> None:
    """A line for each window and policy, each sum ending at what the policy had cost."""
    _, *lines = spent(Kept(SAID, "anna", NOW))
    assert len(lines) == len(WINDOWS) * len(SAID["policies"])
    for one in SAID["policies"]:
        assert [cost for _, name, cost in lines if name == one["name"]][-1] == pytest.approx(one["cost"])
