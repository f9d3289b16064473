"""Pages of decisions: what was decided about a model and why, agreeing to it or deciding otherwise, and the trainings it led to."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline.decisions.rules import decide
from driftline.errors import DriftlineError, StateError
from driftline.pages import backtest
from driftline.pages.decisions import choices, considered, depth, line, policy, runs, training
from driftline.release.rollout import start
from driftline.reports.wording import clean
from driftline.server.decided import action_of, answered, one_of, terms_of
from driftline.server.face import Face, face_of, found
from driftline.server.problems import Refusal
from driftline.server.releasing import with_labels
from driftline.server.rooms import GUARD, Door, Operator, Viewer, shown
from driftline.server.session import form_of
from driftline.store.backtests import Backtests
from driftline.store.decisions import decided_of
from driftline.store.fleet import Watched
from driftline.store.trainings import Stage

ROUTES = APIRouter(prefix="/models/{name}", include_in_schema=False, route_class=Door)
SHOWN = 200

Name = Annotated[str, Path(max_length=200)]
Ident = Annotated[int, Path(ge=0, le=1 << 62)]
Place = Annotated[int | None, Query(ge=0, le=1 << 62)]


@ROUTES.get("/decisions")
def decisions_page(request: Request, name: Name, seat: Viewer, decision: Place = None, before: Place = None) -> Response:
    """One decision, the newest unless another is asked for; the policy; and those before."""
    face = face_of(request)
    watched = found(face.service, name)
    here_model = f"/models/{quote(name, safe='')}"
    here = f"{here_model}/decisions"
    listed = face.service.decisions.of(watched.id, before=before, limit=SHOWN)
    newest = face.service.decisions.newest().get(watched.id) if decision is None else None
    ident = decision if decision is not None else newest["id"] if newest else None
    said: dict[str, Any] = {"title": f"Decisions about {clean(name)}", "monitor": clean(name), "here_model": here_model, "here": here}
    said |= {"lines": runs([line(one, here) for one in listed], ident), "one": None, **_policy(face, watched)}
    said["backtest"] = backtest.told(Backtests(face.service.database).of(watched.id))
    said["later"] = f"{here}?before={listed[-1]['id']}" if len(listed) == SHOWN else ""
    return shown(request, seat, "decisions.html", said if ident is None else {**said, **_one(face, watched, ident, here)})


@ROUTES.post("/decisions/{ident}/approve")
async def approve(request: Request, name: Name, ident: Ident, seat: Operator) -> Response:
    """Agree."""
    fields, face = await form_of(request, seat), face_of(request)
    await run_in_threadpool(one_of, face, name, ident)
    note = fields.get("note", [""])[0].strip()[:1000]
    said = await run_in_threadpool(face.service.decisions.approve, ident, face.clock(), actor=seat.actor, note=note)
    await run_in_threadpool(answered, face, said)
    return _back(name, ident, fields, "Approved.")


@ROUTES.post("/decisions/{ident}/override")
async def override(request: Request, name: Name, ident: Ident, seat: Operator) -> Response:
    """Decide otherwise, with a reason."""
    fields, face = await form_of(request, seat), face_of(request)
    await run_in_threadpool(one_of, face, name, ident)
    note, instead = fields.get("reason", [""])[0].strip()[:1000], action_of(fields.get("action", [""])[0])
    said = await run_in_threadpool(face.service.decisions.override, ident, face.clock(), actor=seat.actor, note=note, instead=instead)
    await run_in_threadpool(answered, face, said)
    return _back(name, ident, fields, "Overridden.")


@ROUTES.post("/trainings/{ident}/stop")
async def stop(request: Request, name: Name, ident: Ident, seat: Operator) -> Response:
    """End a training."""
    fields, face = await form_of(request, seat), face_of(request)
    kept = await run_in_threadpool(_training, face, name, ident)
    await run_in_threadpool(face.service.trainings.stop, ident, face.clock(), actor=seat.actor)
    return _back(name, kept["decision_id"], fields, "It is asked to end.")


@ROUTES.post("/trainings/{ident}/release")
async def release(request: Request, name: Name, ident: Ident, seat: Operator) -> Response:
    """Begin the rollout of a challenger that has passed the gate."""
    await form_of(request, seat)
    face = face_of(request)
    kept = await run_in_threadpool(_training, face, name, ident)

    def begin() -> None:
        if kept["state"] != Stage.PROVED.value:
            raise StateError(f"training {ident} is {kept['state']}", hint="load the page again")
        now = face.clock()
        specification = with_labels(face.service, found(face.service, name), now)
        records = specification.releasing.records
        filed = start(specification, now, spool=str(records) if records else "", version=kept["challenger"])
        face.service.trainings.advance(ident, now, Stage.RELEASING, f"{filed.reason.value}, by {seat.actor}", rollout=filed.written())
        face.service.decisions.noted(seat.actor, "rollout.begin", name, {"training": ident, "version": kept["challenger"]}, now)

    await run_in_threadpool(begin)
    return RedirectResponse(f"/models/{quote(name, safe='')}/rollout", 303, headers=GUARD)


def _training(face: Face, name: str, ident: int) -> dict[str, Any]:
    mine = face.service.trainings.of(found(face.service, name).id, 1000)
    kept = next((one for one in mine if one["id"] == ident), None)
    if kept is None:
        raise Refusal(404, f"there is no training {ident} of {name!r}", hint="load the page again")
    return kept


def _one(face: Face, watched: Watched, ident: int, here: str) -> dict[str, Any]:
    """A decision with all that is known of it."""
    kept = one_of(face, watched.name, ident)
    made, terms = decided_of(kept), terms_of(face, watched, kept["version"])
    return {
        "one": line(kept, here),
        "depth": depth(made),
        "same": decide(made.evidence, terms) == made.decision,
        "considered": list(considered(made, terms)),
        "training": training(face.service.trainings.by_decision(ident)),
        "choices": choices(kept["action"]),
    }


def _policy(face: Face, watched: Watched) -> dict[str, Any]:
    try:
        return {"policy": policy(face.service.library.specification(watched.yaml, watched.directory)), "problem": ""}
    except DriftlineError as error:
        return {"policy": [], "problem": f"The YAML cannot be read: {error.fact}"}


def _back(name: str, ident: int, fields: dict[str, list[str]], notice: str) -> Response:
    """To the incident that somebody came from, else to the decision."""
    incident = fields.get("incident", [""])[0]
    place = f"/incidents/{incident}?" if incident.isdecimal() else f"/models/{quote(name, safe='')}/decisions?decision={ident}&"
    return RedirectResponse(f"{place}notice={quote(notice)}", 303, headers=GUARD)
