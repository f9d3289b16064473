"""Routes for machines that watch the service: is it there, can it work, and its numbers."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from driftline.server.face import face_of, may
from driftline.server.schemas import problems
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(tags=["health"])
METRICS = "text/plain; version=0.0.4; charset=utf-8"
Viewer = Annotated[Token, Depends(may(Role.VIEWER))]


@ROUTES.get("/health/live")
async def live() -> dict[str, str]:
    """Whether the process answers."""
    return {"status": "live"}


@ROUTES.get("/health/ready", responses=problems(503))
async def ready(request: Request) -> dict[str, str]:
    """Whether the database answers."""
    await run_in_threadpool(face_of(request).service.board.answers)
    return {"status": "ready"}


@ROUTES.get("/metrics", response_class=Response, responses=problems(401, 403, 429, 503))
def metrics(request: Request, token: Viewer) -> Response:  # noqa: ARG001  asked for its effect
    """Numbers for Prometheus."""
    return Response(face_of(request).meters.text(), media_type=METRICS)
