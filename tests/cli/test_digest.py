"""A profile in a few numbers per column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.cli.digest import LEVELS, digest
from driftline.profile.bins import fit_level_bins, fit_number_bins
from driftline.profile.plan import Plan, Planned
from driftline.profile.reference import Cells, count
from driftline.schema import Column, Kind


def numbers(reference: Any, values: Any) -> Any:
    """The digest of numbers that were counted in the reference's bins."""
    none = np.zeros(len(values), dtype=bool)
    plan = Plan((Planned(Column(name="x", kind=Kind.NUMBER), fit_number_bins(np.asarray(reference, float))),))
    return digest(count(plan, {"x": Cells(np.asarray(values, float), [None] * len(values), none, none)}, len(values)))[0]


def test_numbers_are_those_of_numpy() -> None:
    """Mean, deviation and range are exact; a quantile is within a fine bin of the truth."""
    values = np.random.default_rng(1).lognormal(3, 1, 20_000)
    found = numbers(values, values)
    assert found.mean == pytest.approx(values.mean(), rel=1e-6)
    assert found.deviation == pytest.approx(values.std(), rel=1e-6)
    assert (found.least, found.greatest) == (values.min(), values.max())
    assert found.quantiles == pytest.approx(np.quantile(values, LEVELS), rel=0.02)
    assert found.distinct == pytest.approx(20_000, rel=0.15)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60))
def test_quantiles_rise_and_stay_within_the_range(reference: list[float], values: list[float]) -> None:
    """Also for values that the reference never had."""
    found = numbers(reference, values)
    assert list(found.quantiles) == sorted(found.quantiles)
    assert min(values) <= found.quantiles[0]
    assert found.quantiles[-1] <= max(values)


def test_point_masses_are_exact() -> None:
    """A default value is itself, not something near it."""
    assert numbers([0, 0, 0, 5, 7], [0.0] * 90 + [7.0] * 10).quantiles == (0.0, 0.0, 0.0, 0.0, 7.0)


def test_infinities_are_told() -> None:
    """A column of mostly infinite values has an infinite median; what is not a number is odd."""
    found = numbers([1, 2, 3], [np.inf] * 8 + [1.0, -np.inf, np.nan])
    assert found.quantiles[2] == np.inf
    assert found.quantiles[0] == -np.inf
    assert found.odd == 1


def test_nothing_counted_is_nothing_told() -> None:
    """A column without a value has no mean, and an empty profile no share."""
    found = numbers([1, 2], [np.nan])
    assert (found.mean, found.quantiles, found.least) == (None, (), None)
    plan = Plan((Planned(Column(name="x", kind=Kind.CATEGORY), fit_level_bins({"a": 1})),))
    empty = digest(count(plan, {}, 0))[0]
    assert (empty.missing, empty.distinct, empty.levels, empty.unseen) == (None, None, (), {})
    assert digest(count(Plan(()), {}, 5)) == ()
    assert digest(count(plan, {}, 5))[0].missing == 1.0
