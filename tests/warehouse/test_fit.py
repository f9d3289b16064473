"""Bins fitted in SQL are those fitted here to the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest

from driftline.engines import fit as fitting
from driftline.errors import DataError
from driftline.monitor import ColumnHints, Monitor
from driftline.schema import Kind, Role
from driftline.sources.opening import open_source
from driftline.warehouse.fit import fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from driftline.ports import Source
    from driftline.warehouse.source import WarehouseSource

    Put = Callable[[pa.Table], WarehouseSource]


@pytest.mark.parametrize("rows", [1, 30, 5000])
def test_bins_are_those_of_the_local_engine(
    put: Put, read: Callable[[pa.Table], Source], make_rows: Callable[..., pa.Table], rows: int
) -> None:
    """Edges, point masses, grids, levels and their order, to the last bit; only that no rows are kept."""
    table = make_rows(rows)
    monitor = Monitor(hints=ColumnHints(roles={"atoms": Role.LATENCY}))
    assert fit(put(table), monitor) == replace(fitting.fit(read(table), monitor), sample=0)


def test_texts_of_their_own_are_free_text(put: Put) -> None:
    """A level for every row is none; many levels that repeat leave the rarer ones to one bin."""
    rng = np.random.default_rng(0)
    table = pa.table({"note": [f"n{i}" for i in range(5000)], "shop": [f"s{i}" for i in rng.integers(0, 1500, 5000)]})
    found, wanted = fit(put(table), Monitor()), fitting.fit(open_source(table), Monitor())
    assert found.columns == wanted.columns
    assert found.columns[0].column.kind is Kind.TEXT


def test_no_rows_are_no_reference(put: Put, make_rows: Callable[..., pa.Table]) -> None:
    """An empty table says nothing."""
    with pytest.raises(DataError, match="has no rows"):
        fit(put(make_rows(5).slice(0, 0)), Monitor())
