"""The client: it never blocks, never raises in the model, and loses nothing that it had room for."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from driftline.client import Client, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MICROSECONDS = 20
FEATURES = {f"f{i}": i / 7 for i in range(20)}


@dataclass
class Service:
    """A service that answers as it is told, and remembers what came."""

    url: str = ""
    status: int = 202
    batches: list[tuple[str, str, list[dict[str, Any]]]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    def rows(self, kind: str = "predictions") -> list[dict[str, Any]]:
        """All rows, each batch once."""
        seen: dict[str, list[dict[str, Any]]] = {}
        for path, key, rows in self.batches:
            if path.endswith(kind):
                seen.setdefault(key, rows)
        return [row for rows in seen.values() for row in rows]


@pytest.fixture
def service() -> Iterator[Service]:
    """A service on a port of its own."""
    told = Service()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Authorization"] == "Bearer t"
            if told.status == 202:
                told.batches.append((self.path, self.headers["Idempotency-Key"], json.loads(body)))
            self.send_response(told.status)
            said = b'{"refused": 0}'
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)
            told.came.set()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def gone() -> str:
    """An address at which nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}"


def test_what_is_logged_arrives(service: Service) -> None:
    """In batches, in order, with the time at which it was logged; at the end nothing is left."""
    begin = datetime.now(UTC)
    with Client(service.url, token="t", batch=100).model("churn / eu") as log:
        for number in range(250):
            log.prediction(id=number, features=FEATURES, score=0.5, latency_ms=3, version="v1")
        log.label(id=1, value=True)
    assert [row["id"] for row in service.rows()] == list(range(250))
    first = service.rows()[0]
    assert (first["features"], first["score"], first["latency_ms"], first["version"]) == (FEATURES, 0.5, 3, "v1")
    assert begin <= datetime.fromisoformat(first["timestamp"]) <= datetime.now(UTC)
    assert [(row["id"], row["value"]) for row in service.rows("labels")] == [(1, True)]
    assert {path.rpartition("/")[0] for path, _, _ in service.batches} == {"/v1/models/churn%20%2F%20eu"}
    assert (log.counts.taken, log.counts.sent, log.counts.dropped) == (251, 251, 0)
    assert len(service.batches) >= 3


def test_logging_takes_the_caller_no_time(service: Service) -> None:
    """Under twenty microseconds for a prediction of twenty features, in the best of five thousand-row runs, since machines are busy."""
    taken = []
    with Client(service.url, token="t", interval=60, batch=100_000).model("m") as log:
        for _ in range(5):
            begin = time.perf_counter()
            for number in range(1000):
                log.prediction(id=number, features=FEATURES, score=0.5, latency_ms=3)
            taken.append((time.perf_counter() - begin) / 1000)
        log._rows.clear()
    assert min(taken) * 1e6 < MICROSECONDS


def test_a_dictionary_may_be_used_again(service: Service) -> None:
    """What was logged is what it held then."""
    features = {"a": 1}
    with Client(service.url, token="t").model("m") as log:
        log.prediction(features=features)
        features["a"] = 2
    assert [row["features"] for row in service.rows()] == [{"a": 1}]


