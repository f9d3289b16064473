"""Our provider in a real Airflow: it is found, the DAG branches, assets' events say what was decided, the sensor waits, a model trained."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.exports.jobs import Job, Scheduler, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAITING = """
from airflow.sdk import dag, task
from driftline_airflow.operators import DriftlineBranchOperator, DriftlineSensor, verdict_asset

@dag(dag_id="waiting", schedule=[verdict_asset("shop")])
def waiting():
    wait = DriftlineSensor(task_id="wait", config=CONFIG, command=COMMAND, poke_interval=1, timeout=60)
    branch = DriftlineBranchOperator(task_id="branch", found=wait.output, follow={"hold": "calm"}, otherwise="other")

    @task
    def calm(): ...

    @task
    def other(): ...

    branch >> [calm(), other()]

waiting()
"""

RETRAINING = """
from airflow.sdk import dag
from driftline_airflow.operators import DriftlineRetrainOperator, challenger_asset

def trains(task_id, config):
    told = {"config": config, "command": COMMAND, "reason": "recall fell"}
    return DriftlineRetrainOperator(task_id=task_id, outlets=[challenger_asset(task_id)], **told)

@dag(dag_id="retraining", schedule=None)
def retraining():
    trains("whole", CONFIG) >> trains("broken", BROKEN)

retraining()
"""

COMMANDS = """
import json, sys
from airflow.__main__ import main

for words in json.loads(sys.argv[1]):
    sys.argv = ["airflow", *words]
    try:
        code = main() or 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    print(f"\\n{' '.join(words)} ended with {code}", flush=True)
"""
"""Airflow's commands one after another: half of each would be loading Airflow."""


@pytest.fixture
def training(monitor: Path, tmp_path: Path) -> list[str]:
    """The files of a monitor whose training gives a model, and of one whose training fails."""
    times = np.datetime64("2026-03-01", "s") + np.arange(480) * np.timedelta64(3600, "s")
    pq.write_table(pa.table({"ts": times, "x": np.arange(480.0), "label": np.arange(480) % 2}), tmp_path / "rows.parquet")
    (tmp_path / "train.sh").write_text('echo 1 > "$DRIFTLINE_OUTPUT/model"\n')
    (tmp_path / "broken.sh").write_text("echo the disk is full; exit 3\n")
    for name in ("train", "broken"):
        (tmp_path / f"{name}.yaml").write_text(
            f"monitor: {name}\nreference: rows.parquet\ncurrent: rows.parquet\n"
            f"columns: {{timestamp: ts, label: label}}\ntraining: {{command: sh {name}.sh, attempts: 1}}\n",
            encoding="utf-8",
        )
    return [str(tmp_path / "train.yaml"), str(tmp_path / "broken.yaml")]


@pytest.mark.slow
def test_airflow_runs_it(
    environment: Callable[[str], Path],
    installed: Callable[[str], Path],
    ran: Callable[..., str],
    monitor: Path,
    training: list[str],
    tmp_path: Path,
) -> None:
    """A data fault fails the run and marks the asset; a calm window lets another DAG go on; a challenger is marked if there is one."""
    dags = tmp_path / "dags"
    dags.mkdir()
    job = Job(name="shop", config=str(monitor / "driftline.yaml"), driftline=str(monitor / "driftline"))
    (dags / "job.py").write_text(written(Scheduler.AIRFLOW, job), encoding="utf-8")
    for name, text, configs in (("waiting", WAITING, [str(monitor / "calm.yaml")]), ("retraining", RETRAINING, training)):
        words = dict(zip(("CONFIG", "BROKEN"), configs, strict=False), COMMAND=str(monitor / "driftline"))
        whole = re.sub("|".join(words), lambda one, words=words: repr(words[one[0]]), text)
        (dags / f"{name}.py").write_text(whole, encoding="utf-8")
    settings = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": str(installed("airflow")),
    }
    runs = [["dags", "test", name] for name in ("driftline_shop", "waiting", "retraining")]
    every = [["db", "migrate"], ["providers", "list"], ["dags", "reserialize"], *runs]
    told = ran([str(environment("airflow")), "-c", COMMANDS, json.dumps(every)], tmp_path, settings)
    codes = [re.search(rf"^{' '.join(words)} ended with (\d+)$", told, re.MULTILINE) for words in every]
    assert [one and one[1] for one in codes] == ["0", "0", "0", "1", "0", "1"], told
    assert "airflow-provider-driftline" in told
    assert re.search(r"AirflowFailException: .*amount", told), told
    assert "AirflowFailException: no model: failed: it ended with code 3: the disk is full" in told
    with closing(sqlite3.connect(tmp_path / "airflow.db")) as database:
        found = database.execute("select a.uri, e.extra from asset_event e join asset a on a.id = e.asset_id").fetchall()
        states = dict(database.execute("select dag_id, state from dag_run").fetchall())
        tasks = dict(database.execute("select dag_id || '.' || task_id, state from task_instance").fetchall())
    events = {name: json.loads(extra) for name, extra in found}
    # A run that was never asked to retrain marks no challenger, nor does a training without a model.
    assert events.keys() == {"driftline://shop/verdict", "driftline://whole/challenger"}
    assert {name: events["driftline://shop/verdict"][name] for name in ("verdict", "action", "columns")} == {
        "verdict": "drifted", "action": "fix data", "columns": ["amount"],
    }  # fmt: skip
    assert events["driftline://whole/challenger"] == {"version": "1", "reason": "recall fell"}
    assert states == {"driftline_shop": "failed", "waiting": "success", "retraining": "failed"}
    # The branches that were not taken are skipped.
    assert tasks == {
        "driftline_shop.check": "success", "driftline_shop.choose": "success", "driftline_shop.fix_data": "failed",
        "driftline_shop.retrain": "skipped", "driftline_shop.look": "skipped", "driftline_shop.hold": "skipped",
        "waiting.wait": "success", "waiting.branch": "success", "waiting.calm": "success", "waiting.other": "skipped",
        "retraining.whole": "success", "retraining.broken": "failed",
    }  # fmt: skip
