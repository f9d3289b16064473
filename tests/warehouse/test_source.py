"""A warehouse's rows: named as a table or a query, and never read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from driftline.errors import ConfigError
from driftline.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from driftline.warehouse.source import WarehouseSource


def test_a_table_is_quoted_and_a_query_stays(put: Callable[[pa.Table], WarehouseSource], make_rows: Callable[..., pa.Table]) -> None:
    """Names are names; a query is the operator's own, without its last semicolon."""
    source = put(make_rows(3))
    assert source.query == 'SELECT * FROM "rows_of"'
    assert source.schema().names == make_rows(1).schema.names
    assert (source.rows(), source.findings()) == (None, ())
    assert open_warehouse("duckdb:///x", "select 1 as a; ", "x").query == "select 1 as a"
    assert open_warehouse("duckdb:///x", "shop.sales", "x").query == 'SELECT * FROM "shop"."sales"'
    with pytest.raises(ConfigError, match="stay in the warehouse"):
        source.batches(["id"])
