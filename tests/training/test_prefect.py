"""Training by a real Prefect: server, deployment and flow run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from driftline.training import runner
from driftline.training.order import End, Order, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FLOW = """
from pathlib import Path
from prefect import flow

@flow
def train(rows: str, output: str, champion: str, reason: str) -> None:
    with Path("begun").open("a") as file:
        file.write("x")
    Path(output, "model").write_text(rows + reason)

if __name__ == "__main__":
    train.serve(name="nightly")
"""


@contextmanager
def prefect(home: Path, python: Path) -> Iterator[str]:
    """A Prefect server that serves the flow; the address of its API."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}/api"
    told = {"PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_API_URL": url, "PYTHONPATH": ""}
    environ = {**{key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COVERAGE"))}, **told}
    (home / "flow.py").write_text(FLOW)
    server = [str(python), "-m", "prefect", "server", "start", "--port", str(port)]
    with (home / "log").open("w") as log:
        running = []
        try:
            running.append(subprocess.Popen(server, cwd=home, env=environ, stdout=log, stderr=log))
            answers(f"{url}/health", 180, home)
            running.append(subprocess.Popen([str(python), "flow.py"], cwd=home, env=environ, stdout=log, stderr=log))
            answers(f"{url}/deployments/name/train/nightly", 120, home)
            yield url
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(30)


def answers(url: str, seconds: float, home: Path) -> None:
    """Wait until something answers there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise AssertionError((home / "log").read_text()[-3000:])


@pytest.mark.soak
def test_a_deployment_trains_once(tmp_path: Path, request_of: Order, environment: Callable[[str], Path]) -> None:
    """The flow is told rows, output, champion and reason, and writes the model; what was forgotten here is found there."""
    with prefect(tmp_path, environment("prefect")) as url:
        command = (sys.executable, "-m", "driftline.training.prefect", url, "train/nightly")
        lines: list[str] = []
        run = runner.train(request_of, Recipe(command=command, attempts=1), tmp_path / "runs", lines.append)
        assert run.end is End.TRAINED, lines
        model = tmp_path / "runs" / run.key / "attempt-1" / "output" / "model"
        assert model.read_text() == f"{request_of.rows}recall fell"
        # All that is known here is lost: the same request finds the run that there was.
        again = runner.train(request_of, Recipe(command=command, attempts=1), tmp_path / "elsewhere", lines.append)
        assert again.end is End.TRAINED, lines
        assert (tmp_path / "begun").read_text() == "x"
        wrong = Recipe(command=(*command[:-1], "train/never"), attempts=1)
        assert "there is no deployment" in json.dumps(runner.train(request_of, wrong, tmp_path / "runs", lines.append).written())
