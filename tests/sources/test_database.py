from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
import sqlalchemy as sa

from driftline.errors import ConfigError, DataError, DriftlineError, SourceError
from driftline.sources import database
from driftline.sources.database import DatabaseSource, hidden_password

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a table, a view and values that are not of their column's type."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table sales (id integer, amount numeric(10, 2), kind text)")
        connection.executemany("insert into sales values (?, ?, ?)", [(i, i + 0.5, "ab"[i % 2]) for i in range(50)])
        connection.execute("insert into sales values (50, 'many', null)")
        connection.execute("create view big as select * from sales where id >= 40")
        connection.execute("create table empty (a integer)")
    return f"sqlite:///{path}"


def rows(source: DatabaseSource, columns: list[str] | None = None) -> list[dict[str, object]]:
    """All rows, one after another."""
    return [row for batch in source.batches(columns) for row in batch.to_pylist()]


@pytest.mark.parametrize("query", ["sales", "select * from sales;", "main.sales"])
def test_a_table_and_a_query_give_the_same_rows(url: str, query: str) -> None:
    """Rows come in order and can be read twice."""
    source = DatabaseSource("shop", url, query)
    for _ in range(2):
        assert [row["id"] for row in rows(source)] == list(range(51))
    assert source.schema().names == ["id", "amount", "kind"]
    assert source.rows() is None
    assert source.findings() == ()


def test_rows_are_fetched_some_at_a_time(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch keeps the type of the first while its values allow it; a stranger makes its own batch text."""
    monkeypatch.setattr(database, "BATCH_ROWS", 20)
    source = DatabaseSource("shop", url, "sales")
    batches = list(source.batches(["amount"]))
    assert [batch.num_rows for batch in batches] == [20, 20, 11]
    assert [str(batch.schema.field("amount").type) for batch in batches] == ["double", "double", "string"]
    assert batches[2].column("amount").to_pylist()[-2:] == ["49.5", "many"]


def test_one_stranger_does_not_make_a_column_of_text(tmp_path: Path) -> None:
    """Where nearly all values are numbers, the schema says number."""
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection, connection:
        connection.execute("create table t (a)")
        connection.executemany("insert into t values (?)", [*((i,) for i in range(99)), ("many",)])
    assert DatabaseSource("x", f"sqlite:///{tmp_path}/x.db", "t").schema().field("a").type == pa.int64()


@pytest.mark.parametrize(("query", "seen"), [("sales", "SELECT kind"), ("select * from sales", "select *")])
def test_only_the_columns_asked_for_are_read(url: str, query: str, seen: str) -> None:
    """Of a table only they are selected; a query runs as it is, and the others are dropped."""
    source = DatabaseSource("shop", url, query)
    source.schema()
    statements = []
    sa.event.listen(source.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert rows(source, ["kind", "missing"])[:2] == [{"kind": "a"}, {"kind": "b"}]
    assert any(statement.startswith(seen) for statement in statements)
    assert rows(source, []) == [{}] * 51


def test_a_query_runs_as_it_is_written(url: str) -> None:
    """Colons and percent signs in it are its own."""
    source = DatabaseSource("shop", url, "select id, '12:30' as t from sales where kind like 'a%' limit 1")
    assert rows(source) == [{"id": 0, "t": "12:30"}]


def test_views_and_empty_tables_are_tables(url: str) -> None:
    """A view is read like a table; a table without rows has columns all the same."""
    assert len(rows(DatabaseSource("shop", url, "big"))) == 11
    empty = DatabaseSource("shop", url, "empty")
    assert empty.schema() == pa.schema([("a", pa.null())])
    assert rows(empty) == []


@pytest.mark.parametrize(
    ("query", "error", "words", "hint"),
    [
        ("sale", DataError, "has no table 'sale'", "did you mean 'sales'?"),
        ("select colour from sales", ConfigError, "no such column: colour", "select colour from sales"),
        ("selct 1 from sales", ConfigError, "syntax error", "selct"),
    ],
)
def test_a_wrong_query_is_the_operators(url: str, query: str, error: type[DriftlineError], words: str, hint: str) -> None:
    """The error says what the database said, and the hint shows the query or the table that was meant."""
    with pytest.raises(error, match=words) as refused:
        DatabaseSource("shop", url, query).schema()
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("nosuch://host/db", ConfigError, "no database is called 'nosuch'"),
        ("sqlite://host:port/db", ConfigError, "cannot be read"),
        ("mssql+pymssql://host/db", ConfigError, "the driver of 'mssql.pymssql' is not installed"),
    ],
)
def test_a_wrong_url_is_the_operators(url: str, error: type[DriftlineError], words: str) -> None:
    """Unknown databases, unreadable URLs and missing drivers are told apart."""
    with pytest.raises(error, match=words):
        DatabaseSource("shop", url, "sales")


def test_a_misspelt_file_is_not_made(tmp_path: Path) -> None:
    """SQLite makes an empty database of any name; we say what lies beside it instead."""
    (tmp_path / "shop.db").touch()
    with pytest.raises(DataError, match="does not exist") as missing:
        DatabaseSource("shop", f"sqlite:///{tmp_path}/shpo.db", "sales")
    assert "shop.db" in missing.value.hint
    assert not (tmp_path / "shpo.db").exists()


def test_a_database_that_does_not_answer_is_the_worlds_fault(tmp_path: Path) -> None:
    """What is not a database, or does not answer, can be tried again."""
    (tmp_path / "x.db").write_bytes(b"not a database at all, but quite long enough to be asked" * 20)
    with pytest.raises(DriftlineError, match="not a database"):
        DatabaseSource("shop", f"sqlite:///{tmp_path}/x.db", "select 1 from t").schema()
    psycopg = pytest.importorskip("psycopg")
    assert psycopg
    with pytest.raises(SourceError, match="does not answer"):
        DatabaseSource("shop", "postgresql+psycopg://user@127.0.0.1:1/db", "sales").schema()


def test_passwords_are_not_shown() -> None:
    """A URL is shown without its password."""
    assert hidden_password("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    assert hidden_password("sqlite:///x@y.db") == "sqlite:///x@y.db"
