"""Jobs for other people's schedulers: they are what those read, whatever a monitor is called, and run as those run them."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
import yaml
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from driftline.errors import ConfigError
from driftline.exports.jobs import Job, Scheduler, written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SATURDAY = datetime(2026, 11, 21, tzinfo=UTC)
WORDS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=20).filter(str.isprintable)


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


def as_a_shell_runs_it(line: str, home: Path, monitor: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a line as schedulers do, with driftline in the path."""
    environ = {**os.environ, **extra, "PATH": f"{monitor}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["/bin/sh", "-e", "-c", line], capture_output=True, text=True, check=False, cwd=home, env=environ)


@pytest.mark.slow
def test_crons_line_runs(monitor: Path, tmp_path: Path) -> None:
    """Cron's shell finds drift an answer and leaves a page; a monitor that is not there is a failure, and cron sends mail."""
    for config, code in (("driftline.yaml", 0), ("gone.yaml", 2)):
        line = written(Scheduler.CRON, Job(name="shop", config=str(monitor / config), schedule="10 6 * * 1-5")).splitlines()[-1]
        *schedule, user, command = line.split(maxsplit=6)
        assert (user, next(CronSim(" ".join(schedule), SATURDAY))) == ("driftline", SATURDAY.replace(day=23, hour=6, minute=10))
        done = as_a_shell_runs_it(command.replace(r"\%", "%"), tmp_path, monitor)
        # What it exits with if the last test fails is that test's 1: cron asks only whether it wrote anything, and it did.
        assert bool(done.returncode) == bool(code), done.stderr
        assert bool(done.stderr) == bool(code)
    assert "<html" in (tmp_path / "shop.html").read_text(encoding="utf-8")


STRICT = "import json, sys; from kubernetes import client; client.V1CronJob.model_validate(json.load(sys.stdin))"
"""The API's own types, which forbid what they do not know."""


@pytest.mark.slow
def test_kubernetes_knows_every_word_of_it(environment: Callable[[str], Path], monitor: Path, tmp_path: Path) -> None:
    """The manifest is a CronJob of Kubernetes' own types, nothing missing and nothing unknown, and its command runs."""
    python = environment("schemas")
    made = yaml.safe_load(written(Scheduler.KUBERNETES, Job(name="shop")))

    def asked(manifest: object) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PYTHONPATH": ""}
        return subprocess.run([python, "-c", STRICT], input=json.dumps(manifest), capture_output=True, text=True, check=False, env=environ)

    done = asked(made)
    assert done.returncode == 0, done.stderr
    refused = asked({**made, "spec": {**made["spec"], "shedule": ""}}).stderr
    assert "spec.shedule" in refused
    assert "extra_forbidden" in refused
    (container,) = made["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    shell, flag, line = container["command"]
    assert (shell, flag) == ("/bin/sh", "-c")
    for config, code in (("driftline.yaml", 0), ("gone.yaml", 1)):
        ran = as_a_shell_runs_it(line.replace("/etc/driftline/driftline.yaml", str(monitor / config)), tmp_path, monitor)
        assert ran.returncode == code, ran.stderr


@pytest.mark.slow
def test_githubs_workflow_gates(environment: Callable[[str], Path], monitor: Path, tmp_path: Path) -> None:
    """GitHub's schema knows every word of the workflow; its steps fail where the candidate's data drifted, and show why."""
    file = tmp_path / "workflow.yml"
    file.write_text(written(Scheduler.GITHUB, Job(name="shop", config=str(monitor / "driftline.yaml"))), encoding="utf-8")
    words = [environment("schemas").with_name("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", file]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stdout
    install, check, show, *_ = [step["run"] for step in yaml.safe_load(file.read_text())["jobs"]["check"]["steps"] if "run" in step]
    assert install == "pip install driftline"
    for config, code in (("driftline.yaml", 1), ("calm.yaml", 0)):
        summary = tmp_path / f"{config}.md"
        line = check.replace("driftline.yaml", config)
        assert as_a_shell_runs_it(line, tmp_path, monitor).returncode == code
        assert as_a_shell_runs_it(show, tmp_path, monitor, GITHUB_STEP_SUMMARY=str(summary)).returncode == 0
        assert ("amount" in summary.read_text(encoding="utf-8")) == bool(code)


@pytest.mark.slow
def test_jenkins_steps_gate(monitor: Path, tmp_path: Path) -> None:
    """Jenkins' shell fails where the candidate's data drifted, and leaves the tests that it collects."""
    text = written(Scheduler.JENKINS, Job(name="shop", config=str(monitor / "driftline.yaml")))
    (line,) = re.findall(r"sh '((?:[^'\\]|\\.)+)'\n", text)
    line = line.replace("\\'", "'").replace("\\\\", "\\").replace(".driftline/bin/driftline", "driftline")
    for config, code in (("driftline.yaml", 1), ("calm.yaml", 0)):
        assert as_a_shell_runs_it(line.replace("driftline.yaml", config), tmp_path, monitor).returncode == code
        assert ("<failure" in (tmp_path / "verdict.xml").read_text(encoding="utf-8")) == bool(code)
