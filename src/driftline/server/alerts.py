"""Routes for what somebody has to hear of: alerts that fire, the incidents they make, the messages that left."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from driftline.errors import ConfigError
from driftline.server import schemas
from driftline.server.face import Face, face_of, found, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(tags=["alerts"], responses=problems(401, 403, 404, 429, 503))

Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Monitor = Annotated[str | None, Query(min_length=1, max_length=200, description="Only those of this monitor.")]
Before = Annotated[int | None, Query(ge=0, le=1 << 62, description="Only what lies before this, which the page before told.")]
Limit = Annotated[int, Query(ge=1, le=1000)]


@ROUTES.get("/alerts")
def alerts(
    request: Request,
    token: Viewer,  # noqa: ARG001  asked for its effect
    monitor: Monitor = None,
    state: Annotated[Literal["pending", "firing"] | None, Query(description="Only those in this state.")] = None,
    skip: Annotated[int, Query(ge=0, le=1_000_000, description="So many are passed over.")] = 0,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    """Alerts that wait or fire now, over the whole fleet or of one monitor, the most urgent first."""
    face = face_of(request)
    return face.service.incidents.alerts(monitor=_ident(face, monitor), state=state, skip=skip, limit=limit)


@ROUTES.get("/incidents")
def incidents(
    request: Request,
    token: Viewer,  # noqa: ARG001  asked for its effect
    monitor: Monitor = None,
    open: Annotated[bool, Query(description="Only those that are not over.")] = False,  # noqa: A002, FBT002  the parameter's name in the URL
    before: Before = None,
    limit: Limit = 100,
) -> schemas.Page:
    """Incidents: alerts that belong together, the newest first."""
    face = face_of(request)
    items = face.service.incidents.incidents(monitor=_ident(face, monitor), open_only=open, before=before, limit=limit)
    return _page(items, limit)


@ROUTES.get("/incidents/{ident}")
def incident(request: Request, ident: Annotated[int, Path(ge=0, le=1 << 62)], token: Viewer) -> dict[str, Any]:  # noqa: ARG001  as above
    """One incident, with its messages and whoever was told."""
    try:
        return face_of(request).service.incidents.incident(ident)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint="GET /v1/incidents lists them") from error


@ROUTES.get("/messages")
def messages(request: Request, token: Viewer, before: Before = None, limit: Limit = 100) -> schemas.Page:  # noqa: ARG001  as above
    """What was told, the newest first, with every receiver that was tried."""
    return _page(face_of(request).service.incidents.messages(before=before, limit=limit), limit)


def _ident(face: Face, name: str | None) -> int | None:
    return None if name is None else found(face.service, name.replace("\x00", "\ufffd").encode(errors="replace").decode()).id


def _page(items: list[dict[str, Any]], limit: int) -> schemas.Page:
    return schemas.Page(items=items, before=items[-1]["id"] if len(items) == limit else None)
