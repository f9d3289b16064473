"""Serving: as a user starts it; tests/server/test_faults.py kills it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from driftline.errors import OutsideError
from driftline.server.face import wall_clock
from driftline.server.serving import Settings, running, serve
from driftline.services.cycle import Pace
from driftline.store.tables import leases

if TYPE_CHECKING:
    from collections.abc import Callable

SRC = str(Path(__file__).parents[2] / "src")


def look(process: subprocess.Popen[str], lines: int) -> list[str]:
    """What the service says of itself, on its output and over HTTP."""
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(lines)]
    url = said[1].split()[-1]
    with urllib.request.urlopen(f"{url}/health/ready", timeout=30) as answer:
        assert json.loads(answer.read()) == {"status": "ready"}
    if lines > 2:
        request = urllib.request.Request(f"{url}/v1/monitors", headers={"Authorization": f"Bearer {said[2].split()[-1]}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert [one["name"] for one in json.loads(answer.read())["items"]] == ["churn"]
    return said


def test_it_prints_its_address_and_a_first_token_and_leaves_when_asked(tmp_path: Path, reference: Path) -> None:
    """Out of the box; the second time there is a token already, and none is shown. SIGTERM is a clean end."""
    monitors = tmp_path / "monitors"
    monitors.mkdir()
    (monitors / "churn.yaml").write_text(f"reference: {reference}\ncolumns: {{id: id, timestamp: ts}}\nwindow: hour\n")
    (monitors / "wrong.yaml").write_text("referense: 1\n")
    command = [sys.executable, "-m", "driftline", "serve", "--port", "0", "--data", str(tmp_path / "data"), "--monitors", str(monitors)]
    environ, pipe = {**os.environ, "PYTHONPATH": SRC}, subprocess.PIPE
    said: list[list[str]] = []
    for life in range(2):
        with subprocess.Popen(command, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environ) as process:
            try:
                said.append(look(process, 3 - life))
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
            finally:
                process.kill()
    assert "left out" in said[0][0]
    assert "wrong.yaml" in said[0][0]


def held_leases(world: Any) -> list[str]:
    """Names of work that somebody holds."""
    with world.service.database.reading() as tx:
        return list(tx.execute(sa.select(leases.c.name).where(leases.c.until > wall_clock())).scalars())


def wait_until_it_works(world: Any, still: Callable[[], object] = lambda: None) -> None:
    """Wait until some work is leased."""
    until = time.monotonic() + 60
    while not held_leases(world):
        assert time.monotonic() < until
        assert still() is None


def check_all_is_counted(world: Any) -> None:
    """Whoever comes next finds nothing held, and does the rest."""
    assert world.round().busy == 0
    assert [one["rows"] for one in world.windows().values()] == [60] * 10


def test_what_it_held_is_taken_over_when_it_is_killed(small: Any, rows_of: Any, tmp_path: Path) -> None:
    """At once, by whoever comes next on this machine, though the lease has not run out."""
    for hour in range(10):
        small.send(rows_of(60 * hour, 60), f"b{hour}")
    words = ["serve", "--port", "0", "--data", str(tmp_path / "data"), "--lateness", "0", "--interval", "0.05"]
    command, environ = [sys.executable, "-m", "driftline", *words], {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ) as process:
        try:
            wait_until_it_works(small, process.poll)
        finally:
            process.kill()
    assert held_leases(small)
    check_all_is_counted(small)


def test_what_it_held_is_free_when_it_has_ended(small: Any, rows_of: Any, tmp_path: Path) -> None:
    """In the middle of a turn: the turn is ended first, and nothing is held afterwards."""
    for hour in range(10):
        small.send(rows_of(60 * hour, 60), f"b{hour}")
    pace = Pace(settle=timedelta(0), lateness=timedelta(0))
    with running(Settings(data=tmp_path / "data", interval=timedelta(seconds=0.01), pace=pace)):
        wait_until_it_works(small)
    assert not held_leases(small)
    check_all_is_counted(small)


def test_an_address_that_is_taken_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything else is done."""
    monkeypatch.setattr(signal, "signal", lambda *args: None)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OutsideError, match="cannot be listened at"):
            serve(Settings(data=tmp_path / "data", port=taken.getsockname()[1]), print)
    assert not (tmp_path / "data").exists()


def test_rounds_run_beside_the_app(tmp_path: Path) -> None:
    """With a scheduler the numbers of its rounds are told; without one there are none."""
    with running(Settings(data=tmp_path / "data", interval=None)) as (app, face):
        assert app.state.face is face
        assert b"driftline_cycle_turns_total 0.0" in face.meters.text()
    stopped: list[Any] = []
    with running(Settings(data=tmp_path / "data", interval=timedelta(seconds=0.01))) as (_, face):
        stopped.append(face.intake)
    with pytest.raises(OutsideError, match="stopping"):
        stopped[0].submit(type("", (), {"size": 1})())
