"""Limits of a run, and how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from driftline import paper
from driftline.training.order import End
from driftline.training.supervisor import ATTEMPT, CANCEL, EXIT, LOG, memory_of, tail


def supervised(folder: Path, script: str, **other: Any) -> dict[str, Any]:
    """Supervise a script of Python, as the runner does."""
    asked = {"command": [sys.executable, "-c", script], "directory": str(folder), "environment": {}, "timeout": 60, "memory": None}
    paper.write(folder / ATTEMPT, {**asked, "descriptors": [], **other})
    subprocess.run([sys.executable, "-m", "driftline.training.supervisor", str(folder)], check=True)
    return paper.read(folder / EXIT) or {}


@pytest.mark.parametrize(
    ("script", "end", "why"),
    [
        ("print('done')", End.TRAINED, "ended well"),
        ("print('a'); raise SystemExit('the rows are bad')", End.FAILED, "code 1: the rows are bad"),
        ("import no_such_thing", End.MISSING_PACKAGE, "No module named 'no_such_thing'"),
        ("import os; os.kill(os.getpid(), 11)", End.FAILED, "ended by SIGSEGV"),
    ],
)
def test_an_end_has_its_reason(tmp_path: Path, script: str, end: End, why: str) -> None:
    """How a command ended is known by name, with its last words."""
    found = supervised(tmp_path, script)
    assert (found["end"], why in found["why"]) == (end, True), found
    assert found["final"] is False


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """A command that cannot be started fails for good, and says which."""
    found = supervised(tmp_path, "", command=["no-such-trainer"])
    assert (found["end"], found["final"]) == (End.FAILED, True)
    assert "'no-such-trainer' cannot be started: No such file" in found["why"]


def test_what_hangs_is_ended_with_all_its_children(tmp_path: Path) -> None:
    """After its time a run is ended, though it does not want to, and so is what it started."""
    script = (
        "import os, signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_DFL); "
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']); print(child.pid, flush=True); child.wait()"
    )
    found = supervised(tmp_path, script, timeout=3)
    assert found["end"] == End.TIMED_OUT
    stat = Path("/proc") / (tmp_path / LOG).read_text().strip() / "stat"
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_what_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    """A run may take so much and no more."""
    found = supervised(tmp_path, "a = bytearray(300 << 20)\nimport signal; signal.pause()", memory=100 << 20)
    assert found["end"] == End.OUT_OF_MEMORY
    assert found["peak"] > 100 << 20
    assert "100 MiB are allowed" in found["why"]


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    """A word in the folder ends the run."""
    (tmp_path / CANCEL).touch()
    assert supervised(tmp_path, "import signal; signal.pause()")["end"] == End.CANCELLED


def test_memory_of_nobody_is_nothing() -> None:
    """A session that is not there has no memory, and this one has some."""
    assert memory_of(-5) == 0
    assert memory_of(os.getsid(0)) > 0


def test_only_the_end_of_a_log_is_read(tmp_path: Path) -> None:
    """A log may be long."""
    assert tail(tmp_path / LOG) == ""
    (tmp_path / LOG).write_text("x" * 10_000 + "\nlast\n")
    assert tail(tmp_path / LOG).endswith("\nlast\n")
    assert len(tail(tmp_path / LOG)) == 4000
