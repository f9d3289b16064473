"""The words of a decision."""

from __future__ import annotations

import pytest

from driftline.decisions.decision import Gain


@pytest.mark.parametrize(("cost", "pays"), [(None, None), (5.0, True), (10.0, False), (20.0, False)])
def test_a_gain_pays_where_its_lower_end_is_above_its_cost(*, cost: float | None, pays: bool | None) -> None:
    """Nobody is told that something pays because it might; without a cost nobody knows."""
    assert Gain(30.0, 10.0, 50.0, "EUR", cost).pays is pays
