"""Connections to a warehouse: every statement of one count sees the same rows, and only groups come back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from driftline.errors import ConfigError, PluginError, SourceError
from driftline.warehouse.dialect import Dialect, dialect_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

    from driftline.sources.database import DatabaseSource

OTHER = pa.list_(pa.null())
"""Stands for types that cannot be counted by value."""

OIDS = {
    16: pa.bool_(),
    **dict.fromkeys((20, 21, 23), pa.int64()),
    **dict.fromkeys((700, 701), pa.float64()),
    1700: pa.decimal128(38, 9),
    **dict.fromkeys((19, 25, 1043, 2950), pa.string()),
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
}
"""PostgreSQL's numbers for its types."""


class Lanes(Protocol):
    """What asks a warehouse; all answers are of one moment."""

    def ask(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """Run statements, at the same time where there are several connections; each one's rows, in order."""
        ...


class Warehouse(Protocol):
    """A database that can count."""

    @property
    def dialect(self) -> Dialect:
        """What it understands."""
        ...

    def schema(self, query: str) -> pa.Schema:
        """The columns of what is selected.

        Raises:
            ConfigError: the query is refused.
            SourceError: the database does not answer.
        """
        ...

    def lanes(self) -> Any:
        """A context in which statements see the same rows."""
        ...


def opened(url: str) -> Warehouse:
    """Connect to a database by its URL; `duckdb:///file` needs no SQLAlchemy dialect.

    Raises:
        ConfigError: it cannot count in SQL, or the URL cannot be read.
        PluginError: a package is missing.
    """
    dialect = dialect_of(url.partition("://")[0].partition("+")[0])
    return DuckDB(url.partition(":///")[2], dialect) if dialect.name == "duckdb" else Sql(url, dialect)


@dataclass(frozen=True, slots=True)
class DuckDB:
    """A file of DuckDB, read only."""

    path: str
    dialect: Dialect

    def schema(self, query: str) -> pa.Schema:
        """The columns, as DuckDB gives them to Arrow."""
        with self._connected() as connection:
            selected = f"SELECT * FROM ({query}) AS q LIMIT 0"  # noqa: S608  the query is the operator's own
            found: pa.Schema = connection.sql(selected).to_arrow_table().schema
        return found

    @contextmanager
    def lanes(self) -> Iterator[Lanes]:
        """One connection: it uses all processors by itself."""
        with self._connected() as connection:
            connection.execute("BEGIN TRANSACTION")
            yield _One(connection)
            connection.execute("ROLLBACK")

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        try:
            import duckdb  # noqa: PLC0415  who has no DuckDB needs none
        except ModuleNotFoundError as error:
            raise PluginError("counting in DuckDB needs the package 'duckdb', which is not installed", hint="pip install duckdb") from error
        try:
            with duckdb.connect(self.path, read_only=True) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                yield connection
        except duckdb.IOException as error:
            raise SourceError(f"{self.path!r} cannot be opened: {_line(error)}", hint="check the path") from error
        except duckdb.Error as error:
            raise ConfigError(f"DuckDB refuses the query: {_line(error)}", hint="check the query, and the columns' types") from error


@dataclass(frozen=True, slots=True)
class _One:
    """DuckDB's connection."""

    connection: Any

    def ask(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """One statement after another."""
        return [self.connection.execute(statement).fetchall() for statement in statements]


class Sql:
    """A database that SQLAlchemy connects to."""

    def __init__(self, url: str, dialect: Dialect) -> None:
        self.dialect = dialect
        self._url = url
        # What is wrong with the URL is told before anything is counted.
        self._rows("SELECT 1")

    def _rows(self, query: str) -> DatabaseSource:
        """The source that reads rows: it says what is wrong with a URL, and with a query."""
        from driftline.sources.database import DatabaseSource  # noqa: PLC0415  SQLAlchemy is an extra

        return DatabaseSource(self._url.partition("://")[0], self._url, query)

    def schema(self, query: str) -> pa.Schema:
        """The columns, by the types the database names."""
        source = self._rows(query)
        with source.asking(), closing(source.engine), source.engine.connect() as connection:
            unparsed = connection.execution_options(no_parameters=True)
            described = unparsed.exec_driver_sql(f"SELECT * FROM ({query}) AS q LIMIT 0").cursor.description  # noqa: S608  the query is the operator's own
        return pa.schema([(column[0], self._type(column[1])) for column in described])

    def _type(self, code: object) -> pa.DataType:
        if self.dialect.name == "postgres":
            return OIDS.get(int(str(code)), OTHER)
        # Drivers follow DB-API by halves; what they say of a type is matched by its name.
        name = str(getattr(code, "name", code)).upper()
        known = {"INT": pa.int64(), "FIXED": pa.float64(), "NUM": pa.float64(), "REAL": pa.float64(), "FLOAT": pa.float64()}
        known |= {
            "BOOL": pa.bool_(),
            "TEXT": pa.string(),
            "STRING": pa.string(),
            "TIMESTAMP": pa.timestamp("us", "UTC"),
            "DATE": pa.date32(),
        }
        return next((kind for word, kind in known.items() if word in name), OTHER)

    @contextmanager
    def lanes(self) -> Iterator[Lanes]:
        """Connections that share a snapshot, where the database can."""
        with ExitStack() as stack:
            source = self._rows("SELECT 1")
            stack.enter_context(source.asking())
            stack.enter_context(closing(source.engine))
            connections = [stack.enter_context(source.engine.connect()) for _ in range(self.dialect.lanes)]
            shared = None
            for connection in connections:
                if self.dialect.name == "postgres":
                    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    if shared is None:
                        shared = connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
                    else:
                        connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{shared}'")
                for setting in self.dialect.settings:
                    connection.exec_driver_sql(setting)
            yield _Several(connections)


@dataclass(frozen=True, slots=True)
class _Several:
    """Connections, each asked by one thread at a time."""

    connections: Sequence[sa.Connection]

    def ask(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """As many statements at once as there are connections."""
        free: SimpleQueue[sa.Connection] = SimpleQueue()
        for connection in self.connections:
            free.put(connection)

        def run(statement: str) -> list[tuple[Any, ...]]:
            connection = free.get()
            try:
                rows = connection.execution_options(no_parameters=True).exec_driver_sql(statement).fetchall()
            finally:
                free.put(connection)
            return [tuple(row) for row in rows]

        with ThreadPoolExecutor(len(self.connections), thread_name_prefix="warehouse") as crew:
            return list(crew.map(run, statements))


@contextmanager
def closing(engine: sa.Engine) -> Iterator[None]:
    """Let go of the connections when done: a check is rare, and a warehouse counts connections."""
    try:
        yield
    finally:
        engine.dispose()


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
