"""Routes for whoever administers: tokens and the audit trail."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from driftline.errors import ConfigError
from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.face import face_of, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(tags=["access"], responses=problems(401, 403, 429, 503))
GRACE = timedelta(hours=1)
"""A token that was rotated holds for so long, until everybody has the new one."""

Admin = Annotated[Token, Depends(may(Role.ADMIN))]
Ident = Annotated[str, Path(min_length=1, max_length=64, pattern="^[0-9a-zA-Z]+$")]


@ROUTES.get("/tokens")
def tokens(request: Request, token: Admin) -> list[schemas.TokenInfo]:  # noqa: ARG001  asked for its effect
    """All tokens, without their secrets."""
    names = ("id", "name", "created", "expires", "revoked")
    every = face_of(request).service.tokens.every()
    return [schemas.TokenInfo(**{name: getattr(one, name) for name in names}, role=one.role.value) for one in every]


@ROUTES.post("/tokens", status_code=201, responses=problems(422))
def make_token(request: Request, asked: schemas.NewToken, token: Admin) -> schemas.MadeToken:
    """Make a token: viewer, sender, operator or admin."""
    face = face_of(request)
    lasts = None if asked.days is None else timedelta(days=asked.days)
    if not asked.name.isprintable():
        raise Refusal(422, "the name has signs that cannot be shown", hint="use letters, digits and dashes")
    try:
        return schemas.MadeToken(token=face.service.tokens.make(asked.name, asked.role, face.clock(), actor=actor(token), lasts=lasts))
    except ConfigError as error:
        raise Refusal(422, error.fact, hint=error.hint) from error


@ROUTES.post("/tokens/{ident}/rotate", status_code=201, responses=problems(404))
def rotate_token(request: Request, ident: Ident, token: Admin) -> schemas.MadeToken:
    """A new token in the place of another, which holds for an hour yet."""
    face = face_of(request)
    made = face.service.tokens.rotate(ident, face.clock(), actor=actor(token), grace=GRACE)
    if made is None:
        raise Refusal(404, f"there is no token {ident!r}", hint="GET /v1/tokens lists them")
    return schemas.MadeToken(token=made)


@ROUTES.delete("/tokens/{ident}", status_code=204, responses=problems(404))
def revoke_token(request: Request, ident: Ident, token: Admin) -> None:
    """Close a token. Within five seconds it opens nothing any more."""
    face = face_of(request)
    if not face.service.tokens.revoke(ident, face.clock(), actor=actor(token)):
        raise Refusal(404, f"there is no token {ident!r}", hint="GET /v1/tokens lists them")


@ROUTES.get("/audit")
def trail(
    request: Request,
    token: Admin,  # noqa: ARG001  asked for its effect
    before: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> schemas.Page:
    """Who changed what, the newest first."""
    items = face_of(request).service.board.trail(before=before, limit=limit)
    return schemas.Page(items=items, before=items[-1]["id"] if len(items) == limit else None)
