"""Leases: one holder at a time, whatever the clocks say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from driftline.errors import StateError
from driftline.store.database import Database
from driftline.store.leases import Lease, acquire, beat, held, release
from driftline.store.owners import new_owner

SRC = str(Path(__file__).parents[2] / "src")
HOLDER = """
import sys
from datetime import UTC, datetime, timedelta
from driftline.store.database import Database
from driftline.store.leases import acquire
from driftline.store.owners import new_owner
database = Database(f"sqlite:///{sys.argv[1]}")
print(acquire(database, "m", new_owner("worker"), datetime(2026, 1, 1, tzinfo=UTC), timedelta(minutes=1)).epoch, flush=True)
input()
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """An empty database."""
    return Database(f"sqlite:///{tmp_path / 'd.db'}")


def writes(database: Database, lease: Lease) -> bool:
    """Whether a lease lets its holder write."""
    try:
        with database.writing() as tx:
            lease.fence(tx)
    except StateError:
        return False
    return True


def test_one_at_a_time(database: Database) -> None:
    """While it is held nobody else gets it, not even its holder again; other names are free."""
    one = acquire(database, "m", "a", NOW, MINUTE)
    assert one == Lease("m", "a", 1)
    assert acquire(database, "m", "b", NOW + MINUTE / 2, MINUTE) is None
    assert acquire(database, "m", "a", NOW + MINUTE / 2, MINUTE) is None
    assert acquire(database, "n", "b", NOW, MINUTE) is not None


def test_whoever_is_not_heard_of_is_taken_over_and_can_write_no_more(database: Database) -> None:
    """The old holder's writes fail from that moment on, even if its own clock says that it has time."""
    one = acquire(database, "m", "a", NOW, MINUTE)
    two = acquire(database, "m", "b", NOW + MINUTE, MINUTE)
    assert one is not None
    assert two is not None
    assert two.epoch == 2
    assert (writes(database, one), writes(database, two)) == (False, True)
    with pytest.raises(StateError, match="taken over"):
        beat(database, one, NOW, MINUTE)


def test_a_beat_keeps_it(database: Database) -> None:
    """From the beat on, it lasts as long again."""
    one = acquire(database, "m", "a", NOW, MINUTE)
    assert one is not None
    beat(database, one, NOW + MINUTE * 0.9, MINUTE)
    assert acquire(database, "m", "b", NOW + MINUTE * 1.8, MINUTE) is None


def test_what_is_given_back_is_free(database: Database) -> None:
    """At once; giving back what was lost takes it from nobody."""
    one = acquire(database, "m", "a", NOW, MINUTE)
    assert one is not None
    release(database, one)
    two = acquire(database, "m", "b", NOW, MINUTE)
    assert two is not None
    release(database, one)
    assert acquire(database, "m", "c", NOW, MINUTE) is None


def test_a_clock_that_was_ahead_keeps_nobody_from_the_work(database: Database) -> None:
    """Neither what it gave back nor what it holds; clocks that are minutes apart leave each other alone."""
    ahead = acquire(database, "m", "a", NOW + timedelta(hours=1), MINUTE)
    assert ahead is not None
    release(database, ahead)
    assert acquire(database, "m", "b", NOW, MINUTE) is not None
    assert acquire(database, "m", "c", NOW - timedelta(minutes=4), MINUTE) is None
    late = acquire(database, "m", "c", NOW - timedelta(hours=1), MINUTE)
    assert late is not None
    assert late.epoch == 3


def test_whoever_is_killed_is_taken_over_at_once(database: Database, tmp_path: Path) -> None:
    """While it lives, even stopped, it keeps its lease; dead, it has none, and exactly one of many heirs gets it."""
    command, environ = [sys.executable, "-c", HOLDER, str(tmp_path / "d.db")], {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        process.send_signal(signal.SIGSTOP)
        assert acquire(database, "m", new_owner("a"), NOW, MINUTE) is None
        process.kill()
        process.wait()
    heirs: list[Lease | None] = []
    threads = [threading.Thread(target=lambda: heirs.append(acquire(database, "m", new_owner("b"), NOW, MINUTE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.epoch for one in heirs if one is not None] == [2]


def test_many_that_come_at_once(database: Database) -> None:
    """Exactly one gets it."""
    found: list[Lease | None] = []
    threads = [threading.Thread(target=lambda name=name: found.append(acquire(database, "m", name, NOW, MINUTE))) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in found if one is not None]) == 1


def test_it_is_kept_alive_while_work_lasts(database: Database) -> None:
    """A thread beats for the holder; at the end it is free."""
    one = acquire(database, "m", "a", NOW, timedelta(seconds=0.04))
    assert one is not None
    times = iter(range(10**6))
    beaten = threading.Event()

    def clock() -> datetime:
        tick = next(times)
        if tick > 3:
            beaten.set()
        return NOW + timedelta(seconds=tick)

    with held(database, one, clock, timedelta(seconds=0.04)):
        assert beaten.wait(20)
        assert acquire(database, "m", "b", NOW + timedelta(seconds=2), MINUTE) is None
    assert acquire(database, "m", "b", NOW + timedelta(days=12), MINUTE) is not None
