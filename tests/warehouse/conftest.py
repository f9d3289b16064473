"""Rows of every kind, in DuckDB and in a real PostgreSQL."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa

from driftline.sources.opening import open_source
from driftline.warehouse.opening import open_warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from driftline.ports import Source
    from driftline.warehouse.source import WarehouseSource

TYPES = {
    "double": "double precision",
    "int64": "bigint",
    "string": "text",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamptz",
    "decimal128(12, 2)": "numeric(12, 2)",
}


def some_rows(rows: int, seed: int = 0) -> pa.Table:
    """Five days of heavy tails, point masses, infinities, nulls, odd texts, whole numbers beyond doubles, and rows without a time."""
    rng = np.random.default_rng(seed)
    wild = rng.standard_t(1, rows) * 1e3
    for odd in (np.inf, -np.inf, np.nan):
        wild[rng.random(rows) < 0.01] = odd
    wild[:5] = [0.0, -0.0, 5e-324, 1.7e308, -1.7e308][:rows]
    times = 1_760_000_000_000_000 + rng.integers(0, 5 * 86_400 * 10**6, rows)
    columns: dict[str, Any] = {
        "ts": pa.array(times, mask=rng.random(rows) < 0.01).cast(pa.timestamp("us", tz="UTC")),
        "wild": pa.array(wild, mask=rng.random(rows) < 0.02),
        "calm": rng.normal(size=rows),
        "atoms": np.where(rng.random(rows) < 0.6, 0.0, rng.exponential(1e9, rows)),
        "kind": pa.array(
            rng.choice(["a", "b", "it's \"%:é", "", "rare"], rows, p=[0.87, 0.05, 0.04, 0.03, 0.01]), mask=rng.random(rows) < 0.05
        ),
        "few": pa.array(rng.integers(0, 7, rows), mask=rng.random(rows) < 0.2),
        "large": rng.integers(-(2**62), 2**62, rows),
        "flag": rng.random(rows) < 0.3,
        "price": pa.array([Decimal(cents) / 100 for cents in rng.integers(0, 10**6, rows).tolist()], pa.decimal128(12, 2)),
        "day": pa.array(rng.integers(20_000, 20_100, rows).astype("int32")).cast(pa.date32()),
        "id": np.arange(rows),
    }
    return pa.table(columns)


def as_read(table: pa.Table) -> pa.Table:
    """The rows as a reader of the database has them: exact decimals as the nearest doubles, which Arrow's own cast misses by a bit."""
    place = table.schema.get_field_index("price")
    return table.set_column(place, "price", pa.array([float(value) for value in table["price"].to_pylist()]))


@pytest.fixture(scope="session")
def read() -> Callable[[pa.Table], Source]:
    """Rows for the local engine."""
    return lambda table: open_source(as_read(table), name="rows")


@pytest.fixture(scope="session")
def make_rows() -> Callable[..., pa.Table]:
    """Makes rows."""
    return some_rows


@pytest.fixture(params=["duckdb", "postgresql"])
def put(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[pa.Table], WarehouseSource]:
    """Puts rows into a warehouse of each kind."""
    if request.param == "duckdb":
        return lambda table: in_duckdb(table, tmp_path / "rows.duckdb")
    url: str = request.getfixturevalue("postgres").url()
    return lambda table: in_postgres(table, url)


def in_duckdb(table: pa.Table, path: Path) -> WarehouseSource:
    """A table in a file."""
    with duckdb.connect(str(path)) as connection:
        connection.register("arrow_rows", table)
        connection.execute("create or replace table rows_of as select * from arrow_rows")
    return open_warehouse(f"duckdb:///{path}", "rows_of", "rows")


def in_postgres(table: pa.Table, url: str) -> WarehouseSource:
    """A table in PostgreSQL."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        columns = ", ".join(f'"{field.name}" {TYPES[str(field.type)]}' for field in table.schema)
        connection.exec_driver_sql(f"drop table if exists rows_of; create table rows_of ({columns})")
        driver: Any = connection.connection.cursor()
        with driver.copy("copy rows_of from stdin") as copy:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy.write_row(row)
    engine.dispose()
    return open_warehouse(url, "rows_of", "rows")
