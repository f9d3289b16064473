"""A small world for the service: a model with a reference, rows that come, SQLite and a PostgreSQL that the tests start."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uvicorn

from driftline.server.app import create_app
from driftline.server.auth import Gate
from driftline.server.bodies import Limits
from driftline.server.face import Face, wall_clock
from driftline.server.meters import Meters
from driftline.server.service import Service, open_service
from driftline.server.session import COOKIE
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.services.intake import Kind, sort_rows
from driftline.store.intake import Delivery, Intake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from driftline.server.worker import Round
    from driftline.store.fleet import Watched
    from driftline.store.intake import Receipt

START = datetime(2026, 1, 5, tzinfo=UTC)
AT_ONCE = Pace(settle=timedelta(0), lateness=timedelta(0), patience=timedelta(0))
YAML = """
monitor: churn
task: binary
reference: {reference}
columns: {{id: id, timestamp: ts, score: score, label: left}}
window: {window}
"""


def rows_of(first: int, many: int, *, shift: float = 0.0, minutes: float = 1.0) -> list[dict[str, Any]]:
    """Predictions as a model's process would send them, one a minute."""
    dice = np.random.default_rng(first + 1)
    amounts, scores = dice.normal(shift, 1.0, many), dice.uniform(size=many)
    plans = dice.choice(["free", "pro"], many)
    return [
        {
            "id": f"p{first + i}",
            "features": {"amount": float(amounts[i]), "plan": str(plans[i])},
            "score": float(scores[i]),
            "timestamp": (START + timedelta(minutes=minutes * (first + i))).isoformat(),
        }
        for i in range(many)
    ]


def write_reference(directory: Path, per_hour: int = 60) -> Path:
    """What the model was trained on: twenty hours, a row a minute unless said otherwise."""
    rows = rows_of(0, 20 * per_hour, minutes=60 / per_hour)
    dice = np.random.default_rng(0)
    labels = dice.uniform(size=len(rows)) < np.array([row["score"] for row in rows])
    # Rows of its own: one that is sent with the id of one of these would be held against it, value by value.
    flat = [{"id": f"ref {r['id']}", "ts": datetime.fromisoformat(r["timestamp"]), "score": r["score"], **r["features"]} for r in rows]
    path = directory / "reference.parquet"
    pq.write_table(pa.Table.from_pylist(flat).append_column("left", pa.array(labels.astype(int))), path)
    return path


