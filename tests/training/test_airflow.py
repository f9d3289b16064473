"""Training by a real Airflow: its API server, scheduler and a DAG."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from driftline.training import runner
from driftline.training.order import End, Order, Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DAG = """
from pathlib import Path
from airflow.sdk import dag, task

@dag(dag_id="train", schedule=None, is_paused_upon_creation=False)
def train():
    @task
    def fit(dag_run=None):
        with Path(__file__).with_name("begun.txt").open("a") as file:
            file.write("x")
        told = dag_run.conf
        Path(told["output"], "model").write_text(told["rows"] + told["reason"])
    fit()

train()
"""


@contextlib.contextmanager
def airflow(home: Path, python: Path) -> Iterator[str]:
    """An Airflow with the DAG; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    dags, url = home / "dags", f"http://127.0.0.1:{port}"
    dags.mkdir()
    (dags / "train.py").write_text(DAG)
    (home / "passwords.json").write_text(json.dumps({"ann": "secret"}))
    told = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "ann:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": "",
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    environ = {**{key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COVERAGE"))}, **told}
    with (home / "log").open("w") as log:
        process = subprocess.Popen(["airflow", "standalone"], cwd=home, env=environ, stdout=log, stderr=log, start_new_session=True)
        try:
            begun(url, home)
            yield url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what its parts left running
            process.wait()


def begun(url: str, home: Path) -> None:
    """Wait until it knows the DAG."""
    until = time.monotonic() + 400
    while time.monotonic() < until:
        try:
            body = json.dumps({"username": "ann", "password": "secret"}).encode()
            with urlopen(Request(f"{url}/auth/token", body, {"Content-Type": "application/json"}), timeout=20) as answer:
                token = json.load(answer)["access_token"]
            with urlopen(Request(f"{url}/api/v2/dags/train", headers={"Authorization": f"Bearer {token}"}), timeout=20):
                return
        except (OSError, ValueError):
            time.sleep(1)
    raise AssertionError((home / "log").read_text()[-4000:])


@pytest.mark.soak
def test_a_dag_trains_once(tmp_path: Path, request_of: Order, monkeypatch: pytest.MonkeyPatch, environment: Callable[[str], Path]) -> None:
    """The run's conf has rows, output, champion and reason; it writes the model; what was forgotten here is found there."""
    monkeypatch.setenv("DRIFTLINE_AIRFLOW_USER", "ann")
    monkeypatch.setenv("DRIFTLINE_AIRFLOW_PASSWORD", "secret")
    with airflow(tmp_path, environment("airflow")) as url:
        recipe = Recipe(command=(sys.executable, "-m", "driftline.training.airflow", url, "train"), attempts=1)
        lines: list[str] = []
        run = runner.train(request_of, recipe, tmp_path / "runs", lines.append)
        assert run.end is End.TRAINED, [*lines, (tmp_path / "log").read_text()[-3000:]]
        model = tmp_path / "runs" / run.key / "attempt-1" / "output" / "model"
        assert model.read_text() == f"{request_of.rows}recall fell"
        # All that is known here is lost: the same request finds the run that there was.
        again = runner.train(request_of, recipe, tmp_path / "elsewhere", lines.append)
        assert again.end is End.TRAINED, lines
        assert (tmp_path / "dags" / "begun.txt").read_text() == "x"
        monkeypatch.setenv("DRIFTLINE_AIRFLOW_PASSWORD", "guessed")
        assert runner.train(request_of, recipe, tmp_path / "third", lines.append).end is End.FAILED
