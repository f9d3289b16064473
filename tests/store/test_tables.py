"""The tables: each has a key."""

from __future__ import annotations

from driftline.store.decided import decisions
from driftline.store.metadata import METADATA
from driftline.store.tables import monitors


def test_every_table_has_a_key() -> None:
    """No row is there twice without anybody being able to tell."""
    assert {decisions, monitors} <= set(METADATA.sorted_tables)
    assert [table.name for table in METADATA.sorted_tables if not table.primary_key.columns] == []
