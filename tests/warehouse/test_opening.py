"""Opening a warehouse: what is missing is said with the command that mends it."""

from __future__ import annotations

import sys

import pytest

from driftline.errors import ConfigError, PluginError
from driftline.warehouse.opening import open_warehouse


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SQLGlot the hint says what to install."""
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    monkeypatch.delitem(sys.modules, "driftline.warehouse.lanes", raising=False)
    monkeypatch.delitem(sys.modules, "driftline.warehouse.dialect", raising=False)
    with pytest.raises(PluginError, match="needs the package 'sqlglot'") as refused:
        open_warehouse("duckdb:///x", "t", "x")
    assert "driftline[warehouse]" in refused.value.hint


def test_a_database_without_push_down_is_refused() -> None:
    """SQLite has no exact sums beyond 64 bits."""
    with pytest.raises(ConfigError, match="'sqlite' cannot be counted in SQL"):
        open_warehouse("sqlite:///x.db", "t", "x")
