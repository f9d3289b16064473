"""The app: routes under /v1, health, metrics; every request has an id, a line in the log, and a problem where it fails."""

from __future__ import annotations

import time
from importlib import metadata
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from driftline.server import (
    access,
    alerts,
    backtests,
    channels,
    control,
    counsel,
    decided,
    duty,
    exports,
    health,
    intake,
    judged,
    live,
    models,
    monitors,
    rollouts,
    rooms,
    stream,
    versions,
)
from driftline.server import annotations as notes
from driftline.server.logs import LOG, REQUEST, fresh_id
from driftline.server.problems import install, problem
from driftline.server.schemas import Problem
from driftline.server.traces import Spans

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from driftline.server.face import Face

LONGEST_ID = 100
FAILED = 500


class App(FastAPI):
    """FastAPI, with a shorter way for rows that come in: its own layers would cost a fifth of what such a request takes."""

    front: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self.front is not None and scope["type"] == "http" and scope["method"] == "POST" and intake.PATH.fullmatch(scope["path"]):
            scope["app"] = self
            await self.front(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(face: Face) -> FastAPI:
    """The app over what its routes share."""
    app = App(
        title="driftline",
        version=metadata.version("driftline"),
        description="Send predictions and labels, and be told whether the model still does what it did.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.face = face
    install(app)
    for room in (intake, monitors, notes, judged, versions, decided, backtests, alerts, access):
        app.include_router(room.ROUTES, prefix="/v1")
    app.include_router(health.ROUTES)
    for page in (rooms, stream, control, exports, models, counsel, rollouts, channels, duty, live):
        app.include_router(page.ROUTES)
    app.include_router(versions.PAGES)
    app.add_middleware(Told, face=face)
    app.front = Told(intake.Shortcut(app), face)
    if face.tracer is not None:
        app.add_middleware(Spans, tracer=face.tracer)
        app.front = Spans(app.front, face.tracer)
    own = app.openapi

    def described() -> dict[str, Any]:
        found = own()
        found["components"]["schemas"]["Problem"] = Problem.model_json_schema()
        found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"token": []}]
        return found

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


class Told:
    """Around every request: its id, its time, its line in the log, and a problem where our own code fails."""

    def __init__(self, app: ASGIApp, face: Face) -> None:
        self._app = app
        self._meters = face.meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        ident = given if 0 < len(given) <= LONGEST_ID and given.isascii() and given.isprintable() else fresh_id()
        mark, begin, status = REQUEST.set(ident), time.perf_counter(), FAILED

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", ident.encode())]
            await send(message)

        try:
            if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
                # No name has this sign, and PostgreSQL would stumble over it.
                await problem(400, "the address has a sign that is no text")(scope, receive, sending)
                return
            await self._app(scope, receive, sending)
        except Exception:  # noqa: BLE001  the edge: whatever happens becomes a line in the log and a problem
            LOG.exception("a mistake in driftline itself", extra={"path": scope["path"]})
            await problem(500, "this is a mistake in driftline itself", hint="report it with the request's id")(scope, receive, sending)
        finally:
            self._note(scope, status, time.perf_counter() - begin)
            REQUEST.reset(mark)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = str(scope.get("driftline_route") or getattr(scope.get("route"), "path", "none"))
        self._meters.requests.labels(route, str(status)).inc()
        self._meters.seconds.labels(route).observe(seconds)
        # Intake has too many requests for a line each; the numbers tell of them.
        if status >= FAILED or not route.endswith(("predictions", "labels")):
            about = {"method": scope["method"], "path": scope["path"][:500], "status": status, "ms": round(seconds * 1000, 1)}
            LOG.info("request", extra=about)
