"""The page of a model's rollout, and what a person can do about it: promote, pause, resume, roll back, give up."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

import functools
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from driftline.config.specification import Specification
from driftline.errors import DriftlineError, StateError
from driftline.pages.decisions import training
from driftline.pages.rollout import rollout
from driftline.release.filed import Filed, load, place_of
from driftline.release.records import Reader, seen
from driftline.reports.wording import clean
from driftline.rollout.rollout import Action, Seen
from driftline.server.face import face_of, found
from driftline.server.problems import Refusal
from driftline.server.releasing import with_labels
from driftline.server.rooms import GUARD, Door, Operator, Viewer, shown
from driftline.server.session import form_of
from driftline.server.steward import act as tell_it

ROUTES = APIRouter(prefix="/models/{name}/rollout", include_in_schema=False, route_class=Door)
PARTS = 10
"""The evidence is shown as it grew over so many parts of the records."""

FEWEST = 200
"""Fewer new records than these do not make a point of their own."""

Name = Annotated[str, Path(max_length=200)]


@dataclass(slots=True)
class Known:
    """What was read of one rollout's step, so that a page that is loaded again reads only what is new."""

    reader: Reader
    step: int = -1
    rows: int = -1
    at: datetime | None = None
    seen: list[Seen] = field(default_factory=list)


@functools.lru_cache(maxsize=256)
def _known(rollout_name: str, spool: str) -> Known:  # noqa: ARG001  the name tells one rollout's records from another's
    return Known(Reader(FilePath(spool)))


@ROUTES.get("")
def rollout_page(request: Request, name: Name, seat: Viewer) -> Response:
    """Where the rollout stands, and what it has shown."""
    face = face_of(request)
    watched = found(face.service, name)
    latest = face.service.trainings.of(watched.id, 1)
    said: dict[str, Any] = {"title": f"Rollout of {clean(name)}", "monitor": clean(name), "here_model": f"/models/{quote(name, safe='')}"}
    said |= {"found": None, "problem": "No model has been rolled out yet.", "may_act": True}
    said["training"] = training(latest[0]) if latest else None
    try:
        specification = with_labels(face.service, watched, face.clock())
        filed = load(place_of(specification))
    except DriftlineError as error:
        return shown(request, seat, "rollout.html", {**said, "problem": clean(f"{error.fact[:1].upper()}{error.fact[1:]}.")})
    if filed is None:
        return shown(request, seat, "rollout.html", said)
    grown, problem = evidence(specification, filed, face.clock())
    return shown(request, seat, "rollout.html", {**said, "found": rollout(filed, grown), "problem": problem})


@ROUTES.post("")
async def act(request: Request, name: Name, seat: Operator) -> Response:
    """Do what a person says, at once; it stands in the rollout's history and in the audit trail."""
    fields, face = await form_of(request, seat), face_of(request)
    action, why = fields.get("action", [""])[0], fields.get("why", [""])[0].strip()[:1000]
    if action not in set(Action):
        raise Refusal(422, f"a rollout cannot {action[:40]!r}", hint="load the page again")
    if not why:
        raise Refusal(422, "it is not said why", hint="go back, and write a reason: it stays on record")
    watched = await run_in_threadpool(found, face.service, name)
    await run_in_threadpool(tell_it, face.service, watched, Action(action), face.clock(), seat.actor, why)
    return RedirectResponse(f"/models/{quote(name, safe='')}/rollout?notice=Done.", 303, headers=GUARD)


def evidence(specification: Specification, filed: Filed, now: datetime) -> tuple[list[Seen], str]:
    """What the step has shown, as it grew; and why nothing can be shown, where that is so."""
    if not filed.spool or filed.step < 0:
        return [], "" if filed.spool else "No folder of the gateway's records is known, so that nothing can be measured here."
    known = _known(filed.rollout, filed.spool)
    try:
        table = known.reader.records(filed.rollout, filed.step, filed.since)
        fresh = known.at is None or (now - known.at).total_seconds() > 30  # noqa: PLR2004  labels may have come
        if (known.step, known.rows) != (filed.step, table.num_rows) or fresh:
            many = max(1, min(PARTS, table.num_rows // FEWEST))
            ends = [table.num_rows * part // many for part in range(1, many + 1)]
            known.seen = [seen(specification, filed.plan, filed.step, table.slice(0, end), now) for end in ends]
            known.step, known.rows, known.at = filed.step, table.num_rows, now
    except StateError:
        raise
    except DriftlineError as error:
        return [], f"What was recorded cannot be read: {error.fact}"
    return known.seen, ""