@dataclass
class World:
    """A service with a monitor, and shorthands."""

    service: Service
    intake: Intake
    watched: Watched
    reference: Path

    def send(self, rows: list[dict[str, Any]], batch: str, kind: Kind = Kind.PREDICTIONS, at: datetime | None = None) -> Receipt:
        """Send a batch."""
        names, now = self.service.library.naming(self.watched), at or wall_clock()
        found = sort_rows(rows, kind, names, now)
        one = Delivery(self.watched.id, self.watched.name, kind, batch, str(hash(str(rows))), found.rows, found.refused, now)
        return self.intake.submit(one).result(30)

    def round(self, pace: Pace = AT_ONCE, clock: Callable[[], datetime] = wall_clock) -> Round:
        """One round of the cycle."""
        return Worker(self.service, pace, clock, threads=1).round()

    def hours(self, *, wrong: range, all_of: range) -> None:
        """Some hours of ten rows a minute come, of which some are broken, each judged when it is over."""
        for hour in all_of:
            rows = rows_of(600 * hour, 600, minutes=0.1)
            self.send(self.broken(rows) if hour in wrong else rows, f"b{hour}")
            self.round()

    @staticmethod
    def broken(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows whose plan does not come any more."""
        return [{**row, "features": {**row["features"], "plan": None}} for row in rows]

    def windows(self) -> dict[str, dict[str, Any]]:
        """Windows by label."""
        return {one["label"]: one for one in self.service.board.windows(self.watched.id, before=None, limit=1000)}

    def change(self, **settings: str) -> Watched:
        """Give the monitor another YAML."""
        more = f"version: {settings.pop('version')}, " if "version" in settings else ""
        text = YAML.replace("columns: {{", "columns: {{" + more)
        yaml = text.format(reference=self.reference, window=settings.pop("window", "hour")) + "\n".join(
            f"{k}: {v}" for k, v in settings.items()
        )
        self.watched = self.service.watch(yaml, "/", wall_clock(), actor="test")
        return self.watched


class Pile:
    """Keeps the letters that it is brought."""

    def __init__(self) -> None:
        self.letters: list[Any] = []

    def begin(self) -> None:
        """Nothing is to be opened."""

    def receivers(self, letter: Any) -> tuple[str, ...]:
        """Everything comes here."""
        return ("pile",)

    def place(self, receiver: str, letter: Any) -> str:
        """One place for all."""
        return receiver

    def deliver(self, receiver: str, letter: Any) -> None:
        """Take it."""
        self.letters.append(letter)


@pytest.fixture
def post() -> Pile:
    """Where letters arrive."""
    return Pile()


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference."""
    return write_reference(tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="session")
def dense_reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference of so many rows that an hour of the same can be told to be well."""
    return write_reference(tmp_path_factory.mktemp("reference"), per_hour=600)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    """Each kind of database, empty."""
    if request.param == "sqlite":
        return None
    cluster = request.getfixturevalue("postgres")
    return str(cluster.url())


@pytest.fixture
def open_world(tmp_path: Path, reference: Path) -> Iterator[Callable[..., World]]:
    """Opens worlds, and closes them."""
    opened: list[World] = []

    def make(url: str | None = None, window: str = "hour", learnt_from: Path = reference, place: str = "data") -> World:
        service = open_service(tmp_path / place, url)
        watched = service.watch(YAML.format(reference=learnt_from, window=window), "/", wall_clock(), actor="test")
        opened.append(World(service, Intake(service.database, service.rows), watched, learnt_from))
        return opened[-1]

    yield make
    for world in opened:
        world.intake.close()
        world.service.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def world(open_world: Callable[..., World], url: str | None) -> World:
    """A world on each kind of database."""
    return open_world(url)


@pytest.fixture
def small(open_world: Callable[..., World]) -> World:
    """A world on SQLite."""
    return open_world()


@pytest.fixture
def face(request: pytest.FixtureRequest) -> Face:
    """What the app's routes share; on SQLite, unless it is asked for the world on each kind of database."""
    ground: World = request.getfixturevalue(getattr(request, "param", "small"))
    meters = Meters()
    meters.watch(ground.service.board, ground.intake)
    return Face(ground.service, ground.intake, Gate(ground.service.tokens, wall_clock), Limits(), meters)


class Api:
    """A client of the app in this process. The app runs in an event loop of its own; what it raises is answered as it would be outside."""

    def __init__(self, face: Face) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        transport = httpx.ASGITransport(create_app(face), raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://api")

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask."""
        return self.send(self._client.build_request(method, path, **given))

    def build_request(self, method: str, path: str, **given: Any) -> httpx.Request:
        """A request that is not sent yet."""
        return self._client.build_request(method, path, **given)

    def send(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        return asyncio.run_coroutine_threadsafe(self._client.send(request), self._loop).result(60)

    def __getattr__(self, name: str) -> Callable[..., httpx.Response]:
        return partial(self.request, name.upper())

    def close(self) -> None:
        """Stop the loop."""
        asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def api(face: Face) -> Iterator[Api]:
    """A client of the app."""
    client = Api(face)
    yield client
    client.close()


@pytest.fixture
def token_of(face: Face) -> Callable[[str], dict[str, str]]:
    """Headers with a token of some role."""

    def make(role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {face.service.tokens.make('test', role, wall_clock(), actor='test')}"}

    return make


@pytest.fixture
def admin(token_of: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """Headers with an administrator's token."""
    return token_of("admin")


@pytest.fixture(name="rows_of")
def rows_of_fixture() -> Callable[..., list[dict[str, Any]]]:
    """Makes predictions, one a minute."""
    return rows_of


@contextmanager
def served_app(face: Any) -> Iterator[str]:
    """A server on any free port; its URL."""
    server = uvicorn.Server(uvicorn.Config(create_app(face), port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started and time.monotonic() < end:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def token(face: Any) -> Callable[[str], str]:
    """Makes tokens of a role."""
    return lambda role: str(face.service.tokens.make("anna", role, wall_clock(), actor="test"))


@contextmanager
def opened_page(browser: Any, url: str, text: str, path: str = "/", **options: Any) -> Iterator[Any]:
    """A page of somebody who has signed in; when it is left, it has complained of nothing and asked nobody else for anything."""
    context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **options})
    if text:
        context.add_cookies([{"name": COOKIE, "value": text, "url": url}])
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url + path)
    page.locator("body[data-ready]").wait_for(state="attached")
    yield page
    context.close()
    assert complaints == []
    assert [one for one in asked if not one.startswith((url, f"blob:{url}", "data:"))] == []


@pytest.fixture
def served() -> Callable[..., Any]:
    """Serves what the routes share, at a URL."""
    return served_app


@pytest.fixture
def opened() -> Callable[..., Any]:
    """Opens a page in a browser, for somebody who has signed in."""
    return opened_page


@pytest.fixture
def signed_in() -> Callable[[str], dict[str, str]]:
    """Headers of somebody who has signed in."""
    return lambda text: {"Cookie": f"{COOKIE}={text}"}


class Victims:
    """Starts processes that will be killed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, **order: Any) -> int:
        """Start one; its number."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def victims() -> Iterator[Victims]:
    """A process that forks others."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src"), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).parent / "victim.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        yield Victims(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(120)
