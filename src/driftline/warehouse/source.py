"""What a query selects in a warehouse: columns and counts; its rows stay there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from driftline.errors import ConfigError
from driftline.sources.names import TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from driftline.verdicts.report import Finding
    from driftline.warehouse.dialect import Dialect
    from driftline.warehouse.lanes import Warehouse


class WarehouseSource:
    """A table, or what a query selects, to be counted where it lies.

    Args:
        warehouse: what counts.
        query: a query, or the name of a table.
        name: what people call it.
    """

    def __init__(self, warehouse: Warehouse, query: str, name: str) -> None:
        self.name = name
        self.dialect: Dialect = warehouse.dialect
        query = query.strip().rstrip(";")
        table = TABLE.fullmatch(query)
        named = [part for part in (table["schema"], table["table"]) if part] if table else []
        self.query = f"SELECT * FROM {'.'.join(map(self.dialect.quoted, named))}" if named else query  # noqa: S608  names are quoted, and the query is the operator's own
        self._warehouse = warehouse

    @cached_property
    def _schema(self) -> pa.Schema:
        return self._warehouse.schema(self.query)

    def schema(self) -> pa.Schema:
        """The columns.

        Raises:
            ConfigError: the warehouse refuses the query.
            SourceError: it does not answer.
        """
        return self._schema

    def lanes(self) -> Any:
        """Connections that see the same rows, as a context."""
        return self._warehouse.lanes()

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """No row leaves the warehouse.

        Raises:
            ConfigError: always.
        """
        del columns
        raise ConfigError(f"the rows of {self.name!r} stay in the warehouse", hint="leave --engine sql out for what needs rows")

    def rows(self) -> None:
        """Nobody knows how many rows there are before they are counted."""
        return

    def findings(self) -> tuple[Finding, ...]:
        """A database has checked its rows."""
        return ()
