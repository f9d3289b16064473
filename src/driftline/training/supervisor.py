"""The process around a training command: holds its limits, takes its output, and writes down how it ended.

It is a process of its own, so that limits hold and the end is known even where the program that asked for the run is gone.
`python -m driftline.training.supervisor FOLDER` reads `attempt.json` there and writes `log.txt` and, last, `exit.json`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from driftline import paper
from driftline.training.order import End

ATTEMPT, LOG, EXIT, CANCEL, OUTPUT = "attempt.json", "log.txt", "exit.json", "cancel", "output"
POLL = 0.2
GRACE = 5.0
"""Seconds between asking a run to end and ending it."""

PAGE = os.sysconf("SC_PAGE_SIZE")
TAIL = 4000
NO_PROGRAM = 127


def main() -> int:
    """Run what the folder says."""
    folder = Path(sys.argv[1])
    asked = paper.read(folder / ATTEMPT)
    if asked is None:
        return 1
    paper.write(folder / EXIT, supervise(folder, asked))
    return 0


def supervise(folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Start the command, watch it, and say how it ended."""
    began = time.monotonic()
    with (folder / LOG).open("ab") as log:
        try:
            # The descriptor of the lock goes along: while anything of the run lives, no other begins.
            running = subprocess.Popen(  # noqa: S603  running the operator's own command is what this is for
                asked["command"],
                cwd=asked["directory"],
                env={**os.environ, **asked["environment"]},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(asked["descriptors"]),
            )
        except OSError as error:
            told = f"{asked['command'][0]!r} cannot be started: {error.strerror}"
            return {"end": End.FAILED, "why": told, "code": NO_PROGRAM, "seconds": 0.0, "peak": 0, "final": True}
        end, why, peak = _watch(running, folder, asked, began)
    seconds = round(time.monotonic() - began, 3)
    _kill(running.pid, signal.SIGKILL)  # whatever the command left behind
    if end is End.RUNNING:
        end, why = _judged(running.returncode, tail(folder / LOG))
    return {"end": end, "why": why, "code": running.returncode, "seconds": seconds, "peak": peak, "final": False}


def _watch(running: subprocess.Popen[bytes], folder: Path, asked: dict[str, Any], began: float) -> tuple[End, str, int]:
    """Wait until it ends by itself, which is `RUNNING` here, or has to be ended."""
    peak, limit = 0, asked["memory"]
    while True:
        try:
            running.wait(POLL)
        except subprocess.TimeoutExpired:
            pass
        else:
            return End.RUNNING, "", peak
        used = memory_of(running.pid)
        peak = max(peak, used)
        if limit is not None and used > limit:
            _end(running)
            return End.OUT_OF_MEMORY, f"it took {used >> 20} MiB, where {limit >> 20} MiB are allowed", peak
        if time.monotonic() - began > asked["timeout"]:
            _end(running)
            return End.TIMED_OUT, f"it was not done after {asked['timeout']:g} seconds", peak
        if (folder / CANCEL).exists():
            _end(running)
            return End.CANCELLED, "it was cancelled", peak


def memory_of(session: int) -> int:
    """Bytes that the processes of a session have in memory; 0 where there is no /proc."""
    pages = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            # Behind the name in brackets: state, parent, group, session, …; the 22nd is the resident set in pages.
            pages += int(fields[21]) if int(fields[3]) == session else 0
        except (OSError, IndexError, ValueError):
            continue
    return pages * PAGE


def tail(log: Path) -> str:
    """The end of a log."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - TAIL, 0))
        return file.read().decode("utf-8", "replace")


def _judged(code: int, said: str) -> tuple[End, str]:
    """What an exit code and the last lines mean."""
    if code == 0:
        return End.TRAINED, "it ended well"
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it said nothing")
    if last.startswith("ModuleNotFoundError: "):
        return End.MISSING_PACKAGE, last.removeprefix("ModuleNotFoundError: ")
    how = f"it was ended by {signal.Signals(-code).name}" if code < 0 else f"it ended with code {code}"
    return End.FAILED, f"{how}: {last}"


def _end(running: subprocess.Popen[bytes]) -> None:
    """Ask all of it to end, wait a little, then end it."""
    _kill(running.pid, signal.SIGTERM)
    try:
        running.wait(GRACE)
    except subprocess.TimeoutExpired:
        _kill(running.pid, signal.SIGKILL)
        running.wait()


def _kill(group: int, how: signal.Signals) -> None:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    sys.exit(main())
