"""Messages for what a check found, to a real webhook."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline.channels import courier
from driftline.cli.main import main
from driftline.cli.notify import BESIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SRC = str(Path(__file__).parents[2] / "src")


@dataclass
class Hook:
    """What came, and what is done before it is answered."""

    port: int = 0
    came: list[dict[str, Any]] = field(default_factory=list)
    first: Callable[[], int] = field(default=lambda: 200)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook on this machine."""
    made = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(made.first())
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def config(tmp_path: Path, hook: Hook) -> Path:
    """A monitor whose column is empty on its last two days."""
    rng = np.random.default_rng(0)
    for name, days in (("reference", 10), ("current", 6)):
        rows = days * 500
        amount = rng.normal(size=rows)
        if name == "current":
            amount[-1000:][rng.random(1000) < 0.5] = np.nan
        ts = np.datetime64("2026-03-01") + (np.arange(rows) * (86_400_000 // 500)).astype("timedelta64[ms]")
        pq.write_table(pa.table({"ts": ts, "amount": amount}), tmp_path / f"{name}.parquet")
    url = f"http://127.0.0.1:{hook.port}/"
    text = "monitor: m\nreference: reference.parquet\ncurrent: current.parquet\ncolumns: {timestamp: ts}\nalerts:\n  channels:\n"
    text += f"    own: {{kind: webhook, url: '{url}', internal: true}}\n  link: https://x.example.com/{{monitor}}/{{window}}\n"
    (tmp_path / "driftline.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "driftline.yaml"


def check(config: Path) -> Any:
    """One run."""
    return CliRunner().invoke(main, ["check", "--notify", "-q", "-c", str(config)])


def test_it_is_told_once(config: Path, hook: Hook) -> None:
    """The second run has nothing to tell; the exit code is the verdict's."""
    assert check(config).exit_code == 1
    assert check(config).exit_code == 1
    (one,) = hook.came
    assert one["subject"] == "[act soon] m: data fault in amount since 2026-03-05"
    assert one["link"] == "https://x.example.com/m/2026-03-06"
    assert [point["drifted"] for point in one["figure"]] == [False] * 4 + [True] * 2


def test_what_did_not_arrive_is_sent_the_next_time(config: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, with an exit code of its own; afterwards nothing waits."""
    monkeypatch.setattr(courier, "FIRST_PAUSE", 0.0)
    hook.first = lambda: 503
    failed = check(config)
    assert failed.exit_code == 6
    assert "503" in failed.output
    hook.first = lambda: 200
    before = len(hook.came)
    assert check(config).exit_code == 1
    assert len(hook.came) == before + 1
    assert len({one["id"] for one in hook.came}) == 1
    assert json.loads((config.parent / BESIDE).read_text())["waiting"] == []


def test_a_run_that_is_killed_while_it_sends_loses_nothing(config: Path, hook: Hook) -> None:
    """The next run sends it again under the same id; the one after that has nothing to tell."""
    command = [sys.executable, "-m", "driftline", "check", "--notify", "-q", "-c", str(config)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": SRC}) as process:

        def kill() -> int:
            process.send_signal(signal.SIGKILL)
            return 200

        hook.first = kill
        assert process.wait(60) == -signal.SIGKILL
    hook.first = lambda: 200
    assert check(config).exit_code == 1
    assert [one["id"] for one in hook.came] == ["m/2026-03-05/1"] * 2
    check(config)
    assert len(hook.came) == 2
