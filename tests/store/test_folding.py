"""Folding: the log goes into the database beside those who write, and nobody waits for it."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from driftline.errors import OutsideError
from driftline.services.intake import Kind
from driftline.store import folding as module
from driftline.store.database import PAGES, Database
from driftline.store.folding import LOG, Folding
from driftline.store.intake import Delivery, Intake
from driftline.store.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PAGE = 4096


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    made = Database(f"sqlite:///{tmp_path / 'd.db'}")
    yield made
    made.close()


def big(name: str) -> Delivery:
    """A megabyte of rows that are kept in the database."""
    table = pa.table({"x": np.random.default_rng(1).normal(size=(1 << 20) // 8 // 32)} | {f"x{n}": np.zeros(1 << 12) for n in range(31)})
    return Delivery(monitor=1, model="m", kind=Kind.PREDICTIONS, batch=name, digest=name, rows=table, refused=(), at=NOW)


def wait_for(done: Any) -> None:
    """Until something is so."""
    until = time.monotonic() + 30
    while not done():
        assert time.monotonic() < until
        time.sleep(0.005)


def folding_threads() -> int:
    """How many threads fold."""
    return sum(one.name == "folding" for one in threading.enumerate())


def test_the_log_is_folded_long_before_a_commit_would(database: Database, tmp_path: Path) -> None:
    """Rows lie in the database itself, not only in the log, when enough of them came."""
    place, many = tmp_path / "d.db", LOG // (1 << 20) + 1
    assert LOG < PAGES * PAGE / 2
    empty = place.stat().st_size
    intake = Intake(database, Rows(tmp_path / "rows"))
    for number in range(many):
        intake.submit(big(str(number))).result(30)
    wait_for(lambda: place.stat().st_size > empty + LOG)
    intake.close()
    assert folding_threads() == 0
    with closing(sqlite3.connect(place)) as line:
        assert line.execute("select count(*), sum(rows) from parcels").fetchone() == (many, many << 12)


def test_a_little_is_left_to_commits(database: Database) -> None:
    """No thread is begun for it; a service that takes little in has none."""
    one = Folding(database)
    for _ in range(LOG // module.A_COMMIT - 1):
        one.wrote(0)
    assert folding_threads() == 0
    one.wrote(module.A_COMMIT)
    assert folding_threads() == 1
    one.close()
    assert folding_threads() == 0


def test_nobody_waits_for_anybody(database: Database) -> None:
    """Somebody who still reads what was keeps the log, and is not waited for; when he has gone all of it is folded."""
    with database.reading() as tx:
        tx.exec_driver_sql("select count(*) from parcels").scalar_one()
        with database.writing() as other:
            other.exec_driver_sql("create table t (x)")
        assert not database.fold()
    assert database.fold()


def test_a_log_that_cannot_be_folded_is_tried_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full now may have room later: the thread lives on."""
    tried = threading.Semaphore(0)

    def away() -> bool:
        tried.release()
        raise OutsideError("the disk is full", hint="make room")

    one = Folding(database)
    monkeypatch.setattr(database, "fold", away)
    for _ in range(2):
        one.wrote(LOG)
        assert tried.acquire(timeout=30)
    one.close()


def test_a_database_without_such_a_log_needs_none(postgres: Any) -> None:
    """PostgreSQL does it by itself."""
    database = Database(postgres.url())
    one = Folding(database)
    one.wrote(LOG)
    assert folding_threads() == 0
    one.close()
    database.close()
