"""Densities and likelihoods of rows that lie among others: against scipy's laws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from driftline.diagnosis.curve import Curve
from driftline.diagnosis.within import density, group, likelihood

SHARES = np.linspace(0.0, 1.0, 2001)
NORMAL = Curve(stats.norm.ppf(SHARES.clip(1e-5, 1 - 1e-5), 20, 5), SHARES, 1e6, np.empty(0), np.empty((0, 4)))


def test_a_density_is_that_of_the_law() -> None:
    """In its own unit and in another one; nothing lies beyond its ends."""
    x = np.array([12.0, 17.0, 20.0, 26.0])
    assert density(NORMAL, x) == pytest.approx(stats.norm.pdf(x, 20, 5), rel=0.25)
    assert density(NORMAL, x * 1.8 + 32, 1.8, 32.0) == pytest.approx(stats.norm.pdf(x, 20, 5) / 1.8, rel=0.25)
    assert density(NORMAL, np.array([-50.0, 90.0])).tolist() == [0.0, 0.0]


def test_rows_in_another_unit_are_likelier_to_be_so_than_a_group_of_their_own() -> None:
    """A fifth in hundredths; and the other way round where the fifth is something else."""
    rng = np.random.default_rng(0)
    usual, hundredths = rng.normal(20, 5, 400), rng.normal(20, 5, 100) / 100
    mixed = np.concatenate([usual, hundredths])
    assert likelihood(NORMAL, mixed, 0.01, 0.0, 0.2) > group(NORMAL, mixed, (0.0, 0.4), 0.2) > likelihood(NORMAL, mixed, 1.0, 0.0, 0.0)
    other = np.concatenate([usual, rng.normal(0.35, 0.01, 100)])
    assert group(NORMAL, other, (0.3, 0.4), 0.2) > likelihood(NORMAL, other, 0.01, 0.0, 0.2)


def test_one_value_is_no_group() -> None:
    """A group has a width."""
    assert group(NORMAL, np.array([20.0, 20.0, 31.0]), (19.0, 21.0), 0.5) == -np.inf
