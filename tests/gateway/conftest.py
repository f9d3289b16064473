"""Model servers of the tests: real ones, in processes, whose manners can be changed while they run."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVER = """
import asyncio, json, sys
from pathlib import Path
import uvicorn

manner, bias = Path(sys.argv[1]), float(sys.argv[2])

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    how = manner.read_text()
    status, kind, answer = 200, b"application/json", b"{}"
    if how.startswith("slow"):
        await asyncio.sleep(float(how.split()[1]))
    if scope["method"] == "GET":
        answer = json.dumps({"name": "m", "asked": scope["path"] + "?" + scope["query_string"].decode()}).encode()
    elif how == "rubbish":
        answer = b"<html>it works!</html>"
    elif how == "error":
        status, answer = 500, b'{"error": "no"}'
    elif how == "null":
        answer = b'{"score": null}'
    elif scope["path"].endswith("/infer"):
        said = json.loads(body)
        data = [x + bias for x in said["inputs"][0]["data"]]
        answer = json.dumps({"outputs": [{"name": "score", "datatype": "FP64", "shape": [len(data)], "data": data}]}).encode()
    elif scope["path"].endswith("/invocations"):
        answer = json.dumps({"predictions": [row[0] + bias for row in json.loads(body)["dataframe_split"]["data"]]}).encode()
    else:
        said = json.loads(body)
        rows = said if isinstance(said, list) else [said]
        found = [{"score": row["x"] + bias, "prediction": int(row["x"] + bias > 0.5)} for row in rows]
        answer = json.dumps(found if isinstance(said, list) else found[0]).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": answer})

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[3]), log_level="error", lifespan="off")
"""


@dataclass(slots=True)
class ModelServer:
    """A model server: where it is, how it behaves, and its process."""

    url: str
    manner: Path
    process: subprocess.Popen[bytes]

    def behave(self, how: str) -> None:
        """Well, slow 0.5, rubbish, error or null."""
        self.manner.write_text(how)


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def until_there(url: str) -> None:
    """Wait until something answers: as soon as it listens, connecting succeeds."""
    for _ in range(400):
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(url)


@contextmanager
def serving(folder: Path, name: str, bias: float = 0.0) -> Iterator[ModelServer]:
    """A model server that adds something to x."""
    manner, port = folder / f"{name}.manner", free_port()
    manner.write_text("well")
    with subprocess.Popen([sys.executable, "-c", SERVER, str(manner), str(bias), str(port)]) as process:
        try:
            until_there(f"http://127.0.0.1:{port}/")
            yield ModelServer(f"http://127.0.0.1:{port}", manner, process)
        finally:
            process.kill()


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Callable[..., ModelServer]]:
    """Starts model servers, and ends them."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda name, bias=0.0: stack.enter_context(serving(tmp_path, name, bias))


@pytest.fixture(name="free_port")
def free_port_fixture() -> Callable[[], int]:
    """Finds ports that nobody uses."""
    return free_port
