"""Jobs for other people's schedulers: they are what those read, whatever a monitor is called, and run in the real ones."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.exports.jobs import Job, Scheduler, written

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20).filter(str.isprintable)

ENVIRONMENTS = {"airflow": ("apache-airflow>=3,<4",), "prefect": ("prefect>=3,<4", "fastapi<0.155")}
"""What does not go into one environment with driftline's own; Prefect does not start with later versions of FastAPI."""


@given(name=WORDS, config=WORDS, driftline=WORDS)
def test_every_name_gives_files_that_can_be_read(name: str, config: str, driftline: str) -> None:
    """Quotes, hashes, dollars and percent signs in names end no text early and begin no command."""
    job = Job(name=name, config=config, driftline=driftline)
    for scheduler, text in (("airflow", "CONFIG"), ("prefect", "CONFIG")):
        tree = ast.parse(written(Scheduler(scheduler), job))
        values = {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body if is_literal(node)}  # type: ignore[attr-defined]  as asked
        assert values[text] == config
        assert values["DRIFTLINE"] == driftline
    line = written(Scheduler.CRON, job).splitlines()[-1]
    words = shlex.split(line.replace(r"\%", "%"))[6:]
    assert words[: words.index("--quiet")] == [driftline, "check", "-c", config]
    assert yaml.safe_load(written(Scheduler.KUBERNETES, job))["kind"] == "CronJob"
    workflow = yaml.safe_load(written(Scheduler.GITHUB, job))
    assert shlex.split(workflow["jobs"]["check"]["steps"][3]["run"])[3] == config
    assert written(Scheduler.JENKINS, job).count("{") == written(Scheduler.JENKINS, Job(name="a")).count("{") + config.count("{")


def is_literal(node: ast.stmt) -> bool:
    """Whether a statement gives a name to a text."""
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("schedule", ["hourly", "* * * *", "10 * * * * rm", "1;2 * * * *", "$(id) * * * *"])
def test_what_is_no_schedule_is_refused(schedule: str) -> None:
    """Only cron's five fields are a schedule."""
    with pytest.raises(ConfigError, match="is no schedule"):
        Job(name="shop", schedule=schedule)


def test_a_line_break_is_refused() -> None:
    """It would begin another line of the job."""
    with pytest.raises(ConfigError, match="cannot be written into a job"):
        Job(name="shop", config="a\n* * * * * root reboot")


def test_kubernetes_gets_names_that_it_allows() -> None:
    """Lower-case letters, digits and hyphens, at most 52, which leaves room for what it appends."""
    assert Job(name="Shop: EU/west " + "x" * 60).label == "driftline-shop-eu-west-" + "x" * 29
    assert Job(name="!").identifier == "monitor"


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitor whose newest day arrived in another unit."""
    place, dice = tmp_path_factory.mktemp("monitor"), np.random.default_rng(0)
    begin = datetime(2026, 3, 1, tzinfo=UTC)

    def days(first: int, count: int, factor: float) -> pa.Table:
        times = [begin + timedelta(days=first + i % count, seconds=int(dice.integers(86_000))) for i in range(800 * count)]
        return pa.table({"ts": times, "amount": dice.lognormal(size=800 * count) * factor, "kind": dice.choice(["a", "b"], 800 * count)})

    pq.write_table(days(0, 20, 1.0), place / "reference.parquet")
    pq.write_table(pa.concat_tables([days(20, 4, 1.0), days(24, 1, 100.0)]), place / "current.parquet")
    (place / "driftline.yaml").write_text(
        "monitor: shop\nreference: reference.parquet\ncurrent: current.parquet\nwindow: day\ncolumns: {timestamp: ts}\n", encoding="utf-8"
    )
    # As an operator installs it: a command of its own, whatever the scheduler's environment is.
    command = place / "driftline"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m driftline "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return place


def environment(name: str) -> Path:
    """The interpreter of an environment that has a scheduler, made once for each user."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftline-tests" / f"{name}-{sys.version_info.minor}"
    python = folder / "bin" / "python"
    if not (folder / "whole").exists():
        uv = Path(sys.executable).with_name("uv")
        for words in (
            ["venv", "-q", "--clear", "--python", sys.executable, str(folder)],
            ["pip", "install", "-q", "--python", str(python), *ENVIRONMENTS[name]],
        ):
            done = subprocess.run([str(uv), *words], capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"{name} cannot be installed here: {done.stderr[-300:]}")
        (folder / "whole").touch()
    return python


def run(python: Path, program: str, home: Path, extra: Mapping[str, str]) -> str:
    """Run a program in an environment of its own, with none of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COVERAGE"))}
    path = f"{python.parent}{os.pathsep}{kept['PATH']}"
    done = subprocess.run(
        [str(python), "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env={**kept, **extra, "PATH": path},
        timeout=400,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
def test_airflow_runs_it(monitor: Path, tmp_path: Path) -> None:
    """A real Airflow checks, and takes the branch of a data fault, which fails the run as its owner should see."""
    python = environment("airflow")
    dags = tmp_path / "dags"
    dags.mkdir()
    job = Job(name="shop", config=str(monitor / "driftline.yaml"), driftline=str(monitor / "driftline"))
    (dags / "job.py").write_text(written(Scheduler.AIRFLOW, job), encoding="utf-8")
    settings = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": "",
    }
    program = (
        "import json, subprocess, sys\n"
        "subprocess.run(['airflow', 'db', 'migrate'], check=True, capture_output=True)\n"
        "subprocess.run(['airflow', 'dags', 'reserialize'], check=True, capture_output=True)\n"
        "done = subprocess.run(['airflow', 'dags', 'test', 'driftline_shop'], capture_output=True, text=True)\n"
        "shown = subprocess.run(['airflow', 'dags', 'list-runs', 'driftline_shop', '-o', 'json'], capture_output=True, text=True)\n"
        "print(done.stdout[-6000:], done.stderr[-6000:], shown.stdout)\n"
    )
    said = run(python, program, tmp_path, settings)
    assert "end task task_id=fix_data" in said, said
    assert re.search(r"AirflowFailException: .*amount", said), said
    assert '"state": "failed"' in said, said


@pytest.mark.slow
def test_prefect_runs_it(monitor: Path, tmp_path: Path) -> None:
    """A real Prefect checks, and fails where the data must be fixed."""
    python = environment("prefect")
    job = Job(name="shop", config=str(monitor / "driftline.yaml"), driftline=str(monitor / "driftline"))
    (tmp_path / "job.py").write_text(written(Scheduler.PREFECT, job), encoding="utf-8")
    settings = {
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "240",
        "PYTHONPATH": "",
    }
    program = "import json, job\nstate = job.watch(return_state=True)\nprint(json.dumps([state.type.value, str(state.message)]))\n"
    kind, message = json.loads(run(python, program, tmp_path, settings).splitlines()[-1])
    assert kind == "FAILED"
    assert "amount" in message
