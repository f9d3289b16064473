"""Gathering: many small parcels in one table, whatever their columns are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from driftline.store import gathering
from driftline.store.database import Database
from driftline.store.gathering import compact, first_of, read_parcels
from driftline.store.rows import Rows, body_of
from driftline.store.tables import parcels

if TYPE_CHECKING:
    from pathlib import Path


def test_parcels_come_together_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few are read at a time; a column that was of two types is of texts, and one that some lack is null there."""
    database, rows = Database(f"sqlite:///{tmp_path / 'd.db'}"), Rows(tmp_path)
    tables = [pa.table({"x": [1]}), pa.table({"x": [2], "y": [0.5]}), pa.table({"x": ["a"]}), pa.table({"x": [3, 4]})]
    about = {"monitor_id": 1, "kind": "predictions", "day": "2026-01-05", "at": datetime(2026, 1, 5, tzinfo=UTC), "waiting": 0}
    with database.writing() as tx:
        for table in tables:
            tx.execute(parcels.insert().values(**about, rows=table.num_rows, body=body_of(table)))
    monkeypatch.setattr(gathering, "STEP", 2)
    found = compact(database, rows, [1, 2, 3, 4])
    assert found.to_pydict() == {"x": ["1", "2", "a", "3", "4"], "y": [None, 0.5, None, None, None]}
    assert [one.id for one in read_parcels(database, [3, 1])] == [1, 3]
    assert read_parcels(database, []) == []


@pytest.mark.parametrize(("rows", "expected"), [((), []), ((9, 1), [0]), ((2, 1, 1), [0, 1]), ((3,), [0]), ((1, 1, 1, 1), [0, 1, 2])])
def test_the_first_that_are_not_too_large_together(rows: tuple[int, ...], expected: list[int]) -> None:
    """At least one, where there is one."""
    assert first_of(list(enumerate(rows)), 3) == expected
