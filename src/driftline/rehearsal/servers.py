"""Processes of the rehearsal: model servers and the gateway, which live as long as the rehearsal does."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.request import urlopen

from driftline.errors import OutsideError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 60.0
"""Seconds that a process has to begin."""


@contextmanager
def model_server(program: Path, model: Path) -> Iterator[str]:
    """A process that answers with one model; its address.

    Raises:
        OutsideError: it did not begin.
    """
    command = [sys.executable, str(program), "serve", str(model)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port.isdigit():
                raise OutsideError(f"the model server of {model} did not begin", hint=f"try it: {' '.join(command)}")
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


@contextmanager
def gateway(options: Sequence[str]) -> Iterator[str]:
    """A gateway; its address.

    Raises:
        OutsideError: it did not begin.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "driftline", "gateway", *options, "--host", HOST, "--port", str(port)]
    url = f"http://{HOST}:{port}"
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        try:
            _wait(f"{url}/driftline/status", process)
            yield url
        finally:
            process.terminate()


def _wait(url: str, process: subprocess.Popen[str]) -> None:
    """Wait until something answers there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=1):  # noqa: S310  our own address
                return
        except OSError:
            time.sleep(0.05)
    said = process.stderr.read() if process.stderr and process.poll() is not None else "it does not answer"
    raise OutsideError(f"the gateway did not begin: {said.strip()}", hint="try it: driftline gateway --help")
