"""Routes for what somebody has to hear of: alerts that fire, the incidents they make, the messages that left."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from driftline.errors import ConfigError, StateError
from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.face import Face, face_of, found, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(tags=["alerts"], responses=problems(401, 403, 404, 429, 503))

Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Operator = Annotated[Token, Depends(may(Role.OPERATOR))]
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


@ROUTES.post("/incidents/{ident}/acknowledge", responses=problems(409, 422))
def acknowledge(
    request: Request, ident: Annotated[int, Path(ge=0, le=1 << 62)], asked: schemas.NewAnswer, token: Operator
) -> dict[str, Any]:
    """Take care of an incident: it is not told again, unless it gets worse or is over."""
    face = face_of(request)
    try:
        return face.service.orders.answer(ident, face.clock(), actor=actor(token), note=asked.note)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint="GET /v1/incidents lists them") from error
    except StateError as error:
        raise Refusal(409, error.fact, hint="GET /v1/incidents?open=true lists those that are open") from error


@ROUTES.get("/silences")
def silences(request: Request, token: Viewer) -> list[dict[str, Any]]:  # noqa: ARG001  asked for its effect
    """Silences that hold or will hold."""
    face = face_of(request)
    return face.service.orders.silences(face.clock())


@ROUTES.post("/silences", status_code=201, responses=problems(422))
def silence(request: Request, asked: schemas.NewSilence, token: Operator) -> dict[str, int]:
    """Tell nobody of what fits, for a time."""
    face = face_of(request)
    now = face.clock()
    try:
        ends = now + timedelta(minutes=asked.minutes)
        ident = face.service.orders.silence(asked.matchers, now, ends, now, actor=actor(token), comment=asked.comment)
    except ConfigError as error:
        raise Refusal(422, error.fact, hint=error.hint) from error
    return {"id": ident}


@ROUTES.delete("/silences/{ident}", status_code=204, responses=problems(404))
def lift(request: Request, ident: Annotated[int, Path(ge=0, le=1 << 62)], token: Operator) -> None:
    """End a silence."""
    face = face_of(request)
    if not face.service.orders.lift(ident, face.clock(), actor=actor(token)):
        raise Refusal(404, f"there is no silence {ident} that holds", hint="GET /v1/silences lists them")


@ROUTES.get("/messages")
def messages(request: Request, token: Viewer, before: Before = None, limit: Limit = 100) -> schemas.Page:  # noqa: ARG001  as above
    """What was told, the newest first, with every receiver that was tried."""
    return _page(face_of(request).service.incidents.messages(before=before, limit=limit), limit)


def _ident(face: Face, name: str | None) -> int | None:
    return None if name is None else found(face.service, name.replace("\x00", "\ufffd").encode(errors="replace").decode()).id


def _page(items: list[dict[str, Any]], limit: int) -> schemas.Page:
    return schemas.Page(items=items, before=items[-1]["id"] if len(items) == limit else None)
