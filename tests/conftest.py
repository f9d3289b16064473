"""What holds for every test: Hypothesis profiles, no silent skips where everything must run, a PostgreSQL that the tests start."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

CI = os.environ.get("CI") == "true"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BINARIES = Path("/usr/lib/postgresql")
NUMBERS = itertools.count(1)
SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"

# A busy machine makes an example slow without anything being wrong; and in CI a change is judged on the examples it was judged on before.
settings.register_profile("default", deadline=None, derandomize=CI, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", settings.get_profile("default"), max_examples=2000)
settings.load_profile("default")


def skipped_for(longrepr: object) -> str:
    """The reason of a skip."""
    return str(longrepr[2] if isinstance(longrepr, tuple) else longrepr).removeprefix("Skipped: ")


def may_skip(reason: str) -> bool:
    """In CI a test may skip only for data that is not there, `needs ../shared/data`, and where nobody may mount a disk."""
    return not CI or ("shared/data" in reason and not SHARED_DATA.is_dir()) or reason.startswith("needs the right to mount")


FIRST = ("tests/spark/", "tests/exports/test_airflow", "tests/exports/test_prefect")
"""What takes long goes first, and what shares a Spark goes together: one worker gets all of it, and the others help with the rest."""


def pytest_xdist_auto_num_workers() -> int:
    """Three workers for two cores: a third of the time a test waits for a process that it has started."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests, after whoever shuffles them."""
    items.sort(key=lambda item: next((place for place, name in enumerate(FIRST) if item.nodeid.startswith(name)), len(FIRST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip that hides something into a failure."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and not may_skip(skipped_for(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where everything must run: {skipped_for(report.longrepr)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Likewise for a whole file that skips itself."""
    report = yield
    if report.skipped and not may_skip(skipped_for(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped where everything must run: {skipped_for(report.longrepr)}"
    return report


@pytest.fixture(autouse=True)
def _no_loop_of_others(request: pytest.FixtureRequest) -> Iterator[None]:
    """A browser's driver leaves its event loop marked as running in this thread; tests without it run loops of their own."""
    if "browser" in request.fixturenames:
        yield
        return
    held = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(held)


@pytest.fixture(scope="session")
def expect() -> Callable[..., Any]:
    """Playwright's assertions, which wait."""
    waits: Callable[..., Any] = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect
    return waits


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A Chromium, from wherever it is."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with playwright.sync_playwright() as driver:
        try:
            started = driver.chromium.launch(executable_path=found)
        except playwright.Error as error:
            pytest.skip(f"there is no Chromium to look with: {str(error).splitlines()[0]}")
        yield started
        started.close()


ENVIRONMENTS = {
    "airflow": ("apache-airflow>=3,<4",),
    # Prefect does not start with later versions of FastAPI.
    "prefect": ("prefect>=3,<4", "fastapi<0.155"),
    "schemas": ("check-jsonschema>=0.36", "kubernetes>=37"),
}
"""What does not go into one environment with driftline's own."""


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis of our own, with nothing on disk."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs Redis: apt install redis-server")
    with tempfile.TemporaryDirectory(prefix="redis") as place:
        words = ["--port", "0", "--unixsocket", f"{place}/socket", "--save", "", "--appendonly", "no", "--dir", place]
        with subprocess.Popen([binary, *words], stdout=subprocess.DEVNULL) as process:
            until = time.monotonic() + 30
            while not Path(place, "socket").exists():
                assert time.monotonic() < until, "Redis does not begin"
                time.sleep(0.01)
            yield f"unix://{place}/socket"
            process.terminate()


@pytest.fixture(scope="session")
def environment() -> Callable[[str], Path]:
    """Gives the interpreter of an environment of its own, made once for each user, whichever test asks first."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "driftline-tests"

    def made(name: str) -> Path:
        folder = cache / f"{name}-{sys.version_info.minor}"
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "whole").exists():
                install(name, folder)
        return folder / "bin" / "python"

    return made


def install(name: str, folder: Path) -> None:
    """Make the environment; skip where the packages cannot be had."""
    uv = Path(sys.executable).with_name("uv")
    for words in (
        ["venv", "-q", "--clear", "--python", sys.executable, str(folder)],
        ["pip", "install", "-q", "--python", str(folder / "bin" / "python"), *ENVIRONMENTS[name]],
    ):
        done = subprocess.run([str(uv), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{name} cannot be installed here: {done.stderr[-300:]}")
    (folder / "whole").touch()


class Cluster:
    """A PostgreSQL server of our own, on a socket in a directory of its own."""

    def __init__(self, place: Path, binaries: Path) -> None:
        self._place, self._binaries = place, binaries
        # It refuses to run as root.
        self._user = pwd.getpwnam("postgres") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        os.chown(place, self._user.pw_uid, self._user.pw_gid)
        place.chmod(0o755)
        self._call("initdb", "-D", f"{place}/data", "-A", "trust", "-U", "driftline", "--no-sync")

    def _call(self, program: str, *args: str) -> None:
        ids = {"user": self._user.pw_uid, "group": self._user.pw_gid} if os.getuid() == 0 else {}
        command = [str(self._binaries / program), *args]
        with (self._place / "log").open("ab") as log:
            subprocess.run(command, check=True, cwd=self._place, stdout=log, stderr=log, timeout=60, **ids)  # type: ignore[call-overload]  # two integers or nothing

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self._place} -c fsync=off -c max_connections=200"
        self._call("pg_ctl", "-D", f"{self._place}/data", "-o", options, "-l", f"{self._place}/server.log", "-w", "start")

    def stop(self) -> None:
        """Stop it as a power cut would, and wait until it is gone."""
        self._call("pg_ctl", "-D", f"{self._place}/data", "-m", "immediate", "-w", "stop")

    def url(self) -> str:
        """The URL of an empty database."""
        import sqlalchemy as sa

        url = f"postgresql+psycopg://driftline@/{{}}?host={self._place}"
        name = f"t{next(NUMBERS)}"
        engine = sa.create_engine(url.format("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(f"create database {name}"))
        engine.dispose()
        return url.format(name)


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A server that runs."""
    homes = sorted(BINARIES.glob("*/bin"))
    found = shutil.which("initdb") or (str(homes[-1] / "initdb") if homes else None)
    if found is None:
        pytest.skip("needs PostgreSQL's binaries: apt install postgresql")
    with tempfile.TemporaryDirectory(prefix="pg") as place:
        cluster = Cluster(Path(place), Path(found).parent)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A server that all tests share."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def fragile() -> Iterator[Cluster]:
    """A server of one test's own, which it may stop."""
    with running_cluster() as cluster:
        yield cluster


class ObjectStore:
    """An object store that speaks S3, in this process."""

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        self.server: Any = ThreadedMotoServer("127.0.0.1", 0)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"

    def bucket(self, name: str) -> str:
        """Make a bucket; its URL."""
        from pyarrow import fs

        system = fs.S3FileSystem(
            endpoint_override=self.endpoint.removeprefix("http://"), scheme="http", region="us-east-1", access_key="a", secret_key="b",
            allow_bucket_creation=True,
        )  # fmt: skip
        system.create_dir(name)
        return f"s3://{name}"

    def stop(self) -> None:
        """Be away from now on."""
        self.server.stop()


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """An object store, of which the environment tells."""
    pytest.importorskip("flask", reason="moto's server needs flask")
    store = ObjectStore()
    for name, value in {
        "AWS_ENDPOINT_URL": store.endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1",
        "NO_PROXY": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield store
    store.stop()


HAPROXY = """
global
  stats socket {socket} level admin
defaults
  mode http
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend door
  bind fd@{door}
  default_backend models
backend models
  balance roundrobin
  server champion 127.0.0.1:{champion} weight 256
  server challenger 127.0.0.1:{challenger} weight 0
"""


class Balancer:
    """An HAProxy in front of two servers that say who they are, as a process that tests may end and begin again."""

    def __init__(self, folder: Path, champion: int, challenger: int) -> None:
        # The port is held here and lent to HAProxy, so that nobody else takes it between two of its lives.
        self.door = socket.create_server(("127.0.0.1", 0))
        self.socket, self._config = folder / "haproxy.sock", folder / "haproxy.cfg"
        self._config.write_text(HAPROXY.format(socket=self.socket, door=self.door.fileno(), champion=champion, challenger=challenger))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, with the weights of its configuration."""
        program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            pytest.skip("haproxy is not installed")
        self._process = subprocess.Popen([program, "-f", str(self._config), "-db", "-q"], pass_fds=[self.door.fileno()])
        for _ in range(1200):
            assert self._process.poll() is None, "HAProxy has ended"
            with socket.socket(socket.AF_UNIX) as one:
                if one.connect_ex(str(self.socket)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("HAProxy does not answer")

    def stop(self) -> None:
        """End."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def answers(self, requests: int) -> dict[str, int]:
        """Who answers how many requests."""
        found = {"champion": 0, "challenger": 0}
        for _ in range(requests):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.door.getsockname()[1]}/", timeout=10) as answer:
                found[answer.read().decode()] += 1
        return found


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server on this machine that answers by `handler`: its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="session")
def serving() -> Callable[[type[BaseHTTPRequestHandler]], AbstractContextManager[str]]:
    """Gives a server that answers by a handler, for as long as it is wanted."""
    return served


def named(name: str) -> type[BaseHTTPRequestHandler]:
    """A server's handler that says its name."""

    class Named(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(name)))
            self.end_headers()
            self.wfile.write(name.encode())

        def log_message(self, *args: object) -> None:
            pass

    return Named


@pytest.fixture
def haproxy() -> Iterator[Balancer]:
    """A real HAProxy, running."""
    # A socket's path is short.
    with served(named("champion")) as champion, served(named("challenger")) as challenger, tempfile.TemporaryDirectory() as folder:
        balancer = Balancer(Path(folder), *(int(url.rpartition(":")[2]) for url in (champion, challenger)))
        with balancer.door:
            balancer.start()
            yield balancer
            balancer.stop()
