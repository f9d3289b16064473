"""Which messages the verdicts would have sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS = 500


def days(count: int, seed: int, turned: range = range(0)) -> pa.Table:
    """Days of a calibrated model; on some of them a third of the truth is the opposite of what it was."""
    rng = np.random.default_rng(seed)
    rows = count * ROWS
    score = rng.beta(0.5, 0.5, rows)
    bad = np.isin(np.arange(rows) // ROWS, list(turned)) & (rng.random(rows) < 1 / 3)
    truth = (rng.random(rows) < score) ^ bad
    ts = np.datetime64("2026-03-01") + (np.arange(rows) * (86_400_000 // ROWS)).astype("timedelta64[ms]")
    return pa.table({"ts": ts, "score": score, "label": truth.astype(int), "x": rng.normal(size=rows)})


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A monitor whose model did worse on three days."""
    place = tmp_path_factory.mktemp("alerts")
    pq.write_table(days(20, 0), place / "reference.parquet")
    pq.write_table(days(16, 1, range(6, 9)), place / "current.parquet")
    columns = "columns: {timestamp: ts, label: label, score: score}"
    text = f"monitor: m\nreference: reference.parquet\ncurrent: current.parquet\ntask: binary\n{columns}\nfalse_alarms: 1 in 2 years\n"
    (place / "driftline.yaml").write_text(text, encoding="utf-8")
    return place


def test_a_loss_is_told_once_and_once_that_it_is_over(directory: Path) -> None:
    """Two messages over sixteen days: which model, what, since when; and that it is over."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "-q", "-c", str(directory / "driftline.yaml")])
    assert found.exit_code == 0, found.output
    subjects = [line for line in found.output.splitlines() if line.startswith("2026-")]
    assert len(subjects) == 2
    assert "m: " in subjects[0]
    assert "is worse (0.9" in subjects[0]
    assert subjects[0].endswith("since 2026-03-07")
    assert "[resolved]" in subjects[1]
    assert found.output.splitlines()[-1].startswith("2 messages over 16 windows")


def test_messages_for_machines(directory: Path) -> None:
    """The same messages as JSON, with one key for both and what belongs to the incident."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "--json", "-c", str(directory / "driftline.yaml")])
    told = json.loads(found.stdout)
    assert [one["news"] for one in told] == ["opened", "resolved"]
    assert {one["key"] for one in told} == {"incident-1"}
    assert told[0]["members"][0]["concern"] == "performance"


def test_patience_tells_nobody_of_what_does_not_last(directory: Path) -> None:
    """With eight windows of patience three bad days are told to nobody."""
    found = CliRunner().invoke(main, ["alerts", "simulate", "-q", "--fires-after", "8", "-c", str(directory / "driftline.yaml")])
    assert found.output.splitlines()[-1].startswith("0 messages")


@pytest.fixture
def hook() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """A webhook on this machine: its port, and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.server_address[1], came
    server.shutdown()
    server.server_close()


def with_channels(place: Path, channels: str) -> str:
    """A monitor that sends somewhere."""
    (place / "driftline.yaml").write_text(f"monitor: m\nreference: a\nalerts:\n  channels:\n{channels}", encoding="utf-8")
    return str(place / "driftline.yaml")


def test_an_example_through_every_channel(tmp_path: Path, hook: tuple[int, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch) -> None:
    """One arrives, the other cannot, which is told with an exit code of its own, and without the secret."""
    port, came = hook
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{port}/s3cret")
    config = with_channels(
        tmp_path,
        "    fine: {kind: webhook, url: env:HOOK, internal: true}\n    bad: {kind: slack, url: env:HOOK}\n",
    )
    found = CliRunner().invoke(main, ["alerts", "test", "-c", config])
    assert found.exit_code == 6
    assert "fine            sent" in found.output
    assert "'127.0.0.1' is an internal address" in found.output
    assert "s3cret" not in found.output
    assert [one["subject"] for one in came] == ["[example] m: this is how a message of driftline arrives"]
    machine = CliRunner().invoke(main, ["alerts", "test", "-c", config, "--json"])
    assert [(one["channel"], one["sent"]) for one in json.loads(machine.stdout)] == [("fine", True), ("bad", False)]
    assert machine.exit_code == 6


def test_one_channel_can_be_chosen(tmp_path: Path, hook: tuple[int, list[dict[str, Any]]]) -> None:
    """The others get nothing; a name that is not there is told."""
    port, came = hook
    url = f"http://127.0.0.1:{port}/"
    config = with_channels(tmp_path, f"    a: {{kind: webhook, url: '{url}', internal: true}}\n    bad: {{kind: webhook, url: '{url}'}}\n")
    assert CliRunner().invoke(main, ["alerts", "test", "-c", config, "--channel", "a"]).exit_code == 0
    assert len(came) == 1
    wrong = CliRunner().invoke(main, ["alerts", "test", "-c", config, "--channel", "bda"])
    assert wrong.exit_code == 2
    assert "did you mean 'bad'?" in wrong.output


def test_without_channels_there_is_nothing_to_test(directory: Path) -> None:
    """The operator is told what to write."""
    found = CliRunner().invoke(main, ["alerts", "test", "-c", str(directory / "driftline.yaml")])
    assert found.exit_code == 2
    assert "channels" in found.output