def test_values_of_any_kind_are_written(service: Service) -> None:
    """NumPy numbers as numbers, times as ISO 8601, anything else as its text; what cannot be written costs no other row."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with Client(service.url, token="t").model("m") as log:
        log.prediction(features={"a": np.float32(0.5), "b": np.int64(3), "c": at, "d": b"x"}, timestamp=at)
        log.prediction(features={(1, 2): 3})  # type: ignore[dict-item]  # a model may do so
        log.prediction(features=[1, 2])  # type: ignore[arg-type]  # likewise
        log.prediction(features={"a": 1})
    assert [row["features"] for row in service.rows()] == [{"a": 0.5, "b": 3, "c": at.isoformat(), "d": "b'x'"}, {"a": 1}]
    assert (log.counts.taken, log.counts.sent, log.counts.dropped) == (4, 2, 2)
    assert log.counts.error


def test_memory_is_bounded() -> None:
    """What does not fit is dropped and counted, and the model never hears of it."""
    log = Client(gone(), token="t", waiting=100, interval=60, batch=1000).model("m")
    for number in range(250):
        log.prediction(id=number, features=FEATURES)
    assert (log.counts.taken, log.counts.dropped) == (250, 150)
    log.close()
    assert (log.counts.sent, log.counts.dropped) == (0, 250)


def test_while_the_service_is_away_rows_lie_in_the_spool(service: Service, tmp_path: Path) -> None:
    """Another process, later, sends them under the ids that they had."""
    with Client(gone(), token="t", spool=tmp_path, batch=50).model("m") as log:
        for number in range(120):
            log.prediction(id=number, features=FEATURES)
    assert (log.counts.sent, log.counts.dropped) == (0, 0)
    kept = {file.stem.partition("-")[2] for file in tmp_path.rglob("*.json")}
    with Client(service.url, token="t", spool=tmp_path).model("m") as later:
        later.prediction(id=120, features=FEATURES)
    assert sorted(row["id"] for row in service.rows()) == list(range(121))
    assert kept < {key for _, key, _ in service.batches}
    assert list(tmp_path.rglob("*.json")) == []


def test_the_spool_is_bounded(tmp_path: Path) -> None:
    """Beyond it rows are dropped and counted."""
    with Client(gone(), token="t", spool=tmp_path, spool_bytes=20_000, batch=10).model("m") as log:
        for number in range(200):
            log.prediction(id=number, features=FEATURES)
        assert log.flush()
    size = sum(file.stat().st_size for file in tmp_path.rglob("*.json"))
    spooled = sum(int(file.stem.rpartition("-")[2]) for file in tmp_path.rglob("*.json"))
    assert 10_000 < size <= 20_000
    assert (log.counts.dropped, log.counts.sent) == (200 - spooled, 0)


def test_a_spool_that_cannot_be_written_is_no_harm(service: Service, tmp_path: Path) -> None:
    """Memory must do."""
    file = tmp_path / "file"
    file.write_text("in the way")
    service.status = 503
    with Client(service.url, token="t", spool=file).model("m") as log:
        log.prediction(features={"a": 1})
        assert log.flush()
        service.status = 202
    assert log.counts.sent == 1


@pytest.mark.parametrize("status", [503, 500, 429, 401, 404])
def test_what_may_be_mended_is_sent_again(service: Service, status: int) -> None:
    """A service that is ill, a token or a monitor that is not there yet: rows wait."""
    service.status = status
    with Client(service.url, token="t", interval=0.01).model("m") as log:
        log.prediction(features={"a": 1})
        assert service.came.wait(10)
        assert log.flush()
        service.status = 202
    assert (log.counts.sent, log.counts.dropped, str(status) in log.counts.error) == (1, 0, True)


def test_what_the_service_will_never_have_is_dropped(service: Service) -> None:
    """And holds up nothing that follows."""
    service.status = 422
    with Client(service.url, token="t").model("m") as log:
        log.prediction(features={"a": 1})
        assert log.flush()
        service.status = 202
        log.prediction(features={"a": 2})
    assert (log.counts.sent, log.counts.dropped) == (1, 1)


def test_threads_may_share_a_log(service: Service) -> None:
    """Nothing is lost between them."""
    with Client(service.url, token="t").model("m") as log:
        threads = [threading.Thread(target=lambda: [log.prediction(features={"a": 1}) for _ in range(500)]) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert log.counts.taken == log.counts.sent == len(service.rows()) == 3000


def test_closing_twice_is_closing(service: Service) -> None:
    """What comes afterwards is dropped, and counted."""
    log = Client(service.url, token="t").model("m")
    log.close()
    log.close()
    log.prediction(features={"a": 1})
    assert log.counts.dropped == 1


def test_a_process_that_ends_without_closing_sends_what_it_has(service: Service) -> None:
    """When the interpreter leaves."""
    code = (
        f"from driftline.client import Client; Client({service.url!r}, token='t', interval=60).model('m').prediction(features={{'a': 1}})"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert len(service.rows()) == 1


def test_the_client_needs_the_standard_library_only() -> None:
    """A model's process gets nothing else loaded."""
    code = "import sys, driftline.client; print(*sorted({m.partition('.')[0] for m in sys.modules} - sys.stdlib_module_names))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in done.stdout.split() if not name.startswith("_")}
    assert loaded <= {"driftline", "sitecustomize"}


def test_a_batch_is_json() -> None:
    """With what was given and no more."""
    body, lost = encoded("predictions", [(0.0, "predictions", None, {"a": 1}, None, None, "2026-01-01", None, None)])
    assert (json.loads(body), lost) == ([{"features": {"a": 1}, "timestamp": "2026-01-01"}], 0)
