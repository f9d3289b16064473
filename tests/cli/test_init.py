"""Look at the reference data, ask what it cannot tell, and write driftline.yaml."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main
from driftline.config.specification import read
from driftline.schema import Kind, Role, Task
from driftline.window import Cadence

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 3000


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a reference of three days."""
    rng = np.random.default_rng(1)
    instants = np.datetime64("2026-03-02T00:00:00", "ms") + np.sort(rng.integers(0, 2 * 86_400_000, ROWS)).astype("timedelta64[ms]")
    table = {
        "ts": instants,
        "order_id": [f"o{i}" for i in range(ROWS)],
        "amount": rng.lognormal(size=ROWS),
        "zip": rng.integers(10_000, 10_040, ROWS),
        "probability": rng.random(ROWS),
        "is_fraud": rng.random(ROWS) < 0.1,
    }
    pq.write_table(pa.table(table), tmp_path / "train.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*args: str, **options: Any) -> Any:
    """What `driftline init` gives."""
    return CliRunner().invoke(main, ["init", *args], **options)


def test_what_the_data_shows_is_written_and_passes(here: Path) -> None:
    """Roles, kinds, the task and the window are inferred; the file can be checked at once."""
    found = init("--reference", "train.parquet", "--current", "train.parquet")
    assert found.exit_code == 0, found.output
    assert found.output.splitlines() == [
        "wrote driftline.yaml: 6 columns, 3,000 rows in the reference",
        "taken as timestamp: ts; id: order_id; score: probability; label: is_fraud",
        "next: driftline check",
    ]
    monitor = read(here / "driftline.yaml", {}).monitor
    expected = {"ts": Role.TIMESTAMP, "order_id": Role.ID, "probability": Role.SCORE, "is_fraud": Role.LABEL}
    assert dict(monitor.hints.roles) == expected
    assert (monitor.hints.kinds, monitor.task, monitor.windowing.cadence) == ({"zip": Kind.CATEGORY}, Task.BINARY, Cadence.DAY)
    assert CliRunner().invoke(main, ["config", "check"]).exit_code == 0
    assert CliRunner().invoke(main, ["check", "-q"]).exit_code in {0, 1}


def test_what_was_not_found_is_told(here: Path) -> None:
    """Where no column is the label or the prediction, the flags that name them are."""
    found = init("--reference", "train.parquet", "--score", "", "--label", "", "-o", "data.yaml")
    assert "no prediction was found: name it with --prediction" in found.output
    assert "no label was found: name it with --label" in found.output
    assert "no label" not in init("--reference", "train.parquet", "--label", "", "--labels", "train.parquet", "-o", "late.yaml").output


def test_answers_are_flags(here: Path) -> None:
    """Whatever is asked can be said beforehand."""
    flags = (
        "--name shop --task regression --label amount --id order_id --ignore zip --segment is_fraud --unstable probability --arrives week"
    )
    found = init("--reference", "train.parquet", *flags.split(), "--act-on", "large", "--false-alarms", "2 in 1 year", "--metric", "mae")
    assert found.exit_code == 0, found.output
    specification = read(here / "driftline.yaml", {})
    monitor = specification.monitor
    assert (monitor.name, monitor.task, monitor.windowing.cadence, monitor.policy.goal.metric) == (
        "shop",
        Task.REGRESSION,
        Cadence.WEEK,
        "mae",
    )
    assert monitor.hints.segments == ("is_fraud",)
    assert monitor.policy.budget.alarms == 2
    assert monitor.policy.floor("probability", "shift") > monitor.policy.floor("ts", "shift")


def test_a_file_that_is_there_is_not_overwritten(here: Path) -> None:
    """Unless that is said, and the data is not even read."""
    (here / "driftline.yaml").write_text("mine", encoding="utf-8")
    found = init("--reference", "nowhere.parquet")
    assert found.exit_code == 2
    assert "--force" in found.stderr
    assert (here / "driftline.yaml").read_text(encoding="utf-8") == "mine"
    assert init("--reference", "train.parquet", "--force").exit_code == 0


def test_paths_are_written_as_seen_from_the_file(here: Path) -> None:
    """A monitor in another directory finds the data."""
    (here / "monitors").mkdir()
    assert init("--reference", "train.parquet", "-o", "monitors/shop.yaml").exit_code == 0
    assert read(here / "monitors" / "shop.yaml", {}).places.reference.said == "../train.parquet"
    assert CliRunner().invoke(main, ["check", "-c", "monitors/shop.yaml", "--current", "train.parquet", "-q"]).exit_code in {0, 1}


def test_the_next_step_is_told_for_the_tools_in_use() -> None:
    """It can be pasted."""
    said = init("--reference", "train.parquet", "--tool", "cron", "--tool", "airflow").output
    assert "15 6 * * * cd " in said
    assert "BashOperator" in said


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ((), 2, "missing option '--reference'"),
        (("--reference", "tran.parquet"), 3, "did you mean 'train.parquet'?"),
        (("--reference", "train.parquet", "--act-on", "huge"), 2, "'huge' is not the size of a change"),
        (("--reference", "train.parquet", "--false-alarms", "often"), 2, "driftline.yaml:"),
        (("--reference", "train.parquet", "--label", "zip", "--id", "zip"), 2, "already the"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(here: Path, args: tuple[str, ...], code: int, said: str) -> None:
    """A file that could not be checked is not written."""
    found = init(*args)
    assert (found.exit_code, said in found.stderr) == (code, True), found.stderr
    assert not (here / "driftline.yaml").exists()


def test_a_person_at_a_terminal_is_asked(here: Path) -> None:
    """In plain words, and Enter takes what is suggested."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "driftline", "init", "--reference", "train.parquet"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        os.write(ours, b"shop\n" + b"\n" * 20)
        said, asked = process.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0
    assert said.startswith("wrote driftline.yaml")
    assert "Which column holds the time of each row? [ts]" in asked
    assert read(here / "driftline.yaml", {}).monitor.name == "shop"


def test_a_ranking_names_its_lists(here: Path) -> None:
    """The column that says what each row answers makes a ranking; a ranking without one is told what is missing."""
    found = init("--reference", "train.parquet", "--query-column", "order_id", "--item", "zip", "--yes")
    assert found.exit_code == 0, found.output
    monitor = read(here / "driftline.yaml", {}).monitor
    assert (monitor.task, monitor.hints.roles["order_id"], monitor.hints.item) == (Task.RANKING, Role.QUERY, "zip")
    assert init("--reference", "train.parquet", "--task", "ranking", "--yes", "--force").exit_code == 0
    assert "# query: …" in (here / "driftline.yaml").read_text()
