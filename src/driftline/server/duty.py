"""Pages for whoever is on duty: incidents, who was told, taking one up, and keeping messages back for a time."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline.alerting.message import URGENCY
from driftline.alerting.signals import Tier
from driftline.errors import ConfigError
from driftline.pages.decisions import choices, depth, line, training
from driftline.pages.incident import answering, paper, title
from driftline.pages.model import WINDOWS
from driftline.reports.papers import to_html, to_markdown
from driftline.reports.wording import clean
from driftline.server.face import Face, face_of, found
from driftline.server.problems import Refusal
from driftline.server.rooms import GUARD, Door, Operator, Viewer, shown
from driftline.server.session import form_of
from driftline.store.decisions import decided_of
from driftline.store.tokens import Role

ROUTES = APIRouter(prefix="/incidents", include_in_schema=False, route_class=Door)
SHOWN = 50
LONGEST = 30 * 24
"""Hours for which messages can be kept back."""

HEADS = ("What", "Segment", "Urgency", "Since", "In words")
Ident = Annotated[int, Path(ge=0, le=1 << 62)]


@ROUTES.get("")
def incidents(
    request: Request,
    seat: Viewer,
    every: Annotated[bool, Query(alias="all")] = False,  # noqa: FBT002  a switch in the address
    model: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int | None, Query(ge=0, le=1 << 62)] = None,
) -> Response:
    """Incidents, open or all, over the fleet or of one model."""
    face = face_of(request)
    ident = found(face.service, model).id if model else None
    items = face.service.incidents.incidents(monitor=ident, open_only=not every, before=before, limit=SHOWN)
    later = f"/incidents?{'all=1&' if every else ''}before={items[-1]['id']}" if len(items) == SHOWN else ""
    lines = [
        {**one, "subject": title(one["subject"], one["monitor"]), "urgency": _urgency(one), "link": _link(one["monitor"])} for one in items
    ]
    said = {"title": "Incidents", "items": lines, "open_only": not every, "later": later, "model": clean(model)}
    said["pending"] = [line(one, f"{_link(one['monitor'])}/decisions") for one in face.service.decisions.pending(ident)]
    return shown(request, seat, "incidents.html", {**said, "silences": face.service.orders.silences(face.clock())})


@ROUTES.get("/of")
def incident_of(
    request: Request,
    seat: Viewer,  # noqa: ARG001  asked for its effect
    model: Annotated[str, Query(max_length=200)],
    number: Annotated[int, Query(ge=0, le=(1 << 31) - 1)],
) -> Response:
    """An incident as messages name it: by its model, and its number there."""
    face = face_of(request)
    ident = face.service.incidents.numbered(found(face.service, model).id, number)
    if ident is None:
        raise Refusal(404, f"{clean(model, 80)!r} has no incident {number}", hint="look at all incidents")
    return RedirectResponse(f"/incidents/{ident}", 303, headers=GUARD)


@ROUTES.get("/{ident}")
def incident(request: Request, ident: Ident, seat: Viewer) -> Response:
    """One incident from the first sign to the last message."""
    face = face_of(request)
    try:
        one = face.service.incidents.incident(ident)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint="look at all incidents") from error
    window, why = _why(face, one)
    said: dict[str, Any] = {
        "title": f"{title(one['subject'], one['monitor'])[:120]} · {clean(one['monitor'], 80)}",
        "headline": title(one["subject"], one["monitor"]),
        "urgency": _urgency(one),
        "one": one,
        "heads": HEADS,
        "members": [_member(told) for told in one["members"]],
    }
    said |= {"messages": one["messages"], "why": why, "why_of": window, "answer": _answer(face, one), "link": _link(one["monitor"])}
    said |= {"shared": clean(one["shared"]["sentence"]) if one["shared"] else "", **_course(face, one)}
    return shown(request, seat, "incident.html", {**said, "may": seat.may(Role.OPERATOR) and one["closed"] is None})


@ROUTES.get("/{ident}/report")
def report(request: Request, ident: Ident, seat: Viewer, markdown: Annotated[bool, Query()] = False) -> Response:  # noqa: ARG001, FBT002  asked for its effect; a switch in the address
    """The report of an incident: a page to print, or Markdown to keep."""
    face = face_of(request)
    try:
        one = face.service.incidents.incident(ident)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint="look at all incidents") from error
    watched = found(face.service, one["monitor"])
    seen = face.service.gallery.history(one["monitor"], watched.id, WINDOWS)
    course = _course(face, one)
    if seen is None or course["decision"] is None:
        raise Refusal(404, "nothing was decided while it went on, so that there is nothing to report yet", hint="wait for the next window")
    made = decided_of(face.service.decisions.one(course["decision"]["id"]))
    monitor = replace(face.service.library.specification(watched.yaml, watched.directory).monitor, name=watched.name)
    done = {"answer": _answer(face, one), "decision": course["decision"], "training": course["training"]}
    document = paper(monitor, one, seen.report(), made, done)
    if markdown:
        named = {**GUARD, "Content-Disposition": f'attachment; filename="incident-{ident}.md"'}
        return Response(to_markdown(document), media_type="text/markdown; charset=utf-8", headers=named)
    return Response(to_html(document), media_type="text/html; charset=utf-8", headers=GUARD)


@ROUTES.post("/{ident}/take")
async def take(request: Request, ident: Ident, seat: Operator) -> Response:
    """Take an incident up: it is not told again unless it gets worse."""
    fields, face = await form_of(request, seat), face_of(request)
    note = fields.get("note", [""])[0].strip()[:1000]
    await run_in_threadpool(face.service.orders.answer, ident, face.clock(), actor=seat.actor, note=note)
    return RedirectResponse(f"/incidents/{ident}", 303, headers=GUARD)


@ROUTES.post("/{ident}/silence")
async def silence(request: Request, ident: Ident, seat: Operator) -> Response:
    """Tell nobody of this model for some hours."""
    fields, face = await form_of(request, seat), face_of(request)
    hours = fields.get("hours", [""])[0]
    if not hours.isdecimal() or not 1 <= int(hours) <= LONGEST:
        raise Refusal(422, f"messages cannot be kept back for {hours[:20]!r} hours", hint=f"say how many, up to {LONGEST}")
    one = await run_in_threadpool(face.service.incidents.incident, ident)
    now = face.clock()
    text = f'monitor="{_quoted(one["monitor"])}"'
    ends = now + timedelta(hours=int(hours))
    await run_in_threadpool(face.service.orders.silence, text, now, ends, now, actor=seat.actor, comment=f"incident {ident}")
    return RedirectResponse("/incidents", 303, headers=GUARD)


@ROUTES.post("/silences/{ident}/lift")
async def lift(request: Request, ident: Ident, seat: Operator) -> Response:
    """End a silence."""
    await form_of(request, seat)
    face = face_of(request)
    await run_in_threadpool(face.service.orders.lift, ident, face.clock(), actor=seat.actor)
    return RedirectResponse("/incidents", 303, headers=GUARD)


def _course(face: Face, one: dict[str, Any]) -> dict[str, Any]:
    """The decision that answers it, and what that led to; nothing where its model is no longer watched."""
    nothing: dict[str, Any] = {"decision": None, "training": None, "depth": [], "choices": [], "by_now": None}
    try:
        ident = found(face.service, one["monitor"]).id
    except Refusal:
        return nothing
    trained = {each["decision_id"]: each for each in face.service.trainings.of(ident, 200)}
    decided = face.service.decisions.since(ident, one["window"], one["closed"])
    chosen = answering(decided, set(trained))
    if chosen is None:
        return nothing
    # Nobody can answer a decision that a newer one followed.
    newer = decided[-1] if chosen["state"] in {"past", "replaced"} and decided[-1]["id"] != chosen["id"] else None
    place = f"{_link(one['monitor'])}/decisions"
    made = decided_of(face.service.decisions.one(chosen["id"]))
    return {
        "decision": line(chosen, place),
        "decisions": place,
        "depth": depth(made)[:4],
        "choices": choices((newer or chosen)["action"]),
        "by_now": None if newer is None else line(newer, place),
        "training": training(trained.get(chosen["id"])),
    }


def _answer(face: Face, one: dict[str, Any]) -> dict[str, Any] | None:
    """Who took it up; None where nobody has, or its model is no longer watched."""
    try:
        known = face.service.orders.read(found(face.service, one["monitor"]).id).answers.get(one["number"])
    except Refusal:
        return None
    return None if known is None else {"by": clean(known.by), "at": known.at, "note": clean(known.note)}


def _why(face: Face, one: dict[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """A window, and its explanations, the most probable first: the newest while it goes on, that in which it began when it is over."""
    try:
        ident = found(face.service, one["monitor"]).id
    except Refusal:
        return "", []
    seen = face.service.gallery.history(one["monitor"], ident, 1, until=one["window"] if one["closed"] else None)
    if seen is None:
        return "", []
    told = seen.last["parts"][0]["diagnosis"]
    label = clean(seen.windows[-1].label)
    return label, [{"sentence": clean(each["sentence"]), "remedy": clean(each["remedy"])} for each in told]


def _urgency(one: dict[str, Any]) -> str:
    return URGENCY[Tier[one["tier"].upper()]]


def _member(told: dict[str, Any]) -> tuple[str, ...]:
    return clean(told["name"]), clean(told["segment"] or "all rows"), _urgency(told), clean(told["since"] or "–"), clean(told["sentence"])


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _link(name: str) -> str:
    return f"/models/{quote(name, safe='')}"
