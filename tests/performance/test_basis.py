from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from driftline.performance.basis import FAR, GROUPS, LEVELS, learn_basis

tables = st.integers(1, 40).flatmap(lambda n: arrays(np.float64, (n, 2), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))))


@given(tables)
@example(np.repeat([[-1.0], [0.0], [2e-313]], [1, 4, 4], axis=0) * np.ones(2))
def test_every_row_is_in_one_bin_of_each_column(columns: np.ndarray) -> None:
    """Whatever values come, each row has a 1 in one bin of each column, and a constant; nothing is infinite."""
    basis = learn_basis(columns, (False, False))
    design = basis.code(columns).design.toarray()
    steps = sum(bins.width for bins in basis.bins)
    assert (design[:, :steps].sum(1) == 2).all()
    assert (design[:, -1] == 1).all()
    assert np.isfinite(design).all()
    assert basis.ridge(1.0, 1.0).size == design.shape[1]


@given(tables)
def test_what_was_learnt_from_is_nothing_strange(columns: np.ndarray) -> None:
    """Each of the reference's own rows lies in bins that the reference has."""
    basis = learn_basis(columns, (False, False))
    assert not (basis.code(columns).design @ (~basis.seen).astype(float)).any()


def test_a_number_is_binned_by_quantiles(dice: np.random.Generator) -> None:
    """Inner bins hold a sixteenth of the rows each; the slope is in robust deviations from the median, and ends at 3."""
    values = dice.normal(5, 2, 16_000)
    basis = learn_basis(values[:, None], (False,))
    codes = np.bincount(basis.bins[0].codes(values))
    assert codes.max() == pytest.approx(1_000, abs=5)
    assert basis.bins[0].slope(np.array([5.0, 7.0, 1e9, np.nan])) == pytest.approx([0, 1, FAR, 0], abs=0.1)


def test_a_category_keeps_its_commonest_codes(dice: np.random.Generator) -> None:
    """Thirty codes have bins of their own; rare and new ones share the first, missing ones have the last."""
    values = np.repeat(np.arange(40.0), np.arange(40, 0, -1))
    bins = learn_basis(values[:, None], (True,)).bins[0]
    assert bins.edges.tolist() == list(range(LEVELS))
    assert bins.codes(np.array([0.0, 29.0, 30.0, 99.0, np.nan])).tolist() == [1, 30, 0, 0, 31]
    assert bins.spread == 0


def test_a_column_without_values_has_bins(dice: np.random.Generator) -> None:
    """A column that is missing everywhere is one bin, and no slope."""
    basis = learn_basis(np.full((5, 1), np.nan), (False,))
    assert basis.slopes == ()
    assert basis.code(np.array([[np.nan], [1.0]])).design.toarray().tolist() == [[0, 1, 1], [1, 0, 1]]


def test_pairs_are_crossed_by_groups(dice: np.random.Generator) -> None:
    """The cell of a pair is that of both columns' groups; a design is widened by a cell for each pair of groups."""
    basis = learn_basis(dice.normal(size=(500, 3)), (False,) * 3)
    coded = basis.code(dice.normal(size=(20, 3)))
    wide = coded.crossed([(0, 2)]).toarray()[:, coded.design.shape[1] :]
    assert wide.shape == (20, GROUPS**2)
    assert np.array_equal(wide.argmax(1), coded.groups[:, 0].astype(int) * GROUPS + coded.groups[:, 2])
    assert coded.crossed([]) is coded.design


def test_rows_are_taken_and_put_below_others(dice: np.random.Generator) -> None:
    """Taking rows of a design and putting them below others is doing so with the rows themselves."""
    columns = dice.normal(size=(30, 2))
    basis = learn_basis(columns, (False, False))
    coded = basis.code(columns)
    both = coded.take(np.arange(10)).below(coded.take(np.arange(30) >= 25))
    assert np.array_equal(both.design.toarray(), basis.code(np.concatenate([columns[25:], columns[:10]])).design.toarray())
    assert len(both.groups) == 15
