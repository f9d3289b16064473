"""The gateway itself: an ASGI application that splits, shadows, falls back, and writes down what was asked and answered."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.gateway import breaker, desk
from driftline.gateway.record import folded
from driftline.gateway.settings import ENVIRONMENT, Settings, Stored
from driftline.gateway.speech import empty, outputs_of, rows_of
from driftline.gateway.split import CHALLENGER, CHAMPION, arm_of
from driftline.gateway.spool import Spool
from driftline.gateway.upstream import Answer, Upstream, UpstreamError

if TYPE_CHECKING:
    from driftline.gateway.desk import Receive, Scope, Send

LOOK_EVERY = 0.2
"""Seconds between looks at the stored state."""

ASIDE = "aside"
"""The folder, in the spool, of what was said and given to nobody: shadows, and challengers that failed. A monitor does not read it."""

SWITCH = 0.0005
"""Seconds after which the thread that writes records makes way for the next answer."""

MOST_SHADOWS = 256
"""So many shadow requests at a time; more are not made, and counted."""


@dataclass(slots=True)
class Request:
    """A request as it is answered and recorded."""

    method: bytes
    path: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    entity: str = ""


@dataclass(slots=True)
class Heard:
    """What a model said, and how long it took; `trouble` where that is no answer."""

    answer: Answer | None
    outputs: list[dict[str, Any]]
    seconds: float
    trouble: str = ""


def application() -> Gateway:
    """The gateway that the environment describes; servers call this, in a process of its own."""
    gateway = Gateway(Settings.read(os.environ[ENVIRONMENT]))
    # An answer is not to wait for the thread that writes records (5 ms by default), nor for a search through all that was imported.
    sys.setswitchinterval(SWITCH)
    gc.collect()
    gc.freeze()
    return gateway


def read(request: Request, heard: Heard) -> Heard:
    """Read what was heard as outputs of the request's rows."""
    answer = heard.answer
    if answer is None:
        return heard
    if answer.status >= 400:  # noqa: PLR2004  HTTP's errors begin there
        return replace(heard, trouble=f"status {answer.status}")
    outputs = outputs_of(answer.body, len(request.rows)) if request.rows else []
    return replace(heard, outputs=outputs or [], trouble="" if outputs is not None else "what it says is no answer to the rows")


