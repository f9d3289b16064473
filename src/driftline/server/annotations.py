"""Routes for annotations: what people, or their deployment jobs, wrote at a model's windows."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from driftline.errors import ConfigError
from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.face import face_of, found, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.store.annotations import Annotations
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(prefix="/monitors/{name}/annotations", tags=["annotations"], responses=problems(401, 403, 404, 429, 503))

Name = Annotated[str, Path(description="The monitor's name.", min_length=1, max_length=200)]
Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Operator = Annotated[Token, Depends(may(Role.OPERATOR))]


@ROUTES.get("")
def annotations(
    request: Request,
    name: Name,
    token: Viewer,  # noqa: ARG001  asked for its effect
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[dict[str, Any]]:
    """What was written about a model, the newest first."""
    face = face_of(request)
    return Annotations(face.service.database).of(found(face.service, name).id, limit=limit)


@ROUTES.post("", status_code=201, responses=problems(422))
def annotate(request: Request, name: Name, asked: schemas.NewAnnotation, token: Operator) -> dict[str, int]:
    """Write something at a window; it is marked on the model's axis of time."""
    face = face_of(request)
    watched, kept = found(face.service, name), Annotations(face.service.database)
    window = asked.window.replace("\x00", "\ufffd").encode(errors="replace").decode()
    text = asked.text.replace("\x00", "\ufffd").encode(errors="replace").decode()
    try:
        return {"id": kept.write(watched.id, name, window, text, face.clock(), actor=actor(token))}
    except ConfigError as error:
        raise Refusal(422, error.fact, hint=error.hint) from error


@ROUTES.delete("/{ident}", status_code=204)
def take_away(request: Request, name: Name, ident: Annotated[int, Path(ge=0, le=1 << 62)], token: Operator) -> None:
    """Take away what was written; the audit trail keeps it."""
    face = face_of(request)
    watched, kept = found(face.service, name), Annotations(face.service.database)
    if not kept.remove(watched.id, name, ident, face.clock(), actor=actor(token)):
        raise Refusal(404, f"there is no annotation {ident} of {name!r}", hint="GET /v1/monitors/NAME/annotations lists them")
