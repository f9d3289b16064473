"""`driftline rollout` as people type it, with the real gateway and model servers between."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from driftline import paper
from driftline.cli.main import main
from driftline.gateway.upstream import Upstream, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

YAML = """
monitor: shop
task: binary
reference: rows.parquet
current: rows.parquet
columns: {timestamp: ts, id: id, label: label, prediction: said}
training: {command: sh -c 'echo 1 > $DRIFTLINE_OUTPUT/model'}
gate: {metric: accuracy, margin: 0.05}
rollout: {shadow: false, canary: [0.5], samples: 100}
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A shop whose challenger has passed the gate."""
    label = np.random.default_rng(0).integers(0, 2, 1000)
    ts = np.datetime64("2026-03-01", "s") + np.arange(1000) * np.timedelta64(3600, "s")
    table = {"ts": ts, "id": np.arange(1000).astype(str), "x": label * 1.0, "label": label, "said": label}
    pq.write_table(pa.table(table), tmp_path / "rows.parquet")
    (tmp_path / "driftline.yaml").write_text(YAML)
    assert run(tmp_path, "retrain").exit_code == 0
    paper.write(tmp_path / ".driftline" / "proofs" / "shop" / "1" / "proof.json", {"passes": True})
    return tmp_path


def run(directory: Path, *words: str) -> Result:
    """Run a command on the shop."""
    return CliRunner().invoke(main, [*words, "-c", str(directory / "driftline.yaml")])


def test_a_person_decides_in_one_command(directory: Path) -> None:
    """Started, paused, resumed, promoted and taken back, with name and reason on record."""
    assert run(directory, "rollout", "status").exit_code == 4
    assert "answers 0.5 of the traffic" in run(directory, "rollout", "start").stdout
    assert run(directory, "rollout", "pause", "--by", "ann", "--reason", "lunch").exit_code == 0
    assert run(directory, "rollout", "resume", "--by", "ann").exit_code == 0
    assert "answers 1 of the traffic" in run(directory, "rollout", "promote", "--by", "ann").stdout
    found = json.loads(run(directory, "rollout", "back", "--by", "bob", "--reason", "it lies", "--json").stdout)
    assert found["weights"] == {"champion": 1.0, "challenger": 0.0, "mirrored": False}
    assert [event.get("by", "") for event in found["history"]] == ["", "ann", "ann", "ann", "bob"]
    assert "it lies" in run(directory, "rollout", "status").stdout
    assert run(directory, "rollout", "abort").exit_code == 4


class Model(BaseHTTPRequestHandler):
    """A model that says what x is, or, where it is bad, the opposite."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body leave together
    bad = False

    def do_POST(self) -> None:
        """Answer."""
        said = json.loads(self.rfile.read(int(self.headers["content-length"])))
        body = json.dumps({"prediction": int(said["x"]) ^ self.bad}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*, bad: bool) -> Iterator[str]:
    """A model server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("One", (Model,), {"bad": bad}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_a_bad_challenger_is_taken_back_from_live_traffic(directory: Path) -> None:
    """Through a real gateway: a challenger that says the opposite has its traffic taken within ten seconds, and the gateway follows."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    spool, state = str(directory / "spool"), str(directory / ".driftline" / "rollouts" / "shop.json")
    with serving(bad=False) as champion, serving(bad=True) as challenger:
        words = ["--champion", champion, "--challenger", challenger, "--state", state, "--spool", spool, "--id", "id", "--port", str(port)]
        assert run(directory, "rollout", "start", "--spool", spool).exit_code == 0
        with subprocess.Popen([sys.executable, "-m", "driftline", "gateway", *words], stderr=subprocess.DEVNULL) as gateway:
            told = asyncio.run(talked(port, directory))
            assert 200 < told < 400
            began = time.monotonic()
            found = CliRunner().invoke(main, ["rollout", "step", "--every", "0.2", "-c", str(directory / "driftline.yaml")])
            assert time.monotonic() - began < 10
            assert (found.exit_code, "worse than the champion" in found.stdout) == (1, True), found.output
            assert asyncio.run(talked(port, directory, settle=True)) == 600
            gateway.terminate()


async def talked(port: int, directory: Path, *, settle: bool = False) -> int:
    """Ask about 600 rows; how many answers were right."""
    client = Upstream(f"http://127.0.0.1:{port}")
    while True:
        try:
            found = await client.ask(b"GET", b"/driftline/weights", [], b"", 5)
            if not settle or json.loads(found.body)["challenger"] == 0:
                break
        except UpstreamError:
            pass
        await asyncio.sleep(0.05)
    right = 0
    table = pq.read_table(directory / "rows.parquet").select(["id", "x", "label"]).slice(0, 600)
    for row in table.to_pylist():
        answer = await client.ask(b"POST", b"/predict", [(b"content-type", b"application/json")], json.dumps(row).encode(), 10)
        right += json.loads(answer.body)["prediction"] == row["label"]
    client.close()
    await asyncio.sleep(0)
    return right
