"""The records' way to the service: each once, whatever dies in between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from driftline.errors import ConfigError
from driftline.gateway import sender as module
from driftline.gateway.sender import NOTE, Note, Sender, rows_of, status
from driftline.gateway.settings import ENVIRONMENT, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SRC = str(Path(__file__).parents[2] / "src")


class Service:
    """Takes batches as the service does: one that comes again is known by its id, and has to be the same."""

    def __init__(self) -> None:
        self.url = ""
        self.batches: dict[str, bytes] = {}
        self.again = 0
        self.status = 202

    def rows(self) -> list[dict[str, Any]]:
        """All rows, each batch once."""
        return [row for body in self.batches.values() for row in json.loads(body)]


@pytest.fixture
def service(serving: Callable[..., Any]) -> Iterator[Service]:
    """A server that takes predictions of `shop`."""
    state = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert (self.path, self.headers["Authorization"]) == ("/v1/models/shop/predictions", "Bearer t")
            key = self.headers["Idempotency-Key"]
            if state.status == 202:
                state.again += key in state.batches
                assert state.batches.setdefault(key, body) == body
            answer = json.dumps({"rows": len(json.loads(body)), "refused": 0}).encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as url:
        state.url = url
        yield state


def record(number: int) -> dict[str, Any]:
    """What a gateway writes of an answer."""
    about = {"ts": "2026-01-01T00:00:00+00:00", "model": "champion", "dealt": "champion", "version": "1", "answered": True, "error": False}
    return {"x": float(number), **about, "slow": False, "latency_ms": 1.5, "entity": "ann", "rollout": "", "step": 0} | {
        "id": f"r{number}",
        "score": 0.5,
        "null": False,
    }


def written(folder: Path, name: str, numbers: range) -> None:
    """More lines of a file."""
    with (folder / f"{name}.jsonl").open("a") as file:
        file.writelines(json.dumps(record(number)) + "\n" for number in numbers)


def numbers(service: Service) -> list[int]:
    """What arrived, in order of arrival."""
    return [int(row["id"][1:]) for row in service.rows()]


def test_records_arrive_as_predictions(tmp_path: Path, service: Service) -> None:
    """Features apart, what is said of the answer beside them; what the gateway notes for rollouts stays where it is."""
    written(tmp_path, "a", range(1))
    assert Sender(tmp_path, service.url, "shop", "t").round()
    assert service.rows() == [
        {
            "id": "r0",
            "timestamp": "2026-01-01T00:00:00+00:00",
            "score": 0.5,
            "latency_ms": 1.5,
            "error": False,
            "version": "1",
            "features": {"x": 0.0},
        }
    ]


def test_everything_is_sent_once_and_in_order(tmp_path: Path, service: Service) -> None:
    """Files that grow, several of them, more than a batch, and a line that is not whole yet."""
    written(tmp_path, "a", range(2500))
    one = Sender(tmp_path, service.url, "shop", "t")
    assert one.round()
    written(tmp_path, "a", range(2500, 2600))
    written(tmp_path, "b", range(2600, 2700))
    with (tmp_path / "b.jsonl").open("a") as file:
        file.write('{"id": "r27')
    assert one.round()
    assert numbers(service) == list(range(2700))
    with (tmp_path / "b.jsonl").open("a") as file:
        file.write('00", "x": 1}\n')
    assert Sender(tmp_path, service.url, "shop", "t").round()
    assert numbers(service) == list(range(2701))
    assert service.again == 0
    assert status(tmp_path) == {"rows": 2701, "refused": 0, "waiting_bytes": 0, "lost_bytes": 0, "trouble": ""}


def test_after_a_crash_the_same_part_is_sent_again(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the service had it or not, and whatever was written since: nothing is lost, nothing counted twice."""
    written(tmp_path, "a", range(100))

    def killed(sender: Sender, part: Any) -> bool:
        settle(sender, part)
        raise KeyboardInterrupt

    settle = Sender._settle
    monkeypatch.setattr(Sender, "_settle", killed)
    with pytest.raises(KeyboardInterrupt):
        Sender(tmp_path, service.url, "shop", "t").round()
    monkeypatch.undo()
    written(tmp_path, "a", range(100, 150))
    assert Sender(tmp_path, service.url, "shop", "t").round()
    assert numbers(service) == list(range(150))
    assert service.again == 1


@pytest.mark.parametrize("status", [401, 404, 429, 503])
def test_while_the_service_will_not_everything_waits(tmp_path: Path, service: Service, status: int) -> None:
    """What may be mended is tried again; the note says what is wrong."""
    written(tmp_path, "a", range(10))
    service.status = status
    one = Sender(tmp_path, service.url, "shop", "t")
    assert not one.round()
    assert Note.read(tmp_path).trouble.startswith(str(status))
    service.status = 202
    assert one.round()
    assert numbers(service) == list(range(10))


def test_what_the_service_will_never_have_holds_nothing_up(tmp_path: Path, service: Service) -> None:
    """It is counted, and the rest goes on."""
    written(tmp_path, "a", range(10))
    service.status = 422
    one = Sender(tmp_path, service.url, "shop", "t")
    assert one.round()
    service.status = 202
    written(tmp_path, "a", range(10, 20))
    assert one.round()
    assert numbers(service) == list(range(10, 20))
    assert (one.note.refused, one.note.sent) == (10, 10)


def test_what_made_room_is_counted_as_lost(tmp_path: Path, service: Service) -> None:
    """The spool is bounded: what went before it was sent is told in bytes."""
    written(tmp_path, "a", range(10))
    size = (tmp_path / "a.jsonl").stat().st_size
    service.status = 503
    one = Sender(tmp_path, service.url, "shop", "t")
    assert not one.round()
    (tmp_path / "a.jsonl").unlink()
    written(tmp_path, "b", range(10, 20))
    service.status = 202
    assert one.round()
    assert numbers(service) == list(range(10, 20))
    assert status(tmp_path)["lost_bytes"] == size


