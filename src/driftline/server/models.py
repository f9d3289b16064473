"""Routes of one model's page, and what it asks for when somebody looks closer."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from driftline.pages.column import column as one_column_page
from driftline.pages.column import link
from driftline.pages.events import events
from driftline.pages.fleet import waits
from driftline.pages.model import WINDOWS, model, order
from driftline.reports.bundle import embedded
from driftline.reports.wording import clean
from driftline.server.face import Face, face_of, found
from driftline.server.problems import Refusal
from driftline.server.rooms import GUARD, Door, Operator, Viewer, shown
from driftline.server.session import form_of
from driftline.store.annotations import Annotations
from driftline.store.fleet import Watched
from driftline.store.happenings import Happenings
from driftline.store.tokens import Role

ROUTES = APIRouter(prefix="/models/{name}", include_in_schema=False, route_class=Door)
SPANS = (30, 90, WINDOWS)

Name = Annotated[str, Path(max_length=200)]
Label = Annotated[str, Query(max_length=500)]
Windows = Annotated[int, Query(ge=1, le=WINDOWS)]
Segment = Annotated[str, Query(max_length=500)]


@ROUTES.get("")
def model_page(request: Request, name: Name, seat: Viewer, windows: Windows = 90) -> Response:
    """A model over its last windows."""
    face = face_of(request)
    watched = found(face.service, name)
    here = f"/models/{quote(name, safe='')}"
    seen = face.service.gallery.history(name, watched.id, windows)
    shared: dict[str, Any] = {"title": clean(name), "monitor": clean(name), "doors": _doors(name)}
    if seen is None:
        came = face.service.gallery.came([watched.id]).get(watched.id)
        return shown(request, seat, "silent.html", {**shared, "problem": watched.problem, "came": waits(came)})
    said, index = model(seen, here, face.service.figures.of(watched, seen, face.clock()))
    every = len(seen.windows) < windows
    spans = [] if every else [{"name": f"last {many}", "link": f"{here}?windows={many}", "on": many == windows} for many in SPANS]
    author = seat.actor if seat.may(Role.OPERATOR) else ""
    happened = events(Happenings(face.service.database).of(watched.id), seen.windows, model=here, name=name, author=author)
    index["events"] = [[one["at"], one["kind"], one["sign"], one["what"]] for one in happened]
    said |= {"events": happened, "may_write": bool(author), "labels": [clean(one.label) for one in reversed(seen.windows)], "here": here}
    return shown(request, seat, "model.html", {**shared, **said, "data": embedded(index), "spans": spans})


@ROUTES.post("/annotations")
async def annotate(request: Request, name: Name, seat: Operator) -> Response:
    """Write something at a window."""
    fields, face = await form_of(request, seat), face_of(request)
    window, text = (fields.get(key, [""])[0] for key in ("window", "text"))
    watched = await run_in_threadpool(found, face.service, name)
    kept = Annotations(face.service.database)
    await run_in_threadpool(kept.write, watched.id, name, window, text, face.clock(), actor=seat.actor)
    return RedirectResponse(f"/models/{quote(name, safe='')}#time", 303, headers=GUARD)


@ROUTES.post("/annotations/{ident}/remove")
async def take_away(request: Request, name: Name, ident: Annotated[int, Path(ge=0, le=1 << 62)], seat: Operator) -> Response:
    """Take away what was written."""
    await form_of(request, seat)
    face = face_of(request)
    watched = await run_in_threadpool(found, face.service, name)
    kept = Annotations(face.service.database)
    if not await run_in_threadpool(kept.remove, watched.id, name, ident, face.clock(), actor=seat.actor):
        raise Refusal(404, f"there is no annotation {ident}", hint="load the page again")
    return RedirectResponse(f"/models/{quote(name, safe='')}#time", 303, headers=GUARD)


@ROUTES.get("/columns/{column:path}")
def column_page(
    request: Request,
    name: Name,
    column: Annotated[str, Path(max_length=500)],
    seat: Viewer,
    window: Label = "",
    segment: Segment = "",
    windows: Windows = 90,
) -> Response:
    """One column over the model's last windows."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.detailed(watched.id, windows)
    if not seen:
        raise Refusal(404, f"no window of {name!r} has been judged yet", hint="wait until one is over")
    close = face.service.gallery.close(watched, seen, segment or None, counts=False)
    report = close.column_report(column)
    if not any(one.columns for one in report.windows):
        raise Refusal(404, f"there is no column {column!r}", hint="look at the model's page")
    said, index = one_column_page(report, column, model=name, at=window, parts=close.column_parts(column, window))
    many = {"segment": segment} if segment else {}
    spans = [{"name": f"last {n}", "link": link(name, column, windows=str(n), **many), "on": n == windows} for n in SPANS]
    shared = {"title": f"{clean(column)} · {clean(name)}", "monitor": clean(name), "here_model": f"/models/{quote(name, safe='')}"}
    said |= {"data": embedded(index), "spans": [] if len(seen) < min(SPANS) else spans}
    return shown(request, seat, "column.html", {**shared, **said})


@ROUTES.get("/window")
def one_window(request: Request, name: Name, seat: Viewer, window: Label, segment: Segment = "") -> Response:  # noqa: ARG001  asked for its effect
    """Every column in one window."""
    face = face_of(request)
    watched = found(face.service, name)
    newest = face.service.gallery.history(name, watched.id, 1)
    close = face.service.gallery.close(watched, _one(face, watched, window), segment or None)
    return _told(close.window(order(newest, segment or None) if newest else []))


@ROUTES.get("/column")
def one_column(
    request: Request,
    name: Name,
    seat: Viewer,  # noqa: ARG001  as above
    window: Label,
    column: Label,
    segment: Segment = "",
    windows: Windows = 90,
) -> Response:
    """One column in as many windows as the page shows, of which `window` is the last."""
    face = face_of(request)
    watched = found(face.service, name)
    seen = face.service.gallery.detailed(watched.id, windows, window)
    if not seen:
        raise Refusal(404, f"there is no window {window!r}", hint="load the page again")
    told = face.service.gallery.close(watched, seen, segment or None, counts=False).column(column)
    if told is None:
        raise Refusal(404, f"there is no column {column!r}", hint="load the page again")
    return _told(told)


@ROUTES.get("/sheet")
def one_sheet(request: Request, name: Name, seat: Viewer, window: Label, segment: Segment = "") -> Response:  # noqa: ARG001  as above
    """What the model said in one window, and what came true."""
    face = face_of(request)
    watched = found(face.service, name)
    told = face.service.gallery.close(watched, _one(face, watched, window), segment or None).sheet()
    if told is None:
        raise Refusal(404, f"nothing is measured in {window!r}", hint="load the page again")
    return _told(told)


def _doors(name: str) -> list[tuple[str, str]]:
    here = quote(name, safe="")
    own = [
        (f"/models/{here}/{place}", place.capitalize()) for place in ("decisions", "versions", "rollout", "data", "channels", "settings")
    ]
    return [(f"/incidents?all=1&model={here}", "Incidents"), *own]


def _one(face: Face, watched: Watched, label: str) -> list[Any]:
    seen = face.service.gallery.detailed(watched.id, 1, label)
    if not seen:
        raise Refusal(404, f"there is no window {label!r}", hint="load the page again")
    return seen


def _told(value: Any) -> Response:
    return JSONResponse(value, headers=GUARD)
