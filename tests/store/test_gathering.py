"""Gathering: many small parcels in one table, whatever their columns are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from driftline.errors import StateError
from driftline.store import gathering
from driftline.store.database import Database
from driftline.store.gathering import compact, first_of, put_together, read_parcels, small_run
from driftline.store.rows import Rows, body_of
from driftline.store.tables import parcels, window_parcels

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


def placed(database: Database, *parts: tuple[int, str, bool]) -> None:
    """Parcels with so many rows, of a day, that were counted or not."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    with database.writing() as tx:
        for many, day, counted in parts:
            about = {"monitor_id": 1, "kind": "labels", "day": day, "at": at, "waiting": 1, "counted": at if counted else None}
            tx.execute(parcels.insert().values(**about, rows=many, place="p"))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(9, "a", True)] * 2, []),
        ([(9, "a", True)] * 5, [2, 3, 4, 5]),
        ([(9, "a", True), (5000, "a", True), *[(9, "a", True)] * 3], [3, 4, 5]),
        ([*[(9, "a", True)] * 3, (5000, "a", True), (9, "a", True)], []),
        ([(9, "a", True), (9, "a", False), *[(9, "a", True)] * 3, (9, "a", False)], [3, 4, 5]),
        ([(9, "a", True), *[(9, "b", True)] * 3], [2, 3, 4]),
        ([*[(9, "a", True)] * 3, (9, "b", True)], []),
    ],
)
def test_which_small_parcels_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: Any, expected: list[int]) -> None:
    """The newest of one day that follow each other, where they are many; what is large or not counted yet lies in between."""
    monkeypatch.setattr(gathering, "MANY", 3)
    monkeypatch.setattr(gathering, "MOST", 4)
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    placed(database, *parts)
    assert [row.id for row in small_run(database, 1, "labels")] == expected
    assert small_run(database, 1, "predictions") == small_run(database, 2, "labels") == []


def test_one_stands_for_all_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the number of the last, and their rows and windows together; a run of which one is gone is left alone."""
    monkeypatch.setattr(gathering, "MANY", 3)
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    placed(database, *[(9, "a", True)] * 3)
    run = small_run(database, 1, "labels")
    with database.writing() as tx:
        tx.execute(window_parcels.insert(), [{"window_id": w, "parcel_id": p} for w, p in ((7, 1), (7, 3), (8, 2))])
    with database.writing() as tx:
        put_together(tx, run, "new")
    with database.reading() as tx:
        (one,) = tx.execute(sa.select(parcels)).all()
        links = tx.execute(sa.select(window_parcels.c.window_id, window_parcels.c.parcel_id).order_by(window_parcels.c.window_id)).all()
    assert (one.id, one.rows, one.waiting, one.place, one.first_id, one.last_id) == (3, 27, 3, "new", 1, 3)
    assert [tuple(row) for row in links] == [(7, 3), (8, 3)]
    with pytest.raises(StateError, match="are gone"), database.writing() as tx:
        put_together(tx, run, "newer")
