"""Opens what is to be counted in a warehouse: a database by its URL, and a query or a table."""

from __future__ import annotations

from driftline.errors import PluginError
from driftline.warehouse.source import WarehouseSource


def open_warehouse(url: str, query: str, name: str) -> WarehouseSource:
    """Open a query's rows for counting in SQL.

    Raises:
        PluginError: SQLGlot, SQLAlchemy or the database's own package is not installed.
        ConfigError: the database cannot count in SQL, or its URL cannot be read.
    """
    try:
        from driftline.warehouse.lanes import opened  # noqa: PLC0415  SQLGlot is an extra
    except ModuleNotFoundError as error:
        hint = "pip install 'driftline[warehouse]'"
        raise PluginError(f"counting in SQL needs the package {error.name!r}, which is not installed", hint=hint) from error
    return WarehouseSource(opened(url), query, name)