class Gateway:
    """An ASGI application.

    Args:
        settings: what it is told.
        rule: when a challenger that fails is left alone.
    """

    def __init__(self, settings: Settings, rule: breaker.Rule | None = None) -> None:
        self.settings, self._rule = settings, rule or breaker.Rule()
        self.stored = Stored(settings.state)
        self._entity = settings.entity.lower().encode()
        self._own = frozenset({settings.id})
        self._known = frozenset({b"x-request-id", b"content-type", self._entity})
        self.breaker: breaker.State = breaker.Closed()
        self.counts = desk.Counts()
        self.spool: Spool | None = None
        self.aside: Spool | None = None
        self.servers: dict[str, Upstream] = {}
        self._shadows: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live one life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    def start(self) -> None:
        """Begin: the stored state, the spool, the watch over the state."""
        self.stored.look()
        self._connect()
        if self.settings.spool:
            self.spool = Spool(Path(self.settings.spool))
            self.aside = Spool(Path(self.settings.spool) / ASIDE)
        self._looking = asyncio.get_running_loop().create_task(self._look())

    async def stop(self) -> None:
        """End: shadows that are on their way, then the spool."""
        if self._looking is not None:
            self._looking.cancel()
        if self._shadows:
            await asyncio.wait(self._shadows, timeout=self.settings.timeout)
        for spool in filter(None, (self.spool, self.aside)):
            spool.close()
        for server in self.servers.values():
            server.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            if self.stored.look():
                self._connect()

    def _connect(self) -> None:
        """Model servers are those that the state names, else those of the settings."""
        for arm, said in ((CHAMPION, self.settings.champion), (CHALLENGER, self.settings.challenger)):
            url = self.stored.servers.get(arm, said)
            if url and (arm not in self.servers or self.servers[arm].url != url):
                self.servers[arm] = Upstream(url)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.startswith("/driftline/"):
            await desk.serve(self, scope, receive, send)
            return
        body = await desk.body_of(receive, self.settings.largest)
        if body is None:
            await desk.refuse(send, 413, f"the request is longer than {self.settings.largest} bytes")
            return
        raw = scope.get("raw_path", path.encode()).split(b"?")[0]
        target = raw + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        request = Request(scope["method"].encode(), path, target, scope["headers"], body, "")
        if request.method != b"POST":
            await self._pass(request, send)
            return
        trouble = self._understand(request)
        if trouble:
            await desk.refuse(send, 400, trouble)
            return
        await self._predict(request, send)

    def _understand(self, request: Request) -> str:
        """Read who and what is asked about. What is said to be JSON has to be; anything else is passed on unread."""
        known = {name: value for name, value in request.headers if name in self._known}
        request.name = known.get(b"x-request-id", b"").decode("latin-1") or uuid.uuid4().hex
        if b"json" in known.get(b"content-type", b"application/json"):
            try:
                request.rows = rows_of(request.path, request.body)
            except (ValueError, RecursionError) as error:
                return f"the request is no JSON that is known here: {error}"
            except (LookupError, TypeError, AttributeError):
                request.rows = []  # JSON of a shape that only the model server knows
        entity = known.get(self._entity, b"").decode("latin-1")
        if not entity and self.settings.entity and request.rows:
            entity = str(request.rows[0].get(self.settings.entity, ""))
        request.entity = entity or request.name
        return ""

    async def _pass(self, request: Request, send: Send) -> None:
        """Whatever is no prediction is the champion's business."""
        try:
            await desk.tell(send, await self._asked(CHAMPION, request, self.settings.timeout))
        except UpstreamError as error:
            await desk.refuse(send, 502, f"the model server gave no answer: {error}")

    async def _predict(self, request: Request, send: Send) -> None:
        share = self.stored.share
        asked = datetime.now(UTC)
        arm = arm_of(request.entity, share) if CHALLENGER in self.servers else CHAMPION
        if arm == CHALLENGER:
            heard = await self._challenged(request)
            self._note(request, CHALLENGER, heard, asked, CHALLENGER, answered=not heard.trouble)
            if heard.answer is not None and not heard.trouble:
                await desk.tell(send, heard.answer, request.name)
                return
            self.counts.fallbacks += 1
        heard = await self._heard(CHAMPION, request, self.settings.timeout)
        if heard.answer is None:
            await desk.refuse(send, 504 if "within" in heard.trouble else 502, f"the model server gave no answer: {heard.trouble}")
        else:
            await desk.tell(send, heard.answer, request.name)
        if share.mirrored and arm == CHAMPION and CHALLENGER in self.servers:
            self._shadow(request, asked)
        # What the champion says is given whatever it is, so it is read when it has left.
        heard = read(request, heard)
        self._note(request, CHAMPION, heard, asked, arm, answered=True)

    async def _challenged(self, request: Request) -> Heard:
        """Ask the challenger, unless it is left alone."""
        now = time.monotonic()
        self.breaker, may = breaker.asked(self.breaker, now, self._rule)
        if not may:
            return Heard(None, [], 0.0, "it is left alone for a while")
        heard = read(request, await self._heard(CHALLENGER, request, self.settings.patience))
        self.breaker = breaker.answered(self.breaker, time.monotonic(), self._rule, well=not heard.trouble)
        return heard

    async def _heard(self, arm: str, request: Request, patience: float) -> Heard:
        """What a model says, unread."""
        began = time.perf_counter()
        try:
            answer = await self._asked(arm, request, patience)
        except UpstreamError as error:
            return Heard(None, [], time.perf_counter() - began, str(error))
        took = time.perf_counter() - began
        return Heard(answer, [], took)

    async def _asked(self, arm: str, request: Request, patience: float) -> Answer:
        return await self.servers[arm].ask(request.method, request.target, request.headers, request.body, patience)

    def _shadow(self, request: Request, asked: datetime) -> None:
        """Ask the challenger too, when the answer has left."""
        if len(self._shadows) >= MOST_SHADOWS:
            self.counts.skipped += 1
            return

        async def mirrored() -> None:
            heard = await self._challenged(request)
            self._note(request, CHALLENGER, heard, asked, CHAMPION, answered=False)

        task = asyncio.get_running_loop().create_task(mirrored())
        self._shadows.add(task)
        task.add_done_callback(self._shadows.discard)

    def _note(self, request: Request, arm: str, heard: Heard, asked: datetime, dealt: str, *, answered: bool) -> None:
        """Count, and write down one record a row. `dealt` is whom the split chose, who may not be the one that answered."""
        failed = bool(heard.trouble)
        slow = heard.seconds > self.settings.slow
        nulls = sum(map(empty, heard.outputs)) if not failed else 0
        self.counts.add(arm, failed=failed, slow=slow, nulls=nulls)
        spool = self.spool if answered else self.aside
        if spool is None:
            return
        share = self.stored.share
        about = {
            "ts": asked.isoformat(),
            "model": arm,
            "dealt": dealt,
            "version": self.settings.versions[arm == CHALLENGER],
            "answered": answered,
            "error": failed,
            "slow": slow,
            "latency_ms": round(heard.seconds * 1000, 3),
            "entity": request.entity,
            "rollout": share.rollout,
            "step": share.step,
        }
        if failed:
            about["trouble"] = heard.trouble
        several = len(request.rows) > 1
        for place, row in enumerate(request.rows or [{}]):
            name = f"{request.name}/{place}" if several else request.name
            said = heard.outputs[place] if place < len(heard.outputs) else {}
            about["id"] = str(row.get(self.settings.id, name))
            spool.put({**folded(row, self._own), **about, **said, "null": not failed and empty(said)})

    @contextlib.asynccontextmanager
    async def living(self) -> Any:
        """For those who run it without a server's lifespan."""
        self.start()
        try:
            yield self
        finally:
            await self.stop()
