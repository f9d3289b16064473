"""Cells in SQL: exact grids, and types that are read or refused."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.profile.bins import NumberBins, fit_number_bins
from driftline.profile.moments import quantise
from driftline.profile.plan import Planned
from driftline.schema import Column, Kind, Role
from driftline.warehouse.cells import Form, cell, grid_for
from driftline.warehouse.dialect import dialect_of

DUCK = dialect_of("duckdb")
NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20)


@given(values=NUMBERS, reference=NUMBERS)
def test_parts_are_the_grid_of_moments(values: list[float], reference: list[float]) -> None:
    """Two parts joined are the fixed-point number of `profile.moments`, whatever the scale."""
    bins = fit_number_bins(np.array(reference))
    fitting = grid_for(bins, min(values), max(values))
    high, low = replace(fitting, small=False).parts("v", DUCK)
    given_values = pa.table({"v": values})
    found = duckdb.sql(f"SELECT {high}, {low} FROM given_values").fetchall()
    assert given_values.num_rows == len(found)
    assert [a * 2**26 + b for a, b in found] == quantise(np.array(values), bins).tolist()


def test_small_says_that_squares_fit() -> None:
    """Between ends that are near nothing is far; no value at all is near; the largest doubles are clipped."""
    bins = NumberBins((0.0, 1.0), center=0.0, scale=1.0)
    said = [
        (grid.small, grid.inside) for grid in (grid_for(bins, *ends) for ends in ((-3.0, 3.0), (-3.0, 5.0), (None, None), (-1.7e308, 0.0)))
    ]
    assert said == [(True, True), (False, True), (True, True), (False, False)]


@pytest.mark.parametrize(
    ("kind", "type_", "form"),
    [
        (Kind.NUMBER, pa.int32(), Form.NUMBER),
        (Kind.NUMBER, pa.bool_(), Form.NUMBER),
        (Kind.NUMBER, pa.string(), Form.WRONG),
        (Kind.TIMESTAMP, pa.date32(), Form.NUMBER),
        (Kind.TIMESTAMP, pa.int64(), Form.NUMBER),
        (Kind.TIMESTAMP, pa.string(), Form.WRONG),
    ],
)
def test_a_type_is_read_as_the_local_engine_reads_it_or_not_at_all(kind: Kind, type_: pa.DataType, form: Form) -> None:
    """Texts are not parsed in SQL, which would read other numbers in them."""
    planned = Planned(Column(name="a", kind=kind, role=Role.FEATURE), NumberBins((0.0, 1.0)))
    assert cell(planned, 0, pa.schema([("a", type_)]), DUCK).form is form
    assert cell(planned, 0, pa.schema([("b", type_)]), DUCK).form is Form.ABSENT
