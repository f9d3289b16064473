"""Training by a webhook, with a real receiver that trains in processes of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from driftline.training import runner
from driftline.training.order import End, Order, Recipe

SECRET = "between us"


@pytest.fixture
def recipe(trainer: Any, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """How an operator writes it."""
    monkeypatch.setenv("DRIFTLINE_WEBHOOK_SECRET", SECRET)
    command = (sys.executable, "-m", "driftline.training.webhook", trainer.url)
    return Recipe(command=command, timeout=timedelta(seconds=60), attempts=2)


def test_a_model_comes_back(trainer: Any, recipe: Recipe, request_of: Order, tmp_path: Path) -> None:
    """The receiver is told rows, output, champion and reason, signed; it trains; what it wrote is the model; asked again, it is there."""
    trainer.troubles = 1
    run = runner.train(request_of, recipe, tmp_path / "runs", lambda _: None)
    assert (run.end, run.why) == (End.TRAINED, "it wrote a model")
    assert runner.train(request_of, recipe, tmp_path / "runs", lambda _: None) == run
    ((name, (_, said)),) = trainer.runs.items()
    assert name == f"driftline-{run.key}-1"
    assert (said["rows"], said["reason"]) == (request_of.rows, "recall fell")


def test_a_failed_run_is_made_once_more_under_another_name(trainer: Any, recipe: Recipe, request_of: Order, tmp_path: Path) -> None:
    """The second attempt does not take the first one's failure for its own."""
    trainer.fails = 1
    lines: list[str] = []
    run = runner.train(request_of, recipe, tmp_path / "runs", lines.append)
    assert (run.end, run.attempt) == (End.TRAINED, 2), lines
    assert "failed: code 3" in "\n".join(lines)
    assert list(trainer.runs) == [f"driftline-{run.key}-1", f"driftline-{run.key}-2"]


def test_a_wrong_secret_is_told(recipe: Recipe, request_of: Order, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused is not asked for ever."""
    monkeypatch.setenv("DRIFTLINE_WEBHOOK_SECRET", "guessed")
    run = runner.train(request_of, recipe, tmp_path / "runs", lambda _: None)
    assert run.end is End.FAILED
    assert "403" in run.why or "secret" in run.why


def test_cancelling_ends_the_run_there(trainer: Any, recipe: Recipe, request_of: Order, tmp_path: Path) -> None:
    """Who cancels here cancels there."""
    trainer.lasts = 60.0
    place = tmp_path / "runs"

    def tell(line: str) -> None:
        if line.startswith("run driftline-"):
            runner.cancel(place / request_of.key(recipe))

    assert runner.train(request_of, recipe, place, tell).end is End.CANCELLED
    ((process, _),) = trainer.runs.values()
    assert process.wait(10) != 0


def processes(word: str) -> list[int]:
    """Those whose command line has this."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += [int(path.parent.name)] if word in path.read_bytes().decode(errors="replace").replace("\0", " ") else []
    return found


def test_everything_here_is_killed_and_the_run_there_goes_on(trainer: Any, recipe: Recipe, request_of: Order, tmp_path: Path) -> None:
    """Kill -9 of adapter and supervisor: the next attempt takes over the same run, and fetches what it wrote for the first."""
    trainer.lasts = 6.0
    place, killed = tmp_path / "runs", threading.Event()

    def tell(line: str) -> None:
        if line.startswith("run driftline-") and not killed.is_set():
            killed.set()
            # The supervisor first, else it would tell the end of its child.
            for word in (f"driftline.training.supervisor {place}", f"driftline.training.webhook {trainer.url}"):
                for process in processes(word):
                    os.kill(process, signal.SIGKILL)

    began = time.monotonic()
    run = runner.train(request_of, recipe, place, tell)
    assert killed.is_set()
    assert (run.end, run.attempt) == (End.TRAINED, 2)
    assert time.monotonic() - began >= 6
    assert len(trainer.runs) == 1
    assert trainer.runs[f"driftline-{run.key}-1"][1]["output"].endswith("attempt-1/output")
    assert (place / run.key / "attempt-2" / "output" / "model").read_text() == "1"
