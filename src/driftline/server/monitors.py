"""Routes for monitors: create one from its YAML, change it, look at its versions, call it otherwise, count it again."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.erasing import erase
from driftline.server.face import Face, face_of, found, may
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.store.fleet import Watched
from driftline.store.reopening import reopen
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(tags=["monitors"], responses=problems(401, 403, 429, 503))
LARGEST_YAML = 1 << 18
YAML = {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}

Name = Annotated[str, Path(description="The monitor's name.", min_length=1, max_length=200)]
Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Operator = Annotated[Token, Depends(may(Role.OPERATOR))]
Admin = Annotated[Token, Depends(may(Role.ADMIN))]
Limit = Annotated[int, Query(ge=1, le=1000)]


@ROUTES.get("/monitors")
def monitors(
    request: Request,
    token: Viewer,  # noqa: ARG001  asked for its effect
    search: Annotated[str, Query(max_length=200, description="Only those whose name contains this.")] = "",
    after: Annotated[str, Query(max_length=200, description="Only those that follow this name.")] = "",
    limit: Limit = 100,
) -> schemas.Monitors:
    """All monitors, by name."""
    page = face_of(request).service.fleet.page(after=_clean(after), limit=limit, search=_clean(search))
    return schemas.Monitors(items=[_monitor(one) for one in page], after=page[-1].name if len(page) == limit else None)


@ROUTES.put("/monitors/{name}", openapi_extra={"requestBody": YAML}, responses=problems(409, 413, 422))
async def put_monitor(request: Request, name: Name, token: Operator) -> schemas.Monitor:
    """Create a monitor from its YAML, or give it a new version. Paths in it begin at the service's own directory for this."""
    yaml, face = await _yaml(request), face_of(request)
    made = await run_in_threadpool(_put, face, yaml, token, _named(name))
    return _monitor(made)


@ROUTES.post("/monitors", status_code=201, openapi_extra={"requestBody": YAML}, responses=problems(409, 413, 422))
async def post_monitor(request: Request, token: Operator) -> schemas.Monitor:
    """Create a monitor under the name that its YAML gives it, or give that one a new version."""
    yaml, face = await _yaml(request), face_of(request)
    return _monitor(await run_in_threadpool(_put, face, yaml, token, None))


@ROUTES.get("/monitors/{name}", responses=problems(404))
def one_monitor(request: Request, name: Name, token: Viewer) -> schemas.Monitor:  # noqa: ARG001  asked for its effect
    """One monitor."""
    return _monitor(found(face_of(request).service, name))


@ROUTES.patch("/monitors/{name}", responses=problems(404, 409, 422))
def change_monitor(request: Request, name: Name, change: schemas.Change, token: Operator) -> schemas.Monitor:
    """Call a monitor otherwise; what was counted stays with it."""
    face = face_of(request)
    watched = found(face.service, name)
    face.service.fleet.rename(watched.id, _named(change.name), face.clock(), actor=actor(token))
    face.forget(name)
    return _monitor(face.service.fleet.by_id(watched.id))


@ROUTES.delete("/monitors/{name}", status_code=204, responses=problems(404))
def retire_monitor(request: Request, name: Name, token: Operator) -> None:
    """Stop watching. What was counted is kept, and a new version of the YAML takes it up again."""
    face = face_of(request)
    face.service.fleet.retire(found(face.service, name).id, face.clock(), actor=actor(token))
    face.forget(name)


@ROUTES.get("/monitors/{name}/versions", responses=problems(404))
def versions(request: Request, name: Name, token: Viewer) -> list[schemas.Version]:  # noqa: ARG001  asked for its effect
    """Every version of a monitor's YAML, the newest first."""
    fleet = face_of(request).service.fleet
    names = ("version", "yaml", "author", "created", "problem")
    history = fleet.history(found(face_of(request).service, name).id)
    return [schemas.Version(**{field: getattr(one, field) for field in names}) for one in history]


@ROUTES.post("/monitors/{name}/backfill", status_code=202, responses=problems(404, 422))
def backfill(request: Request, name: Name, asked: schemas.Since, token: Operator) -> schemas.Reopened:
    """Count and judge again, by the newest version, every window that ends after a time."""
    face = face_of(request)
    if asked.since.tzinfo is None:
        raise Refusal(422, "since has no time zone", hint="write it as 2026-01-01T00:00:00Z")
    watched = found(face.service, name)
    many = reopen(face.service.database, watched.id, asked.since, face.clock(), actor=actor(token))
    return schemas.Reopened(windows=many)


@ROUTES.post("/monitors/{name}/forget", responses=problems(404, 409, 422))
def forget(request: Request, name: Name, asked: schemas.Forget, token: Admin) -> schemas.Forgotten:
    """Erase rows for good: by the ids of their predictions, or all that came before a time."""
    face = face_of(request)
    if (asked.ids is None) == (asked.before is None):
        raise Refusal(422, "it must be said which rows: by ids, or by before", hint="send one of the two")
    if asked.before is not None and asked.before.tzinfo is None:
        raise Refusal(422, "before has no time zone", hint="write it as 2026-01-01T00:00:00Z")
    watched = found(face.service, name)
    done = erase(face.service, watched, face.clock, ids=asked.ids or (), before=asked.before, actor=actor(token))
    return schemas.Forgotten(rows=done.rows, windows=done.windows)


def _put(face: Face, yaml: str, token: Token, name: str | None) -> Watched:
    made = face.service.watch(yaml, str(face.service.uploads), face.clock(), actor=actor(token), name=name)
    face.forget(made.name)
    return made


async def _yaml(request: Request) -> str:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_YAML:
            raise Refusal(413, f"the YAML is larger than {LARGEST_YAML >> 10} kB", hint="name files in it, do not paste them")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Refusal(422, "the YAML is not UTF-8", hint="save it as UTF-8") from error
    if "\x00" in text:
        raise Refusal(422, "the YAML has a sign that is no text", hint="save it as UTF-8")
    return text


def _named(name: str) -> str:
    if not name.isprintable() or name != name.strip():
        raise Refusal(422, f"{name!r} cannot be the name of a monitor", hint="use letters, digits and dashes")
    return name


def _clean(text: str) -> str:
    """Signs that no name has match no name; PostgreSQL does not even take them."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _monitor(watched: Watched) -> schemas.Monitor:
    about: dict[str, Any] = {name: getattr(watched, name) for name in ("name", "version", "created", "yaml", "problem")}
    return schemas.Monitor(**about, learnt=watched.way is not None)
