"""Rows that a database selects: a query or a table, streamed a batch at a time."""

from __future__ import annotations

import re
from contextlib import contextmanager
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import exc

from driftline.errors import ConfigError, DataError, SourceError, near_miss
from driftline.sources.names import TABLE, own_names
from driftline.sources.parsed import batch_of
from driftline.sources.places import find
from driftline.sources.typed import as_type, loose_array, loose_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from driftline.verdicts.report import Finding

BATCH_ROWS = 20_000


class DatabaseSource:
    """What a query selects, or a table. A query runs anew each time it is read."""

    def __init__(self, name: str, url: str, query: str) -> None:
        self.name = name
        try:
            self._url = sa.make_url(url)
            self.engine = sa.create_engine(self._url)
        except exc.NoSuchModuleError as error:
            raise ConfigError(
                f"no database is called {self._url.drivername!r}", hint="postgresql+psycopg://, mysql+pymysql://, sqlite:///, …"
            ) from error
        except (exc.ArgumentError, ValueError) as error:
            raise ConfigError("the database's URL cannot be read", hint="write it as postgresql+psycopg://user@host/database") from error
        except ImportError as error:
            raise ConfigError(
                f"the driver of {self._url.drivername!r} is not installed: {error}", hint=f"pip install {error.name or 'it'}"
            ) from error
        self._query = query.strip().rstrip(";")
        self._table = TABLE.fullmatch(self._query)
        if self._url.get_backend_name() == "sqlite" and self._url.database not in {None, "", ":memory:"}:
            # SQLite would make an empty database of a misspelt name.
            find(str(self._url.database))

    def schema(self) -> pa.Schema:
        """The columns, by the first rows."""
        return self._first

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Run the query and read the named columns."""
        asked = set(self._first.names if columns is None else columns)
        wanted = [name for name in self._first.names if name in asked]
        types = dict(zip(self._first.names, self._first.types, strict=True))
        for values, rows in self._rows(wanted):
            if rows:
                yield batch_of([_column(values[name], types[name]) for name in wanted], wanted, rows)

    def rows(self) -> None:
        """Counting the rows would run the query."""

    def findings(self) -> tuple[Finding, ...]:
        """Nothing: a database has checked its rows."""
        return ()

    @cached_property
    def _first(self) -> pa.Schema:
        columns, _ = next(self._rows(None))
        return pa.schema([(name, loose_type(values)) for name, values in columns.items()])

    def _rows(self, wanted: Sequence[str] | None) -> Iterator[tuple[dict[str, list[Any]], int]]:
        """The result some rows at a time, as columns, and how many rows; at least once, if without rows."""
        with self.asking(), self.engine.connect() as connection:
            streaming = connection.execution_options(stream_results=True, max_row_buffer=BATCH_ROWS)
            result = self._select(streaming, wanted) if self._table else self._run(streaming)
            names = [own or name for name, own in zip(result.keys(), own_names(result.keys()), strict=True)]
            rows = result.fetchmany(BATCH_ROWS)
            yield _columns(names, rows), len(rows)
            while rows := result.fetchmany(BATCH_ROWS):
                yield _columns(names, rows), len(rows)

    def _run(self, connection: sa.Connection) -> sa.CursorResult[Any]:
        """Run the query as it is: its colons and percent signs are its own."""
        return connection.execution_options(no_parameters=True).exec_driver_sql(self._query)

    def _select(self, connection: sa.Connection, wanted: Sequence[str] | None) -> sa.Result[Any]:
        """Select the wanted columns of the table."""
        schema, table = self._table.groups() if self._table else (None, self._query)
        inspector = sa.inspect(connection)
        names = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
        if table not in names:
            raise DataError(f"{self.name!r} has no table {self._query!r}", hint=near_miss(table, names) if names else "it has no tables")
        columns = [column["name"] for column in inspector.get_columns(table, schema)]
        kept: list[sa.ColumnElement[Any]] = [sa.column(name) for name in columns if wanted is None or name in wanted]
        return connection.execute(sa.select(*kept or [sa.literal(1).label("_")]).select_from(sa.table(table, schema=schema)))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Name the database in whatever goes wrong."""
        try:
            yield
        except exc.StatementError as error:
            said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            if isinstance(error, exc.OperationalError) and not _is_about_the_query(said):
                raise SourceError(f"{self.name!r} does not answer: {said}", hint="check the URL, the network and the password") from error
            raise ConfigError(f"{self.name!r} refuses the query: {said}", hint=f"the query was: {self._query}") from error
        except exc.SQLAlchemyError as error:
            raise SourceError(f"{self.name!r} does not answer: {error}", hint="check the URL, the network and the password") from error


def hidden_password(url: str) -> str:
    """The URL without its password, for people to see."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", url)


def _is_about_the_query(said: str) -> bool:
    """SQLite says "operational" of everything."""
    return bool(re.search(r"no such (table|column|function)|syntax error|incomplete input|unrecognized token|ambiguous column", said))


def _columns(names: Sequence[str], rows: Sequence[sa.Row[Any]]) -> dict[str, list[Any]]:
    """Turn rows into columns; exact decimals become doubles, as all numbers do."""
    values = zip(*rows, strict=True) if rows else [()] * len(names)
    return {
        name: [float(value) if isinstance(value, Decimal) else value for value in column]
        for name, column in zip(names, values, strict=True)
    }


def _column(values: Sequence[Any], wanted: pa.DataType) -> pa.Array:
    """A column of the type the first rows had, or one as near to it as its values are."""
    try:
        return pa.array(values, None if pa.types.is_null(wanted) else wanted)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        found = loose_array(values)
    return as_type(found, wanted).array if pa.types.is_string(found.type) else found
