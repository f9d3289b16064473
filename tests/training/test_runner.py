"""From a training request to a clear end, with real processes."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from driftline.errors import DataError, StateError
from driftline.sources.opening import open_source
from driftline.training.order import End, Order, Recipe
from driftline.training.runner import LINEAGE, LOCK, cancel, runs, status, train
from driftline.training.snapshot import Wanted, take
from driftline.training.supervisor import EXIT
from driftline.window import Window

if TYPE_CHECKING:
    import pyarrow as pa

GOOD = """
import json, os
from pathlib import Path
output = Path(os.environ["DRIFTLINE_OUTPUT"])
print("training because", os.environ["DRIFTLINE_REASON"], flush=True)
(output / "model.json").write_text("{}")
(output / "signature.json").write_text(json.dumps({"inputs": {"amount": "double"}}))
with open("counted", "a") as file:
    file.write("x")
"""
FLAKY = "import os, sys\nif not os.path.exists('been'):\n    open('been', 'w').close()\n    sys.exit('the disk was full')\n" + GOOD
OTHER = GOOD.replace('{"amount": "double"}', '{"amount": "double", "zip": "long"}')
BROKEN = GOOD.replace('{"amount": "double"}', "3")
HANG_ONCE = """
import os, signal
print(os.getppid(), os.getpid(), flush=True)
if not os.path.exists("been"):
    open("been", "w").close()
    signal.pause()
"""


@pytest.fixture
def order(tmp_path: Path) -> Order:
    """A request with a snapshot of some rows."""

    def cut(batch: pa.RecordBatch) -> tuple[np.ndarray, np.ndarray, list[Window]]:
        return np.zeros(len(batch), np.int64), np.zeros(len(batch), np.int64), [Window(0, "all")]

    found = take(open_source({"amount": [1.0, 2.0]}), Wanted(), cut, tmp_path / "rows", datetime(2026, 1, 1, tzinfo=UTC))
    return Order(model="shop", reason="recall fell", rows=str(found.folder), digest=found.digest)


def recipe(tmp_path: Path, script: str, **other: object) -> Recipe:
    """Train by a script of Python."""
    return Recipe(command=(sys.executable, "-c", script), directory=str(tmp_path), **other)  # type: ignore[arg-type]  # as asked


def test_a_run_trains_once_and_leaves_its_lineage(tmp_path: Path, order: Order) -> None:
    """The model is there, the log was streamed, data, run and model hang together, and asking again trains nothing."""
    told: list[str] = []
    asked = recipe(tmp_path, GOOD)
    found = train(order, asked, tmp_path / "runs", told.append)
    assert found.end is End.TRAINED, found.why
    assert told == ["training because recall fell"]
    line = json.loads((tmp_path / "runs" / found.key / LINEAGE).read_text())
    assert line["data"]["digest"] == order.digest
    assert line["run"]["reason"] == "recall fell"
    assert set(line["model"]["files"]) == {"model.json", "signature.json"}
    assert train(order, asked, tmp_path / "runs", told.append) == found
    assert (tmp_path / "counted").read_text() == "x"
    assert runs(tmp_path / "runs") == [found]


@pytest.mark.parametrize(
    ("script", "end", "why"),
    [
        ("raise SystemExit('no')", End.FAILED, "code 1: no"),
        ("print('well')", End.WROTE_NOTHING, "wrote nothing into"),
        ("import no_such_thing", End.MISSING_PACKAGE, "no_such_thing"),
        (OTHER, End.OTHER_SIGNATURE, "zip"),
        (BROKEN, End.OTHER_SIGNATURE, "does not say which inputs"),
    ],
)
def test_a_bad_end_has_a_name_and_a_reason(tmp_path: Path, order: Order, script: str, end: End, why: str) -> None:
    """Fails, writes nothing, misses a package, wants other columns: each is told, and no model is named."""
    found = train(order, recipe(tmp_path, script, attempts=1), tmp_path / "runs", lambda _: None)
    assert (found.end, why in found.why, found.model) == (end, True, ""), found


def test_one_that_wants_other_columns_than_the_champion_is_refused(tmp_path: Path, order: Order) -> None:
    """The champion's signature is what a challenger has to have."""
    champion = tmp_path / "champion"
    champion.mkdir()
    (champion / "signature.json").write_text(json.dumps({"inputs": {"amount": "long"}}))
    found = train(replace(order, champion_model=str(champion)), recipe(tmp_path, GOOD), tmp_path / "runs", lambda _: None)
    assert found.end is End.OTHER_SIGNATURE
    assert "has other types for amount" in found.why


