"""Words that decisions share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy import stats

from driftline.decisions.evidence import Loss
from driftline.decisions.wording import sure

LOSS = Loss(metric="m", title="m", since="a", worsening=0.1, low=0.1 - 1.6448536, high=0.1 + 1.6448536, floor=0.02, rows=9, sentence="")


@pytest.mark.parametrize("worsening", [-1.0, 0.02, 0.1, 3.0])
def test_how_sure_a_loss_is_is_a_normal_probability(worsening: float) -> None:
    """With a standard error of 1 it is the normal distribution function of what lies beyond the floor."""
    half = (LOSS.high - LOSS.low) / 2
    moved = replace(LOSS, worsening=worsening, low=worsening - half, high=worsening + half)
    assert sure(moved) == pytest.approx(stats.norm.cdf(worsening - LOSS.floor), abs=1e-6)


def test_a_loss_without_an_error_is_certain_either_way() -> None:
    """An interval of no width leaves no doubt."""
    assert sure(replace(LOSS, low=0.1, high=0.1)) == 1.0
    assert sure(replace(LOSS, worsening=0.0, low=0.0, high=0.0)) == 0.0
