"""Pages of settings about messages: a model's channels, each with a test that tells what happened, and silences."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline import wiring
from driftline.alerting.announcement import example
from driftline.channels.courier import Route
from driftline.errors import DriftlineError
from driftline.reports.wording import clean
from driftline.server.face import Face, face_of, found
from driftline.server.problems import Refusal
from driftline.server.rooms import GUARD, Door, Operator, Viewer, shown
from driftline.server.session import Seat, form_of

ROUTES = APIRouter(include_in_schema=False, route_class=Door)
LONGEST = 30 * 24
"""Hours for which messages can be kept back."""

Name = Annotated[str, Path(max_length=200)]


@ROUTES.get("/models/{name}/channels")
def channels_page(request: Request, name: Name, seat: Viewer) -> Response:
    """Where messages about a model go."""
    return _page(request, seat, name)


@ROUTES.post("/models/{name}/channels")
async def try_channel(request: Request, name: Name, seat: Operator) -> Response:
    """Send an example to one channel, and tell what happened."""
    fields, face = await form_of(request, seat), face_of(request)
    channel = fields.get("channel", [""])[0]
    result = await run_in_threadpool(_tried, face, name, channel, seat.actor)
    return await run_in_threadpool(_page, request, seat, name, result)


@ROUTES.post("/settings/silences")
async def silence(request: Request, seat: Operator) -> Response:
    """Tell nobody of what fits, for some hours."""
    fields, face = await form_of(request, seat), face_of(request)
    text, hours, comment = (fields.get(key, [""])[0].strip()[:1000] for key in ("matchers", "hours", "comment"))
    if not hours.isdecimal() or not 1 <= int(hours) <= LONGEST:
        raise Refusal(422, f"messages cannot be kept back for {hours[:20]!r} hours", hint=f"say how many, up to {LONGEST}")
    now = face.clock()
    ends = now + timedelta(hours=int(hours))
    await run_in_threadpool(face.service.orders.silence, text, now, ends, now, actor=seat.actor, comment=comment)
    return RedirectResponse("/settings?notice=Messages+are+kept+back.#silences", 303, headers=GUARD)


@ROUTES.post("/settings/silences/{ident}/lift")
async def lift(request: Request, ident: Annotated[int, Path(ge=0, le=1 << 62)], seat: Operator) -> Response:
    """End a silence."""
    await form_of(request, seat)
    face = face_of(request)
    if not await run_in_threadpool(face.service.orders.lift, ident, face.clock(), actor=seat.actor):
        raise Refusal(404, f"there is no silence {ident} that holds", hint="load the page again")
    return RedirectResponse("/settings?notice=The+silence+is+over.#silences", 303, headers=GUARD)


def _tried(face: Face, name: str, channel: str, who: str) -> dict[str, Any]:
    """What happened when an example was sent."""
    watched, now = found(face.service, name), face.clock()
    said = face.service.library.specification(watched.yaml, watched.directory)
    if channel not in said.outlets.channels:
        raise Refusal(404, f"there is no channel {channel[:100]!r}", hint="load the page again")
    try:
        (sent,) = replace(wiring.courier(said), attempts=1).show(example(name, f"{now:%Y-%m-%d %H:%M}"), [channel])
        error, hint, attempts = sent.error, sent.hint, sent.attempts
    except DriftlineError as found_error:
        # An extra that is not installed, a secret that is not there.
        error, hint, attempts = found_error.fact, found_error.hint, 0
    face.service.decisions.noted(who, "channel.test", name, {"channel": channel, "error": error}, now)
    return {"channel": channel, "error": clean(error, 400), "hint": clean(hint, 400), "attempts": attempts, "at": now}


def _said(route: Route) -> str:
    """A route in words."""
    whose = f" of {', '.join(sorted(route.monitors))}" if route.monitors else ""
    return clean(f"from “{route.least}” on{whose}{', where nobody has answered' if route.unanswered else ''}")


def _page(request: Request, seat: Seat, name: str, result: dict[str, Any] | None = None) -> Response:
    face = face_of(request)
    watched = found(face.service, name)
    said: dict[str, Any] = {"title": f"Channels of {clean(name)}", "monitor": clean(name), "here_model": f"/models/{quote(name, safe='')}"}
    said |= {"result": result, "channels": [], "problem": ""}
    try:
        outlets = face.service.library.specification(watched.yaml, watched.directory).outlets
    except DriftlineError as error:
        return shown(request, seat, "channels.html", {**said, "problem": clean(error.fact)})
    told = []
    for channel, settings in outlets.channels.items():
        routes = [_said(route) for route in outlets.routes if route.to == channel]
        told.append({"name": clean(channel), "key": channel, "kind": settings.kind, "routes": routes})
    return shown(request, seat, "channels.html", {**said, "channels": told})
