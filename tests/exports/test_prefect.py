"""Our tasks in a real Prefect: the written flow runs, and its decision triggers another deployment."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from driftline.exports.jobs import Job, Scheduler, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ANSWER = """
from pathlib import Path
from driftline_prefect import decided
from prefect import flow

@flow
def answer() -> None:
    Path("answered").write_text("yes")

if __name__ == "__main__":
    answer.serve(name="owner", triggers=[decided("shop", "fix data")])
"""


def wait_for(what: Callable[[], object], seconds: float, log: Path) -> None:
    """Wait until something holds; what answers nothing yet does not."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


@pytest.mark.slow
def test_prefect_runs_it(
    environment: Callable[[str], Path], installed: Callable[[str], Path], ran: Callable[..., str], monitor: Path, tmp_path: Path
) -> None:
    """A round on a data fault fails with its reason, and the deployment that waits for that decision runs."""
    python = str(environment("prefect"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}/api"
    settings = {
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": str(installed("prefect")),
    }
    job = Job(name="shop", config=str(monitor / "driftline.yaml"), driftline=str(monitor / "driftline"))
    (tmp_path / "job.py").write_text(written(Scheduler.PREFECT, job), encoding="utf-8")
    (tmp_path / "answer.py").write_text(ANSWER, encoding="utf-8")
    program = "import json, job\nstate = job.watch(return_state=True)\nprint(json.dumps([state.type.value, str(state.message)]))\n"
    environ = {**{key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COVERAGE"))}, **settings}
    log, running = tmp_path / "log", []
    with log.open("w") as file:

        def start(*words: str) -> None:
            running.append(subprocess.Popen([python, *words], cwd=tmp_path, env=environ, stdout=file, stderr=file))

        try:
            start("-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
            wait_for(lambda: urlopen(f"{url}/health", timeout=5), 180, log)
            start("answer.py")
            asked = Request(f"{url}/automations/count", method="POST")
            wait_for(lambda: json.load(urlopen(asked, timeout=5)) == 1, 120, log)
            kind, message = json.loads(ran([python, "-c", program], tmp_path, settings).splitlines()[-1])
            assert (kind, "amount" in message) == ("FAILED", True)
            wait_for((tmp_path / "answered").exists, 120, log)
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(30)
