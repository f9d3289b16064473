"""Our provider in a real Airflow: it is found, the written DAG branches, the asset's event says what was decided, the sensor waits."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

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


@pytest.mark.slow
def test_airflow_runs_it(
    environment: Callable[[str], Path], installed: Callable[[str], Path], ran: Callable[..., str], monitor: Path, tmp_path: Path
) -> None:
    """Airflow lists the provider; a data fault fails the run and marks the asset; a calm window lets another DAG go on."""
    airflow = str(environment("airflow").with_name("airflow"))
    dags = tmp_path / "dags"
    dags.mkdir()
    job = Job(name="shop", config=str(monitor / "driftline.yaml"), driftline=str(monitor / "driftline"))
    (dags / "job.py").write_text(written(Scheduler.AIRFLOW, job), encoding="utf-8")
    words = WAITING.replace("CONFIG", repr(str(monitor / "calm.yaml"))).replace("COMMAND", repr(str(monitor / "driftline")))
    (dags / "waiting.py").write_text(words, encoding="utf-8")
    settings = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONPATH": str(installed("airflow")),
    }

    def said(*words: str, code: int = 0) -> str:
        return ran([airflow, *words], tmp_path, settings, code)

    said("db", "migrate")
    assert "airflow-provider-driftline" in said("providers", "list")
    said("dags", "reserialize")
    told = said("dags", "test", "driftline_shop", code=1)
    assert "end task task_id=fix_data" in told, told
    assert re.search(r"AirflowFailException: .*amount", told), told
    with closing(sqlite3.connect(tmp_path / "airflow.db")) as database:
        events = dict(database.execute("select a.uri, e.extra from asset_event e join asset a on a.id = e.asset_id").fetchall())
    # A run that was never asked to retrain marks no challenger.
    assert list(events) == ["driftline://shop/verdict"]
    assert {name: json.loads(events["driftline://shop/verdict"])[name] for name in ("verdict", "action", "columns")} == {
        "verdict": "drifted", "action": "fix data", "columns": ["amount"],
    }  # fmt: skip
    told = said("dags", "test", "waiting")
    assert "end task task_id=calm" in told, told
    with closing(sqlite3.connect(tmp_path / "airflow.db")) as database:
        assert dict(database.execute("select dag_id, state from dag_run").fetchall()) == {"driftline_shop": "failed", "waiting": "success"}
