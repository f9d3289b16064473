"""Rules and configuration for Prometheus, checked by its own tools and tried by its own programs."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from driftline.exports.grafana import dashboards
from driftline.exports.prometheus import RULES, Wishes, alerting, alertmanager, prometheus, recording, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SRC = str(Path(__file__).parents[2] / "src")
DRIFTLINE = (sys.executable, "-m", "driftline")
needs_programs = pytest.mark.skipif(
    not all(shutil.which(name) for name in ("promtool", "amtool", "prometheus", "prometheus-alertmanager")),
    reason="needs Debian's packages prometheus and prometheus-alertmanager",
)


def call(*command: str) -> None:
    """Run one of Prometheus' tools; what it says where it is not content."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def written(place: Path, wishes: Wishes) -> None:
    """All files, as the command writes them."""
    (place / "prometheus.yml").write_text(prometheus(wishes))
    (place / RULES).write_text(rules())
    (place / "alertmanager.yml").write_text(alertmanager(wishes))


@needs_programs
def test_prometheus_own_tools_are_content(tmp_path: Path) -> None:
    """Its checks of configuration and rules, and Alertmanager's."""
    written(tmp_path, Wishes(token_file="token", targets=("a:1", "b:2")))
    (tmp_path / "token").write_text("t")
    call("promtool", "check", "config", str(tmp_path / "prometheus.yml"))
    call("promtool", "check", "rules", str(tmp_path / RULES))
    call("amtool", "check-config", str(tmp_path / "alertmanager.yml"))


@dataclass(frozen=True)
class Case:
    """Made-up numbers, minute by minute; when to look; and the alert that must be there then, and must not be there before."""

    series: dict[str, str]
    before: str
    then: str
    labels: dict[str, str]
    summary: str


UP = 'up{job="driftline", instance="a:1"}'
CASES = {
    "DriftlineModelDrifted": Case(
        {
            'driftline_model_verdict{model="m", verdict="drifted"}': "0 0 0 1 1 1",
            'driftline_model_verdict{model="n", verdict="drifted"}': "0x9",
        },
        "2m",
        "5m",
        {"severity": "warning", "model": "m"},
        "m: the newest window drifted",
    ),
    "DriftlineNoVerdict": Case(
        {'driftline_windows_unjudged{job="driftline"}': "3x90"},
        "50m",
        "70m",
        {"severity": "warning", "job": "driftline"},
        "3 windows wait to be judged for more than an hour",
    ),
    "DriftlineRowsRefused": Case(
        {'driftline_rows_refused_total{kind="labels"}': "0+5x60", 'driftline_rows_received_total{kind="labels"}': "0+95x60"},
        "10m",
        "50m",
        {"severity": "warning", "kind": "labels"},
        "5% of labels cannot be read",
    ),
    "DriftlineCycleFails": Case(
        {'driftline_cycle_failures_total{job="driftline"}': "0+1x40"},
        "3m",
        "30m",
        {"severity": "critical", "job": "driftline"},
        "the cycle failed 15 times in a quarter of an hour",
    ),
    "DriftlineDown": Case(
        {UP: "1 1 0x20"},
        "3m",
        "10m",
        {"severity": "critical", "job": "driftline", "instance": "a:1"},
        "a:1 does not answer",
    ),
    "DriftlineGone": Case(
        {'up{job="other"}': "1x40"}, "10m", "20m", {"severity": "critical", "job": "driftline"}, "no driftline is scraped"
    ),
}


@needs_programs
@pytest.mark.parametrize("name", CASES)
def test_each_alert_fires_when_it_should(tmp_path: Path, name: str) -> None:
    """Prometheus' own unit tests: it is there with its labels and its words when it should be, and not before."""
    case = CASES[name]
    (tmp_path / RULES).write_text(rules())
    (about,) = [one["annotations"] for one in alerting() if one["alert"] == name]
    expected = {"exp_labels": case.labels, "exp_annotations": {"summary": case.summary, "description": about["description"]}}
    looks = [
        {"eval_time": case.before, "alertname": name, "exp_alerts": []},
        {"eval_time": case.then, "alertname": name, "exp_alerts": [expected]},
    ]
    series = [{"series": one, "values": values} for one, values in case.series.items()]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": looks}
    (tmp_path / "test.yml").write_text(yaml.safe_dump({"rule_files": [RULES], "evaluation_interval": "1m", "tests": [test]}))
    call("promtool", "test", "rules", str(tmp_path / "test.yml"))


