from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.inference.facet import NUMBERS, SIGHTS, WEIGHTS, Ask, Facet, join, size_bounds

NUMBER_TESTS = ("shift", "spread", "psi", "atom", "tail", "dependence")
LEVEL_TESTS = ("psi", "level", "dependence", "unseen")
EVERY_COLUMN = ("null", "nan", "wrong_type", "absent")
TABLE = ("duplicate", "volume", "silence")


def facet(first: float, columns: int = 2) -> Facet:
    """A facet whose numbers tell where they came from."""
    shape = (columns, 3)
    return Facet(name="psi", where=np.full(shape, 7), **{name: np.full(shape, first + i) for i, name in enumerate(NUMBERS)})


@pytest.mark.parametrize("own", [NUMBER_TESTS, LEVEL_TESTS, TABLE])
def test_a_columns_tests_share_out_its_level(own: tuple[str, ...]) -> None:
    """Whatever a column is, the weights of its tests sum to at most 1 (Bonferroni), those by which it is seen as well."""
    for weights in (WEIGHTS, SIGHTS):
        assert sum(weights[name] for name in own + EVERY_COLUMN) <= 1.0 + 1e-12


def test_every_test_has_a_weight() -> None:
    """No test is without a share of the level, and none is counted that there is not."""
    assert set(SIGHTS) == set(WEIGHTS) == set(NUMBER_TESTS) | set(LEVEL_TESTS) | set(EVERY_COLUMN) | set(TABLE)


def test_a_facets_level_is_its_share_of_the_columns() -> None:
    """What a test may spend is the column's level times its weight."""
    assert Ask(column=0.01, confidence=0.9).level("psi") == pytest.approx(0.01 * WEIGHTS["psi"])


def test_masking_leaves_only_what_may_be_said() -> None:
    """Numbers outside the mask become NaN; everything else stays."""
    mask = np.array([[True, False, True], [False, True, True]])
    found = facet(1.0).masked(mask)
    for name in NUMBERS:
        assert (np.isnan(getattr(found, name)) == ~mask).all()
    assert found.where is not None
    assert (found.where == 7).all()


def test_joined_facets_lie_one_below_the_other() -> None:
    """Columns keep their order and their numbers."""
    found = join([facet(1.0), facet(10.0, columns=1)])
    assert found.value[:, 0].tolist() == [1.0, 1.0, 10.0]
    assert found.where is not None
    assert found.where.shape == (3, 3)


@given(st.floats(-9, 9), st.floats(-9, 9), st.floats(0, 1))
def test_the_size_of_an_effect_lies_between_its_bounds(a: float, b: float, place: float) -> None:
    """Whatever lies in the interval has a size within the bounds of sizes, and both bounds are reached."""
    low, high = min(a, b), max(a, b)
    inside = low + place * (high - low)
    near, far = (float(bound) for bound in size_bounds(np.array(low), np.array(high)))
    assert near - 1e-12 <= abs(inside) <= far + 1e-12
    assert far == max(abs(low), abs(high))
    assert near == (0.0 if low <= 0 <= high else min(abs(low), abs(high)))
