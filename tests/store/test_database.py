"""The database: which there may be, how transactions begin, and what its failures are called."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from driftline.errors import ConfigError, OutsideError
from driftline.store.database import Database, Turns
from driftline.store.tables import monitors

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("url", ["mysql://x/y", "no url at all", "nothing://x"])
def test_other_databases_are_refused(url: str) -> None:
    """Whoever names one is told which there may be."""
    with pytest.raises(ConfigError) as caught:
        Database(url)
    assert "sqlite:///" in caught.value.hint


def test_a_database_that_does_not_answer_is_the_worlds_fault(tmp_path: Path) -> None:
    """A file that cannot be opened, a server that is not there: try again."""
    with pytest.raises(OutsideError, match="the database failed"):
        Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'directory' / 'd.db'}")
    with pytest.raises(OutsideError, match="the database failed"):
        Database(f"postgresql://nobody@/nothing?host={tmp_path}")


def test_sqlite_is_durable(tmp_path: Path) -> None:
    """Its log is on, and is synced at each commit."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar_one() == 2


def test_writers_queue_and_readers_see_one_state(tmp_path: Path) -> None:
    """Many threads that read and then write lose no change; none is turned away."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    with database.writing() as tx:
        tx.execute(monitors.insert().values(name="m", version=0, created=datetime(2026, 1, 1, tzinfo=UTC)))

    def add() -> None:
        for _ in range(10):
            with database.writing() as tx:
                version = tx.execute(sa.select(monitors.c.version)).scalar_one()
                tx.execute(monitors.update().values(version=version + 1))

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as tx:
        assert tx.execute(sa.select(monitors.c.version)).scalar_one() == 60


def test_what_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """A transaction that raises is as if it had never been."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")

    def half() -> None:
        with database.writing() as tx:
            tx.execute(sa.text("insert into monitors (name, version, created) values ('m', 1, 0)"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(monitors)).scalar_one() == 0


def test_a_full_disk_is_the_worlds_fault(tmp_path: Path) -> None:
    """SQLite that may grow no further fails as the outside, and what was there before is still there."""
    database = Database(f"sqlite:///{tmp_path / 'd.db'}")
    large = "insert into findings select null, 1, hex(zeroblob(200000)), '', '', 1, 1, 1, 1"

    def fill() -> None:
        with database.writing() as tx:
            pages = tx.exec_driver_sql("pragma page_count").scalar_one()
            tx.exec_driver_sql(f"pragma max_page_count = {pages + 4}")
            tx.execute(sa.text("insert into monitors (name, version, created) values ('m', 1, 0)"))
            tx.execute(sa.text(large))

    with pytest.raises(OutsideError, match="full"):
        fill()
    with database.reading() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(monitors)).scalar_one() == 0


def test_whoever_came_first_goes_first() -> None:
    """One who has had a turn comes after all who wait; one who gives up holds up nobody."""
    turns, order, waiting = Turns(), list[str](), threading.Semaphore(0)

    def go(name: str, patience: float) -> None:
        waiting.release()
        try:
            with turns.next(patience):
                order.append(name)
        except OutsideError as error:
            order.append(error.fact)

    with turns.next():
        threads = []
        for name, patience in (("a", 60.0), ("b", 0.01), ("c", 60.0)):
            threads.append(threading.Thread(target=go, args=(name, patience)))
            threads[-1].start()
            assert waiting.acquire(timeout=10)
            while len(turns._waiting) < len(threads) + 1 - order.count("the database was busy for 0.01 seconds"):
                pass
        threads[1].join()
    with turns.next():
        order.append("again")
    for thread in threads:
        thread.join()
    assert order == ["the database was busy for 0.01 seconds", "a", "c", "again"]