def test_what_is_no_record_is_left_out(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half lines, other JSON, and a line longer than any batch."""
    assert rows_of(b'{"id": "a"}\n{"id": \n7\n\xff\n') == [{"id": "a", "timestamp": None, "features": {}}]
    monkeypatch.setattr(module, "BYTES", 1000)
    (tmp_path / "a.jsonl").write_text('"' + "x" * 5000 + '"\n' + json.dumps(record(1)) + "\n")
    assert Sender(tmp_path, service.url, "shop", "t").round()
    assert numbers(service) == [1]


def test_sending_needs_all_of_it() -> None:
    """A service without a spool, a monitor or a token is a mistake that is told at once."""
    with pytest.raises(ConfigError, match="needs a spool"):
        Settings(champion="http://a", service="http://b", spool="records", monitor="shop")
    with pytest.raises(ConfigError, match="no address of a service"):
        Settings(champion="http://a", service="b", spool="records", monitor="shop", service_token="t")


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.soak)])
def test_the_process_is_killed_again_and_again(tmp_path: Path, service: Service, kills: int) -> None:
    """Killed at random moments while records are written: each arrives once. The last one is told to end, and sends the rest."""
    dice = np.random.default_rng(kills)
    told = Settings(champion="http://a", spool=str(tmp_path), service=service.url, monitor="shop", service_token="t").written()
    environ = {**os.environ, "PYTHONPATH": SRC, ENVIRONMENT: told}
    count = 0
    for life in range(kills + 1):
        with subprocess.Popen([sys.executable, "-m", "driftline.gateway.sender"], stdin=subprocess.PIPE, env=environ) as process:
            for _ in range(10):
                written(tmp_path, f"{life // 3:03}", range(count, count + 200))
                count += 200
                time.sleep(float(dice.uniform(0, 0.15)))
            if life < kills:
                process.kill()
            else:
                process.communicate(timeout=30)
                assert process.returncode == 0
    assert sorted(numbers(service)) == list(range(count))
    assert (tmp_path / NOTE).exists()


@contextmanager
def driftline(*words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """The command in a process."""
    command = [sys.executable, "-m", "driftline", *words]
    everything = {**os.environ, "PYTHONPATH": SRC, **environ}
    with subprocess.Popen(command, env=everything, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def asked(url: str, token: str = "", body: object = None) -> Any:
    """What is answered there, as JSON; waits until somebody listens."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read())
        except ConnectionError:
            time.sleep(0.05)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError):
                raise
            time.sleep(0.05)
    raise AssertionError(url)


def monitored(tmp_path: Path) -> Path:
    """A folder with a monitor of the model."""
    dice, folder = np.random.default_rng(1), tmp_path / "monitors"
    folder.mkdir()
    columns = {"row": [f"p{n}" for n in range(2000)], "x": dice.uniform(size=2000), "score": dice.uniform(size=2000)}
    pq.write_table(pa.table(columns), folder / "reference.parquet")
    (folder / "shop.yaml").write_text(
        "task: binary\nreference: reference.parquet\ncolumns: {id: row, timestamp: ts, score: score}\nwindow: hour\n"
    )
    return folder


@pytest.mark.slow
def test_monitoring_needs_no_code(tmp_path: Path, model: Callable, free_port: Callable[[], int]) -> None:
    """A real gateway, model server and service, which is killed in the middle: every answer comes, every row is counted once."""
    champion, port, door = model("a"), free_port(), free_port()
    url, place = f"http://127.0.0.1:{door}", f"http://127.0.0.1:{port}"
    serve = ["serve", "--port", str(port), "--data", str(tmp_path / "data"), "--monitors", str(monitored(tmp_path))]
    words = ["--champion", champion.url, "--port", str(door), "--spool", str(tmp_path / "records"), "--id", "row"]

    def answers(some: range) -> None:
        for n in some:
            assert asked(f"{url}/predict", body={"x": n / 1000, "row": f"r{n}"})["score"] == n / 1000

    with ExitStack() as stack:
        first = stack.enter_context(driftline(*serve, "--interval", "0.3", "--lateness", "0"))
        assert first.stdout is not None
        token = [first.stdout.readline() for _ in range(2)][1].split()[-1]
        gateway = stack.enter_context(driftline("gateway", *words, "--service", place, "--monitor", "shop", DRIFTLINE_TOKEN=token))
        answers(range(200))
        until(lambda: asked(f"{url}/driftline/status")["sent"]["rows"] > 0)
        first.kill()
        first.wait()
        answers(range(200, 600))
        until(lambda: asked(f"{url}/driftline/status")["sent"]["trouble"])
        assert asked(f"{url}/driftline/status")["sent"]["waiting_bytes"] > 0
        stack.enter_context(driftline(*serve, "--interval", "0.3", "--lateness", "0"))
        until(lambda: asked(f"{url}/driftline/status")["sent"]["rows"] == 600)
        answers(range(600, 800))
        gateway.send_signal(signal.SIGTERM)
        assert gateway.wait(60) == 0
        assert status(tmp_path / "records")["rows"] == 800
        until(lambda: sum(one["rows"] for one in asked(f"{place}/v1/monitors/shop/windows", token)["items"]) >= 800)
        found = asked(f"{place}/v1/monitors/shop/windows", token)["items"]
        assert sum(one["rows"] for one in found) == 800


def until(done: Callable[[], object]) -> None:
    """Wait until something is so; what a killed service held is free at once."""
    end = time.monotonic() + 60
    while not done():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
