"""Count, compare and judge what driftline.yaml describes."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 3, 2, tzinfo=UTC)
ROWS = 2000


def days(first: int, last: int, *, seed: int = 1, shift: float = 0.0) -> pa.Table:
    """Days of 2,000 rows each; `shift` moves the amounts of the last day."""
    rng = np.random.default_rng(seed)
    number = np.repeat(np.arange(first, last), ROWS)
    amount = rng.normal(size=number.size) + shift * (number == last - 1)
    instants = [
        START + timedelta(days=int(day), seconds=int(second))
        for day, second in zip(number, rng.integers(0, 86_400, number.size), strict=True)
    ]
    country = rng.choice(["de", "fr", "it"], number.size)
    return pa.table({"ts": pa.array(instants, pa.timestamp("ms", "UTC")), "amount": amount, "country": country})


@pytest.fixture(scope="module")
def monitors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a monitor that is stable, one whose last day drifted, and their data."""
    directory = tmp_path_factory.mktemp("monitors")
    pq.write_table(days(-14, 0), directory / "reference.parquet")
    pq.write_table(days(0, 3, seed=2), directory / "stable.parquet")
    pq.write_table(days(0, 3, seed=2, shift=0.5), directory / "drifted.parquet")
    for name in ("stable", "drifted"):
        text = f"monitor: {name}\nreference: reference.parquet\ncurrent: {name}.parquet\ncolumns: {{timestamp: ts}}\n"
        (directory / f"{name}.yaml").write_text(text, encoding="utf-8")
    return directory


def run(*args: Any) -> Any:
    """What `driftline check` gives."""
    return CliRunner().invoke(main, ["check", *map(str, args)])


def test_a_stable_monitor_leaves_with_0(monitors: Path) -> None:
    """The table says what was judged, and nothing goes to the error stream."""
    found = run("-c", monitors / "stable.yaml")
    assert (found.exit_code, found.stderr) == (0, "")
    assert "stable" in found.stdout


def test_a_drifted_monitor_leaves_with_1_and_names_the_column(monitors: Path) -> None:
    """Also where somebody only reads the code."""
    found = run("-c", monitors / "drifted.yaml")
    assert found.exit_code == 1
    assert "DRIFTED" in found.stdout
    assert "amount" in found.stdout
    assert "2026-03-04" in found.stdout
    quiet = run("-c", monitors / "drifted.yaml", "--quiet")
    assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (1, "", "")
    assert run("-c", monitors / "drifted.yaml", "--fail-on", "never").exit_code == 0


def test_json_stands_alone_on_standard_output(monitors: Path) -> None:
    """The whole program, its real streams and its real code."""
    command = [sys.executable, "-m", "driftline", "check", "-c", str(monitors / "drifted.yaml"), "--json"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    document = json.loads(found.stdout)
    assert (found.returncode, found.stderr) == (1, "")
    assert (document["schema"], document["verdict"], document["monitor"]) == (1, "drifted", "drifted")
    assert [window["verdict"] for window in document["windows"]][-1] == "drifted"


def test_every_document_can_be_written_at_once(monitors: Path, tmp_path: Path) -> None:
    """Beside the table, which stays on standard output."""
    files = {
        name: tmp_path / f"report.{suffix}" for name, suffix in (("json", "json"), ("junit", "xml"), ("markdown", "md"), ("html", "html"))
    }
    found = run("-c", monitors / "drifted.yaml", *(word for name, file in files.items() for word in (f"--{name}", file)))
    assert found.exit_code == 1
    assert "DRIFTED" in found.stdout
    assert found.stderr == "".join(f"wrote {file}\n" for file in files.values())
    assert json.loads(files["json"].read_text(encoding="utf-8"))["verdict"] == "drifted"
    assert ET.parse(files["junit"]).getroot().tag == "testsuites"
    assert "amount" in files["markdown"].read_text(encoding="utf-8")
    assert files["html"].read_text(encoding="utf-8").startswith("<!doctype html>")


def test_windows_can_be_chosen(monitors: Path) -> None:
    """A daily job asks for the last window only, or from some day on."""
    chosen = run("-c", monitors / "drifted.yaml", "--window", "2026-03-02", "--json")
    assert chosen.exit_code == 0
    assert [window["label"] for window in json.loads(chosen.stdout)["windows"]] == ["2026-03-02"]
    assert run("-c", monitors / "drifted.yaml", "--window", "last", "-q").exit_code == 1
    since = run("-c", monitors / "drifted.yaml", "--since", "2026-03-03", "--json")
    assert len(json.loads(since.stdout)["windows"]) == 2
    missing = run("-c", monitors / "drifted.yaml", "--window", "2026-03-14")
    assert missing.exit_code == 2
    assert "Hint: " in missing.stderr


def test_other_data_can_be_given(monitors: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths on the command line begin in the working directory, whatever the file says."""
    monkeypatch.chdir(monitors)
    assert run("-c", "stable.yaml", "--current", "drifted.parquet", "-q").exit_code == 1
    assert run("-c", "stable.yaml", "--reference", "stable.parquet", "-q").exit_code == 0


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("reference: reference.parquet\n", 2, "does not say where the current data lies"),
        ("reference: reference.parquet\ncurrnt: stable.parquet\n", 2, ":2:1: there is no key 'currnt'"),
        ("reference: nowhere.parquet\ncurrent: stable.parquet\n", 3, "nowhere.parquet"),
        ("reference: reference.parquet\ncurrent: {database: 'nosuch://db/x', query: q}\n", 2, "nosuch"),
    ],
)
def test_what_is_wrong_has_its_code(monitors: Path, tmp_path: Path, text: str, code: int, said: str) -> None:
    """The configuration leaves with 2, the data with 3; nothing is printed."""
    for name in ("reference", "stable"):
        (tmp_path / f"{name}.parquet").symlink_to(monitors / f"{name}.parquet")
    (tmp_path / "driftline.yaml").write_text(text, encoding="utf-8")
    found = run("-c", tmp_path / "driftline.yaml")
    assert (found.exit_code, found.stdout) == (code, "")
    assert said in found.stderr
    assert found.stderr.startswith("error: ")


def test_a_column_that_is_not_there_is_told(monitors: Path, tmp_path: Path) -> None:
    """With the column that was probably meant."""
    text = f"reference: {monitors}/reference.parquet\ncurrent: {monitors}/stable.parquet\ncolumns: {{label: amont}}\n"
    (tmp_path / "driftline.yaml").write_text(text, encoding="utf-8")
    found = run("-c", tmp_path / "driftline.yaml")
    assert found.exit_code in {2, 3}
    assert "no column 'amont'" in found.stderr
    assert "Hint: did you mean 'amount'?" in found.stderr


def test_a_secret_in_the_environment_stays_there(tmp_path: Path, monitors: Path) -> None:
    """A database that does not answer is named as the file names it, in the traceback too."""
    (tmp_path / "reference.parquet").symlink_to(monitors / "reference.parquet")
    text = "reference: reference.parquet\ncurrent: {database: '${SCORES_DB}', query: select * from scores}\n"
    (tmp_path / "driftline.yaml").write_text(text, encoding="utf-8")
    # Nothing listens there.
    environ = {"SCORES_DB": "postgresql+psycopg://ann:pw-4711@127.0.0.1:1/scores"}
    found = CliRunner().invoke(main, ["--debug", "check", "-c", str(tmp_path / "driftline.yaml")], env=environ)
    assert found.exit_code == 6
    assert "${SCORES_DB}" in found.stderr
    assert "Traceback" in found.stderr
    assert "pw-4711" not in found.stderr
