"""Serving: the app, the intake and the scheduler in one process, from the first token to the last flush."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import uvicorn

from driftline.errors import OutsideError
from driftline.server.app import create_app
from driftline.server.auth import Gate
from driftline.server.bodies import Limits
from driftline.server.courier import Courier
from driftline.server.face import Face, wall_clock
from driftline.server.meters import Meters
from driftline.server.outlets import Outlets
from driftline.server.scheduler import Scheduler
from driftline.server.service import open_service
from driftline.server.steward import Steward
from driftline.server.thrift import share
from driftline.server.traces import tracing
from driftline.server.trainer import Trainer
from driftline.server.wire import Wire
from driftline.server.worker import Worker
from driftline.services.cycle import Pace
from driftline.store.intake import Intake
from driftline.store.tokens import Role
from driftline.store.trainings import TRAINING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path
    from types import FrameType

    from fastapi import FastAPI

    from driftline.server.oidc import Door
    from driftline.server.service import Service

BACKLOG = 2048
SWITCH = 0.0005
"""Seconds after which the thread that turns the cycle makes way for a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the service runs.

    Attributes:
        data: where rows and references lie.
        store: the database; SQLite in `data` for None.
        host: the address to listen at.
        port: the port; any free one for 0.
        interval: between rounds of the cycle; no scheduler in this process for None.
        pace: how long to wait for what.
        limits: how much a request may bring.
        per_second: requests a second that each token may make; no limit for 0.
        monitors: a directory of YAML files, one a monitor.
        door: makes what lets people in whom a provider of OpenID Connect knows; None for tokens alone.
    """

    data: Path | str
    store: str | None = None
    host: str = "127.0.0.1"
    port: int = 8321
    interval: timedelta | None = timedelta(seconds=0.5)
    pace: Pace = field(default_factory=Pace)
    limits: Limits = field(default_factory=Limits)
    per_second: float = 0.0
    monitors: Path | None = None
    door: Callable[[Service, Callable[[], datetime]], Door] | None = None


@contextmanager
def running(settings: Settings) -> Iterator[tuple[FastAPI, Face]]:
    """The app with all that works behind it; what waits is written when it ends."""
    tracer = tracing(os.environ)
    service = open_service(settings.data, settings.store)
    intake = Intake(service.database, service.rows)
    meters = Meters()
    meters.watch(service.board, intake)
    workers: list[Scheduler | Courier | Steward] = []
    if settings.interval is not None:
        # One thread: counting must not keep requests waiting.
        worker = Worker(service, settings.pace, wall_clock, threads=1, tracer=tracer)
        courier = Courier(service.database, Outlets(service), wall_clock, worker.owner)
        trainer = Courier(
            service.database, Trainer(service, wall_clock), wall_clock, worker.owner, topics=(TRAINING,), lease="trainer", at_once=1
        )
        workers = [Scheduler(worker, settings.interval, meters), courier, trainer, Steward(service, wall_clock, worker.owner)]
    gate = Gate(service.tokens, wall_clock, settings.per_second)
    face = Face(service, intake, gate, settings.limits, meters)
    face.tracer = tracer
    face.door = settings.door(service, wall_clock) if settings.door else None
    try:
        for one in workers:
            one.start()
        yield create_app(face), face
    finally:
        for one in workers:
            one.stop()
        intake.close()
        service.close()
        if tracer is not None:
            tracer.close()


def serve(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until a signal says stop.

    Args:
        settings: how.
        say: told the URL, and the first token where there was none.

    Raises:
        OutsideError: the address is taken.
    """
    # uvicorn raises the signal that stopped it once more: what waits must be written even then.
    signal.signal(signal.SIGTERM, _leave)
    share()
    with _listening(settings.host, settings.port) as listener, running(settings) as (app, face):
        _let_requests_through()
        now = wall_clock()
        if settings.monitors is not None:
            for wrong in face.service.watch_directory(settings.monitors, now, actor="driftline serve"):
                say(f"left out: {' '.join(wrong.split())}")
        host, port = listener.getsockname()[:2]
        say(f"listening at http://{f'[{host}]' if ':' in host else host}:{port}")
        if not face.service.tokens.has_any(now):
            token = face.service.tokens.make("first", Role.ADMIN.value, now, actor="driftline serve")
            say(f"first token, an administrator's, shown this once: {token}")
        config = uvicorn.Config(
            app, http=Wire, log_config=None, access_log=False, backlog=BACKLOG, timeout_graceful_shutdown=20, server_header=False
        )
        uvicorn.Server(config).run(sockets=[listener])


def _let_requests_through() -> None:
    """A request is not to wait for a thread of the cycle (5 ms a time by default), nor for searches through all that was imported."""
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()


def _leave(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  as Python calls it
    sys.exit(0)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens, so that its port is known before anything is promised."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            # Whoever reads the address may call at once: calls wait until the app answers.
            listener.listen(BACKLOG)
        except OSError as error:
            fact = f"{host}:{port} cannot be listened at: {os.strerror(error.errno) if error.errno else error}"
            raise OutsideError(fact, hint="choose another with --port") from error
        yield listener
