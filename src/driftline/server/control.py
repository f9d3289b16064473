"""Pages of settings: monitors' YAML with its history, tokens, and the audit trail."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline.errors import DriftlineError
from driftline.reports.wording import clean
from driftline.server.face import Face, face_of, found
from driftline.server.problems import Refusal
from driftline.server.rooms import GUARD, Admin, Door, Operator, Viewer, models_by_name, shown
from driftline.server.session import Seat, form_of
from driftline.store.fleet import Watched
from driftline.store.tokens import Role

ROUTES = APIRouter(include_in_schema=False, route_class=Door)
TRAIL = 50
LONGEST_NAME, MOST_DAYS = 200, 36500

Name = Annotated[str, Path(max_length=200)]


@ROUTES.get("/settings")
def settings_page(request: Request, seat: Viewer, before: Annotated[int | None, Query(ge=0, le=1 << 62)] = None) -> Response:
    """Monitors; tokens and the audit trail for administrators."""
    return _settings(request, seat, before=before)


@ROUTES.post("/settings/monitors")
async def watch(request: Request, seat: Operator) -> Response:
    """Check the YAML of a monitor, and watch it."""
    fields, face = await form_of(request, seat), face_of(request)
    yaml, only = fields.get("yaml", [""])[0].replace("\r\n", "\n"), "only" in fields
    try:
        made = await run_in_threadpool(_put, face, yaml, seat, None, only=only)
    except DriftlineError as error:
        return await run_in_threadpool(_settings, request, seat, yaml=yaml, wrong=str(error), status=422)
    if made is None:
        return await run_in_threadpool(_settings, request, seat, yaml=yaml, notice="The YAML is right.")
    return RedirectResponse(f"/models/{quote(made.name, safe='')}", 303, headers=GUARD)


@ROUTES.get("/models/{name}/settings")
def monitor_page(request: Request, name: Name, seat: Viewer) -> Response:
    """One monitor's YAML, and every version of it."""
    return _monitor(request, seat, name)


@ROUTES.post("/models/{name}/settings")
async def save(request: Request, name: Name, seat: Operator) -> Response:
    """Check a monitor's YAML, and make it its newest version."""
    fields, face = await form_of(request, seat), face_of(request)
    yaml, only = fields.get("yaml", [""])[0].replace("\r\n", "\n"), "only" in fields
    await run_in_threadpool(found, face.service, name)
    try:
        made = await run_in_threadpool(_put, face, yaml, seat, name, only=only)
    except DriftlineError as error:
        return await run_in_threadpool(_monitor, request, seat, name, yaml=yaml, wrong=str(error), status=422)
    if made is None:
        return await run_in_threadpool(_monitor, request, seat, name, yaml=yaml, notice="The YAML is right.")
    return RedirectResponse(f"/models/{quote(name, safe='')}/settings?notice=Saved.", 303, headers=GUARD)


@ROUTES.post("/models/{name}/retire")
async def retire(request: Request, name: Name, seat: Operator) -> Response:
    """Stop watching a model."""
    await form_of(request, seat)
    face = face_of(request)
    watched = await run_in_threadpool(found, face.service, name)
    await run_in_threadpool(face.service.fleet.retire, watched.id, face.clock(), actor=seat.actor)
    face.forget(name)
    return RedirectResponse("/", 303, headers=GUARD)


@ROUTES.post("/settings/tokens")
async def make_token(request: Request, seat: Admin) -> Response:
    """Make a token, and show it once."""
    fields, face = await form_of(request, seat), face_of(request)
    name, role, days = (fields.get(key, [""])[0].strip() for key in ("name", "role", "days"))
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal(422, "the token has no name that can be shown", hint="use letters, digits and dashes")
    if days and not (days.isdecimal() and 1 <= int(days) <= MOST_DAYS):
        raise Refusal(422, f"a token cannot hold for {days[:20]!r} days", hint=f"say how many, up to {MOST_DAYS}")
    lasts = timedelta(days=int(days)) if days else None
    made = await run_in_threadpool(face.service.tokens.make, name, role, face.clock(), actor=seat.actor, lasts=lasts)
    return await run_in_threadpool(_settings, request, seat, made=made)


@ROUTES.post("/settings/tokens/revoke")
async def revoke_token(request: Request, seat: Admin) -> Response:
    """Close a token for good."""
    fields, face = await form_of(request, seat), face_of(request)
    ident = fields.get("id", [""])[0]
    if not await run_in_threadpool(face.service.tokens.revoke, ident, face.clock(), actor=seat.actor):
        raise Refusal(404, f"there is no token {ident[:64]!r}", hint="load the page again")
    return RedirectResponse("/settings?notice=The+token+is+closed.#tokens", 303, headers=GUARD)


def _put(face: Face, yaml: str, seat: Seat, name: str | None, *, only: bool) -> Watched | None:
    """Check a YAML; watch it, unless it is only to be checked."""
    if only:
        face.service.library.specification(yaml, str(face.service.uploads))
        return None
    made = face.service.watch(yaml, str(face.service.uploads), face.clock(), actor=seat.actor, name=name)
    face.forget(made.name)
    return made


def _settings(
    request: Request,
    seat: Seat,
    *,
    before: int | None = None,
    yaml: str = "",
    wrong: str = "",
    notice: str = "",
    made: str = "",
    status: int = 200,
) -> Response:
    face, admin = face_of(request), seat.may(Role.ADMIN)
    audit = face.service.board.trail(before=before, limit=TRAIL) if admin else []
    shared = {"title": "Settings", "uploads": str(face.service.uploads), "may_change": seat.may(Role.OPERATOR), **models_by_name(face)}
    said: dict[str, Any] = {"yaml": yaml, "wrong": clean(wrong) if "\n" not in wrong else wrong, "made": made, "audit": audit}
    said |= {"notice": notice} if notice else {}
    said["silences"] = face.service.orders.silences(face.clock())
    said["tokens"] = list(reversed(face.service.tokens.every())) if admin else None
    said["earlier"] = audit[-1]["id"] if len(audit) == TRAIL else None
    return shown(request, seat, "settings.html", {**shared, **said}, status)


def _monitor(
    request: Request, seat: Seat, name: str, *, yaml: str | None = None, wrong: str = "", notice: str = "", status: int = 200
) -> Response:
    face = face_of(request)
    watched = found(face.service, name)
    said: dict[str, Any] = {
        "title": f"Settings of {clean(name)}",
        "monitor": clean(name),
        "here_model": f"/models/{quote(name, safe='')}",
        "version": watched.version,
        "problem": watched.problem,
        "wrong": wrong,
        "may_change": seat.may(Role.OPERATOR),
        "uploads": str(face.service.uploads),
        "yaml": watched.yaml if yaml is None else yaml,
        "versions": face.service.fleet.history(watched.id),
    }
    return shown(request, seat, "monitor.html", said | ({"notice": notice} if notice else {}), status)