def test_what_failed_is_tried_again(tmp_path: Path, order: Order) -> None:
    """A failure that passes is no failure; one that stays is told after the attempts that were allowed."""
    told: list[str] = []
    found = train(order, recipe(tmp_path, FLAKY), tmp_path / "runs", told.append)
    assert (found.end, found.attempt) == (End.TRAINED, 2)
    assert "attempt 1 failed: it ended with code 1: the disk was full; once more" in told
    worse = train(order, recipe(tmp_path, "raise SystemExit(3)", attempts=3), tmp_path / "runs", told.append)
    assert (worse.end, worse.attempt) == (End.FAILED, 3)


def test_what_is_not_there_is_not_tried_again(tmp_path: Path, order: Order) -> None:
    """A program that does not exist will not exist next time either."""
    found = train(order, Recipe(command=("no-such-trainer",), directory=str(tmp_path)), tmp_path / "runs", lambda _: None)
    assert (found.end, found.attempt) == (End.FAILED, 1)


def test_what_hangs_is_ended(tmp_path: Path, order: Order) -> None:
    """A run has its time."""
    asked = recipe(tmp_path, "import signal; signal.pause()", timeout=timedelta(seconds=0.4))
    assert train(order, asked, tmp_path / "runs", lambda _: None).end is End.TIMED_OUT


def test_a_run_can_be_cancelled_while_it_runs(tmp_path: Path, order: Order) -> None:
    """Cancelling ends the run that is on; there is nothing to cancel when it is over."""
    asked = recipe(tmp_path, "import signal; print('on', flush=True); signal.pause()")
    home = tmp_path / "runs" / order.key(asked)
    found = train(order, asked, tmp_path / "runs", lambda line: line == "on" and cancel(home))
    assert found.end is End.CANCELLED
    assert not cancel(home)


RUNNER = """
import sys
from pathlib import Path
from driftline.training.order import Order, Recipe
from driftline.training.runner import train
rows, digest, place, script = sys.argv[1:]
order = Order(model="shop", reason="recall fell", rows=rows, digest=digest)
recipe = Recipe(command=(sys.executable, "-c", script), directory=str(Path(place).parent))
print(train(order, recipe, Path(place), lambda line: print(line, flush=True)).end)
"""


def started(order: Order, place: Path, script: str) -> subprocess.Popen[str]:
    """A runner in a process of its own."""
    command = [sys.executable, "-c", RUNNER, order.rows, order.digest, str(place), script]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def gone(place: Path) -> None:
    """Wait until no process of a run holds its lock: the kernel wakes us."""
    with (place / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_a_killed_runner_never_doubles_a_training(tmp_path: Path, order: Order) -> None:
    """The runner is killed: the training goes on, no second begins beside it, and its model is taken over."""
    fifo = tmp_path / "go"
    os.mkfifo(fifo)
    script = "print('on', flush=True)\nopen('go').read()\n" + GOOD
    place = tmp_path / "runs"
    with started(order, place, script) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "on\n"
        runner.kill()
    asked = Recipe(command=(sys.executable, "-c", script), directory=str(tmp_path))
    with pytest.raises(StateError, match="is under way"):
        train(order, asked, place, lambda _: None)
    fifo.write_text("")
    gone(place)
    found = train(order, asked, place, lambda _: None)
    assert (found.end, found.attempt) == (End.TRAINED, 1)
    assert (tmp_path / "counted").read_text() == "x"


def test_a_killed_run_is_lost_and_tried_again(tmp_path: Path, order: Order) -> None:
    """Where everything was killed the attempt is lost, and another is made."""
    script = HANG_ONCE + GOOD
    place = tmp_path / "runs"
    with started(order, place, script) as runner:
        assert runner.stdout is not None
        everybody = [int(one) for one in runner.stdout.readline().split()]
        for one in (runner.pid, *everybody):
            os.kill(one, signal.SIGKILL)
    gone(place)
    asked = Recipe(command=(sys.executable, "-c", script), directory=str(tmp_path))
    home = place / order.key(asked)
    before = status(home)
    assert before is not None
    assert before.end is End.RUNNING
    assert not (home / "attempt-1" / EXIT).exists()
    found = train(order, asked, place, lambda _: None)
    assert (found.end, found.attempt) == (End.TRAINED, 2)


def test_rows_that_were_changed_are_not_trained_on(tmp_path: Path, order: Order) -> None:
    """A snapshot that is not what it was stops the run before it begins."""
    next(Path(order.rows).glob("*.parquet")).write_bytes(b"")
    with pytest.raises(DataError, match="is not what the manifest says"):
        train(order, recipe(tmp_path, GOOD), tmp_path / "runs", lambda _: None)
