"""Routes for what was decided: decisions with all they rest on, made again, agreed to or overridden; and the trainings they led to."""
# Annotations are read when the routes are made: no `from __future__ import annotations` here.

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request

from driftline.decisions.decision import Action
from driftline.decisions.record import to_plain
from driftline.decisions.rules import decide
from driftline.decisions.terms import Terms
from driftline.errors import ConfigError, DriftlineError, StateError
from driftline.rollout.rollout import Action as Told
from driftline.server import schemas
from driftline.server.auth import actor
from driftline.server.face import Face, face_of, found, may
from driftline.server.logs import LOG
from driftline.server.problems import Refusal
from driftline.server.schemas import problems
from driftline.server.steward import act
from driftline.store.decisions import decided_of
from driftline.store.fleet import Watched
from driftline.store.tokens import Role, Token

ROUTES = APIRouter(prefix="/monitors/{name}", tags=["decisions"], responses=problems(401, 403, 404, 429, 503))

Name = Annotated[str, Path(description="The monitor's name.", min_length=1, max_length=200)]
Ident = Annotated[int, Path(ge=0, le=1 << 62)]
Viewer = Annotated[Token, Depends(may(Role.VIEWER))]
Operator = Annotated[Token, Depends(may(Role.OPERATOR))]
Before = Annotated[int | None, Query(ge=0, le=1 << 62, description="Only what lies before this, which the page before told.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
Label = Annotated[str | None, Query(max_length=500, description="The window's label, such as 2026-03-29.")]


@ROUTES.get("/decisions")
def decisions(request: Request, name: Name, token: Viewer, before: Before = None, limit: Limit = 100, window: Label = None) -> schemas.Page:  # noqa: ARG001  one parameter of the query each
    """What was decided, the newest first."""
    face = face_of(request)
    items = face.service.decisions.of(found(face.service, name).id, before=before, limit=limit, window=window)
    return schemas.Page(items=items, before=items[-1]["id"] if len(items) == limit else None)


@ROUTES.get("/decisions/{ident}")
def decision(request: Request, name: Name, ident: Ident, token: Viewer) -> dict[str, Any]:  # noqa: ARG001  asked for its effect
    """One decision with the evidence it rests on, as `driftline decide --json` writes it, and the training it led to."""
    face = face_of(request)
    return finite({**one_of(face, name, ident), "training": face.service.trainings.by_decision(ident)})


@ROUTES.get("/decisions/{ident}/replay")
def replay(request: Request, name: Name, ident: Ident, token: Viewer) -> schemas.Replay:  # noqa: ARG001  as above
    """Decide again from the stored evidence, by the terms that held then."""
    face = face_of(request)
    kept = one_of(face, name, ident)
    again = to_plain(decide(decided_of(kept).evidence, terms_of(face, found(face.service, name), kept["version"])))
    return schemas.Replay(same=again == kept["decision"], decision=finite(again))


@ROUTES.post("/decisions/{ident}/approve", responses=problems(409, 422))
def approve(request: Request, name: Name, ident: Ident, asked: schemas.NewAnswer, token: Operator) -> dict[str, Any]:
    """Agree to a decision that waits for a person; a retraining begins."""
    face = face_of(request)
    one_of(face, name, ident)
    try:
        return finite(answered(face, face.service.decisions.approve(ident, face.clock(), actor=actor(token), note=asked.note)))
    except StateError as error:
        raise Refusal(409, error.fact, hint=error.hint) from error


@ROUTES.post("/decisions/{ident}/override", responses=problems(409, 422))
def override(request: Request, name: Name, ident: Ident, asked: schemas.NewOverride, token: Operator) -> dict[str, Any]:
    """Decide otherwise, with a reason that stays on record."""
    face = face_of(request)
    one_of(face, name, ident)
    instead = action_of(asked.action)
    try:
        said = face.service.decisions.override(ident, face.clock(), actor=actor(token), note=asked.reason, instead=instead)
        return finite(answered(face, said))
    except StateError as error:
        raise Refusal(409, error.fact, hint=error.hint) from error


@ROUTES.get("/trainings")
def trainings(request: Request, name: Name, token: Viewer, limit: Limit = 50) -> list[dict[str, Any]]:  # noqa: ARG001  as above
    """Trainings that decisions led to, the newest first: how far each is, what the gate said, where its rollout stands."""
    face = face_of(request)
    return [finite(one) for one in face.service.trainings.of(found(face.service, name).id, limit)]


@ROUTES.post("/trainings/{ident}/cancel", status_code=202, responses=problems(409))
def cancel(request: Request, name: Name, ident: Ident, token: Operator) -> None:
    """Ask a training to end."""
    face = face_of(request)
    mine = {one["id"] for one in face.service.trainings.of(found(face.service, name).id, 1000)}
    if ident not in mine:
        raise Refusal(404, f"there is no training {ident} of {name!r}", hint="GET /v1/monitors/NAME/trainings lists them")
    if not face.service.trainings.stop(ident, face.clock(), actor=actor(token)):
        raise Refusal(409, f"training {ident} is over", hint="GET /v1/monitors/NAME/trainings tells how it ended")


def one_of(face: Face, name: str, ident: int) -> dict[str, Any]:
    """One decision about a monitor.

    Raises:
        Refusal: there is none.
    """
    watched = found(face.service, name)
    try:
        kept = face.service.decisions.one(ident)
    except ConfigError as error:
        raise Refusal(404, error.fact, hint=error.hint) from error
    if kept.pop("monitor_id") != watched.id:
        raise Refusal(404, f"there is no decision {ident} about {name!r}", hint="look at the decisions of its monitor")
    return kept


def answered(face: Face, kept: dict[str, Any]) -> dict[str, Any]:
    """Do at once what a person has said, where driftline can: take a model back that it released. A training waits for its turn."""
    if (kept["instead"] or kept["action"]) == Action.ROLL_BACK.value:
        watched = face.service.fleet.by_id(kept["monitor_id"])
        try:
            act(face.service, watched, Told.ROLL_BACK, face.clock(), kept["actor"], kept["note"] or kept["reason"])
        except DriftlineError as error:
            # It was not released by driftline: whoever said so puts the earlier model back.
            LOG.warning("nothing to roll back", extra={"monitor": watched.name, "why": error.fact})
    return kept


def terms_of(face: Face, watched: Watched, version: int) -> Terms:
    """The owner's terms as a version of the YAML has them."""
    yaml, known = watched.yaml, watched.version
    if version != known:
        yaml = next((one.yaml for one in face.service.fleet.history(watched.id) if one.version == version), yaml)
    return face.service.library.specification(yaml, watched.directory).monitor.terms


def action_of(said: str) -> Action:
    """An action by its name.

    Raises:
        Refusal: there is none of that name.
    """
    try:
        return Action(said)
    except ValueError as error:
        raise Refusal(422, f"there is no action {said[:40]!r}", hint=f"choose {', '.join(Action)}") from error


def finite(told: dict[str, Any]) -> dict[str, Any]:
    """What JSON can say: numbers that are not finite become null."""
    return {name: _finite(one) for name, one in told.items()}


def _finite(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return finite(value)
        case list():
            return [_finite(one) for one in value]
    return value
