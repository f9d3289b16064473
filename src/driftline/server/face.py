"""What the routes share: the service, the intake, the gate; and small things that every request needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request  # noqa: TC002  FastAPI reads the annotation of what `may` makes

from driftline.errors import ConfigError
from driftline.server.demonstration import Demonstration
from driftline.server.problems import Refusal
from driftline.server.receipts import Receipts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from driftline.server.auth import Gate
    from driftline.server.bodies import Limits
    from driftline.server.meters import Meters
    from driftline.server.service import Service
    from driftline.server.traces import Tracer
    from driftline.services.intake import Naming
    from driftline.store.fleet import Watched
    from driftline.store.intake import Delivery, Intake, Receipt
    from driftline.store.tokens import Role, Token

T = TypeVar("T")
READERS = 2
"""Large bodies that are read at a time: more threads would only make all of them late, and each takes some megabytes."""

REMEMBERED = 5.0
"""A monitor is looked up again after so many seconds: until then a new version of it may not be known here."""


def wall_clock() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Provider(Protocol):
    """`driftline.server.oidc.Door`, which takes a package of its own."""

    def begin(self, back: str, wanted: str) -> Any:
        """Send somebody to the provider."""

    def finish(self, back: str, cookie: str, answer: Mapping[str, str]) -> tuple[str, str]:
        """Take somebody who comes back."""


@dataclass(slots=True)
class Face:
    """What the routes share."""

    service: Service
    intake: Intake
    gate: Gate
    limits: Limits
    meters: Meters
    clock: Callable[[], datetime] = wall_clock
    door: Provider | None = None
    tracer: Tracer | None = None
    demonstration: Demonstration = field(init=False)
    _monitors: dict[str, tuple[Watched, Naming, datetime]] = field(default_factory=dict)
    _receipts: Receipts | None = None
    _readers: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None

    def __post_init__(self) -> None:
        self.demonstration = Demonstration(self.service, self.intake, self.clock)

    async def monitor(self, name: str) -> tuple[Watched, Naming]:
        """A monitor, and what its columns are called.

        Raises:
            Refusal: there is none of that name.
        """
        now = self.clock()
        known = self._monitors.get(name)
        if known is not None and abs((now - known[2]).total_seconds()) < REMEMBERED:
            return known[0], known[1]
        watched, names = await run_in_threadpool(self._look_up, name)
        self._monitors[name] = (watched, names, now)
        return watched, names

    async def aside(self, make: Callable[[], T]) -> T:
        """Do in another thread what takes long, in the order in which it comes."""
        loop = asyncio.get_running_loop()
        if self._readers is None or self._readers[0] is not loop:
            self._readers = loop, asyncio.Semaphore(READERS)
        async with self._readers[1]:
            return await run_in_threadpool(make)

    async def written(self, delivery: Delivery) -> Receipt:
        """Write a delivery, and say what became of it once it is durable.

        Raises:
            OutsideError: too much waits already, or the disk or the database failed.
            StateError: another batch was received under its name.
        """
        loop = asyncio.get_running_loop()
        if self._receipts is None or self._receipts.loop is not loop:
            self._receipts = Receipts(loop)
        return await self._receipts.wait(self.intake.submit(delivery))

    def forget(self, name: str) -> None:
        """Look a monitor up again when it is asked for next."""
        self._monitors.pop(name, None)

    def _look_up(self, name: str) -> tuple[Watched, Naming]:
        watched = found(self.service, name)
        return watched, self.service.library.naming(watched)


def found(service: Service, name: str) -> Watched:
    """The monitor of that name.

    Raises:
        Refusal: there is none.
    """
    try:
        return service.fleet.find(name)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint=error.hint) from error


def face_of(request: Request) -> Face:
    """What the app's routes share."""
    face: Face = request.app.state.face
    return face


def may(role: Role) -> Callable[[Request], Awaitable[Token]]:
    """What lets only a role in; for `Depends`."""

    async def let_in(request: Request) -> Token:
        return await face_of(request).gate.pass_(request, role)

    return let_in
