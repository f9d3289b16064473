"""Who is asked to end leaves in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from driftline.cli import backfill, forget, run
from driftline.cli.main import main
from driftline.cli.stored import opened
from driftline.store.database import Database
from driftline.store.leases import acquire

if TYPE_CHECKING:
    from types import ModuleType

SRC = str(Path(__file__).parents[2] / "src")
COMMAND = """
import os, signal, sys
from datetime import UTC, datetime
from driftline.cli.leaving import ended
from driftline.store.database import Database
from driftline.store.leases import acquire, held

@ended()
def work():
    database, clock = Database(sys.argv[1]), lambda: datetime.now(UTC)
    with held(database, acquire(database, "m", "somebody whose life nobody knows", clock()), clock):
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

work()
"""


def test_what_stands_in_finally_is_done(tmp_path: Path) -> None:
    """A command that is told to end gives back the lease that it holds, and says by its code that it was told."""
    url = f"sqlite:///{tmp_path / 'd.db'}"
    Database(url).close()
    done = subprocess.run([sys.executable, "-c", COMMAND, url], env={**os.environ, "PYTHONPATH": SRC}, check=False, timeout=60)
    assert done.returncode == 128 + signal.SIGTERM
    heir = acquire(Database(url), "m", "another", datetime.now(UTC))
    assert heir is not None
    assert heir.epoch == 2


def handler() -> object:
    """Who hears SIGTERM."""
    return signal.getsignal(signal.SIGTERM)


@pytest.mark.parametrize(
    ("room", "words"),
    [(run, ["run"]), (backfill, ["backfill", "--since", "2026-01-01"]), (forget, ["forget", "--monitor", "m", "--id", "1", "--yes"])],
    ids=["run", "backfill", "forget"],
)
def test_commands_that_hold_leases_listen(room: ModuleType, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While they work SIGTERM is heard; afterwards it is what it was."""
    heard, before = list[object](), handler()
    monkeypatch.setattr(room, "opened", lambda *where: heard.append(handler()) or opened(*where))
    CliRunner().invoke(main, [*words, "--data", str(tmp_path / "data")])
    assert len(heard) == 1
    assert heard[0] not in {before, signal.SIG_DFL}
    assert handler() == before
