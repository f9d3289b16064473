"""A run somewhere else, followed from here: begun once however often it is asked for, waited for, and ended with us.

An adapter is a program that `training: {command: …}` names. The supervisor around it holds time, log and cancelling, as for any
other command; if it is killed, the next attempt finds the same run by its name and goes on waiting.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from driftline.errors import ConfigError, OutsideError
from driftline.training.call import CHAMPION, OUTPUT, REASON, ROWS, RUN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType
    from typing import NoReturn

TIMEOUT, POLL = 20.0, 3.0
"""Seconds for one request, and between two."""

T = TypeVar("T")

MOST = 50
"""A request for the same model that failed elsewhere so often is not made once more."""

NOT_THERE, ALREADY, LATER = 404, 409, (408, 425, 429)


@dataclass(frozen=True, slots=True)
class Told:
    """How a run elsewhere stands.

    Attributes:
        over: nothing more will happen.
        well: it ended well.
        why: the other side's word for it.
        output: the folder that it was told to write into; empty where the other side does not say.
    """

    over: bool
    well: bool
    why: str
    output: str = ""


class Runs(Protocol):
    """Where runs are begun: found again by their names, so that asking twice begins one."""

    def find(self, name: str) -> Told | None:
        """A run that was begun before; None where there is none."""
        ...

    def begin(self, name: str, asked: Mapping[str, str]) -> Told:
        """Begin a run of this name, unless there is one."""
        ...

    def cancel(self, name: str) -> None:
        """Ask it to end."""
        ...


def asked() -> tuple[str, dict[str, str]]:
    """The key of the request, and what its run is told: rows, output, champion, reason."""
    told = {"rows": ROWS, "output": OUTPUT, "champion": CHAMPION, "reason": REASON}
    return os.environ[RUN], {word: os.environ.get(key, "") for word, key in told.items()}


def follow(runs: Runs, key: str, told: Mapping[str, str], *, poll: float = POLL) -> int:
    """Have a run made and wait for its end; the exit code of this program.

    Args:
        runs: where.
        key: of the request.
        told: what the run is told.
        poll: seconds between two looks.
    """
    name, found = _joined(runs, key, told, poll)
    print(f"run {name}: {found.why}", flush=True)  # noqa: T201  the run's log

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        runs.cancel(name)
        sys.exit(f"run {name} was asked to end")

    signal.signal(signal.SIGTERM, end)
    said = found.why
    while not found.over:
        time.sleep(poll)
        found = _patiently(partial(runs.find, name), poll) or Told(over=True, well=False, why="it is not there any more")
        if found.why != said:
            print(f"run {name}: {found.why}", flush=True)  # noqa: T201  the run's log
        said = found.why
    if not found.well:
        print(f"run {name} ended: {found.why}", file=sys.stderr)  # noqa: T201  the run's log
        return 1
    if found.output and Path(found.output).resolve() != Path(told["output"]).resolve():
        # It was begun by an attempt that was killed, and wrote where that one told it to.
        shutil.copytree(found.output, told["output"], dirs_exist_ok=True)
    return 0


def sorry(error: Exception) -> int:
    """Say in one line why it cannot be done; the exit code of this program."""
    print(" ".join(str(error).splitlines()), file=sys.stderr)  # noqa: T201  the run's log
    return 1


def _joined(runs: Runs, key: str, told: Mapping[str, str], poll: float) -> tuple[str, Told]:
    """The run for this request: one that is on or ended well, else a new one after those that failed."""
    for number in range(1, MOST + 1):
        name = f"driftline-{key}-{number}"
        found = _patiently(partial(runs.find, name), poll)
        if found is None:
            return name, _patiently(partial(_begun, runs, name, told), poll)
        if not found.over or found.well:
            return name, found
    raise ConfigError(f"{MOST} runs for the same request have failed", hint="see why, where they ran")


def _begun(runs: Runs, name: str, told: Mapping[str, str]) -> Told:
    """An answer that was lost may have begun it: it is looked for before it is begun."""
    return runs.find(name) or runs.begin(name, told)


def _patiently(ask: Callable[[], T], poll: float) -> T:
    """Ask until there is an answer: the time limit of the run is the supervisor's."""
    said = ""
    while True:
        try:
            return ask()
        except OutsideError as error:
            if error.fact != said:
                print(error.fact, flush=True)  # noqa: T201  the run's log
            said = error.fact
            time.sleep(poll)


class _Straight(HTTPRedirectHandler):
    """Secrets do not follow redirects."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Wire:
    """JSON over HTTP to one place.

    Attributes:
        url: where it begins.
        headers: of every request.
    """

    url: str
    headers: Mapping[str, str]

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request; its JSON, None where there is nothing at that address, or where there is such a thing already.

        Raises:
            ConfigError: it is refused.
            OutsideError: no answer, or trouble on the other side.
        """
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, path, data, {"Content-Type": "application/json"} if data else {})

    def send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Any:
        """Likewise, of bytes."""
        url = path if path.startswith(("http://", "https://")) else self.url.rstrip("/") + path
        if urlsplit(url).scheme not in {"http", "https"}:
            raise ConfigError(f"{url!r} is no address", hint="write http://host:port")
        request = Request(url, data, {"User-Agent": "driftline", "Accept": "application/json", **self.headers, **headers}, method=method)  # noqa: S310  see above
        try:
            with build_opener(_Straight).open(request, timeout=TIMEOUT) as answer:
                text = answer.read()
        except HTTPError as error:
            return _refused(error, f"{method} {url}")
        except (OSError, HTTPException) as error:
            raise OutsideError(f"{url} does not answer: {error}", hint="it is asked again") from error
        try:
            return json.loads(text) if text.strip() else {}
        except ValueError:
            return {}


def _refused(error: HTTPError, what: str) -> None:
    with error:
        said = error.read(500).decode("utf-8", "replace").strip()
    if error.code in {NOT_THERE, ALREADY}:
        return
    if error.code in LATER or error.code >= 500:  # noqa: PLR2004  HTTP's own numbers
        raise OutsideError(f"{what} answered {error.code}: {said}", hint="it is asked again") from error
    raise ConfigError(f"{what} is refused with {error.code}: {said}", hint="check the address and the secret") from error