def test_alerts_are_all_tried() -> None:
    """No alert without a test."""
    assert {one["alert"] for one in alerting()} == set(CASES)


@contextmanager
def program(*command: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A program that runs for as long as it is needed."""
    with subprocess.Popen(command, text=True, **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **more}) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def webhook() -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Where Alertmanager sends: the port, and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server.server_address[1], came
    server.shutdown()
    server.server_close()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(true: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for something to be so, looking often."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)
    return found


def ask(url: str, token: str | None = None, body: Any = None) -> str:
    """One request."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as answer:
        return str(answer.read().decode())


def monitor(place: Path) -> None:
    """A model that is watched by the hour."""
    dice = np.random.default_rng(0)
    start = np.datetime64("2026-01-01", "ms")
    ts = start + np.arange(1200) * np.timedelta64(60_000, "ms")
    pq.write_table(
        pa.table({"id": [f"r{n}" for n in range(1200)], "ts": ts, "amount": dice.normal(size=1200)}), place / "reference.parquet"
    )
    (place / "monitors").mkdir()
    text = f"reference: {place}/reference.parquet\ncolumns: {{id: id, timestamp: ts}}\nwindow: hour\n"
    (place / "monitors" / "churn.yaml").write_text(text)


def moved() -> list[dict[str, Any]]:
    """Rows of an hour in which everything is ten times larger."""
    dice = np.random.default_rng(1)
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    values = 10 + 10 * dice.normal(size=120)
    return [
        {"id": f"p{n}", "features": {"amount": float(values[n])}, "timestamp": (begin + timedelta(seconds=30 * n)).isoformat()}
        for n in range(120)
    ]


@pytest.mark.slow
@needs_programs
def test_a_model_that_drifts_is_heard_of_through_prometheus(tmp_path: Path) -> None:
    """Rows come to the service, Prometheus scrapes it, the rule fires, Alertmanager sends, and the webhook hears of it."""
    monitor(tmp_path)
    environ = {**os.environ, "PYTHONPATH": SRC}
    data = ["--data", str(tmp_path / "data"), "--lateness", "0"]
    serve = [*DRIFTLINE, "serve", "--port", "0", *data, "--monitors", str(tmp_path / "monitors"), "--no-scheduler"]
    with ExitStack() as stack:
        hook, came = stack.enter_context(webhook())
        service = stack.enter_context(program(*serve, stdout=subprocess.PIPE, env=environ))
        assert service.stdout is not None
        url, token = (re.search(r"(\S+)\s*$", line)[1] for line in (service.stdout.readline(), service.stdout.readline()))  # type: ignore[index]  # two lines
        at, manager = free_port(), free_port()
        (tmp_path / "token").write_text(token)
        written(
            tmp_path,
            Wishes(
                targets=(url.removeprefix("http://"),),
                token_file=str(tmp_path / "token"),
                webhook=f"http://127.0.0.1:{hook}/",
                alertmanager=f"127.0.0.1:{manager}",
                every="1s",
            ),
        )
        stack.enter_context(
            program(
                "prometheus-alertmanager", f"--config.file={tmp_path}/alertmanager.yml", f"--web.listen-address=127.0.0.1:{manager}",
                "--cluster.listen-address=", f"--storage.path={tmp_path}/am",
            )
        )  # fmt: skip
        stack.enter_context(
            program(
                "prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--web.listen-address=127.0.0.1:{at}",
                f"--storage.tsdb.path={tmp_path}/tsdb",
            )
        )  # fmt: skip
        ask(f"{url}/v1/models/churn/predictions", token, moved())
        # The scheduler gathers rows for a minute first; this does not wait.
        subprocess.run([*DRIFTLINE, "run", *data], check=True, env=environ, stdout=subprocess.DEVNULL, timeout=120)
        heard = until(lambda: [one for body in came for one in body["alerts"] if one["labels"]["alertname"] == "DriftlineModelDrifted"])
        assert heard[0]["labels"]["model"] == "churn"
        assert "churn" in heard[0]["annotations"]["summary"]
        shown = ask(f"{url}/metrics", token)
    used = {name for text in [one["expr"] for one in (*recording(), *alerting())] + list(dashboards().values()) for name in metrics(text)}
    assert {name for name in used if not re.search(rf"^(# TYPE )?{re.sub('_(bucket|total)$', '', name)}", shown, re.MULTILINE)} == set()


def metrics(text: str) -> list[str]:
    """Names of the service's numbers in an expression."""
    return re.findall(r"(?<![:\w-])driftline_\w+", text)
