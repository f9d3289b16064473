"""Connections to warehouses: one moment for all statements, and errors named for who must act."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from driftline.errors import ConfigError, SourceError
from driftline.warehouse.lanes import opened

if TYPE_CHECKING:
    from pathlib import Path


def test_all_lanes_see_one_moment(postgres: Any) -> None:
    """Rows that come while a count runs are in none of its statements."""
    url = postgres.url()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("create table t as select 1 as a")
    asked = ["SELECT COUNT(*) FROM t"] * 5
    with opened(url).lanes() as lanes:
        assert lanes.ask(asked[0]) == [[(1,)]]
        with engine.begin() as connection:
            connection.exec_driver_sql("insert into t values (2)")
        assert lanes.ask(*asked) == [[(1,)]] * 5
    with opened(url).lanes() as lanes:
        assert lanes.ask(asked[0]) == [[(2,)]]
    engine.dispose()


def test_types_are_those_that_rows_would_have(postgres: Any) -> None:
    """Whole numbers, doubles, texts, instants; what is none of these is counted for presence only."""
    found = opened(postgres.url()).schema("select 1::int2 a, 1.5::float4 b, 'x'::varchar c, now() d, now()::date e, true f, array[1] g")
    assert [str(kind) for kind in found.types] == [
        "int64",
        "double",
        "string",
        "timestamp[us, tz=UTC]",
        "date32[day]",
        "bool",
        "list<item: null>",
    ]


def test_a_wrong_query_is_the_operators(postgres: Any, tmp_path: Path) -> None:
    """Both databases say what they refuse; a file that is not there can be tried again."""
    for url in (postgres.url(), "duckdb:///:memory:"):
        with pytest.raises(ConfigError, match="refuses the query"):
            opened(url if "duck" not in url else f"duckdb:///{made(tmp_path)}").schema("selct 1")
    with pytest.raises(SourceError, match="cannot be opened"):
        opened(f"duckdb:///{tmp_path}/nothing.duckdb").schema("select 1")


def made(folder: Path) -> Path:
    """An empty file of DuckDB."""
    import duckdb

    duckdb.connect(str(folder / "empty.duckdb")).close()
    return folder / "empty.duckdb"
