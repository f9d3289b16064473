"""The roll: who has signed is known to be dead as soon as the kernel knows, even from another name space of processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from driftline.store.database import Database
from driftline.store.leases import acquire
from driftline.store.owners import is_dead, new_owner, own_life, read_life
from driftline.store.roll import KEPT, Roll

SRC = str(Path(__file__).parents[2] / "src")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
WORK = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from driftline.store.database import Database
from driftline.store.leases import acquire
from driftline.store.owners import new_owner
from driftline.store.roll import Roll
owner = new_owner("worker")
acquire(Database(sys.argv[1], Roll(Path(sys.argv[2]))), "monitor 1", owner, datetime(2026, 1, 5, tzinfo=UTC))
print(owner, flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("inside", [(), ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")])
def test_who_is_killed_is_taken_over_at_once(tmp_path: Path, inside: tuple[str, ...]) -> None:
    """Also by a service that was started anew in another container, on the same data; nobody who lives is."""
    url, folder = f"sqlite:///{tmp_path / 'd.db'}", tmp_path / "roll"
    command = [*inside, sys.executable, "-c", WORK, url, str(folder)]
    environ = {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stderr is not None
        owner = other.stdout.readline().strip()
        if not owner:
            pytest.skip(f"needs the right to make name spaces: {other.stderr.read().strip()}")
        database = Database(url, Roll(folder))
        assert acquire(database, "monitor 1", new_owner("next"), NOW) is None
        other.kill()
        other.wait()
        for _ in range(1000):
            # Its child, in the other name space, dies a moment later.
            if Roll(folder).is_dead(owner):
                break
            time.sleep(0.01)
        assert is_dead(owner) is (not inside)
        assert acquire(database, "monitor 1", new_owner("next"), NOW) is not None
    database.close()


def test_of_whom_nobody_can_know(tmp_path: Path) -> None:
    """One who never signed, who has no life, or who was on another kernel; and one who lives, to himself too."""
    roll = Roll(tmp_path / "roll")
    life = own_life()
    assert life is not None
    host, kernel, *spaces = life.place.split("/")
    elsewhere = replace(life, place="/".join((host, kernel[::-1].replace(kernel[::-1][:8], "01234567"), *spaces)))
    assert not any(roll.is_dead(one) for one in ("somebody", new_owner("me"), f"worker {elsewhere}"))
    roll.sign()
    roll.sign()
    roll._place(elsewhere).touch()
    assert not any(roll.is_dead(one) for one in (new_owner("me"), f"worker {elsewhere}"))
    gone = f"worker {replace(life, began=1)}"
    roll._place(read_life(gone) or life).touch()
    assert roll.is_dead(gone)
    roll.close()
    assert not roll.is_dead(new_owner("me"))


def test_what_was_left_long_ago_is_removed(tmp_path: Path) -> None:
    """When the next signs; what is held stays however old it is, and what ended lately can still be asked after."""
    first, second = Roll(tmp_path), Roll(tmp_path)
    first.sign()
    held = next(tmp_path.iterdir())
    old, new = tmp_path / "old", tmp_path / "new"
    for path in (old, new):
        path.touch()
    for path in (held, old):
        os.utime(path, (time.time() - 2 * KEPT,) * 2)
    held.rename(tmp_path / "held")
    second.sign()
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted(["held", "new", held.name])
    second.close()
    first.close()


def test_a_folder_that_cannot_be_written_to_keeps_nobody_from_working(tmp_path: Path) -> None:
    """Leases then have to run out."""
    place = tmp_path / "file"
    place.touch()
    roll = Roll(place / "roll")
    roll.sign()
    assert not roll.is_dead(new_owner("me"))
    roll.close()
