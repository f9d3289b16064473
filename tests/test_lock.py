"""One run at a time."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from driftline.errors import StateError
from driftline.lock import held

if TYPE_CHECKING:
    from pathlib import Path

CHILD = "import sys; print('there', flush=True); sys.stdin.read()"
HOLDER = """
import subprocess, sys
from pathlib import Path
from driftline.lock import held
with held(Path(sys.argv[1]), "a run") as handle:
    child = subprocess.Popen([sys.executable, "-c", sys.argv[2]], pass_fds=(handle,))
    child.wait()
"""


def test_a_second_one_waits(tmp_path: Path) -> None:
    """What is held is refused, and free again afterwards."""
    with held(tmp_path / "lock", "a run"), pytest.raises(StateError, match="a run is under way"), held(tmp_path / "lock", "a run"):
        pass
    with held(tmp_path / "lock", "a run"):
        pass


def test_a_killed_holder_whose_child_lives_still_holds_it(tmp_path: Path) -> None:
    """Kill -9 of the runner does not let a second training begin beside the first; when the first is gone, it does."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "lock"), CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "there\n"
        holder.kill()
        holder.wait()
        with pytest.raises(StateError), held(tmp_path / "lock", "a run"):
            pass
        holder.stdin.close()
        assert holder.stdout.read() == ""  # the child has gone: nobody holds the pipe any more
        with held(tmp_path / "lock", "a run"):
            pass
